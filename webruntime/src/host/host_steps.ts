// What the page computes in the midst of a run, where the size of a result depends on numbers.

import type { HostStep } from "../bundle/generated/graph_file.ts";
import { chooseBoxes } from "./non_max_suppression.ts";
import { placesOfNonZero } from "./non_zero.ts";
import { readElements } from "./read.ts";
import type { HostFunction } from "./types.ts";
import { findUnique } from "./unique.ts";

/** Steps between which others lie, in loops and branches: they compute nothing. */
type Nesting = "loop" | "again" | "branch" | "other" | "join";

/** How many tensors each reads, and fills at most. */
export const COUNTS: Readonly<Record<string, readonly [inputs: number, outputs: number]>> = {
  read: [1, 0],
  "non-zero": [1, 1],
  "non-max-suppression": [5, 1],
  unique: [1, 4],
};

/** By the names in graph.json. */
export const HOST_STEPS: Readonly<Record<Exclude<HostStep["host"], Nesting>, HostFunction>> = {
  read: readElements,
  "non-zero": placesOfNonZero,
  "non-max-suppression": chooseBoxes,
  unique: findUnique,
};
