import type { Timings } from "../../../api/timings.ts";
import type { DataType, GraphFile } from "../../../bundle/generated/graph_file.ts";
import { damageOf } from "../../../bundle/graph_file.ts";
import { part } from "../../../bundle/parts.ts";
import type { WeightSink } from "../../../bundle/weight_files.ts";
import { TexelflowError } from "../../../errors.ts";
import { isHostStep } from "../../../graph/stages.ts";
import type { TensorData } from "../../../graph/tensor.ts";
import {
  chooseSetting,
  type DeviceLimits,
  effectiveLimits,
  type TestDeviceOptions,
} from "../device/device.ts";
import {
  type ImageDraw,
  NO_PROGRAMS,
  type PlanPrograms,
  planPrograms,
  programsLinked,
} from "../device/programs.ts";
import type { DeviceSetting } from "../device/setting.ts";
import { type WarmUp, warmUp } from "../device/warm_up.ts";
import { acquireContext, type Context, releaseContext } from "../gl/context.ts";
import { gpuFinished } from "../gl/fence.ts";
import { releasePrograms } from "../gl/program.ts";
import { ranOutOfMemory } from "../gl/texture.ts";
import type { PlacedTensor } from "../run/draws.ts";
import { LoadPhase } from "./load_phase.ts";

/** What goes on while a model is loaded; more than one at a time. */
export type LoadingPhase = "download" | "compile" | "upload" | "ready";

/** Told how far a phase is: so many bytes, programs or parts of weights of all, or that all is done. */
export type LoadingReport = (phase: LoadingPhase, done: number, total: number) => void;

/** What only models need in the midst of whose runs the page computes. */
export type HostPart = typeof import("../run/host_stage.ts");

/** What only models need that have states. */
type StatesPart = typeof import("../run/state_memory.ts");

/** What a session remembers from run to run. */
export type StateMemory = InstanceType<StatesPart["StateMemory"]>;

/** A model on the GPU, all that is the same for each of its runs: programs, and what the load phase makes of weights. */
export class LoadedModel implements WeightSink {
  readonly context: Context;
  readonly limits: DeviceLimits;
  /** Chosen by `compile`. */
  setting!: DeviceSetting;
  reasons: readonly string[] = [];
  programs: PlanPrograms = NO_PROGRAMS;
  readonly weights: LoadPhase;
  /** Sessions besides the model's own, which go with it. */
  readonly sessions = new Set<{ delete(): void }>();
  /** By tensor, for both tensors of each state that is not copied, the other one; itself where they are one. */
  statePartners: ReadonlyMap<number, number> = new Map();
  /** The textures of its runs. */
  readonly pools = new Set<{ readonly bytes: number }>();
  readonly timings: Timings = { download: 0, context: 0, compile: 0, upload: 0, loadDraws: 0, firstRun: 0 };
  /** What the page does in the midst of runs; null if that is nothing. Known once all is compiled. */
  hosts: HostPart | null = null;
  /** The memory of sessions; null if the model has no states. Known once all is compiled. */
  StateMemory: StatesPart["StateMemory"] | null = null;
  /** Says that the model is given up, while it is loaded or later. Known once it is compiled. */
  signal!: AbortSignal;
  private readonly bytes: number;
  private readonly parts: number;
  private uploaded = 0;
  private warm: WarmUp | undefined;
  private deleted = false;
  private failure: { readonly reason: unknown } | null = null;

  /**
   * Takes the context; weights may come from now on.
   *
   * @throws Error when the device has too few texture units
   */
  constructor(
    readonly graph: GraphFile,
    readonly options: TestDeviceOptions,
    private readonly report: LoadingReport,
    borrowed?: ReadonlyMap<number, PlacedTensor>,
  ) {
    this.bytes = graph.files.reduce((sum, file) => sum + file.bytes, 0);
    this.parts = graph.weights.reduce((sum, weight) => sum + weight.parts.length, 0);
    const start = performance.now();
    this.context = acquireContext();
    this.timings.context = performance.now() - start;
    try {
      const { capabilities } = this.context;
      this.limits = effectiveLimits(capabilities, options);
      const needed = graph.plans.webgl2.requirements.textureUnits;
      if (needed > this.limits.textureUnits) {
        throw new TexelflowError(
          "device",
          `The model "${graph.name}" reads ${needed} textures in one draw, but this device ` +
            `(${capabilities.renderer}) allows ${this.limits.textureUnits}.`,
        );
      }
      const reserve = (bytes: number) => this.reserve(bytes, "weights");
      this.weights = new LoadPhase(this.context, graph, this.limits, reserve, borrowed);
      this.reserve(this.weights.leastBytes, "weights");
    } catch (error) {
      releaseContext(this.context);
      throw error;
    }
  }

  /** Weights and results of the load phase, by tensor. */
  get persistent(): ReadonlyMap<number, PlacedTensor> {
    return this.weights.persistent;
  }

