import { planesOf as channelsOf, softmax } from "../texelflow.ends.js";

/**
 * @typedef {object} Values an output as plain numbers
 * @property {string} name
 * @property {string} dtype
 * @property {readonly number[]} shape
 * @property {Float32Array} data row by row
 */

/** @typedef {import("../texelflow.ends.js").Plane} Plane a single-channel map */

/**
 * An output tensor as plain numbers.
 * @param {string} name
 * @param {import("../texelflow.js").Tensor} tensor
 * @returns {Values}
 */
export function plainValues(name, tensor) {
  const { dtype, shape } = tensor;
  return { name, dtype, shape, data: tensor.as("float32") };
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

/**
 * The channels of an output that is laid out as one image, in whichever order its axes are.
 * @param {Values} values [1, C, H, W], [1, H, W, C], [C, H, W], [H, W, C], [1, H, W] or [H, W]
 * @param {number} channels C, as it must be
 * @returns {Plane[] | null} C planes, or null when the output is no such image
 */
export function planesOf(values, channels) {
  const { shape } = values;
  const [first, ...inner] = shape.length === 4 ? shape.slice(1) : shape.length === 2 ? [1, ...shape] : shape;
  const last = inner.at(-1);
  const isImage = inner.length === 2 && (first === channels || last === channels);
  const sides = first === channels ? inner : [first, inner[0]];
  if (!isImage || Math.min(...sides) < 4 || (shape.length === 4 && shape[0] !== 1)) {
    return null;
  }
  return channelsOf(values, channels);
}
