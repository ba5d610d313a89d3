import type { Expression, PlanTensor, Real } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { evaluate } from "../../../graph/expressions.ts";
import { type BoundInputs, bindInputs, bindLearned, stateTensors } from "../../../graph/inputs.ts";
import { drawAt, stagesOf } from "../../../graph/stages.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import type { HostInput, Numbers } from "../../../host/types.ts";
import { breathe, pause } from "../../../wait/tasks.ts";
import { programsLinked } from "../device/programs.ts";
import { gpuFinished } from "../gl/fence.ts";
import { EarlyStart } from "../gl/readback.ts";
import type { ArrayTexture } from "../gl/texture.ts";
import { type Layout, layoutOf } from "../layout/layouts.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import { type BoundDraw, executeDraws, type PlacedTensor } from "./draws.ts";
import { InputFeed } from "./input_feed.ts";
import { OutputReader } from "./output_reader.ts";
import { bindReaders, bindStep, type RunPlan, tensorsRead } from "./run_plan.ts";
import { StagePlans } from "./stage_plans.ts";
import { StateMemory } from "./state_memory.ts";

/** Draws that a plan's first run issues at a time. */
const FIRST_PORTION = 16;

/** Integers that fill poisoned textures; float textures get NaN. */
const POISON_INTEGER = 0x7fff_ffff;

/** The runs of a loaded model: plans for the sizes used last, and what it remembers. */
export class Session {
  readonly states: StateMemory;
  readonly stages: readonly StagePlans[];
  private readonly earlyStart: EarlyStart;
  private deleted = false;

  constructor(readonly model: LoadedModel) {
    this.states = new StateMemory(model);
    model.pools.add(this.states);
    this.stages = stagesOf(model.graph).map(
      (stage) => new StagePlans(model, stage, this.states, () => this.dropAll()),
    );
    this.earlyStart = new EarlyStart(model.context);
  }

  /** Checks the inputs, computes, and reads the outputs back. */
  async run(given: Readonly<Record<string, unknown>>): Promise<Record<string, Tensor>> {
    const start = performance.now();
    const { context, graph, timings } = this.model;
    const bound = bindInputs(graph, given);
    let plan: RunPlan | null = null;
    let outputs: Tensor[] = [];
    await this.follow(
      bound,
      (stage, symbols) => {
        plan = this.stages[stage]?.planFor(symbols, plan) as RunPlan;
        return plan;
      },
      ({ readers }) => {
        outputs = readers.map((reader) => reader.read());
      },
      start,
    );
    if (!context.isLost) this.states.exchange();
    timings.firstRun ||= performance.now() - start;
    this.throwIfLost();
    return Object.fromEntries(graph.outputs.map(({ name }, index) => [name, outputs[index] as Tensor]));
  }

  /**
   * Computes stage after stage, with what the page does between them.
   *
   * @param planOf - gives the plan of a stage for the symbols that are bound by then
   * @param finish - is called when the draws of the last stage are done, or issued
   * @param visit - is called when the draws of a stage are
   */
  async follow(
    bound: BoundInputs,
    planOf: (stage: number, symbols: BoundInputs["symbols"]) => RunPlan,
    finish: (last: RunPlan) => void,
    start = performance.now(),
    visit: (plan: RunPlan) => Promise<void> = async () => {},
  ): Promise<void> {
    const { graph, hosts } = this.model;
    let known: Pick<BoundInputs, "symbols" | "origin"> = bound;
    let filled: readonly Numbers[] = [];
    let begin = start;
    for (const stage of this.stages.keys()) {
      const plan = planOf(stage, known.symbols);
      const isFirst = !plan.isBound;
      await this.draw(plan, stage === 0 ? bound.values : filled, begin);
      await visit(plan);
      const { host } = plan.stage;
      if (!host) {
        finish(plan);
        if (!isFirst) plan.times.record(begin);
        return;
      }
      const inputs = host.inputs.map((tensor, index): HostInput => {
        const { dtype, layout } = plan.placed.get(tensor) as PlacedTensor;
        const numbers = (plan.readers[index] as OutputReader).readNumbers();
        return { dtype, data: numbers.subarray(0, layout.elements) };
      });
      if (!isFirst) plan.times.record(begin);
      this.throwIfLost();
      begin = performance.now();
      const numbersOf = (list: readonly (Expression | Real)[]) =>
        list.map((number) => evaluate(number, known.symbols));
      const { learned, outputs } = (await hosts)[host.host](
        inputs,
        numbersOf(host.ints),
        numbersOf(host.floats),
      );
      filled = outputs;
      known = bindLearned(graph, stage + 1, learned, known);
    }
  }

  /** Uploads what a stage is fed with, issues its draws, and waits for them if that takes longer than the page may be blocked. */
  async draw(
    plan: RunPlan,
    inputs: readonly (BoundInputs["values"][number] | Numbers)[],
    start = performance.now(),
  ): Promise<void> {
    const { options, limits } = this.model;
    if (options.poison) {
      for (const texture of plan.textures)
        texture.fill(texture.format === "int32" ? POISON_INTEGER : Number.NaN);
    }
    inputs.forEach((value, index) => {
      const feed = plan.feeds[index];
      if (value instanceof Float32Array || value instanceof Int32Array) feed?.fill(value);
      else if (value) feed?.write(value, limits.maxTextureSize);
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
    this.stages[0]?.provideStates(layouts);
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

  /** Frees what its runs have on the GPU. */
  delete(): void {
    if (this.deleted) return;
    this.deleted = true;
    for (const stage of this.stages) stage.delete();
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
    const { first, end } = plan.stage;
    try {
      const late = plan.programs.filter((program) => !program.isFinished);
      if (late.length > 0) await programsLinked(context, late);
      let issued = 0;
      for (let step = first; step < end; step++) {
        const { inputs } = drawAt(graph, step);
        if (plan.draws.length - issued === FIRST_PORTION || !weights.has(inputs)) {
          executeDraws(context, this.drawsOf(plan), issued);
          context.gl.flush();
          issued = plan.draws.length;
          await breathe();
          await weights.filled(inputs);
        }
        bindStep(this.model, plan, step);
      }
      await weights.filled(tensorsRead(this.model, plan.stage));
      bindReaders(this.model, plan);
      plan.isBound = true;
      executeDraws(context, this.drawsOf(plan), issued);
      // Waiting first keeps the question about errors from blocking the page.
      await gpuFinished(context);
      weights.throwIfFailed();
      this.model.checkMemory("intermediate results", this.bytes, [...persistent, ...plan.placed]);
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

  /** Memory of the textures that runs share. */
  get bytes(): number {
    return this.stages.reduce((sum, { pool }) => sum + pool.bytes, 0);
  }

  private throwIfLost(): void {
    if (!this.model.context.isLost) return;
    throw new TexelflowError(
      "context-lost",
      "The GPU context was lost during run(); the next run() loads the model again.",
    );
  }

  /** Frees all plans and textures, so that nothing half-made stays: the next run plans afresh. */
  private dropAll(): void {
    for (const stage of this.stages) stage.dropAll();
  }
}