  /**
   * Chooses the device's setting, compiles for it, and starts the draws of the load phase.
   *
   * @throws Error when no setting works, or a program does not compile
   */
  async compile(signal: AbortSignal): Promise<void> {
    this.signal = signal;
    const start = performance.now();
    const { context, graph } = this;
    const parts = this.fetchParts();
    // Waited for at the end, or nobody cares.
    parts.catch(() => {});
    const images = graph.inputs.map(({ name, tensor, image }): ImageDraw | undefined =>
      image && tensor >= 0 ? { program: image.program, tensor, input: name } : undefined,
    );
    const { setting, reasons } = await chooseSetting(context, this.limits, this.options);
    signal.throwIfAborted();
    this.setting = setting;
    this.reasons = reasons;
    this.programs = planPrograms(context, graph.plans.webgl2, setting, images);
    const warm = warmUp(context, graph, setting, this.programs, signal, (done, total) =>
      this.report("compile", done, total),
    );
    this.warm = warm;
    const { load, all } = this.programs;
    await warm.load;
    await programsLinked(context, [...new Set(load)], signal);
    signal.throwIfAborted();
    this.weights.start(this.programs, setting);
    await warm.all;
    await programsLinked(context, all, signal);
    await parts;
    signal.throwIfAborted();
    this.timings.compile = performance.now() - start;
  }

  private async fetchParts(): Promise<void> {
    const { graph } = this;
    const needsHosts = graph.plans.webgl2.entries.predict.some(isHostStep);
    const hosts = needsHosts && part("texelflow.host.js", import("../run/host_stage.ts"));
    const states = graph.states.length > 0 && part("texelflow.states.js", import("../run/state_memory.ts"));
    const fail = damageOf("graph.json");
    if (hosts) {
      this.hosts = await hosts;
      this.hosts.checkHosts(graph, fail);
    }
    if (states) {
      const { StateMemory, checkStates, statePartners } = await states;
      checkStates(graph, fail);
      this.statePartners = statePartners(graph);
      this.StateMemory = StateMemory;
    }
  }

  takeBytes(count: number): void {
    this.report("download", count, this.bytes);
  }

  /** Uploads one part of a weight and issues the draws that waited for it; see LoadPhase.takePart. */
  takePart(weight: number, part: number, stored: DataType, data: TensorData): void {
    const start = performance.now();
    this.weights.takePart(weight, part, stored, data);
    this.timings.upload += performance.now() - start;
    this.report("upload", ++this.uploaded, this.parts);
  }

  /** Resolves when the load phase is done on the GPU; rejects when something went wrong there. */
  async finishLoading(): Promise<void> {
    const start = performance.now();
    this.weights.finish();
    // Waiting first keeps the question about errors from blocking the page.
    await gpuFinished(this.context);
    this.timings.loadDraws = performance.now() - start;
    if (this.context.isLost)
      throw new TexelflowError(
        "context-lost",
        "The GPU context was lost while the model was loading. Load it again.",
      );
    this.checkMemory("weights", this.weights.bytes, this.persistent);
  }

  /**
   * Asks GL once, after a batch of allocations, whether memory ran out: asking each time would stall loading.
   *
   * @param what - names the batch, which takes so many bytes, in the error
   * @param placed - the tensors, by index, of which the error names the largest
   */
  checkMemory(what: string, bytes: number, placed: Iterable<readonly [number, PlacedTensor]>): void {
    if (!ranOutOfMemory(this.context)) return;
    let largest = "";
    let most = 0;
    for (const [index, { layout, texture }] of placed) {
      if (!texture || texture.bytes <= most) continue;
      most = texture.bytes;
      const name = this.graph.plans.webgl2.tensors[index]?.value ?? String(index);
      largest = `; the largest is tensor "${name}" of shape [${layout.shape.join(", ")}]`;
    }
    throw new TexelflowError(
      "out-of-memory",
      `The GPU has too little memory for the ${what} of "${this.graph.name}" (${Math.ceil(bytes / 2 ** 20)} MiB` +
        `${largest}). Run with smaller inputs, export with --weights float16, or close other pages.`,
    );
  }

  /** Whether so many bytes of textures more are within what the page allows. */
  hasRoomFor(bytes: number): boolean {
    return this.bytesWith(bytes) <= (this.options.maxMemory ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Asks for so many bytes of textures more, before they are allocated.
   *
   * @param what - what they are for
   * @throws TexelflowError when the page does not allow as many
   */
  reserve(bytes: number, what: string): void {
    if (this.hasRoomFor(bytes)) return;
    throw new TexelflowError(
      "out-of-memory",
      `The ${what} of "${this.graph.name}" make it ${this.bytesWith(bytes)} bytes of GPU memory, but maxMemory is ` +
        `${this.options.maxMemory}. Run with smaller inputs, export with --weights float16, or allow more.`,
    );
  }

  private bytesWith(bytes: number): number {
    return [...this.pools].reduce((sum, pool) => sum + pool.bytes, this.weights.bytes + bytes);
  }

  /** Gives up loading: runs that wait for weights reject. */
  fail(reason: unknown): void {
    // A context can be made up for: the next run loads the model again.
    if (!this.context.isLost) this.failure = { reason };
    this.weights.fail(reason);
  }

  /** Throws the reason for which loading was given up, if it was, but for a lost context. */
  throwIfFailed(): void {
    if (this.failure) throw this.failure.reason;
  }

  /** Frees sessions, programs, weights and the use of the context. */
  delete(): void {
    if (this.deleted) return;
    this.deleted = true;
    for (const session of this.sessions) session.delete();
    this.weights.delete();
    this.warm?.stop();
    releasePrograms(this.context, this.programs.all);
    releaseContext(this.context);
  }
}
