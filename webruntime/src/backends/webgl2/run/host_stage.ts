// Loaded as dist/texelflow.host.js with models in the midst of whose runs the page computes.

import type { Fail } from "../../../bundle/format_check.ts";
import type { Expression, GraphFile, HostStep, Real } from "../../../bundle/generated/graph_file.ts";
import { evaluate } from "../../../graph/expressions.ts";
import { type Bound, settle } from "../../../graph/inputs.ts";
import { isHostStep, type Stage, stagesOf } from "../../../graph/stages.ts";
import { HOST_STEPS } from "../../../host/host_steps.ts";
import type { HostInput, Numbers } from "../../../host/types.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import type { PlacedTensor } from "./draws.ts";
import type { OutputReader } from "./output_reader.ts";
import type { RunPlan } from "./run_plan.ts";
import { throwIfLost } from "./session.ts";

/** Checks what graph.json says of host steps, besides what it says of all steps. */
export function checkHosts({ plans }: GraphFile, fail: Fail): void {
  const { tensors, entries } = plans.webgl2;
  entries.predict.forEach((step, index) => {
    if (!isHostStep(step)) return;
    const blocked = [...step.inputs, ...step.outputs].find((tensor) => tensors[tensor]?.axes);
    if (blocked !== undefined) {
      fail(`plans.webgl2.entries.predict[${index}]`, "a step whose tensors are flat", blocked);
    }
  });
}

/**
 * Reads back what the host step behind a stage wants, computes, and binds what it learned.
 *
 * @param stage - index of the stage whose draws were issued
 * @param bound - the symbols of all stages up to it
 * @returns the numbers of what the step fills, and the symbols with those that it learned
 * @throws TexelflowError when the model does not take what was learned, or the context was lost
 */
export function performHost(
  model: LoadedModel,
  stage: number,
  plan: RunPlan,
  { symbols, origin }: Bound,
): { filled: readonly Numbers[]; known: Bound } {
  const { host, inputs, ints, floats, binds, node } = plan.stage.host as HostStep;
  const read = inputs.map((tensor, index): HostInput => {
    const { dtype, layout } = plan.placed.get(tensor) as PlacedTensor;
    const numbers = (plan.readers[index] as OutputReader).readNumbers();
    return { dtype, data: numbers.subarray(0, layout.elements) };
  });
  throwIfLost(model);
  const numbersOf = (list: readonly (Expression | Real)[]) => list.map((number) => evaluate(number, symbols));
  const { learned, outputs } = HOST_STEPS[host](read, numbersOf(ints), numbersOf(floats));
  const known = { symbols: new Map(symbols), origin: new Map(origin) };
  binds.forEach((name, index) => {
    known.symbols.set(name, learned[index] as number);
    known.origin.set(name, node);
  });
  settle(stagesOf(model.graph)[stage + 1] as Stage, known.symbols, known.origin);
  return { filled: outputs, known };
}
