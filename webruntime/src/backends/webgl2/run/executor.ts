import type { Timings } from "../../../api/timings.ts";
import type { DataType, GraphFile } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { type BoundInputs, bindInputs } from "../../../graph/inputs.ts";
import type { Tensor, TensorData } from "../../../graph/tensor.ts";
import { breathe, pause } from "../../../wait/tasks.ts";
import { chooseSetting, type DeviceLimits, type DeviceOptions, effectiveLimits } from "../device/device.ts";
import { type ImageDraw, type PlanPrograms, planPrograms, programsLinked } from "../device/programs.ts";
import type { DeviceSetting } from "../device/setting.ts";
import { type WarmUp, warmUp } from "../device/warm_up.ts";
import { acquireContext, type Context, releaseContext } from "../gl/context.ts";
import { gpuFinished } from "../gl/fence.ts";
import { releasePrograms } from "../gl/program.ts";
import { EarlyStart } from "../gl/readback.ts";
import { ranOutOfMemory } from "../gl/texture.ts";
import { LoadPhase } from "../load/load_phase.ts";
import { executeDraws } from "./draws.ts";
import { TexturePool } from "./pool.ts";
import {
  bindOutputs,
  bindPlan,
  bindStep,
  deletePlan,
  type LoadedModel,
  placeTensors,
  type RunPlan,
} from "./run_plan.ts";

/** Plans kept for the sizes used last. */
const PLANS_KEPT = 4;

/** Draws that a plan's first run issues at a time. */
const FIRST_PORTION = 16;

/** Integers that fill poisoned textures; float textures get NaN. */
const POISON_INTEGER = 0x7fff_ffff;

