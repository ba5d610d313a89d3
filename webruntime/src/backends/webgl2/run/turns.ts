// Part of dist/texelflow.host.js: steps that a run repeats.

import type { Fail } from "../../../bundle/format_check.ts";
import type { GraphFile, HostStep } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { evaluate } from "../../../graph/expressions.ts";
import { type Bound, settle } from "../../../graph/inputs.ts";
import { isHostStep, type Stage, stagesOf } from "../../../graph/stages.ts";
import { breathe } from "../../../wait/tasks.ts";
import { gpuFinished } from "../gl/fence.ts";
import type { PlacedTensor } from "./draws.ts";
import type { Filling, Next } from "./host_stage.ts";
import type { OutputReader } from "./output_reader.ts";
import type { RunPlan } from "./run_plan.ts";
import type { Session } from "./session.ts";
import { partsOf } from "./turn_parts.ts";

/** Draws that are issued without waiting for the GPU; what is queued takes memory. */
const MOST_QUEUED = 512;

/** A loop that a run is in the midst of. */
interface Frame {
  /** Index of the stage in front of its first turn, and its plan. */
  readonly begin: number;
  readonly plan: RunPlan;
  /** What was known there. */
  readonly known: NestedBound;
  /** The most turns. */
  readonly most: number;
  turn: number;
  queued: number;
}

/** What is bound within loops, the innermost last. */
interface NestedBound extends Bound {
  readonly frames?: readonly Frame[];
}

/** Checks that loops end where they begin, and that nothing behind one reads what its turns leave on the GPU. */
export function checkLoops({ plans }: GraphFile, fail: Fail): void {
  const { tensors, entries } = plans.webgl2;
  const open: { readonly begin: HostStep; readonly filled: Set<number> }[] = [];
  const gone = new Set<number>();
  entries.predict.forEach((step, index) => {
    const path = `plans.webgl2.entries.predict[${index}]`;
    const isHost = isHostStep(step);
    const name = isHost ? step.host : "";
    for (const tensor of step.inputs) {
      const holder = tensors[tensor]?.alias?.tensor ?? tensor;
      if (gone.has(holder)) fail(path, "a step that reads nothing of a loop that is over", tensor);
    }
    if (isHost && name === "again") {
      const loop = open.pop();
      const flag = step.inputs.length - step.outputs.length;
      const { begin, filled } = loop ?? fail(path, "in a loop", name);
      const isWhole =
        (flag === 0 || flag === 1) &&
        step.inputs.length - flag >= begin.inputs.length &&
        step.binds.length <= 1;
      if (!isWhole) fail(path, "the end of the loop before it", step.inputs);
      for (const tensor of filled) gone.add(tensor);
    }
    const outputs = isHost ? step.outputs : [step.output];
    if (open.length > 0) for (const tensor of outputs) open.at(-1)?.filled.add(tensor);
    if (isHost && name === "loop") {
      const isWhole =
        step.outputs.length === step.inputs.length + 1 && step.ints.length === 2 && step.binds.length <= 1;
      if (!isWhole) fail(path, "a step that begins a loop", step.inputs);
      open.push({ begin: step, filled: new Set(step.outputs) });
    }
  });
  if (open.length > 0) fail("plans.webgl2.entries.predict", "steps whose loops end", open.length);
}

/** Begins a loop: with its first turn, or behind it where there is none. */
export function beginLoop(session: Session, stage: number, plan: RunPlan, known: NestedBound): Next {
  const { inputs, ints, binds, node } = plan.stage.host as HostStep;
  const [most = 0, isFirst] = ints.map((number) => evaluate(number, known.symbols));
  const frame: Frame = { begin: stage, plan, known, most, turn: 0, queued: 0 };
  const starts = inputs.map((tensor) => copyOf(plan.placed.get(tensor) as PlacedTensor));
  if (most <= 0 || !isFirst) return leave(session, frame, endOf(session, stage), starts);
  const bound = { ...bindTo(known, binds, [0], node), frames: [...(known.frames ?? []), frame] };
  settleAt(session, stage + 1, bound);
  return { filled: [Int32Array.of(0), ...starts], known: bound, stage: stage + 1, before: plan };
}

/**
 * Ends a turn: with the next one, or goes on behind the loop.
 *
 * @throws TexelflowError with the code `stopped` when the run's signal says so, or `disposed`
 */
