import type { GraphFile } from "../generated/graph_file.ts";
import type { Tensor } from "../tensor.ts";
import { acquireContext, type Context, releaseContext } from "../webgl/context.ts";
import { releasePrograms } from "../webgl/program.ts";
import { gpuFinished } from "../webgl/readback.ts";
import { ranOutOfMemory } from "../webgl/texture.ts";
import { chooseSetting, type DeviceLimits, type DeviceOptions, effectiveLimits } from "./device.ts";
import { executeDraws } from "./draws.ts";
import { type BoundInputs, bindInputs } from "./inputs.ts";
import { LoadPhase } from "./load_phase.ts";
import { TexturePool } from "./pool.ts";
import { type ImageDraw, issuePlanPrograms, type PlanPrograms, programsLinked } from "./programs.ts";
import { bindPlan, deletePlan, type LoadedModel, placeTensors, type RunPlan } from "./run_plan.ts";
import type { DeviceSetting } from "./setting.ts";

/** Plans kept for the sizes used last. */
const PLANS_KEPT = 4;

/** Integers that fill poisoned textures; float textures get NaN. */
const POISON_INTEGER = 0x7fff_ffff;

/** One model on the GPU: its programs, weights and plans. */
export class Executor implements LoadedModel {
  readonly context: Context;
  readonly setting: DeviceSetting;
  readonly limits: DeviceLimits;
  readonly reasons: readonly string[];
  readonly programs: PlanPrograms;
  readonly weights: LoadPhase;
  readonly pool: TexturePool;
  /** Most recently used first. */
  private plans: RunPlan[] = [];
  private deleted = false;

  /**
   * Takes the context, chooses the device's setting and starts compiling.
   *
   * @throws Error when the device cannot run the plan
   */
  constructor(
    readonly graph: GraphFile,
    private readonly options: DeviceOptions,
  ) {
    this.context = acquireContext();
    try {
      const { capabilities } = this.context;
      this.limits = effectiveLimits(capabilities, options);
      const plan = graph.plans.webgl2;
      const needed = plan.requirements.textureUnits;
      if (needed > this.limits.textureUnits) {
        throw new Error(
          `The model "${graph.name}" reads ${needed} textures in one draw, but this device ` +
            `(${capabilities.renderer}) allows ${this.limits.textureUnits}.`,
        );
      }
      const chosen = chooseSetting(this.context, this.limits, options);
      this.setting = chosen.setting;
      this.reasons = chosen.reasons;
      const images = graph.inputs.map(({ name, tensor, image }): ImageDraw | undefined =>
        image && tensor >= 0 ? { program: image.program, tensor, input: name } : undefined,
      );
      this.programs = issuePlanPrograms(this.context, plan, this.setting, images);
      this.weights = new LoadPhase(this.context, graph, this.setting, this.limits);
      this.pool = new TexturePool(this.context, this.limits.maxTextureSize);
    } catch (error) {
      releaseContext(this.context);
      throw error;
    }
  }

  get persistent(): LoadedModel["persistent"] {
    return this.weights.persistent;
  }

  /** Resolves when all programs are linked and draws of the load phase may begin. */
  async compile(signal: AbortSignal, onProgress: (linked: number, total: number) => void): Promise<void> {
    const { all } = this.programs;
    await programsLinked(this.context, all, signal, (linked) => onProgress(linked, all.length));
    if (!this.deleted) this.weights.start(this.programs);
  }

  /** Resolves when the load phase is done on the GPU; rejects when something went wrong there. */
  async finishLoading(): Promise<void> {
    this.weights.finish();
    // Waiting first keeps the question about errors from blocking the page.
    await gpuFinished(this.context);
    if (this.context.isLost)
      throw new Error("The GPU context was lost while the model was loading. Load it again.");
    this.checkMemory("weights", this.weights.bytes);
  }

  /** Checks the inputs, computes, and reads the outputs back. */
  async run(given: Readonly<Record<string, unknown>>): Promise<Record<string, Tensor>> {
    const inputs = bindInputs(this.graph, given);
    const plan = this.planFor(inputs.symbols);
    this.draw(plan, inputs);
    for (const reader of plan.readers) reader.start();
    if (plan.readers.some((reader) => reader.waits)) await gpuFinished(this.context);
    const outputs = this.graph.outputs.map(({ name }, index) => [name, plan.readers[index]?.take()] as const);
    if (this.context.isLost) {
      throw new Error("The GPU context was lost during run(); the next run() loads the model again.");
    }
    return Object.fromEntries(outputs) as Record<string, Tensor>;
  }

  /** Uploads inputs and issues all draws of a plan. */
  draw(plan: RunPlan, inputs: BoundInputs): void {
    if (this.options.poison) {
      for (const texture of plan.textures)
        texture.fill(texture.format === "int32" ? POISON_INTEGER : Number.NaN);
    }
    inputs.values.forEach((value, index) => {
      if (value) plan.feeds[index]?.write(value, this.limits.maxTextureSize);
    });
    executeDraws(this.context, plan.draws);
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

  /** Frees all that the model has on the GPU. */
  delete(): void {
    if (this.deleted) return;
    this.deleted = true;
    for (const plan of this.plans) deletePlan(plan);
    this.plans = [];
    this.pool.keepOnly(new Set());
    this.weights.delete();
    releasePrograms(this.context, this.programs.all);
    releaseContext(this.context);
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
      this.checkMemory("intermediate results", this.pool.bytes);
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
    throw new Error(
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
