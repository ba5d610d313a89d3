import type { GraphInput, PlanTensor } from "../../../bundle/generated/graph_file.ts";
import { evaluate, type Symbols } from "../../../graph/expressions.ts";
import { drawAt, stagesOf } from "../../../graph/stages.ts";
import { isAlias, type Layout, layoutOf } from "../layout/layouts.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import type { AppendedState } from "./appended_state.ts";
import type { BoundDraw, PlacedTensor } from "./draws.ts";
import { InputFeed } from "./input_feed.ts";
import { bindReaders, bindStep, type RunPlan, tensorsRead } from "./run_plan.ts";

/**
 * A plan for a run that differs from those of another plan by nothing but how much states have grown, made of that: in the
 * same textures, with the same programs, and with all draws that do not depend on what grew. So a run that goes on from a
 * token more takes no longer than one of known sizes.
 *
 * @param grows - the symbols of the extents that grow
 * @param appended - the states that are appended to, by their tensor
 * @returns null where the runs differ by more, or the textures lack room
 */
export function grownPlan(
  model: LoadedModel,
  plan: RunPlan,
  symbols: Symbols,
  grows: readonly string[],
  appended: ReadonlyMap<number, AppendedState>,
): RunPlan | null {
  const { graph, programs, context } = model;
  // What later stages read would have to be looked for anew.
  if (!plan.isBound || stagesOf(graph).length > 1 || !hasGrown(plan.symbols, symbols, graph.symbols, grows)) {
    return null;
  }
  const layouts = changedLayouts(model, plan, symbols, appended);
  if (!layouts) return null;
  const placed = new Map([...plan.placed].filter(([tensor]) => !isAlias(tensorAt(model, tensor))));
  for (const [tensor, layout] of layouts)
    placed.set(tensor, { ...(placed.get(tensor) as PlacedTensor), layout });
  const draws: BoundDraw[] = [];
  const grown: RunPlan = {
    ...plan,
    symbols,
    placed,
    draws,
    exchangedDraws: plan.exchangedDraws === plan.draws ? draws : [],
    steps: [],
    feeds: plan.feeds.map((feed, index) => {
      const input = graph.inputs[index] as GraphInput;
      if (!feed || !layouts.has(input.tensor)) return feed;
      return new InputFeed(
        context,
        input,
        placed.get(input.tensor) as PlacedTensor,
        programs.image[index],
        symbols,
      );
    }),
    readers: [],
  };
  const isChanged = (tensor: number): boolean => {
    const { alias, shape } = tensorAt(model, tensor);
    return layouts.has(tensor) || (!!alias && (isChanged(alias.tensor) || !shape.every(isNumber)));
  };
  plan.steps.forEach((step, index) => {
    const { output, inputs, ints = [], floats = [] } = drawAt(graph, step);
    if ([output, ...inputs].some(isChanged) || ![...ints, ...floats].every(isNumber)) {
      bindStep(model, grown, step);
      return;
    }
    draws.push(plan.draws[index] as BoundDraw);
    if (grown.exchangedDraws !== draws) grown.exchangedDraws.push(plan.exchangedDraws[index] as BoundDraw);
    grown.steps.push(step);
  });
  if (tensorsRead(model, plan.stage).some(isChanged)) bindReaders(model, grown);
  else grown.readers.push(...plan.readers);
  plan.feeds.forEach((feed, index) => {
    if (feed !== grown.feeds[index]) feed?.delete();
  });
  return grown;
}

function tensorAt({ graph }: LoadedModel, index: number): PlanTensor {
  return graph.plans.webgl2.tensors[index] as PlanTensor;
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

/** Whether all symbols that changed did by the same number, and one of what grows is among them. */
function hasGrown(
  before: Symbols,
  now: Symbols,
  names: readonly string[],
  grows: readonly string[],
): boolean {
  const change = (name: string) => (now.get(name) as number) - (before.get(name) as number);
  const changed = names.filter((name) => change(name) !== 0);
  const [first] = grows.map(change);
  return changed.length > 0 && changed.every((name) => change(name) === first);
}

/** The layouts of tensors whose shapes changed; null where one does not fit its texture. */
function changedLayouts(
  model: LoadedModel,
  plan: RunPlan,
  symbols: Symbols,
  appended: ReadonlyMap<number, AppendedState>,
): Map<number, Layout> | null {
  const { limits, setting } = model;
  const changed = new Map<number, Layout>();
  for (const [index, { layout: old, texture }] of plan.placed) {
    const tensor = tensorAt(model, index);
    if (tensor.shape.every(isNumber) || isAlias(tensor)) continue;
    const shape = tensor.shape.map((dimension) => evaluate(dimension, symbols));
    if (shape.join() === old.shape.join()) continue;
    const layout =
      appended.get(index)?.layoutFor(shape) ?? layoutOf(tensor, shape, setting, limits.maxTextureSize);
    const hasRoom = texture
      ? layout.elements > 0 && texture.width >= layout.width && texture.height >= layout.height
      : layout.elements === 0;
    const { fold, cut } = old.blocking;
    if (!hasRoom || layout.blocking.fold !== fold || layout.blocking.cut !== cut) return null;
    changed.set(index, layout);
  }
  return changed;
}
