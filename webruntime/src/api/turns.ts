import { TexelflowError } from "../errors.ts";
import type { GpuTensor } from "../graph/gpu_tensor.ts";
import type { RunOptions } from "./signature.ts";

/** The runs that wait for their turn with a model or a session, of which some are no longer wanted when it comes. */
export class Turns {
  private newest: object | undefined;

  /**
   * Starts a run, behind those before.
   *
   * @param start - is given what throws, when the turn comes, if nobody wants the run any more
   * @returns its outputs; rejects at once when the signal is aborted
   */
  take<T extends object>(
    { signal, latest }: Pick<RunOptions, "signal" | "latest">,
    start: (check: () => void) => Promise<T>,
  ): Promise<T> {
    const turn = {};
    if (latest) this.newest = turn;
    const result = start(() => {
      signal?.throwIfAborted();
      if (!latest || this.newest === turn) return;
      throw new TexelflowError(
        "superseded",
        "A later run with `latest` was asked for before this one began.",
      );
    });
    if (!signal) return result;
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort);
      if (signal.aborted) abort();
      result
        .then((outputs) => {
          // Nobody gets what it kept on the GPU.
          if (signal.aborted)
            for (const output of Object.values(outputs)) (output as Partial<GpuTensor>).dispose?.();
          resolve(outputs);
        }, reject)
        .finally(() => signal.removeEventListener("abort", abort));
    });
  }
}
