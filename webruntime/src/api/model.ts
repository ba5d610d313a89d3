import { type DeviceOptions, type DeviceReport, prepareDevice } from "../backends/webgl2/device/device.ts";
import type { Profile, ProfileOptions } from "../backends/webgl2/profiler/profile.ts";
import { Executor } from "../backends/webgl2/run/executor.ts";
import { type BundleFiles, type BundleSource, bundleFiles, type FetchFile } from "../bundle/bundle_source.ts";
import type { DataType, GraphFile, ImagePreprocessing } from "../bundle/generated/graph_file.ts";
import { loadGraphFile } from "../bundle/graph_file.ts";
import { canHash, downloadWeights } from "../bundle/weight_files.ts";
import { TexelflowError } from "../errors.ts";
import { render } from "../graph/expressions.ts";
import type { RunInput } from "../graph/inputs.ts";
import type { Tensor } from "../graph/tensor.ts";
import { breathe } from "../wait/tasks.ts";
import type { Timings } from "./timings.ts";

/** How far loading is. Phases overlap: weights download while programs compile. */
export interface Progress {
  /** What the numbers count: bytes of weights received, programs ready, weights on the GPU, or that all is done. */
  readonly phase: "download" | "compile" | "upload" | "ready";
  readonly loaded: number;
  readonly total: number;
}

/** Settings of `loadModel`, all optional. */
export interface LoadOptions {
  /** Called often while loading. */
  onProgress?: (progress: Progress) => void;
  /** Stops loading when aborted; `loadModel`, or a run that waits for weights, rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Resolves as soon as the model can take inputs, while its weights are still on their way: a run computes as far as
   * they have come, so that the first result is there soon after their last byte. What is wrong with them then rejects
   * `Model.loaded` and every run. False unless given.
   */
  streaming?: boolean;
  /** Fetches the files of a bundle instead of the page's `fetch`: to send headers, say, or to sign addresses. */
  fetch?: FetchFile;
  /** Overrides of what the runtime would choose for this device. */
  device?: DeviceOptions;
}

/** How an input takes pictures. */
export type ImageInfo = Omit<ImagePreprocessing, "program" | "ints" | "floats">;

/** Name, type and shape of an input or output. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: DataType;
  /** Extents: a number, or the name (or formula) of a dimension that each run is free to choose. */
  readonly shape: readonly (number | string)[];
}

/** An input; with `image`, pictures are taken besides tensors. */
export interface InputInfo extends TensorInfo {
  readonly image?: ImageInfo;
}

/** A loaded model. Made by `loadModel`. */
export class Model {
  readonly name: string;
  readonly inputs: readonly InputInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Class names of a classifier by index; empty when the bundle has none. */
  readonly labels: readonly string[];
  /** What the runtime found and chose on this device, as plain data. */
  device: DeviceReport;
  private queue: Promise<unknown> = Promise.resolve();
  private disposed = false;

  /** @internal */
  constructor(
    private readonly files: BundleFiles,
    /** @internal */
    readonly graph: GraphFile,
    private readonly deviceOptions: DeviceOptions,
    private loading: Loading,
  ) {
    const describe = ({ name, dtype, shape }: GraphFile["outputs"][number]) => ({
      name,
      dtype,
      shape: shape.map(render),
    });
    this.name = graph.name;
    this.inputs = graph.inputs.map((input) => {
      if (!input.image) return describe(input);
      const { program, ints, floats, ...image } = input.image;
      return { ...describe(input), image };
    });
    this.outputs = graph.outputs.map(describe);
    this.labels = graph.labels ?? [];
    this.device = report(this.executor);
  }

  /** @internal */
  get executor(): Executor {
    return this.loading.executor;
  }

  /** Resolves when every file is checked and all weights are on the GPU; rejects when loading fails. */
  get loaded(): Promise<void> {
    return this.loading.loaded;
  }

  /** What loading and the first run took, in milliseconds. */
  get timings(): Readonly<Timings> {
    return { ...this.executor.timings };
  }

  /**
   * Computes the outputs. Calls wait for each other; do not change the data of an input before its run is done.
   *
   * @param inputs - a tensor for each input by name, or a picture or an array of pictures (a batch) where the input has
   *   `image`; `{ source, crop: { x, y, width, height } }` takes a part of a picture
   * @returns a tensor for each output by name
   * @throws TexelflowError when an input is missing, unknown, or of wrong type or shape, when the GPU's memory runs out, when the
   *   GPU's context is lost meanwhile (the next call loads the model again), when loading failed, or after `dispose`
   */
  run(inputs: Readonly<Record<string, RunInput>>): Promise<Record<string, Tensor>> {
    return this.exclusively(async (executor) => {
      const outputs = await executor.run(inputs);
      // Not before every file is checked.
      await this.loaded;
      return outputs;
    });
  }

  /**
   * Measures what each draw of a run costs. Needs the file texelflow.profile.js beside the runtime's own.
   *
   * @param inputs - as for `run`
   * @throws Error as `run` does, or when that file cannot be fetched
   */
  profile(inputs: Readonly<Record<string, RunInput>>, options: ProfileOptions = {}): Promise<Profile> {
    return this.exclusively(async (executor) => {
      await this.loaded;
      const { profile } = await import("../backends/webgl2/profiler/profile.ts");
      return profile(executor, inputs, options);
    });
  }

