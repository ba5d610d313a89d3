// Part of dist/texelflow.host.js: branches, of which a run takes one.

import type { HostStep } from "../../../bundle/generated/graph_file.ts";
import { evaluate } from "../../../graph/expressions.ts";
import { type Stage, stagesOf } from "../../../graph/stages.ts";
import type { PlacedTensor } from "./draws.ts";
import { bindTo, copyOf, innermost, type NestedBound, settleAt, stageWhere, within } from "./nesting.ts";
import type { Next } from "./next.ts";
import type { RunPlan } from "./run_plan.ts";
import type { Session } from "./session.ts";

/** Reads the condition, unless the step says it, and goes on with the first branch or the second. */
export function beginBranch(session: Session, stage: number, plan: RunPlan, known: NestedBound): Next {
  const { ints } = plan.stage.host as HostStep;
  const [reader] = plan.readers;
  const holds = (reader ? reader.readNumbers()[0] : evaluate(ints[0] ?? 0, known.symbols)) !== 0;
  const next = 1 + (holds ? stage : stageWhere(session, stage, "other"));
  const bound = within(bindTo(known, [], [], ""), { begin: stage, plan, known });
  settleAt(session, next, bound);
  return { filled: [], known: bound, stage: next, before: plan };
}

/** Goes on behind both branches with what the one that was taken leaves. */
export function endBranch(session: Session, stage: number, plan: RunPlan, known: NestedBound): Next {
  const { host, inputs, ints, node } = plan.stage.host as HostStep;
  const frame = innermost(known);
  const last = host === "join" ? stage : stageWhere(session, stage, "join");
  const { binds } = (stagesOf(session.model.graph)[last] as Stage).host as HostStep;
  const values = ints.map((number) => evaluate(number, known.symbols));
  const bound = bindTo(frame.known, binds, values, node);
  settleAt(session, last + 1, bound);
  const filled = inputs.map((tensor) => copyOf(plan.placed.get(tensor) as PlacedTensor));
  return { filled, known: bound, stage: last + 1, before: frame.plan };
}
