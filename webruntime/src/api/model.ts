import type { DeviceReport, TestDeviceOptions } from "../backends/webgl2/device/device.ts";
import type { LoadedModel } from "../backends/webgl2/load/loaded_model.ts";
import type { Profile, ProfileOptions } from "../backends/webgl2/profiler/profile.ts";
import type { Session } from "../backends/webgl2/run/session.ts";
import { type BundleFiles, withFiles } from "../bundle/bundle_source.ts";
import type {
  DataType,
  GraphFile,
  GraphOutput,
  ImagePreprocessing,
  Role,
} from "../bundle/generated/graph_file.ts";
import { part } from "../bundle/parts.ts";
import { canHash } from "../bundle/weight_files.ts";
import { TexelflowError } from "../errors.ts";
import { render } from "../graph/expressions.ts";
import { breathe } from "../wait/tasks.ts";
import { type Loading, load } from "./loading.ts";
import type { Memory, TaskKind } from "./memory.ts";
import { ModelSession } from "./model_session.ts";
import type { Inputs, Outputs, RunOptions, Signature } from "./signature.ts";
import type { Timings } from "./timings.ts";

/** How an input takes pictures. */
export type ImageInfo = Omit<ImagePreprocessing, "program" | "ints" | "floats">;

/** Name, type and shape of an input or output. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: DataType;
  /** Extents: a number, or the name or formula of a free dimension, which may differ from run to run. */
  readonly shape: readonly (number | string)[];
  /** What it means in a task, if the bundle says so; `texelflow/pipeline` reads it. */
  readonly role?: Role;
}

/** An input; if it has `image`, it accepts pictures as well as tensors. */
export interface InputInfo extends TensorInfo {
  readonly image?: ImageInfo;
}

/** An output; with `labels`, the names of the classes that it scores or counts. */
export interface OutputInfo extends TensorInfo {
  readonly labels?: readonly string[];
}

/** The public description of an input, an output or a state. */
type Described = Pick<GraphOutput, "name" | "dtype" | "shape" | "meaning">;

/** A loaded model. Made by `loadModel`. */
export class Model<S extends Signature = Signature> {
  readonly name: string;
  readonly inputs: readonly InputInfo[];
  readonly outputs: readonly OutputInfo[];
  /** The states that sessions keep from run to run, by the names of the model's inputs that they replace. */
  readonly states: readonly TensorInfo[];
  /** Class names of the first output that has labels, by index; empty if no output has. */
  readonly labels: readonly string[];
  /** What the runtime found out about this device and chose for it, as plain data. */
  device: DeviceReport;
  private queue: Promise<unknown> = Promise.resolve();
  private disposed = false;
  /**
   * This branch, and the other branches that are loaded.
   *
   * @internal
   */
  readonly family: Model[] = [this as Model];
  /**
   * The states that `run` keeps.
   *
   * @internal
   */
  readonly own: ModelSession<S> = new ModelSession(this);
  /** Stops the restoration after a lost context. */
  private stopRestoring: (reason: unknown) => void = () => {};

  /** @internal */
  constructor(
    /** @internal */
    readonly files: BundleFiles,
    /** @internal */
    readonly graph: GraphFile,
    /** @internal */
    readonly deviceOptions: TestDeviceOptions,
    private loading: Loading,
    /** @internal */
    readonly signal: AbortSignal,
  ) {
    const describe = ({ name, dtype, shape, meaning }: Described): OutputInfo => ({
      name,
      dtype,
      shape: shape.map(render),
      ...meaning,
    });
    this.name = graph.name;
    this.inputs = graph.inputs.map((input) => {
      if (!input.image) return describe(input);
      const { program, ints, floats, ...image } = input.image;
      return { ...describe(input), image };
    });
    this.outputs = graph.outputs.map(describe);
    this.states = graph.states.map(describe);
    this.labels = this.outputs.find(({ labels }) => labels)?.labels ?? [];
    this.device = report(this.loadedModel);
  }

  /**
   * The model as it is loaded on the current GPU context.
   *
   * @internal
   */
  get loadedModel(): LoadedModel {
    return this.loading.model;
  }

  /** Resolves when every file is checked and all weights are on the GPU; rejects when loading fails. */
  get loaded(): Promise<void> {
    return this.loading.loaded;
  }

  /** What loading and the first run took, in milliseconds. */
  get timings(): Readonly<Timings> {
    return { ...this.loadedModel.timings };
  }

  /**
   * Computes the outputs. Calls wait for each other; do not change the data of an input before its run is done.
   *
   * @param inputs - a tensor for each input by name, or a picture or an array of pictures (a batch) where the input has
   *   `image`; `{ source, crop: { x, y, width, height } }` takes a part of a picture
   * @param options - `keep` names outputs that stay on the GPU, as inputs of later runs; `signal` and `latest` give up
   *   runs that are no longer wanted, and `signal` also stops a run inside a loop
   * @returns a tensor for each output by name
   * @throws TexelflowError when an input is missing, unknown, or of wrong type or shape, when GPU memory runs out,
   *   when loading failed, or after `dispose`. When the GPU's context is lost, the model is loaded again, from the browser's cache
   *   if it is there, and the run is repeated once. If earlier runs left a state, the run fails with `state-lost` instead
   */
  run<K extends keyof S["outputs"] = never>(
    inputs: Inputs<S>,
    options: RunOptions<K> = {},
  ): Promise<Outputs<S, K>> {
    return this.own.run(inputs, options);
  }