export async function endTurn(
  session: Session,
  stage: number,
  plan: RunPlan,
  known: NestedBound,
): Promise<Next> {
  const { model } = session;
  const { inputs, outputs, ints, node } = plan.stage.host as HostStep;
  const frame = (known.frames as readonly Frame[]).at(-1) as Frame;
  const stages = stagesOf(model.graph);
  const begin = stages[frame.begin]?.host as HostStep;
  const isRead = inputs.length > outputs.length;
  const left = inputs.slice(isRead ? 1 : 0).map((tensor) => plan.placed.get(tensor) as PlacedTensor);
  const parts = left.map((placed, index) =>
    partsOf(model, `${stage}:${index}`, placed, index < begin.inputs.length),
  );
  parts.forEach((part, index) => {
    if (frame.turn === 0 || index < begin.inputs.length) part.clear();
    part.add(left[index] as PlacedTensor);
  });
  const goesOn = isRead
    ? (plan.readers[0] as OutputReader).readNumbers()[0] !== 0
    : evaluate(ints[0] ?? 1, known.symbols) !== 0;
  frame.queued = isRead ? 0 : frame.queued + (plan.stage.end - (stages[frame.begin]?.end ?? 0));
  if (frame.queued > MOST_QUEUED) {
    await gpuFinished(model.context);
    frame.queued = 0;
  }
  await breathe();
  model.signal.throwIfAborted();
  if (session.signal?.aborted) {
    throw new TexelflowError(
      "stopped",
      `The run of "${model.graph.name}" was stopped in turn ${frame.turn + 1} of ${node}.`,
      { cause: session.signal.reason },
    );
  }
  frame.turn++;
  if (!goesOn || frame.turn >= frame.most) return leave(session, frame, stage, parts);
  const bound = { ...bindTo(frame.known, begin.binds, [frame.turn], node), frames: known.frames ?? [] };
  settleAt(session, frame.begin + 1, bound);
  const filled = [Int32Array.of(frame.turn), ...parts.slice(0, begin.inputs.length)];
  return { filled, known: bound, stage: frame.begin + 1, before: frame.plan };
}

/** Goes on behind a loop whose last step ends a stage, with what is left of it. */
function leave(session: Session, frame: Frame, stage: number, left: readonly Filling[]): Next {
  const { host } = stagesOf(session.model.graph)[stage] as Stage;
  const { outputs, binds, node } = host as HostStep;
  const known = bindTo(frame.known, binds, [frame.turn], node);
  settleAt(session, stage + 1, known);
  // Without a turn there is nothing to stack.
  const filled = outputs.map((_, index) => left[index] ?? new Int32Array(0));
  const around: NestedBound = { ...known, frames: frame.known.frames ?? [] };
  return { filled, known: around, stage: stage + 1, before: frame.plan };
}

/** Index of the stage that the last step of a loop ends; `begin` is that in front of it. */
function endOf({ model }: Session, begin: number): number {
  const stages = stagesOf(model.graph);
  let depth = 1;
  let stage = begin;
  while (depth > 0) {
    stage++;
    const name = (stages[stage] as Stage).host?.host;
    if (name === "loop") depth++;
    else if (name === "again") depth--;
  }
  return stage;
}

function bindTo(
  { symbols, origin }: Bound,
  names: readonly string[],
  values: readonly number[],
  node: string,
): { readonly symbols: Map<string, number>; readonly origin: Map<string, string> } {
  const bound = { symbols: new Map(symbols), origin: new Map(origin) };
  names.forEach((name, index) => {
    bound.symbols.set(name, values[index] as number);
    bound.origin.set(name, node);
  });
  return bound;
}

function settleAt(
  { model }: Session,
  stage: number,
  { symbols, origin }: { readonly symbols: Map<string, number>; readonly origin: Map<string, string> },
): void {
  settle(stagesOf(model.graph)[stage] as Stage, symbols, origin);
}

/** What fills a tensor with what another one has, before anything else is drawn. */
function copyOf(placed: PlacedTensor): Filling {
  return {
    copyTo: (target) => {
      const { texture, layout } = placed;
      if (texture) target.texture?.copy(texture, layout.width, layout.height);
    },
  };
}
