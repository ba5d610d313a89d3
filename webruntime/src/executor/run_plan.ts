import type { Draw, GraphFile, GraphOutput, PlanTensor } from "../generated/graph_file.ts";
import type { Context } from "../webgl/context.ts";
import type { ArrayTexture } from "../webgl/texture.ts";
import type { DeviceLimits } from "./device.ts";
import { type BoundDraw, bindDraw, type PlacedTensor } from "./draws.ts";
import { evaluate, type Symbols } from "./expressions.ts";
import { InputFeed } from "./input_feed.ts";
import { type Layout, layoutOf } from "./layouts.ts";
import { assignSlots, type Demand, type Slot } from "./memory.ts";
import { OutputReader } from "./output_reader.ts";
import type { PlanPrograms } from "./programs.ts";
import { type DeviceSetting, storageFormat } from "./setting.ts";

/** All that stays the same while a model is loaded. */
export interface LoadedModel {
  readonly context: Context;
  readonly graph: GraphFile;
  readonly setting: DeviceSetting;
  readonly limits: DeviceLimits;
  readonly programs: PlanPrograms;
  /** Weights and results of the load phase, by tensor. */
  readonly persistent: ReadonlyMap<number, PlacedTensor>;
}

/** All that a run needs once the sizes of the symbolic dimensions are known. */
export interface RunPlan {
  readonly symbols: Symbols;
  readonly draws: readonly BoundDraw[];
  /** Index of each draw in the bundle's `run`: empty outputs have none. */
  readonly steps: readonly number[];
  readonly placed: ReadonlyMap<number, PlacedTensor>;
  /** Textures of the pool that the plan uses. */
  readonly textures: ReadonlySet<ArrayTexture>;
  /** In the order of the graph; null for an input that nothing reads. */
  readonly feeds: readonly (InputFeed | null)[];
  readonly readers: readonly OutputReader[];
  /** How long the last run took; infinite before the first. */
  milliseconds: number;
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
    if (!tensor.lifetime || model.persistent.has(index)) return;
    const shape = tensor.shape.map((dimension) => evaluate(dimension, symbols));
    const layout = layoutOf(tensor, shape, setting, limits.maxTextureSize);
    layouts.set(index, layout);
    if (layout.elements === 0) return;
    const [first, last] = reuse ? tensor.lifetime : [-1, Number.POSITIVE_INFINITY];
    const kind = { format: storageFormat(tensor.dtype, setting, !!tensor.precise), layers: layout.layers };
    demands.push({ tensor: index, kind, width: layout.width, height: layout.height, first, last });
  });
  return { layouts, slots: assignSlots(demands) };
}

/** Binds every draw, input and output of the model to the textures of its tensors. */
export function bindPlan(
  model: LoadedModel,
  symbols: Symbols,
  layouts: ReadonlyMap<number, Layout>,
  textures: ReadonlyMap<Slot, ArrayTexture>,
): RunPlan {
  const { context, graph, programs } = model;
  const plan = graph.plans.webgl2;
  const textureOf = new Map<number, ArrayTexture>();
  for (const [slot, texture] of textures) for (const tensor of slot.tensors) textureOf.set(tensor, texture);

  const placed = new Map<number, PlacedTensor>(model.persistent);
  for (const [index, layout] of layouts) {
    const { dtype } = plan.tensors[index] as PlanTensor;
    placed.set(index, { dtype, layout, texture: textureOf.get(index) ?? null });
  }
  const find = (tensor: number) => placed.get(tensor) as PlacedTensor;

  const draws: BoundDraw[] = [];
  const steps: number[] = [];
  plan.run.forEach((draw: Draw, step) => {
    const inputs = draw.inputs.map(find);
    const program = programs.run[step];
    const bound = program && bindDraw(context, program, find(draw.output), inputs, draw, symbols);
    if (!bound) return;
    draws.push(bound);
    steps.push(step);
  });

  const feeds = graph.inputs.map((input, index) =>
    input.tensor < 0
      ? null
      : new InputFeed(context, input, find(input.tensor), programs.image[index], symbols),
  );
  const readers = graph.outputs.map((output: GraphOutput) => {
    const shape = output.shape.map((dimension) => evaluate(dimension, symbols));
    const source = find(output.tensor);
    // Made here, not at the first read, so that a run makes no GL object.
    source.texture?.framebuffer;
    return new OutputReader(context, output, shape, source);
  });
  return {
    symbols,
    draws,
    steps,
    placed,
    textures: new Set(textures.values()),
    feeds,
    readers,
    milliseconds: Number.POSITIVE_INFINITY,
  };
}

/** Frees what a plan owns besides the pool's textures. */
export function deletePlan(plan: RunPlan): void {
  for (const feed of plan.feeds) feed?.delete();
}
