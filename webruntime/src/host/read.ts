import { type HostFunction, isUnsigned } from "./types.ts";

/** Learns the elements themselves. */
export const readElements: HostFunction = ([input]) => {
  const { dtype, data } = input as NonNullable<typeof input>;
  return { learned: [...data].map((number) => (isUnsigned(dtype) ? number >>> 0 : number)), outputs: [] };
};
