import { prepareDevice, type TestDeviceOptions } from "../backends/webgl2/device/device.ts";
import type { LoadingReport } from "../backends/webgl2/load/loaded_model.ts";
import { type BundleFiles, type BundleSource, bundleFiles, withFiles } from "../bundle/bundle_source.ts";
import type { GraphFile } from "../bundle/generated/graph_file.ts";
import { loadGraphFile } from "../bundle/graph_file.ts";
import { part } from "../bundle/parts.ts";
import { load } from "./loading.ts";
import { Model } from "./model.ts";
import type { LoadOptions } from "./options.ts";
import { ProgressMeter } from "./progress.ts";
import type { SharedWeights } from "./shared_weights.ts";
import type { Signature } from "./signature.ts";

/** Options of `loadModel`, including those of `device` that only tests use. */
export interface TestLoadOptions extends LoadOptions {
  /** Including those that only tests set. */
  device?: TestDeviceOptions | undefined;
}

/**
 * Loads a bundle made by `texelflow export`.
 *
 * If a file differs from the one that was exported, it is requested once more without the browser's cache, which may hold
 * an older version. With `streaming` it is not, because its bytes are in use by then.
 *
 * @param source - URL of the bundle's folder or of its graph.json (relative to the page; its query is added to the address
 *   of every file), or the files themselves, as a list or by name, such as those of a folder that the visitor chose
 * @typeParam S - the bundle's signature, which its model.d.ts has
 * @returns the model, once its weights are on the GPU and every file is checked, or before with `streaming`
 * @throws TexelflowError when an option is wrong, when a file is missing, cut, altered or of another format version, when
 *   the device lacks what the model needs, or when a shader does not compile; the signal's reason when aborted. Nothing
 *   stays on the GPU then.
 */
export async function loadModel<S extends Signature = Signature>(
  source: BundleSource,
  options: LoadOptions = {},
): Promise<Model<S>> {
  const { device = {}, maxMemory } = options;
  await checkOptions(device, maxMemory);
  return loadOn({ ...device, maxMemory }, source, options);
}

/** Checks the page's options that concern the device, if there are any. */
export async function checkOptions(device: object, maxMemory: number | undefined): Promise<void> {
  if (maxMemory === undefined && device && Object.keys(device).length === 0) return;
  const { checkDeviceOptions, checkMaxMemory } = await part(
    "texelflow.options.js",
    import("./option_checks.ts"),
  );
  checkDeviceOptions(device);
  checkMaxMemory(maxMemory);
}

/** Loads a model with options that were checked, or that a test sets. */
export async function loadOn<S extends Signature>(
  device: TestDeviceOptions,
  source: BundleSource,
  { fetch, cache, onProgress = () => {}, ...options }: Omit<LoadOptions, "device" | "maxMemory">,
): Promise<Model<S>> {
  const files = await bundleFiles(source, fetch, cache);
  const meter = new ProgressMeter(onProgress);
  return withFiles(files, (opened) => loadFrom<S>(opened, files, device, meter, options));
}

/**
 * Loads a model from files. After a lost context it is loaded again from `later`, which the cache holds by then.
 *
 * @param name - the file that describes the model, if it is not graph.json
 * @param share - says which of its tensors are on the GPU already
 */
export async function loadFrom<S extends Signature>(
  files: BundleFiles,
  later: BundleFiles,
  device: TestDeviceOptions,
  meter: ProgressMeter,
  { signal = new AbortController().signal, streaming }: Pick<LoadOptions, "signal" | "streaming">,
  name?: string,
  share: (graph: GraphFile) => SharedWeights = (graph) => ({ graph, borrowed: new Map() }),
): Promise<Model<S>> {
  signal.throwIfAborted();
  const start = performance.now();
  const request = loadGraphFile(files, signal, name);
  request.catch(() => {}); // awaited below, unless the device fails first
  const prepared = prepareDevice(device);
  try {
    const graph = await request;
    meter.begin(graph);
    const report: LoadingReport = (phase, done, total) => meter.report(phase, done, total);
    const { graph: left, borrowed } = share(graph);
    const loading = await load(files, left, device, signal, report, start, borrowed);
    loading.model.timings.context += prepared.milliseconds;
    if (!streaming) await loading.loaded;
    return new Model<S>(later, graph, device, loading, signal);
  } finally {
    prepared.release();
  }
}
