import type { Fail } from "../../../bundle/format_check.ts";
import type { GraphFile, PlanTensor } from "../../../bundle/generated/graph_file.ts";
import { BEFORE } from "../../../bundle/graph_file.ts";

/** Checks what graph.json says of states, besides what it says of all tensors. */
export function checkStates({ symbols, outputs, states, plans }: GraphFile, fail: Fail): void {
  const { tensors, entries } = plans.webgl2;
  const end = entries.predict.length;
  const kept = new Set(states.flatMap(({ tensor, next }) => [tensor, next]));
  if (kept.size < 2 * states.length) fail("states", "states of tensors of their own", [...kept]);
  states.forEach((state, index) => {
    const path = `states[${index}]`;
    const { grows } = state;
    if (grows !== undefined && !(symbols.includes(grows) && state.shape.includes(grows))) {
      fail(`${path}.grows`, "a symbol that is one of the extents", grows);
    }
    for (const key of ["tensor", "next"] as const) {
      const { dtype, shape, axes, lifetime } = tensors[state[key]] as PlanTensor;
      const isSame = JSON.stringify(shape) === JSON.stringify(state.shape);
      const isWhole = lifetime?.join() === `${BEFORE},${end}`;
      if (
        dtype !== state.dtype ||
        axes ||
        !(grows !== undefined ? key === "next" || isSame : isSame && isWhole)
      ) {
        fail(
          `${path}.${key}`,
          "a flat tensor of the state's type and shape that lives for all of a run",
          state[key],
        );
      }
    }
  });
  outputs.forEach(({ tensor }, index) => {
    if (kept.has(tensor)) fail(`outputs[${index}].tensor`, "no state's tensor", tensor);
  });
}
