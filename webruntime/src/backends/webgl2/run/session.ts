import type { PlanTensor } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { type BoundInputs, bindInputs, stateTensors } from "../../../graph/inputs.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { breathe, pause } from "../../../wait/tasks.ts";
import { programsLinked } from "../device/programs.ts";
import { gpuFinished } from "../gl/fence.ts";
import { EarlyStart } from "../gl/readback.ts";
import { type ArrayTexture, textureBytes } from "../gl/texture.ts";
import { type Layout, layoutOf } from "../layout/layouts.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import { type BoundDraw, executeDraws } from "./draws.ts";
import { InputFeed } from "./input_feed.ts";
import type { Slot } from "./memory.ts";
import { OutputReader } from "./output_reader.ts";
import { GROWTH, TexturePool } from "./pool.ts";
import { bindOutputs, bindPlan, bindStep, deletePlan, placeTensors, type RunPlan } from "./run_plan.ts";
import { StateMemory } from "./state_memory.ts";

/** Plans kept for the sizes used last. */
const PLANS_KEPT = 4;

/** Draws that a plan's first run issues at a time. */
const FIRST_PORTION = 16;

/** Integers that fill poisoned textures; float textures get NaN. */
const POISON_INTEGER = 0x7fff_ffff;

/** The runs of a loaded model: plans for the sizes used last, and the textures that they share. */
export class Session {
  readonly pool: TexturePool;
  readonly states: StateMemory;
  private readonly earlyStart: EarlyStart;
  /** Most recently used first. */
  private plans: RunPlan[] = [];
  private deleted = false;

  constructor(readonly model: LoadedModel) {
    this.pool = this.newPool();
    this.states = new StateMemory(model);
    model.pools.add(this.states);
    this.earlyStart = new EarlyStart(model.context);
  }

  /** Checks the inputs, computes, and reads the outputs back. */
  async run(given: Readonly<Record<string, unknown>>): Promise<Record<string, Tensor>> {
    const start = performance.now();
    const { context, graph, timings } = this.model;
    const { plan, bound } = this.prepare(given);
    const isFirst = !plan.isBound;
    await this.draw(plan, bound, start);
    const outputs = graph.outputs.map(({ name }, index) => [name, plan.readers[index]?.read()] as const);
    if (!isFirst) plan.times.record(start);
    if (!context.isLost) this.states.exchange();
    timings.firstRun ||= performance.now() - start;
    if (context.isLost) {
      throw new TexelflowError(
        "context-lost",
        "The GPU context was lost during run(); the next run() loads the model again.",
      );
    }
    return Object.fromEntries(outputs) as Record<string, Tensor>;
  }

  /** Checks the inputs, and finds or makes the plan for their sizes. */
  prepare(given: Readonly<Record<string, unknown>>): { plan: RunPlan; bound: BoundInputs } {
    const bound = bindInputs(this.model.graph, given);
    return { plan: this.planFor(bound.symbols), bound };
  }

  /** Uploads inputs, issues all draws of a plan, and waits for them if that takes longer than the page may be blocked. */
  async draw(plan: RunPlan, inputs: BoundInputs, start = performance.now()): Promise<void> {
    const { options, limits } = this.model;
    if (options.poison) {
      for (const texture of plan.textures)
        texture.fill(texture.format === "int32" ? POISON_INTEGER : Number.NaN);
    }
    inputs.values.forEach((value, index) => {
      if (value) plan.feeds[index]?.write(value, limits.maxTextureSize);
    });
    if (plan.isBound) await this.drawAgain(plan, start);
    else await this.drawFirst(plan);
  }

  /** Reads what the session remembers, by the states' names; empty before the first run. */
  saveStates(): Record<string, Tensor> {
    const { context, graph } = this.model;
    const saved = graph.states.flatMap((state, index) => {
      const current = this.states.current(index);
      if (!current) return [];
      const { layout, texture } = current;
      const placed = { dtype: state.dtype, layout, texture };
      return [[state.name, new OutputReader(context, state, layout.shape, placed).read()] as const];
    });
    return Object.fromEntries(saved);
  }

  /**
   * Puts back what `saveStates` gave.
   *
   * @throws TexelflowError when a state is missing, unknown, or of another type
   */
  restoreStates(given: Readonly<Record<string, unknown>>): void {
    const { graph, limits, setting } = this.model;
    const tensors = stateTensors(graph, given);
    const layouts = new Map(
      graph.states.map(({ tensor }, index) => {
        const { shape } = tensors[index] as Tensor;
        const placed = graph.plans.webgl2.tensors[tensor] as PlanTensor;
        return [tensor, layoutOf(placed, shape, setting, limits.maxTextureSize)];
      }),
    );
    this.states.reset();
    this.provideStates(layouts);
    graph.states.forEach((state, index) => {
      const { layout, texture } = this.states.current(index) as {
        layout: Layout;
        texture: ArrayTexture | null;
      };
      const placed = { dtype: state.dtype, layout, texture };
      const feed = new InputFeed(this.model.context, state, placed, undefined, new Map());
      feed.write(tensors[index] as Tensor, limits.maxTextureSize);
    });
    this.states.isUsed = true;
  }

  /** The draws of a plan, bound to what the states' textures are now. */
  drawsOf(plan: RunPlan): BoundDraw[] {
    return this.states.isExchanged ? plan.exchangedDraws : plan.draws;
  }

