import type { TestDeviceOptions } from "../backends/webgl2/device/device.ts";
import { LoadedModel, type LoadingReport } from "../backends/webgl2/load/loaded_model.ts";
import type { BundleFiles } from "../bundle/bundle_source.ts";
import type { GraphFile } from "../bundle/generated/graph_file.ts";
import { downloadWeights } from "../bundle/weight_files.ts";
import type { SharedWeights } from "./shared_weights.ts";

/** A model that is being loaded to the GPU, or has been. */
export interface Loading {
  /** Can be given sessions at once: their runs wait for the weights that they need. */
  readonly model: LoadedModel;
  /** Resolves when everything is loaded and checked; rejects when loading fails, and nothing stays on the GPU then. */
  readonly loaded: Promise<void>;
  /** Stops loading what has not arrived yet. */
  readonly stop: (reason: Error) => void;
}

/**
 * Downloads, compiles and uploads at the same time; resolves when all programs are compiled.
 *
 * @param start - when loading began, in milliseconds of performance.now()
 * @param borrowed - tensors of the load phase that belong to another model
 * @throws Error when loading fails before all programs are compiled; later failures reject `loaded`
 */
export async function load(
  files: BundleFiles,
  graph: GraphFile,
  device: TestDeviceOptions,
  signal: AbortSignal,
  report: LoadingReport,
  start: number,
  borrowed?: SharedWeights["borrowed"],
): Promise<Loading> {
  signal.throwIfAborted();
  const model = new LoadedModel(graph, device, report, borrowed);
  const stop = new AbortController();
  const forward = () => stop.abort(signal.reason);
  signal.addEventListener("abort", forward);
  const downloaded = downloadWeights(files, graph, stop, model).then(() => {
    model.timings.download = performance.now() - start;
  });
  const compiled = model.compile(stop.signal);
  const finish = async () => {
    await Promise.all([downloaded, compiled]);
    await model.finishLoading();
    signal.throwIfAborted();
    report("ready", 1, 1);
  };
  const loaded = finish()
    .catch((error) => {
      stop.abort(error);
      model.fail(error);
      model.delete();
      throw error;
    })
    .finally(() => signal.removeEventListener("abort", forward));
  // Whoever awaits `loaded` sees the failure; if nobody does, that is no unhandled rejection.
  loaded.catch(() => {});
  await Promise.race([compiled, loaded]);
  return { model, loaded, stop: (reason) => stop.abort(reason) };
}
