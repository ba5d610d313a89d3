import { TexelflowError } from "../errors.ts";
import type { GpuTensor } from "../graph/gpu_tensor.ts";
import type { RunOptions } from "./signature.ts";

/** The queue of runs of a model or a session. Some are given up before they begin. */
export class WaitingRuns {
  private newest: object | undefined;

  /**
   * Starts a run after all earlier ones.
   *
   * @param start - starts it; it gets a function that throws if the run was given up by the time it may begin
   * @returns its outputs; rejects at once if the signal is aborted before the run begins, and at its end if later
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
          // The page never gets the tensors that the run kept on the GPU.
          for (const output of Object.values(outputs)) (output as Partial<GpuTensor>).dispose?.();
          reject(signal.reason);
        }, reject)
        .finally(() => signal.removeEventListener("abort", abort));
    });
  }
}
