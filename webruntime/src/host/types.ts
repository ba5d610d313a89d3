import type { DataType } from "../bundle/generated/graph_file.ts";
import { TexelflowError } from "../errors.ts";

/** Numbers as the GPU holds them: whole ones in 32 bits, unsigned ones as the signed ones of the same bits. */
export type Numbers = Float32Array | Int32Array;

/** A tensor that was read back. */
export interface HostInput {
  readonly dtype: DataType;
  readonly data: Numbers;
}

/** What a host step leaves: values for the symbols that it binds, and the numbers of its outputs. */
export interface HostResult {
  readonly learned: readonly number[];
  readonly outputs: readonly Numbers[];
}

/** Work of the page, given what it reads and the numbers of the step, evaluated. */
export type HostFunction = (
  inputs: readonly HostInput[],
  ints: readonly number[],
  floats: readonly number[],
) => HostResult;

/**
 * Checks that numbers are as many as the extents say which they are given with.
 *
 * @throws TexelflowError with the code `damaged`
 */
export function checkCount(numbers: Numbers, ...extents: readonly number[]): void {
  const count = extents.reduce((product, extent) => product * extent, 1);
  if (count === numbers.length && extents.every((extent) => extent >= 0)) return;
  throw new TexelflowError("damaged", `${numbers.length} numbers were read for a shape of [${extents}].`);
}

/** Whether a type's whole numbers are unsigned and may fill 32 bits. */
export function isUnsigned(dtype: DataType): boolean {
  return dtype === "uint32" || dtype === "uint64";
}
