import { TexelflowError } from "../errors.ts";

/** Waits for an optional file of the runtime. */
export async function part<T>(name: string, module: Promise<T>): Promise<T> {
  try {
    return await module;
  } catch (cause) {
    throw new TexelflowError(
      "network",
      `${name} could not be fetched, which this model needs: put it beside the runtime.`,
      { file: name, cause },
    );
  }
}
