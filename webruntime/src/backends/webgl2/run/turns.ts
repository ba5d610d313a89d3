// Part of dist/texelflow.host.js: steps that a run repeats.

import type { HostStep } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { evaluate } from "../../../graph/expressions.ts";
import { type Stage, stagesOf } from "../../../graph/stages.ts";
import { breathe } from "../../../wait/tasks.ts";
import { gpuFinished } from "../gl/fence.ts";
import type { PlacedTensor } from "./draws.ts";
import {
  bindTo,
  copyOf,
  type Frame,
  innermost,
  type NestedBound,
  settleAt,
  stageWhere,
  within,
} from "./nesting.ts";
import type { Filling, Next } from "./next.ts";
import type { OutputReader } from "./output_reader.ts";
import type { RunPlan } from "./run_plan.ts";
import type { Session } from "./session.ts";
import { partsOf } from "./turn_parts.ts";

/** Draws that are issued without waiting for the GPU; what is queued takes memory. */
const MOST_QUEUED = 512;

/** A loop that a run is in the midst of. */
interface LoopFrame extends Frame {
  /** The most turns. */
  readonly most: number;
  turn: number;
  queued: number;
}

/** Begins a loop: with its first turn, or behind it where there is none. */
export function beginLoop(session: Session, stage: number, plan: RunPlan, known: NestedBound): Next {
  const { inputs, ints, binds, node } = plan.stage.host as HostStep;
  const [most = 0, isFirst] = ints.map((number) => evaluate(number, known.symbols));
  const frame: LoopFrame = { begin: stage, plan, known, most, turn: 0, queued: 0 };
  const starts = inputs.map((tensor) => copyOf(plan.placed.get(tensor) as PlacedTensor));
  if (most <= 0 || !isFirst) return leave(session, frame, stageWhere(session, stage, "again"), starts);
  const bound = within(bindTo(known, binds, [0], node), frame);
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
  const frame = innermost(known) as LoopFrame;
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
  const bound = within(bindTo(frame.known, begin.binds, [frame.turn], node), frame);
  settleAt(session, frame.begin + 1, bound);
  const filled = [Int32Array.of(frame.turn), ...parts.slice(0, begin.inputs.length)];
  return { filled, known: bound, stage: frame.begin + 1, before: frame.plan };
}

/** Goes on behind a loop whose last step ends a stage, with what is left of it. */
function leave(session: Session, frame: LoopFrame, stage: number, left: readonly Filling[]): Next {
  const { host } = stagesOf(session.model.graph)[stage] as Stage;
  const { outputs, binds, node } = host as HostStep;
  const known = bindTo(frame.known, binds, [frame.turn], node);
  settleAt(session, stage + 1, known);
  // Without a turn there is nothing to stack.
  const filled = outputs.map((_, index) => left[index] ?? new Int32Array(0));
  return { filled, known, stage: stage + 1, before: frame.plan };
}
