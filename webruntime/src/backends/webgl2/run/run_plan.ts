import type { GraphOutput, PlanTensor } from "../../../bundle/generated/graph_file.ts";
import { evaluate, type Symbols } from "../../../graph/expressions.ts";
import { drawAt, type Stage } from "../../../graph/stages.ts";
import { elementCount } from "../../../graph/tensor.ts";
import { NEVER, RunTimes } from "../../../wait/run_times.ts";
import { storageFormat } from "../device/setting.ts";
import type { LinkedProgram } from "../gl/program.ts";
import type { ArrayTexture } from "../gl/texture.ts";
import {
  type Blocking,
  blockingOf,
  checkElements,
  isAlias,
  type Layout,
  layoutOf,
} from "../layout/layouts.ts";
import type { HostPart, LoadedModel, StateMemory } from "../load/loaded_model.ts";
import { type BoundDraw, bindDraw, type PlacedTensor, placeAlias } from "./draws.ts";
import { InputFeed } from "./input_feed.ts";
import { assignSlots, type Demand, type Slot } from "./memory.ts";
import { OutputReader } from "./output_reader.ts";

/** All that a stage of a run needs once the symbols are known that it depends on. */
export interface RunPlan {
  readonly stage: Stage;
  /** That of the stage before, whose tensors this one reads. */
  readonly before: RunPlan | null;
  /** Whether it was deleted, so that what was bound to its tensors is not to be used. */
  isDeleted: boolean;
  readonly symbols: Symbols;
  /** Whether all steps and outputs are bound: not before the first run, during which weights may still arrive. */
  isBound: boolean;
  /** By step of the stage. */
  readonly programs: readonly LinkedProgram[];
  readonly draws: BoundDraw[];
  /** The same draws with the textures of states exchanged; the very same list where there are no states. */
  readonly exchangedDraws: BoundDraw[];
  /** Index of each draw in the bundle's `predict`: empty outputs have none. */
  readonly steps: number[];
  /** Weights are there once a draw that reads them is bound. */
  readonly placed: Map<number, PlacedTensor>;
  /** Textures of the pool that the plan uses. */
  readonly textures: ReadonlySet<ArrayTexture>;
  /**
   * For the inputs of the graph, in its order, null for one that nothing reads; of a later stage for what the host step
   * before it fills.
   */
  readonly feeds: readonly (InputFeed | null)[];
  /** For the outputs of the graph; of an earlier stage for what the host step behind it reads. */
  readonly readers: OutputReader[];
  readonly times: RunTimes;
}

/**
 * Places every tensor that a stage fills in a texture. Nothing is allocated when a tensor does not fit the device.
 * What later stages read has a texture of its own until the run is over: each stage has its own textures.
 *
 * @param reuse - whether tensors with disjoint lifetimes share textures
 */
export function placeTensors(
  model: Pick<LoadedModel, "graph" | "setting" | "limits" | "statePartners">,
  stage: Stage,
  symbols: Symbols,
  reuse: boolean,
): { layouts: Map<number, Layout>; slots: Slot[] } {
  const { graph, setting, limits } = model;
  const layouts = new Map<number, Layout>();
  const demands: Demand[] = [];
  graph.plans.webgl2.tensors.forEach((tensor, index) => {
    // A stage begins with the host step before its draws; the first one with the inputs.
    const begin = tensor.lifetime?.[0] ?? Number.NaN;
    if (!(begin >= stage.first - 1 && begin < stage.end)) return;
    const shape = tensor.shape.map((dimension) => evaluate(dimension, symbols));
    const layout = layoutOf(tensor, shape, setting, limits.maxTextureSize);
    layouts.set(index, layout);
    if (layout.elements === 0 || model.statePartners.has(index)) return;
    const [first, last] = reuse && tensor.lifetime ? tensor.lifetime : [-1, Number.POSITIVE_INFINITY];
    const kind = { format: storageFormat(tensor, setting), layers: layout.layers };
    demands.push({ tensor: index, kind, width: layout.width, height: layout.height, first, last });
  });
  return { layouts, slots: assignSlots(demands) };
}

