import { TexelflowError } from "../errors.ts";
import type { GpuTensor } from "../graph/gpu_tensor.ts";
import type { RunOptions } from "./signature.ts";

/** The runs that wait for each other with a model or a session; some are no longer wanted when they may begin. */
export class WaitingRuns {
  private newest: object | undefined;

  /**
   * Starts a run, behind those before.
   *
   * @param start - is given what throws, when the run may begin, if nobody wants it any more
   * @returns its outputs; rejects at once when the signal is aborted before it began, and at its end when that was later
   */
  take<T extends object>(
    { signal, latest }: Pick<RunOptions, "signal" | "latest">,
    start: (check: () => void) => Promise<T>,
  ): Promise<T> {
    const run = {};
    let hasBegun = false;
    if (latest) this.newest = run;
    const result = start(() => {
      signal?.throwIfAborted();
      if (latest && this.newest !== run)
        throw new TexelflowError(
          "superseded",
          "A later run with `latest` was asked for before this one began.",
        );
      hasBegun = true;
    });
    if (!signal) return result;
    return new Promise((resolve, reject) => {
      const abort = () => hasBegun || reject(signal.reason);
      signal.addEventListener("abort", abort);
      if (signal.aborted) abort();
      result
        .then((outputs) => {
          if (!signal.aborted) return resolve(outputs);
          // Nobody gets what it kept on the GPU.
          for (const output of Object.values(outputs)) (output as Partial<GpuTensor>).dispose?.();
          reject(signal.reason);
        }, reject)
        .finally(() => signal.removeEventListener("abort", abort));
    });
  }
}
