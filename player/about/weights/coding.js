/** @import { Plan } from "../plan.js" */

/**
 * How a kernel decodes weights of few bits: a number times a scale, and perhaps an offset.
 * @typedef {object} Coding
 * @property {4 | 8} bits of 4 there are two in a byte, the first in the lower half, both signed
 * @property {boolean} isByBlock whether blocks of a row have a scale each, or whole rows
 * @property {number} scale index of the weight that has the scales
 * @property {number | null} offset index of the weight that has the offsets
 * @property {number} axis the axis that rows are along, where they are whole, as far as the plan tells
 */

/** @typedef {(numbers: ArrayLike<number>, first: number) => Float32Array} Decode takes the numbers from one on */

/**
 * The codings of the weights that kernels decode as they read them, by index of the weight.
 * @param {Plan} plan
 * @returns {Map<number, Coding>}
 */
export function codingsOf({ file, weightsOf }) {
  const { entries, programs, tensors } = file.plans.webgl2;
  /** @type {Map<number, Coding>} */
  const found = new Map();
  for (const step of entries.predict) {
    if ("host" in step) {
      continue;
    }
    const { samplers, bits } = programs[step.program];
    const read = (/** @type {string} */ name) => step.inputs[samplers.indexOf(name)];
    const [numbers, scale, offset] = ["weights", "scale", "offset"].map(read);
    const [scales, offsets] = [scale, offset].map((tensor) =>
      tensor === undefined ? [] : weightsOf(tensor),
    );
    // Scales that were computed at load are no weight of the file.
    if (
      numbers === undefined ||
      (bits !== 4 && bits !== 8) ||
      scales.length !== 1 ||
      offsets.length > 1 ||
      (offset !== undefined && offsets.length === 0)
    ) {
      continue;
    }
    const { axes } = tensors[numbers];
    for (const weight of weightsOf(numbers)) {
      found.set(weight, {
        bits,
        isByBlock: samplers.includes("offset") || tensors[scale].axes !== undefined,
        scale: scales[0],
        offset: offsets[0] ?? null,
        axis: axes?.[1][0] ?? 0,
      });
    }
  }
  return found;
}

/**
 * What decodes the numbers of a weight, in pieces.
 * @param {Coding} coding
 * @param {readonly number[]} shape of the whole numbers as they are stored
 * @param {readonly number[]} scalesShape
 * @param {ArrayLike<number>} scales
 * @param {ArrayLike<number> | undefined} offsets
 * @returns {Decode | null} null where the shapes do not tell which number has which scale
 */
export function decoderOf({ bits, isByBlock, axis }, shape, scalesShape, scales, offsets) {
  const scaleOf = isByBlock
    ? scaleByBlock(shape, bits, scalesShape, scales.length)
    : bits === 8
      ? scaleByRow(shape, axis, scales.length)
      : null;
  if (!scaleOf) {
    return null;
  }
  const decode = (/** @type {number} */ number, /** @type {number} */ place) => {
    const index = scaleOf(place);
    return number * scales[index] + (offsets?.[index] ?? 0);
  };
  if (bits === 8) {
    return (numbers, first) => Float32Array.from(numbers, (number, index) => decode(number, first + index));
  }
  return (numbers, first) => {
    const decoded = new Float32Array(numbers.length * 2);
    for (let index = 0; index < numbers.length; index += 1) {
      const place = 2 * (first + index);
      decoded[2 * index] = decode((numbers[index] << 28) >> 28, place);
      decoded[2 * index + 1] = decode(numbers[index] >> 4, place + 1);
    }
    return decoded;
  };
}

/**
 * @param {readonly number[]} shape
 * @param {number} wanted
 * @param {number} count scales
 */
function scaleByRow(shape, wanted, count) {
  if (count === 1) {
    return () => 0;
  }
  const axis = shape[wanted] === count ? wanted : shape.indexOf(count);
  if (axis < 0) {
    return null;
  }
  const stride = shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
  return (/** @type {number} */ place) => Math.floor(place / stride) % count;
}

/**
 * @param {readonly number[]} shape
 * @param {number} bits
 * @param {readonly number[]} scalesShape
 * @param {number} count scales
 */
function scaleByBlock([rows, stored, ...others], bits, scalesShape, count) {
  const blocks = count / rows;
  const columns = (stored * 8) / bits;
  const isTurned = scalesShape[0] !== rows;
  if (others.length > 0 || !Number.isInteger(blocks) || (isTurned && scalesShape[1] !== rows)) {
    return null;
  }
  let block = 4;
  while (Math.ceil(columns / block) > blocks) {
    block *= 2;
  }
  if (Math.ceil(columns / block) !== blocks) {
    return null;
  }
  return (/** @type {number} */ place) => {
    const [row, part] = [Math.floor(place / columns), Math.floor((place % columns) / block)];
    return isTurned ? part * rows + row : row * blocks + part;
  };
}
