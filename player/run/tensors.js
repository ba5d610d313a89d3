import { fromHalf } from "../shared/half.js";
import { planesOf as planesOfImage, softmax } from "./ends.js";

/** @import { Plane } from "../../webruntime/src/ends.ts" */

/**
 * @typedef {object} Values an output as plain numbers
 * @property {string} name
 * @property {string} dtype
 * @property {readonly number[]} shape
 * @property {Float32Array} data row by row
 */

/**
 * An output tensor as plain numbers. float16 and bfloat16 come as bit patterns, 64-bit integers as BigInt.
 * @param {string} name
 * @param {{ dtype: string, shape: readonly number[], data: ArrayLike<number> | ArrayLike<bigint> }} tensor
 * @returns {Values}
 */
export function plainValues(name, { dtype, shape, data }) {
  if (data instanceof Float32Array) {
    return { name, dtype, shape, data };
  }
  const numbers = Float32Array.from(/** @type {ArrayLike<number | bigint>} */ (data), Number);
  if (dtype === "float16") {
    return { name, dtype, shape, data: numbers.map(fromHalf) };
  }
  if (dtype === "bfloat16") {
    return { name, dtype, shape, data: numbers.map(fromBfloat16) };
  }
  return { name, dtype, shape, data: numbers };
}

/** @param {number} bits the upper half of a float32 pattern */
function fromBfloat16(bits) {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0];
}

/**
 * Least, largest and mean value; NaN for an empty tensor.
 * @param {Float32Array} data
 * @returns {{ min: number, max: number, mean: number }}
 */
export function statistics(data) {
  if (data.length === 0) {
    return { min: Number.NaN, max: Number.NaN, mean: Number.NaN };
  }
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const value of data) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { min, max, mean: sum / data.length };
}

/**
 * Probabilities of some scores: as they are when they lie between 0 and 1 already, else their softmax.
 * @param {Float32Array} scores
 * @returns {Float32Array}
 */
export function probabilities(scores) {
  const { min, max } = statistics(scores);
  return min >= 0 && max <= 1.001 ? scores : softmax(scores);
}

/** A map has at least as many lines and columns. */
const LEAST_SIDE = 4;

/**
 * The channels of an output that is laid out as one image, in whichever order its axes are.
 * @param {Values} values [1, C, H, W], [1, H, W, C], [C, H, W], [H, W, C], [1, H, W] or [H, W]
 * @param {number} channels C, as it must be
 * @returns {Plane[] | null} C planes, or null when the output is no such image
 */
export function planesOf(values, channels) {
  try {
    const planes = planesOfImage(values, channels);
    return planes.some(({ width, height }) => Math.min(width, height) < LEAST_SIDE) ? null : planes;
  } catch {
    return null;
  }
}
