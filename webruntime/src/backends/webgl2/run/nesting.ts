// Part of dist/texelflow.host.js: what lies between steps that begin and end something, loops and branches alike.

import type { Fail } from "../../../bundle/format_check.ts";
import type { GraphFile, HostName, HostStep } from "../../../bundle/generated/graph_file.ts";
import { type Bound, settle } from "../../../graph/inputs.ts";
import { isHostStep, type Stage, stagesOf } from "../../../graph/stages.ts";
import type { PlacedTensor } from "./draws.ts";
import type { Filling } from "./next.ts";
import type { RunPlan } from "./run_plan.ts";
import type { Session } from "./session.ts";

/** Names of the steps that begin and end loops and branches. */
export const NESTING: readonly HostName[] = ["loop", "again", "branch", "other", "join"];

/** A loop or a branch that a run is in the midst of. */
export interface Frame {
  /** Index of the stage in front of it, and its plan. */
  readonly begin: number;
  readonly plan: RunPlan;
  /** What was known there. */
  readonly known: NestedBound;
}

/** What is bound within loops and branches, the innermost last. */
export interface NestedBound extends Bound {
  readonly frames?: readonly Frame[];
}

type NewBound = NestedBound & {
  readonly symbols: Map<string, number>;
  readonly origin: Map<string, string>;
};

/** What is bound where symbols have values besides what is known. */
export function bindTo(
  known: NestedBound,
  names: readonly string[],
  values: readonly number[],
  node: string,
): NewBound {
  const bound = { ...known, symbols: new Map(known.symbols), origin: new Map(known.origin) };
  names.forEach((name, index) => {
    bound.symbols.set(name, values[index] as number);
    bound.origin.set(name, node);
  });
  return bound;
}

/** The same within a loop or a branch. */
export function within(bound: NewBound, frame: Frame): NewBound {
  return { ...bound, frames: [...(frame.known.frames ?? []), frame] };
}

/** The loop or branch that was begun last. */
export function innermost({ frames }: NestedBound): Frame {
  return frames?.at(-1) as Frame;
}

/** Checks and derives what a stage is the first to know. */
export function settleAt({ model }: Session, stage: number, { symbols, origin }: NewBound): void {
  settle(stagesOf(model.graph)[stage] as Stage, symbols, origin);
}

/** What fills a tensor with what another one has, before anything else is drawn. */
export function copyOf({ texture, layout }: PlacedTensor): Filling {
  return {
    copyTo: (target) => {
      if (texture) target.texture?.copy(texture, layout.width, layout.height);
    },
  };
}

/** Index of the stage behind another one that a step of this name ends, of the same loop or branch. */
export function stageWhere({ model }: Session, stage: number, name: HostStep["host"]): number {
  const stages = stagesOf(model.graph);
  let depth = 0;
  for (let index = stage + 1; ; index++) {
    const found = (stages[index] as Stage).host?.host;
    if (depth === 0 && found === name) return index;
    if (found === "loop" || found === "branch") depth++;
    else if (found === "again" || found === "join") depth--;
  }
}

/** A loop or a branch whose end is not there yet. */
interface Open {
  readonly begin: HostStep;
  readonly middle: HostStep | null;
  /** Tensors that are gone behind it, or behind its first branch. */
  readonly filled: Set<number>;
}

/** Checks that loops and branches are whole, and that nothing reads what is not there behind them. */
export function checkNesting({ plans }: GraphFile, fail: Fail): void {
  const { tensors, entries } = plans.webgl2;
  const open: Open[] = [];
  const gone = new Set<number>();
  entries.predict.forEach((step, index) => {
    const path = `plans.webgl2.entries.predict[${index}]`;
    const name = isHostStep(step) ? step.host : "";
    for (const tensor of step.inputs) {
      const holder = tensors[tensor]?.alias?.tensor ?? tensor;
      if (gone.has(holder)) fail(path, "a step that reads nothing of what is over", tensor);
    }
    if (name === "again" || name === "other" || name === "join") {
      const around = open.pop();
      if (!around || !isFollowedBy(around, step as HostStep))
        fail(path, "a step that fits those before it", name);
      for (const tensor of around?.filled ?? []) gone.add(tensor);
      if (name === "other") open.push({ ...(around as Open), middle: step as HostStep, filled: new Set() });
    }
    for (const tensor of isHostStep(step) ? step.outputs : [step.output]) open.at(-1)?.filled.add(tensor);
    if (name === "loop" || name === "branch") {
      const begin = step as HostStep;
      if (!isBeginning(begin)) fail(path, "a step that fits its name", name);
      open.push({ begin, middle: null, filled: new Set(begin.outputs) });
    }
  });
  if (open.length > 0) fail("plans.webgl2.entries.predict", "steps that end what they begin", open.length);
}

function isBeginning({ host, inputs, outputs, ints, binds }: HostStep): boolean {
  if (host === "branch")
    return inputs.length + ints.length === 1 && outputs.length === 0 && binds.length === 0;
  return outputs.length === inputs.length + 1 && ints.length === 2 && binds.length <= 1;
}

/** Whether a step ends a turn of a loop, or a branch, of which others are there already. */
function isFollowedBy({ begin, middle }: Open, { host, inputs, outputs, ints, binds }: HostStep): boolean {
  if (host === "again") {
    const flags = inputs.length - outputs.length;
    const isWhole = (flags === 0 || flags === 1) && outputs.length >= begin.inputs.length;
    return begin.host === "loop" && isWhole && binds.length <= 1;
  }
  if (begin.host !== "branch") return false;
  if (host === "other") return !middle && outputs.length === 0 && binds.length === 0;
  const counts = [inputs.length, middle?.inputs.length];
  const known = [ints.length, middle?.ints.length];
  return counts.every((count) => count === outputs.length) && known.every((count) => count === binds.length);
}
