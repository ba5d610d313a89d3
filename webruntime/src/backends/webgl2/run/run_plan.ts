import type { Draw, PlanTensor } from "../../../bundle/generated/graph_file.ts";
import { evaluate, type Symbols } from "../../../graph/expressions.ts";
import { NEVER, RunTimes } from "../../../wait/run_times.ts";
import { storageFormat } from "../device/setting.ts";
import type { LinkedProgram } from "../gl/program.ts";
import type { ArrayTexture } from "../gl/texture.ts";
import { type Blocking, blockingOf, isAlias, type Layout, layoutOf } from "../layout/layouts.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import { type BoundDraw, bindDraw, type PlacedTensor, placeAlias } from "./draws.ts";
import { InputFeed } from "./input_feed.ts";
import { assignSlots, type Demand, type Slot } from "./memory.ts";
import { OutputReader } from "./output_reader.ts";
import type { StateMemory } from "./state_memory.ts";

/** All that a run needs once the sizes of the symbolic dimensions are known. */
export interface RunPlan {
  readonly symbols: Symbols;
  /** Whether all steps and outputs are bound: not before the first run, during which weights may still arrive. */
  isBound: boolean;
  /** By step of the bundle's `predict`. */
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
  /** In the order of the graph; null for an input that nothing reads. */
  readonly feeds: readonly (InputFeed | null)[];
  readonly readers: OutputReader[];
  readonly times: RunTimes;
}

/**
 * Places every tensor of a run in a texture. Nothing is allocated when a tensor does not fit the device.
 *
 * @param reuse - whether tensors with disjoint lifetimes share textures
 */
export function placeTensors(
  model: LoadedModel,
  symbols: Symbols,
  reuse: boolean,
): { layouts: Map<number, Layout>; slots: Slot[] } {
  const { graph, setting, limits } = model;
  const layouts = new Map<number, Layout>();
  const demands: Demand[] = [];
  graph.plans.webgl2.tensors.forEach((tensor, index) => {
    if (!tensor.lifetime) return;
    const shape = tensor.shape.map((dimension) => evaluate(dimension, symbols));
    const layout = layoutOf(tensor, shape, setting, limits.maxTextureSize);
    layouts.set(index, layout);
    if (layout.elements === 0 || model.statePartners.has(index)) return;
    const [first, last] = reuse ? tensor.lifetime : [-1, Number.POSITIVE_INFINITY];
    const kind = { format: storageFormat(tensor, setting), layers: layout.layers };
    demands.push({ tensor: index, kind, width: layout.width, height: layout.height, first, last });
  });
  return { layouts, slots: assignSlots(demands) };
}

/** Binds the inputs of the model to the textures of its tensors; `bindStep` and `bindOutputs` do the rest. */
export function bindPlan(
  model: LoadedModel,
  symbols: Symbols,
  layouts: ReadonlyMap<number, Layout>,
  textures: ReadonlyMap<Slot, ArrayTexture>,
  states: StateMemory,
): RunPlan {
  const { context, graph, programs, statePartners } = model;
  const textureOf = new Map<number, ArrayTexture | null>();
  for (const [slot, texture] of textures) for (const tensor of slot.tensors) textureOf.set(tensor, texture);
  for (const tensor of statePartners.keys()) textureOf.set(tensor, states.textureOf(tensor));

  const placed = new Map<number, PlacedTensor>();
  for (const [index, layout] of layouts) {
    const { dtype } = graph.plans.webgl2.tensors[index] as PlanTensor;
    placed.set(index, { dtype, layout, texture: textureOf.get(index) ?? null });
  }
  const { tensors, entries } = graph.plans.webgl2;
  const blockingIn = (index: number): Blocking => {
    const tensor = tensors[index] as PlanTensor;
    if (isAlias(tensor)) return blockingIn(tensor.alias.tensor);
    return layouts.get(index)?.blocking ?? blockingOf(tensor, model.setting);
  };
  const isFolded = [...layouts.values()].some(({ blocking }) => blocking.fold > 0);
  const feeds = graph.inputs.map((input, index) =>
    input.tensor < 0
      ? null
      : new InputFeed(
          context,
          input,
          placed.get(input.tensor) as PlacedTensor,
          programs.image[index],
          symbols,
        ),
  );
  const draws: BoundDraw[] = [];
  return {
    symbols,
    isBound: false,
    programs: isFolded
      ? entries.predict.map(({ output, inputs }, step) =>
          programs.runVariant(step, [output, ...inputs].map(blockingIn)),
        )
      : programs.run,
    draws,
    exchangedDraws: statePartners.size > 0 ? [] : draws,
    steps: [],
    placed,
    textures: new Set(textures.values()),
    feeds,
    readers: [],
    times: new RunTimes(model.options.neverBlock ? NEVER : undefined),
  };
}

/** Binds one step of the bundle's `predict`, in order; the weights that it reads must be there. */
export function bindStep(model: LoadedModel, plan: RunPlan, step: number): void {
  const { inputs, output, ...parameters } = model.graph.plans.webgl2.entries.predict[step] as Draw;
  const program = plan.programs[step] as LinkedProgram;
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

/** Makes the readers of the outputs; those that are weights must be there. */
export function bindOutputs(model: LoadedModel, plan: RunPlan): void {
  for (const output of model.graph.outputs) {
    const shape = output.shape.map((dimension) => evaluate(dimension, plan.symbols));
    const source = find(model, plan, output.tensor);
    // Made here, not at the first read, so that a run makes no GL object.
    source.texture?.framebuffer;
    plan.readers.push(new OutputReader(model.context, output, shape, source));
  }
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
  for (const feed of plan.feeds) feed?.delete();
}