  /** Frees the model's GPU memory. Runs under way are finished or rejected; later ones are rejected. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.loading.stop(this.disposal());
    const free = () => this.executor.delete();
    this.queue = this.queue.then(free, free);
  }

  /**
   * Runs a task after all earlier ones, with the model restored if the GPU's context was lost.
   *
   * @internal
   */
  exclusively<T>(task: (executor: Executor) => Promise<T>): Promise<T> {
    const guarded = async () => {
      await breathe();
      this.executor.throwIfFailed();
      if (this.executor.context.isLost) await this.restore();
      return task(this.executor);
    };
    if (this.disposed) return Promise.reject(this.disposal());
    const result = this.queue.then(guarded, guarded);
    this.queue = result.catch(() => {});
    return result;
  }

  private disposal(): Error {
    return new TexelflowError("disposed", `The model "${this.name}" was disposed.`);
  }

  private async restore(): Promise<void> {
    // What is still on its way goes to the context that was lost.
    await this.loaded.catch(() => {});
    const signal = new AbortController().signal;
    const loading = await load(
      this.files,
      this.graph,
      this.deviceOptions,
      signal,
      () => {},
      performance.now(),
    );
    await loading.loaded;
    this.executor.delete();
    this.loading = loading;
    this.device = report(this.executor);
  }
}

/**
 * Loads a bundle made by `texelflow export`.
 *
 * A file that is not the one that was exported is asked for once more, past the browser's cache, which may have kept an
 * older one; not with `streaming`, which has begun to use it then.
 *
 * @param source - URL of the bundle's folder or of its graph.json (relative to the page; a query goes along to every
 *   file), or its files, as they are or by name, such as those of a folder that the visitor chose
 * @returns the model, once its weights are on the GPU and every file is checked, or before with `streaming`
 * @throws TexelflowError when a file is missing, cut, altered or of another format version, when the device lacks what the model
 *   needs, or when a shader does not compile; the signal's reason when aborted. Nothing stays on the GPU then.
 */
export async function loadModel(source: BundleSource, options: LoadOptions = {}): Promise<Model> {
  const files = bundleFiles(source, options.fetch);
  try {
    return await loadFrom(files, options);
  } catch (error) {
    if (!(error instanceof TexelflowError && error.code === "altered") || !files.pastCache) throw error;
    return loadFrom(files.pastCache, options, files);
  }
}

/** Loads a model from files; a lost context is made up for from `later`, which the cache has by then. */
async function loadFrom(files: BundleFiles, options: LoadOptions, later = files): Promise<Model> {
  const { onProgress = () => {}, signal = new AbortController().signal, device = {}, streaming } = options;
  signal.throwIfAborted();
  const start = performance.now();
  const request = loadGraphFile(files, signal);
  request.catch(() => {}); // awaited below, unless the device fails first
  const prepared = prepareDevice(device);
  try {
    const graph = await request;
    const loading = await load(files, graph, device, signal, onProgress, start);
    loading.executor.timings.context += prepared.milliseconds;
    if (!streaming) await loading.loaded;
    return new Model(later, graph, device, loading);
  } finally {
    prepared.release();
  }
}

/** A model on its way to the GPU. */
interface Loading {
  readonly executor: Executor;
  /** Resolves when all is there and checked; rejects when it will not be, and nothing stays on the GPU then. */
  readonly loaded: Promise<void>;
  /** Gives up what is not there yet. */
  readonly stop: (reason: Error) => void;
}

/** Downloads, compiles and uploads at the same time; resolves when all is compiled. */
async function load(
  files: BundleFiles,
  graph: GraphFile,
  device: DeviceOptions,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
  start: number,
): Promise<Loading> {
  const bytes = graph.files.reduce((sum, file) => sum + file.bytes, 0);
  const parts = graph.weights.reduce((sum, weight) => sum + weight.parts.length, 0);
  let executor: Executor | undefined;
  let uploaded = 0;
  const stop = new AbortController();
  const forward = () => stop.abort(signal.reason);
  signal.addEventListener("abort", forward);
  const download = downloadWeights(
    files,
    graph,
    stop.signal,
    (weight, part, dtype, data) => {
      executor?.takePart(weight, part, dtype, data);
      onProgress({ phase: "upload", loaded: ++uploaded, total: parts });
    },
    (loaded) => onProgress({ phase: "download", loaded, total: bytes }),
  );
  const fail = (error: unknown) => {
    signal.removeEventListener("abort", forward);
    stop.abort(error);
    download.catch(() => {});
    executor?.fail(error);
    throw error;
  };
  try {
    executor = new Executor(graph, device);
  } catch (error) {
    return fail(error);
  }
  const compiled = executor.compile(stop.signal, (loaded, total) =>
    onProgress({ phase: "compile", loaded, total }),
  );
  const finish = async (loading: Executor) => {
    const downloaded = download.then(() => {
      loading.timings.download = performance.now() - start;
    });
    await Promise.all([downloaded, compiled]);
    await loading.finishLoading();
    signal.throwIfAborted();
    signal.removeEventListener("abort", forward);
    onProgress({ phase: "ready", loaded: 1, total: 1 });
  };
  const loaded = finish(executor).catch(fail);
  // Whoever waits for it learns of a failure; nobody has to.
  loaded.catch(() => {});
  await Promise.race([compiled, loaded]);
  return { executor, loaded, stop: (reason) => stop.abort(reason) };
}

function report({ context, limits, setting, reasons }: Executor): DeviceReport {
  return {
    renderer: context.capabilities.renderer,
    limits: { ...limits },
    ...setting,
    integrity: canHash() ? "sha256" : "byte count",
    reasons: [...reasons],
  };
}