  /**
   * Registers another branch, which is disposed with this one.
   *
   * @internal
   */
  adopt(branch: Model): void {
    this.family.push(branch);
    if (this.disposed) branch.stop();
  }

  /** @internal */
  async runIn<K extends keyof S["outputs"]>(
    session: Session,
    inputs: Inputs<S>,
    { keep, signal }: RunOptions<K>,
  ): Promise<Outputs<S, K>> {
    session.signal = signal;
    const kept = keep && part("texelflow.keep.js", import("../backends/webgl2/run/kept_tensor.ts"));
    const read = kept && (await kept).keeping(session.model, keep);
    const outputs = await session.run(inputs, read);
    // Not before every file is checked.
    await this.loaded;
    return outputs as Outputs<S, K>;
  }

  /**
   * Measures what each draw of a run costs. Needs the file texelflow.profile.js beside the runtime's main file.
   *
   * @param inputs - as for `run`
   * @throws Error as `run` does, or when that file cannot be fetched
   */
  profile(inputs: Inputs<S>, options: ProfileOptions = {}): Promise<Profile> {
    return this.exclusively(
      async (session, branch) => {
        await branch.loaded;
        const { profile } = await import("../backends/webgl2/profiler/profile.ts");
        return profile(session, inputs, options);
      },
      { inputs, goesOn: true },
    );
  }

  /** Returns a new session with states of its own; `run` uses a session that belongs to the model. */
  session(): ModelSession<S> {
    return new ModelSession<S>(this);
  }

  /** Forgets the states that earlier calls of `run` left: the next call starts from zeros. */
  reset(): Promise<void> {
    return this.own.reset();
  }

  /** Frees the model's GPU memory. Runs under way are finished or rejected; later ones are rejected. */
  dispose(): void {
    if (this.disposed) return;
    for (const branch of this.family) branch.stop();
    this.cleanUp(() => {
      for (const { loadedModel } of this.family) loadedModel.delete();
    });
  }

  /**
   * Frees something after all earlier tasks; nothing is loaded again for that.
   *
   * @internal
   */
  cleanUp(free: () => void): void {
    this.queue = this.queue.then(free, free);
  }

  /**
   * Runs a task after all earlier tasks; restores the model first if the GPU's context was lost.
   *
   * @param memory - the memory of a session, instead of the one that `run` uses
   * @internal
   */
  exclusively<T>(
    task: (session: Session, branch: Model<S>) => Promise<T>,
    { goesOn, repeats, inputs, check }: TaskKind = {},
    memory: Memory = this.own,
  ): Promise<T> {
    const attempt = async () => {
      check?.();
      if (inputs && this.graph.branches) {
        const { enterBranch } = await part("texelflow.branches.js", import("./branches.ts"));
        await enterBranch(this as Model, inputs, memory);
      }
      return (memory.branch as Model<S>).attempt(task, memory, goesOn);
    };
    const guarded = async () => {
      await breathe();
      try {
        return await attempt();
      } catch (error) {
        const isLost = error instanceof TexelflowError && error.code === "context-lost";
        if (!isLost || !repeats) throw error;
        if (this.disposed) throw this.disposal();
        return attempt();
      }
    };
    if (this.disposed) return Promise.reject(this.disposal());
    const result = this.queue.then(guarded, guarded);
    this.queue = result.catch(() => {});
    return result;
  }

  /**
   * Runs a task in this branch immediately.
   *
   * @internal
   */
  async attempt<T>(
    task: (session: Session, branch: Model<S>) => Promise<T>,
    memory: Memory,
    goesOn = false,
  ): Promise<T> {
    const { loadedModel } = this;
    loadedModel.throwIfFailed();
    if (loadedModel.context.isLost) await this.loadAgain();
    return task(memory.sessionOf(this as Model, goesOn), this);
  }

  /** Stops loading, and accepts no more tasks. */
  private stop(): void {
    this.disposed = true;
    this.loading.stop(this.disposal());
    this.stopRestoring(this.disposal());
  }

  private disposal(): Error {
    return new TexelflowError("disposed", `The model "${this.name}" was disposed.`);
  }

  private async loadAgain(): Promise<void> {
    // What is still being loaded belongs to the lost context.
    await this.loaded.catch(() => {});
    const stop = new AbortController();
    this.stopRestoring = (reason) => stop.abort(reason);
    // The signal's earlier abort, such as a timeout for loading, must not stop this.
    const forward = () => stop.abort(this.signal.reason);
    this.signal.addEventListener("abort", forward);
    try {
      this.loading = await withFiles(this.files.cached ?? this.files, async (files) => {
        const { graph, deviceOptions } = this;
        const loading = await load(files, graph, deviceOptions, stop.signal, () => {}, performance.now());
        await loading.loaded;
        this.loadedModel.delete();
        return loading;
      });
    } finally {
      this.signal.removeEventListener("abort", forward);
    }
    this.device = report(this.loadedModel);
  }
}

function report({ context, limits, setting, reasons }: LoadedModel): DeviceReport {
  const { cut, fold, precise, ...chosen } = setting;
  return {
    renderer: context.capabilities.renderer,
    software: context.capabilities.isSoftware,
    limits: { ...limits },
    ...chosen,
    integrity: canHash() ? "sha256" : "byte count",
    reasons: [...reasons],
  };
}
