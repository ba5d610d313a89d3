import type { Fail } from "../../../bundle/format_check.ts";
import type { GraphFile, PlanTensor } from "../../../bundle/generated/graph_file.ts";
import { BEFORE } from "../../../bundle/graph_file.ts";

/** Checks what graph.json says of states, besides what it says of all tensors. */
export function checkStates({ symbols, outputs, states, plans }: GraphFile, fail: Fail): void {
  const { tensors, entries } = plans.webgl2;
  const end = entries.predict.length;
  const own = states.flatMap(({ tensor, next }) => (tensor === next ? [next] : [tensor, next]));
  const kept = new Set(own);
  if (kept.size < own.length) fail("states", "states of tensors of their own", own);
  states.forEach((state, index) => {
    const path = `states[${index}]`;
    const { grows, tensor, next } = state;
    if (grows !== undefined && !(symbols.includes(grows) && state.shape.includes(grows))) {
      fail(`${path}.grows`, "a symbol that is one of the extents", grows);
    }
    for (const key of ["tensor", "next"] as const) {
      const { dtype, shape, axes, lifetime, pixels } = tensors[state[key]] as PlanTensor;
      const isSame = JSON.stringify(shape) === JSON.stringify(state.shape);
      const isWhole = lifetime?.join() === `${BEFORE},${end}`;
      const isFlat = !axes && (grows !== undefined ? key === "next" || isSame : isSame && isWhole);
      // One that is appended to has no rows, and what grows as its width.
      const roles = [axes?.[2], axes?.[3]].join();
      const isAppended = isWhole && pixels === 1 && roles === `,${state.shape.indexOf(grows as string)}`;
      if (dtype !== state.dtype || !(tensor === next ? isAppended : isFlat)) {
        fail(
          `${path}.${key}`,
          "a flat tensor of the state's type and shape, or one that is appended to, which lives for all of a run",
          state[key],
        );
      }
    }
  });
  outputs.forEach(({ tensor }, index) => {
    if (kept.has(tensor)) fail(`outputs[${index}].tensor`, "no state's tensor", tensor);
  });
}
