// Loaded as dist/texelflow.host.js with models in the midst of whose runs the page computes.

import type { Fail } from "../../../bundle/format_check.ts";
import type { Expression, GraphFile, HostStep, Real } from "../../../bundle/generated/graph_file.ts";
import { evaluate, type Symbols } from "../../../graph/expressions.ts";
import { type Bound, settle } from "../../../graph/inputs.ts";
import { isHostStep, type Stage, stagesOf } from "../../../graph/stages.ts";
import { COUNTS, HOST_STEPS } from "../../../host/host_steps.ts";
import type { HostInput } from "../../../host/types.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import { beginBranch, endBranch } from "./choices.ts";
import type { PlacedTensor } from "./draws.ts";
import { InputFeed } from "./input_feed.ts";
import { checkNesting, NESTING } from "./nesting.ts";
import type { Next } from "./next.ts";
import type { OutputReader } from "./output_reader.ts";
import type { RunPlan } from "./run_plan.ts";
import { type Session, throwIfLost } from "./session.ts";
import { beginLoop, endTurn } from "./turns.ts";

/** Checks what graph.json says of host steps, besides what it says of all steps. */
export function checkHosts(graph: GraphFile, fail: Fail): void {
  const { plans } = graph;
  const { tensors, entries } = plans.webgl2;
  entries.predict.forEach((step, index) => {
    if (!isHostStep(step)) return;
    const names = [...Object.keys(HOST_STEPS), ...NESTING];
    if (!names.includes(step.host)) {
      fail(`plans.webgl2.entries.predict[${index}].host`, `one of ${names.join(", ")}`, step.host);
    }
    const { 0: read = step.inputs.length, 1: filled = step.outputs.length } = COUNTS[step.host] ?? [];
    if (step.inputs.length !== read || step.outputs.length > filled) {
      fail(
        `plans.webgl2.entries.predict[${index}]`,
        `a step that reads ${read} tensors, and fills ${filled}`,
        step,
      );
    }
    const blocked = [...step.inputs, ...step.outputs].find((tensor) => tensors[tensor]?.axes);
    if (blocked !== undefined) {
      fail(`plans.webgl2.entries.predict[${index}]`, "a step whose tensors are flat", blocked);
    }
  });
  checkNesting(graph, fail);
}

/**
 * Reads back what the host step behind a stage wants, computes, and binds what it learned.
 *
 * @param stage - index of the stage whose draws were issued
 * @param bound - the symbols of all stages up to it
 * @throws TexelflowError when the model does not take what was learned, when the run's signal stops a loop, or the context
 *   was lost
 */
export async function performHost(
  session: Session,
  stage: number,
  plan: RunPlan,
  bound: Bound,
): Promise<Next> {
  const { model } = session;
  const { host, inputs, ints, floats, binds, node } = plan.stage.host as HostStep;
  throwIfLost(model);
  if (host === "loop") return beginLoop(session, stage, plan, bound);
  if (host === "again") return endTurn(session, stage, plan, bound);
  if (host === "branch") return beginBranch(session, stage, plan, bound);
  if (host === "other" || host === "join") return endBranch(session, stage, plan, bound);
  const read = inputs.map((tensor, index): HostInput => {
    const { dtype, layout } = plan.placed.get(tensor) as PlacedTensor;
    const numbers = (plan.readers[index] as OutputReader).readNumbers();
    return { dtype, data: numbers.subarray(0, layout.elements) };
  });
  throwIfLost(model);
  const numbersOf = (list: readonly (Expression | Real)[]) =>
    list.map((number) => evaluate(number, bound.symbols));
  const { learned, outputs } = HOST_STEPS[host](read, numbersOf(ints), numbersOf(floats));
  const known = { ...bound, symbols: new Map(bound.symbols), origin: new Map(bound.origin) };
  binds.forEach((name, index) => {
    known.symbols.set(name, learned[index] as number);
    known.origin.set(name, node);
  });
  settle(stagesOf(model.graph)[stage + 1] as Stage, known.symbols, known.origin);
  return { filled: outputs, known, stage: stage + 1, before: plan };
}

/** The feeds of what the host step before a stage fills. */
export function hostFeeds(
  { context, graph }: LoadedModel,
  { first }: Stage,
  placed: ReadonlyMap<number, PlacedTensor>,
  symbols: Symbols,
): InputFeed[] {
  const host = graph.plans.webgl2.entries.predict[first - 1] as HostStep;
  return host.outputs.map((index) => {
    const tensor = placed.get(index) as PlacedTensor;
    return new InputFeed(context, { name: host.node, dtype: tensor.dtype }, tensor, undefined, symbols);
  });
}