  /** A plan in textures of its own, in which every tensor of a run survives; `delete` frees it. */
  planWithoutReuse(symbols: ReadonlyMap<string, number>): { plan: RunPlan; delete: () => void } {
    const { layouts, slots } = placeTensors(this.model, symbols, false);
    this.provideStates(layouts);
    this.model.reserve(this.bytesOf(slots), "intermediate results");
    const pool = this.newPool();
    const plan = bindPlan(this.model, symbols, layouts, pool.provide(slots).textures, this.states);
    return {
      plan,
      delete: () => {
        deletePlan(plan);
        pool.keepOnly(new Set());
        this.model.pools.delete(pool);
      },
    };
  }

  /** Frees what its runs have on the GPU. */
  delete(): void {
    if (this.deleted) return;
    this.deleted = true;
    this.dropAll();
    this.model.pools.delete(this.pool);
    this.states.delete();
    this.model.pools.delete(this.states);
    this.earlyStart.delete();
  }

  /**
   * Binds and issues the draws of a plan's first run: in portions, since drivers may prepare each draw then, and each
   * when the weights that it reads are there.
   */
  private async drawFirst(plan: RunPlan): Promise<void> {
    const { context, graph, weights, persistent } = this.model;
    try {
      const late = plan.programs.filter((program) => !program.isFinished);
      if (late.length > 0) await programsLinked(context, late);
      let issued = 0;
      for (const [step, { inputs }] of graph.plans.webgl2.entries.predict.entries()) {
        if (plan.draws.length - issued === FIRST_PORTION || !weights.has(inputs)) {
          executeDraws(context, this.drawsOf(plan), issued);
          context.gl.flush();
          issued = plan.draws.length;
          await breathe();
          await weights.filled(inputs);
        }
        bindStep(this.model, plan, step);
      }
      await weights.filled(graph.outputs.map(({ tensor }) => tensor));
      bindOutputs(this.model, plan);
      plan.isBound = true;
      executeDraws(context, this.drawsOf(plan), issued);
      // Waiting first keeps the question about errors from blocking the page.
      await gpuFinished(context);
      weights.throwIfFailed();
      this.model.checkMemory("intermediate results", this.pool.bytes, [...persistent, ...plan.placed]);
    } catch (error) {
      this.dropAll();
      throw error;
    }
  }

  /** Issues the draws of a bound plan and waits for them, unless the page may be blocked for so long. */
  private async drawAgain(plan: RunPlan, start: number): Promise<void> {
    const { context } = this.model;
    const { times } = plan;
    const draws = this.drawsOf(plan);
    executeDraws(context, draws);
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
    await gpuFinished(context);
    times.finish();
  }

  /** The plan for the sizes, made unless it is among those kept. */
  private planFor(symbols: ReadonlyMap<string, number>): RunPlan {
    const index = this.plans.findIndex((plan) =>
      this.model.graph.symbols.every((symbol) => plan.symbols.get(symbol) === symbols.get(symbol)),
    );
    if (index === 0) return this.plans[0] as RunPlan;
    if (index > 0) {
      const [plan] = this.plans.splice(index, 1);
      this.plans.unshift(plan as RunPlan);
      return plan as RunPlan;
    }
    const { layouts, slots } = placeTensors(this.model, symbols, true);
    this.provideStates(layouts);
    const needed = this.bytesOf(slots);
    // Textures that grow do so by more than is needed: where that may be too much, all are made anew.
    if (!this.model.hasRoomFor(needed + (GROWTH ** 2 - 1) * this.pool.bytes)) this.dropAll();
    this.model.reserve(needed, "intermediate results");
    const { textures, replaced } = this.pool.provide(slots);
    this.dropPlans((plan) => [...replaced].some((texture) => plan.textures.has(texture)));
    try {
      const plan = bindPlan(this.model, symbols, layouts, textures, this.states);
      this.plans.unshift(plan);
      let kept = 0;
      this.dropPlans(() => ++kept > PLANS_KEPT);
      this.pool.keepOnly(new Set(this.plans.flatMap((other) => [...other.textures])));
      return plan;
    } catch (error) {
      this.dropAll();
      throw error;
    }
  }

  /** Gives the states textures; plans that were bound to others go. */
  private provideStates(layouts: ReadonlyMap<number, Layout>): void {
    if (this.states.provide(layouts)) this.dropAll();
  }

  private bytesOf(slots: readonly Slot[]): number {
    return slots.reduce(
      (sum, { kind, width, height }) =>
        sum + textureBytes(this.model.context, kind.format, width, height, kind.layers),
      0,
    );
  }

  private dropPlans(isDropped: (plan: RunPlan) => boolean): void {
    this.plans = this.plans.filter((plan) => {
      const dropped = isDropped(plan);
      if (dropped) deletePlan(plan);
      return !dropped;
    });
  }

  /** Frees all plans and textures, so that nothing half-made stays: the next run plans afresh. */
  private dropAll(): void {
    this.dropPlans(() => true);
    this.pool.keepOnly(new Set());
  }

  private newPool(): TexturePool {
    const pool = new TexturePool(this.model.context, this.model.limits.maxTextureSize);
    this.model.pools.add(pool);
    return pool;
  }
}
