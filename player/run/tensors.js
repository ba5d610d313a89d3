import { fromHalf } from "../shared/half.js";

/**
 * @typedef {object} Values an output as plain numbers
 * @property {string} name
 * @property {string} dtype
 * @property {readonly number[]} shape
 * @property {Float32Array} data row by row
 */

/**
 * @typedef {object} Plane a single-channel map
 * @property {number} width
 * @property {number} height
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

/** @param {number} value */
export function sigmoid(value) {
  return 1 / (1 + Math.exp(-value));
}

/**
 * Probabilities of some scores: as they are when they lie between 0 and 1 already, else their softmax.
 * @param {Float32Array} scores
 * @returns {Float32Array}
 */
export function probabilities(scores) {
  const { min, max } = statistics(scores);
  if (min >= 0 && max <= 1.001) {
    return scores;
  }
  const exponentials = scores.map((score) => Math.exp(score - max));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/**
 * The channels of an output that is laid out as one image, in whichever order its axes are.
 * @param {Values} values [1, C, H, W], [1, H, W, C], [C, H, W], [H, W, C], [1, H, W] or [H, W]
 * @param {number} channels C, as it must be
 * @returns {Plane[] | null} C planes, or null when the output is no such image
 */
export function planesOf({ shape, data }, channels) {
  let extents = [...shape];
  if (extents.length === 4 && extents[0] === 1) {
    extents = extents.slice(1);
  }
  if (extents.length === 2 && channels === 1) {
    extents = [1, ...extents];
  }
  if (extents.length !== 3) {
    return null;
  }
  const first = extents[0] === channels;
  if (!first && extents[2] !== channels) {
    return null;
  }
  const [height, width] = first ? extents.slice(1) : extents;
  if (Math.min(height, width) < 4) {
    return null;
  }
  const pixels = height * width;
  return Array.from({ length: channels }, (_, channel) => {
    const plane = new Float32Array(pixels);
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      plane[pixel] = first ? data[channel * pixels + pixel] : data[pixel * channels + channel];
    }
    return { width, height, data: plane };
  });
}