/** One model on the GPU: its programs, weights and plans. */
export class Executor implements LoadedModel {
  readonly context: Context;
  readonly limits: DeviceLimits;
  /** Chosen by `compile`. */
  setting!: DeviceSetting;
  reasons: readonly string[] = [];
  programs: PlanPrograms = { load: [], run: [], image: [], all: [] };
  readonly weights: LoadPhase;
  readonly timings: Timings = { download: 0, context: 0, compile: 0, upload: 0, loadDraws: 0, firstRun: 0 };
  readonly pool: TexturePool;
  private readonly earlyStart: EarlyStart;
  /** Most recently used first. */
  private plans: RunPlan[] = [];
  /** Of the setting that is tried or was chosen. */
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
    private readonly options: DeviceOptions,
  ) {
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
      this.weights = new LoadPhase(this.context, graph, this.limits);
      this.pool = new TexturePool(this.context, this.limits.maxTextureSize);
      this.earlyStart = new EarlyStart(this.context);
    } catch (error) {
      releaseContext(this.context);
      throw error;
    }
  }

  get persistent(): LoadedModel["persistent"] {
    return this.weights.persistent;
  }

  /**
   * Chooses the device's setting, compiles for it, and starts the draws of the load phase.
   *
   * @throws Error when no setting works, or a program does not compile
   */
  async compile(signal: AbortSignal, onProgress: (done: number, total: number) => void): Promise<void> {
    const start = performance.now();
    const { context, graph } = this;
    const images = graph.inputs.map(({ name, tensor, image }): ImageDraw | undefined =>
      image && tensor >= 0 ? { program: image.program, tensor, input: name } : undefined,
    );
    // Nearly every device takes the first setting: preparing for it need not wait for its self-test.
    const issue = (candidate: DeviceSetting) => {
      signal.throwIfAborted();
      releasePrograms(context, this.programs.all);
      const programs = planPrograms(context, graph.plans.webgl2, candidate, images);
      this.programs = programs;
      this.warm?.stop();
      this.warm = warmUp(context, graph, candidate, programs, signal, onProgress);
    };
    const { setting, reasons } = await chooseSetting(context, this.limits, this.options, issue);
    signal.throwIfAborted();
    this.setting = setting;
    this.reasons = reasons;
    const { load, all } = this.programs;
    await this.warm?.load;
    await programsLinked(context, [...new Set(load)], signal);
    signal.throwIfAborted();
    this.weights.start(this.programs, setting);
    await this.warm?.all;
    await programsLinked(context, all, signal);
    signal.throwIfAborted();
    this.timings.compile = performance.now() - start;
  }

  /** Uploads one part of a weight and issues the draws that waited for it; see LoadPhase.takePart. */
  takePart(weight: number, part: number, stored: DataType, data: TensorData): void {
    const start = performance.now();
    this.weights.takePart(weight, part, stored, data);
    this.timings.upload += performance.now() - start;
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
    this.checkMemory("weights", this.weights.bytes);
  }

  /** Checks the inputs, computes, and reads the outputs back. */
  async run(given: Readonly<Record<string, unknown>>): Promise<Record<string, Tensor>> {
    const start = performance.now();
    const { plan, bound } = this.prepare(given);
    const isFirst = !plan.isBound;
    await this.draw(plan, bound, start);
    const outputs = this.graph.outputs.map(({ name }, index) => [name, plan.readers[index]?.read()] as const);
    if (!isFirst) plan.times.record(start);
    this.timings.firstRun ||= performance.now() - start;
    if (this.context.isLost) {
      throw new TexelflowError(
        "context-lost",
        "The GPU context was lost during run(); the next run() loads the model again.",
      );
    }
    return Object.fromEntries(outputs) as Record<string, Tensor>;
  }

  /** Checks the inputs, and finds or makes the plan for their sizes. */
  prepare(given: Readonly<Record<string, unknown>>): { plan: RunPlan; bound: BoundInputs } {
    const bound = bindInputs(this.graph, given);
    return { plan: this.planFor(bound.symbols), bound };
  }

  /** Uploads inputs, issues all draws of a plan, and waits for them if that takes longer than the page may be blocked. */
  async draw(plan: RunPlan, inputs: BoundInputs, start = performance.now()): Promise<void> {
    if (this.options.poison) {
      for (const texture of plan.textures)
        texture.fill(texture.format === "int32" ? POISON_INTEGER : Number.NaN);
    }
    inputs.values.forEach((value, index) => {
      if (value) plan.feeds[index]?.write(value, this.limits.maxTextureSize);
    });
    if (plan.isBound) await this.drawAgain(plan, start);
    else await this.drawFirst(plan);
  }

  /** A plan in textures of its own, in which every tensor of a run survives; `delete` frees it. */
  planWithoutReuse(symbols: ReadonlyMap<string, number>): { plan: RunPlan; delete: () => void } {
    const pool = new TexturePool(this.context, this.limits.maxTextureSize);
    const { layouts, slots } = placeTensors(this, symbols, false);
    const plan = bindPlan(this, symbols, layouts, pool.provide(slots).textures);
    return {
      plan,
      delete: () => {
        deletePlan(plan);
        pool.keepOnly(new Set());
      },
    };
  }

  /** Gives up loading: runs that wait for weights reject. Frees all. */
  fail(reason: unknown): void {
    // A context can be made up for: the next run loads the model again.
    if (!this.context.isLost) this.failure = { reason };
    this.weights.fail(reason);
    this.delete();
  }

  /** Throws the reason for which loading was given up, if it was, but for a lost context. */
  throwIfFailed(): void {
    if (this.failure) throw this.failure.reason;
  }

  /** Frees all that the model has on the GPU. */
  delete(): void {
    if (this.deleted) return;
    this.deleted = true;
    for (const plan of this.plans) deletePlan(plan);
    this.plans = [];
    this.pool.keepOnly(new Set());
    this.weights.delete();
    this.warm?.stop();
    this.earlyStart.delete();
    releasePrograms(this.context, this.programs.all);
    releaseContext(this.context);
  }

  /**
   * Binds and issues the draws of a plan's first run: in portions, since drivers may prepare each draw then, and each
   * when the weights that it reads are there.
   */
  private async drawFirst(plan: RunPlan): Promise<void> {
    const { graph, weights } = this;
    try {
      let issued = 0;
      for (const [step, { inputs }] of graph.plans.webgl2.run.entries()) {
        if (plan.draws.length - issued === FIRST_PORTION || !weights.has(inputs)) {
          executeDraws(this.context, plan.draws, issued);
          this.context.gl.flush();
          issued = plan.draws.length;
          await breathe();
          await weights.filled(inputs);
        }
        bindStep(this, plan, step);
      }
      await weights.filled(graph.outputs.map(({ tensor }) => tensor));
      bindOutputs(this, plan);
      plan.isBound = true;
      executeDraws(this.context, plan.draws, issued);
      // Waiting first keeps the question about errors from blocking the page.
      await gpuFinished(this.context);
      weights.throwIfFailed();
      this.checkMemory("intermediate results", this.pool.bytes);
    } catch (error) {
      // Nothing half-made stays: the next run plans afresh.
      this.dropPlans(() => true);
      this.pool.keepOnly(new Set());
      throw error;
    }
  }

  /** Issues the draws of a bound plan and waits for them, unless the page may be blocked for so long. */
  private async drawAgain({ draws, times }: RunPlan, start: number): Promise<void> {
    executeDraws(this.context, draws);
    const last = draws.at(-1);
    if (!last) return;
    const waiting = times.wait(start);
    if (waiting.pause > 0) {
      this.earlyStart.send(last.target);
      await pause(waiting.pause);
      times.wake();
      if (this.deleted) return;
    }
    if (!waiting.ask) return;
    await gpuFinished(this.context);
    times.finish();
  }

  /** The plan for the sizes, made unless it is among those kept. */
  private planFor(symbols: ReadonlyMap<string, number>): RunPlan {
    const index = this.plans.findIndex((plan) =>
      this.graph.symbols.every((symbol) => plan.symbols.get(symbol) === symbols.get(symbol)),
    );
    if (index === 0) return this.plans[0] as RunPlan;
    if (index > 0) {
      const [plan] = this.plans.splice(index, 1);
      this.plans.unshift(plan as RunPlan);
      return plan as RunPlan;
    }
    const { layouts, slots } = placeTensors(this, symbols, true);
    const { textures, replaced } = this.pool.provide(slots);
    this.dropPlans((plan) => [...replaced].some((texture) => plan.textures.has(texture)));
    try {
      const plan = bindPlan(this, symbols, layouts, textures);
      this.plans.unshift(plan);
      let kept = 0;
      this.dropPlans(() => ++kept > PLANS_KEPT);
      this.pool.keepOnly(new Set(this.plans.flatMap((other) => [...other.textures])));
      return plan;
    } catch (error) {
      // Nothing half-made stays: the next run plans afresh.
      this.dropPlans(() => true);
      this.pool.keepOnly(new Set());
      throw error;
    }
  }

  private dropPlans(isDropped: (plan: RunPlan) => boolean): void {
    this.plans = this.plans.filter((plan) => {
      const dropped = isDropped(plan);
      if (dropped) deletePlan(plan);
      return !dropped;
    });
  }

  /** Asks GL once, after a batch of allocations, whether memory ran out: asking each time would stall loading. */
  private checkMemory(what: string, bytes: number): void {
    if (!ranOutOfMemory(this.context)) return;
    const largest = this.largestTensor();
    throw new TexelflowError(
      "out-of-memory",
      `The GPU has too little memory for the ${what} of "${this.graph.name}" (${Math.ceil(bytes / 2 ** 20)} MiB` +
        `${largest}). Run with smaller inputs, export with --weights float16, or close other pages.`,
    );
  }

  private largestTensor(): string {
    let found = "";
    let most = 0;
    const placed = [...this.persistent, ...(this.plans[0]?.placed ?? [])];
    for (const [index, { layout, texture }] of placed) {
      if (!texture || texture.bytes <= most) continue;
      most = texture.bytes;
      const name = this.graph.plans.webgl2.tensors[index]?.value ?? String(index);
      found = `; the largest is tensor "${name}" of shape [${layout.shape.join(", ")}]`;
    }
    return found;
  }
}
