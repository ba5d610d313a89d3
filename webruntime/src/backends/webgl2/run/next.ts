import type { Bound } from "../../../graph/inputs.ts";
import type { Numbers } from "../../../host/types.ts";
import type { PlacedTensor } from "./draws.ts";
import type { RunPlan } from "./run_plan.ts";

/** What brings numbers that are on the GPU into a tensor. */
export interface Filling {
  copyTo(target: PlacedTensor): void;
}

/** How a run goes on behind a host step. */
export interface Next {
  /** What the step fills. */
  readonly filled: readonly (Numbers | Filling)[];
  readonly known: Bound;
  /** Index of the next stage, and the plan whose tensors it reads. */
  readonly stage: number;
  readonly before: RunPlan;
}