/** Binds what a stage is fed with to the textures of its tensors; `bindStep` and `bindReaders` do the rest. */
export function bindPlan(
  model: LoadedModel,
  stage: Stage,
  before: RunPlan | null,
  symbols: Symbols,
  layouts: ReadonlyMap<number, Layout>,
  textures: ReadonlyMap<Slot, ArrayTexture>,
  states: Pick<StateMemory, "textureOf"> | null,
): RunPlan {
  const { graph, programs, statePartners } = model;
  const textureOf = new Map<number, ArrayTexture | null>();
  for (const [slot, texture] of textures) for (const tensor of slot.tensors) textureOf.set(tensor, texture);
  for (const tensor of statePartners.keys()) textureOf.set(tensor, states?.textureOf(tensor) ?? null);

  const placed = new Map<number, PlacedTensor>(before?.placed);
  for (const [index, layout] of layouts) {
    const { dtype } = graph.plans.webgl2.tensors[index] as PlanTensor;
    placed.set(index, { dtype, layout, texture: textureOf.get(index) ?? null });
  }
  const { tensors, entries } = graph.plans.webgl2;
  const blockingIn = (index: number): Blocking => {
    const tensor = tensors[index] as PlanTensor;
    if (isAlias(tensor)) return blockingIn(tensor.alias.tensor);
    return placed.get(index)?.layout.blocking ?? blockingOf(tensor, model.setting);
  };
  const isFolded = [...placed.values()].some(
    ({ layout: { blocking } }) => blocking.fold > 0 || blocking.cut > 0,
  );
  const draws: BoundDraw[] = [];
  const steps = entries.predict.slice(stage.first, stage.end);
  return {
    stage,
    before,
    isDeleted: false,
    symbols,
    isBound: false,
    programs: isFolded
      ? steps.map((_, index) => {
          const { output, inputs } = drawAt(graph, stage.first + index);
          return programs.runVariant(stage.first + index, [output, ...inputs].map(blockingIn));
        })
      : (programs.run.slice(stage.first, stage.end) as LinkedProgram[]),
    draws,
    exchangedDraws: statePartners.size > 0 ? [] : draws,
    steps: [],
    placed,
    textures: new Set(textures.values()),
    feeds: before
      ? (model.hosts as HostPart).hostFeeds(model, stage, placed, symbols)
      : inputFeeds(model, placed, symbols),
    readers: [],
    times: new RunTimes(model.options.neverBlock ? NEVER : undefined),
  };
}

function inputFeeds(
  { context, graph, programs }: LoadedModel,
  placed: ReadonlyMap<number, PlacedTensor>,
  symbols: Symbols,
): (InputFeed | null)[] {
  return graph.inputs.map((input, index) => {
    const tensor = placed.get(input.tensor);
    return tensor ? new InputFeed(context, input, tensor, programs.image[index], symbols) : null;
  });
}

/** Binds one step of the bundle's `predict`, in order; the weights that it reads must be there. */
export function bindStep(model: LoadedModel, plan: RunPlan, step: number): void {
  const { inputs, output, ...parameters } = drawAt(model.graph, step);
  const program = plan.programs[step - plan.stage.first] as LinkedProgram;
  const tensors = [output, ...inputs];
  const bind = (numbers: readonly number[]) => {
    const [target, ...sources] = numbers.map((tensor) => find(model, plan, tensor));
    return bindDraw(model.context, program, target as PlacedTensor, sources, parameters, plan.symbols);
  };
  const bound = bind(tensors);
  if (!bound) return;
  plan.draws.push(bound);
  plan.steps.push(step);
  if (plan.exchangedDraws === plan.draws) return;
  const exchanged = tensors.map((tensor) => model.statePartners.get(tensor) ?? tensor);
  const isSame = exchanged.every((tensor, index) => tensor === tensors[index]);
  plan.exchangedDraws.push(isSame ? bound : (bind(exchanged) as BoundDraw));
}

/** Indices of the tensors that are read back behind a stage. */
export function tensorsRead({ graph }: LoadedModel, { host }: Stage): readonly number[] {
  return host ? host.inputs : graph.outputs.map(({ tensor }) => tensor);
}

/** Makes the readers of what is read back; weights among that must be there. */
export function bindReaders(model: LoadedModel, plan: RunPlan): void {
  const { host } = plan.stage;
  tensorsRead(model, plan.stage).forEach((tensor, index) => {
    const source = find(model, plan, tensor);
    const output = host ? null : (model.graph.outputs[index] as GraphOutput);
    const shape = output
      ? output.shape.map((dimension) => evaluate(dimension, plan.symbols))
      : source.layout.shape;
    if (output) checkElements(`Output "${output.name}"`, elementCount(shape), source.layout);
    // Made here, not at the first read, so that a run makes no GL object.
    source.texture?.framebuffer;
    plan.readers.push(new OutputReader(model.context, output ?? source, shape, source));
  });
}

function find(model: LoadedModel, plan: RunPlan, index: number): PlacedTensor {
  const { placed, symbols } = plan;
  const tensor = model.graph.plans.webgl2.tensors[index] as PlanTensor;
  const found =
    placed.get(index) ??
    (isAlias(tensor)
      ? placeAlias(tensor, find(model, plan, tensor.alias.tensor), symbols)
      : (model.persistent.get(index) as PlacedTensor));
  placed.set(index, found);
  return found;
}

/** Frees what a plan owns besides the pool's textures. */
export function deletePlan(plan: RunPlan): void {
  plan.isDeleted = true;
  for (const feed of plan.feeds) feed?.delete();
}
