import type { GraphOutput } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { type Bound, type BoundInputs, bindInputs } from "../../../graph/inputs.ts";
import { drawAt, stagesOf } from "../../../graph/stages.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import type { Numbers } from "../../../host/types.ts";
import { breathe, pause } from "../../../wait/tasks.ts";
import { programsLinked } from "../device/programs.ts";
import { gpuFinished } from "../gl/fence.ts";
import { EarlyStart } from "../gl/readback.ts";
import type { HostPart, LoadedModel, StateMemory } from "../load/loaded_model.ts";
import { type BoundDraw, executeDraws } from "./draws.ts";
import type { OutputReader } from "./output_reader.ts";
import { bindReaders, bindStep, type RunPlan, tensorsRead } from "./run_plan.ts";
import { StagePlans } from "./stage_plans.ts";

/** Draws that a plan's first run issues at a time. */
const FIRST_PORTION = 16;

/** Integers that fill poisoned textures; float textures get NaN. */
const POISON_INTEGER = 0x7fff_ffff;

/** The runs of a loaded model: plans for the sizes used last, and what it remembers. */
export class Session {
  readonly stages: readonly StagePlans[];
  private readonly earlyStart: EarlyStart;
  /** Stops the run that is going on, between the turns of a loop. */
  signal: AbortSignal | undefined;
  private memory: StateMemory | null = null;
  private deleted = false;

  constructor(readonly model: LoadedModel) {
    this.stages = stagesOf(model.graph).map((stage) => new StagePlans(model, stage, this));
    this.earlyStart = new EarlyStart(model.context);
  }

  /** What it remembers; null of a model without states, or while it is being loaded. */
  get states(): StateMemory | null {
    const { StateMemory } = this.model;
    if (!this.memory && StateMemory) {
      this.memory = new StateMemory(this);
      this.model.pools.add(this.memory);
    }
    return this.memory;
  }

  /** Checks the inputs, computes, and reads the outputs back, or does with their readers what `read` does. */
  async run<T = Tensor>(
    given: Readonly<Record<string, unknown>>,
    read: (reader: OutputReader, name: string) => T = (reader) => reader.read() as T,
  ): Promise<Record<string, T>> {
    const start = performance.now();
    const { context, graph, timings } = this.model;
    const bound = bindInputs(graph, given, this.states?.grown());
    let plan = null as RunPlan | null;
    let outputs: T[] = [];
    await this.follow(
      bound,
      (stage, symbols, before) => {
        plan = (this.stages[stage] as StagePlans).planFor(symbols, before);
        return plan;
      },
      ({ readers }) => {
        outputs = readers.map((reader, index) => read(reader, (graph.outputs[index] as GraphOutput).name));
      },
      start,
    );
    if (!context.isLost) this.states?.goOn(plan as RunPlan);
    timings.firstRun ||= performance.now() - start;
    throwIfLost(this.model);
    return Object.fromEntries(graph.outputs.map(({ name }, index) => [name, outputs[index] as T]));
  }

  /**
   * Computes stage after stage, with what the page does between them.
   *
   * @param planOf - gives the plan of a stage for the symbols that are bound by then, behind the plan whose tensors it reads
   * @param finish - is called when the draws of the last stage are done, or issued
   * @param visit - is called when the draws of a stage are
   */
  async follow(
    bound: BoundInputs,
    planOf: (stage: number, symbols: BoundInputs["symbols"], before: RunPlan | null) => RunPlan,
    finish: (last: RunPlan) => void,
    start = performance.now(),
    visit: (plan: RunPlan) => Promise<void> = async () => {},
  ): Promise<void> {
    let known: Bound = bound;
    let filled: readonly unknown[] = bound.values;
    let stage = 0;
    let before: RunPlan | null = null;
    let begin = start;
    for (;;) {
      const plan = planOf(stage, known.symbols, before);
      const isFirst = !plan.isBound;
      await this.draw(plan, filled as BoundInputs["values"], begin);
      await visit(plan);
      if (plan.stage.host) {
        const { performHost } = this.model.hosts as HostPart;
        ({ filled, known, stage, before } = await performHost(this, stage, plan, known));
      } else finish(plan);
      if (!isFirst) plan.times.record(begin);
      if (!plan.stage.host) return;
      begin = performance.now();
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
    if (!plan.before) this.states?.give(plan);
    inputs.forEach((value, index) => {
      const feed = plan.feeds[index];
      if (value instanceof Float32Array || value instanceof Int32Array) feed?.fill(value);
      else if (value) feed?.write(value, limits.maxTextureSize);
    });
    if (plan.isBound) await this.drawAgain(plan, start);
    else await this.drawFirst(plan);
  }

  /** The draws of a plan, bound to what the states' textures are now. */
  drawsOf(plan: RunPlan): BoundDraw[] {
    return this.states?.isExchanged ? plan.exchangedDraws : plan.draws;
  }

  /** Frees what its runs have on the GPU. */
  delete(): void {
    if (this.deleted) return;
    this.deleted = true;
    for (const stage of this.stages) stage.delete();
    if (this.memory) {
      this.memory.delete();
      this.model.pools.delete(this.memory);
    }
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

  /** Frees all plans and textures, so that nothing half-made stays: the next run plans afresh. */
  dropAll(): void {
    for (const stage of this.stages) stage.dropAll();
  }
}

/** Rejects a run in whose midst the context was lost. */
export function throwIfLost({ context }: LoadedModel): void {
  if (!context.isLost) return;
  throw new TexelflowError("context-lost", "The GPU context was lost. The next run loads the model again.");
}
