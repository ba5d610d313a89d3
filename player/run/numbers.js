import { typeText } from "../shared/figures.js";
import { texts } from "../shared/texts.js";
import { Tensor } from "../texelflow.js";

/** @typedef {Awaited<ReturnType<typeof import("../texelflow.js").loadModel>>} Model */

/**
 * Inputs for a model that takes something else than one picture: floats between 0 and 1, always the same, and zeros of all
 * other types, which are indices most often.
 * @param {Model} model
 * @param {number} [extent] of free axes; those of a batch, the first of an input, are 1, wherever they are
 * @returns {Record<string, Tensor>}
 */
export function sampleInputs({ inputs }, extent = 16) {
  const batches = new Set(inputs.map(({ shape }) => shape[0]));
  const sizeOf = (/** @type {number | string} */ size) =>
    typeof size === "number" ? size : batches.has(size) ? 1 : extent;
  return Object.fromEntries(inputs.map(({ name, dtype, shape }) => [name, sample(dtype, shape.map(sizeOf))]));
}

/** How many inputs are named. */
const MOST_LISTED = 3;

/** The arrays of types that have one of their own, or take no other. */
const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  int64: Int32Array,
  uint32: Uint32Array,
  uint64: Uint32Array,
};

/**
 * @param {Model["inputs"][number]["dtype"]} dtype
 * @param {readonly number[]} extents
 */
function sample(dtype, extents) {
  const count = extents.reduce((product, extent) => product * extent, 1);
  const array = ARRAYS[/** @type {keyof typeof ARRAYS} */ (dtype)];
  if (array) {
    return new Tensor(dtype, extents, new array(count));
  }
  let state = 1;
  const numbers = Float32Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  });
  return new Tensor(dtype, extents, numbers);
}

/**
 * Whether a model takes sounds, or bytes of files, and says what comes of them: those it waits for.
 * @param {Model} model
 */
export function hears({ inputs, outputs }) {
  const takes = inputs.some(({ role }) => role?.kind === "sound" || role?.kind === "bytes");
  return takes && outputs.some(({ role }) => role);
}

/**
 * Whether a model takes the tokens of a text.
 * @param {Pick<Model, "inputs">} model
 */
export function takesTexts({ inputs }) {
  return inputs.some(({ name }) => name === "input_ids");
}

/**
 * Says that a model was run on such inputs, and why.
 * @param {Model} model
 * @returns {string}
 */
export function sampleNote({ inputs }) {
  const listed = inputs.map(({ name, dtype, shape }) => `“${name}” (${typeText(dtype, shape)})`);
  const note = texts.madeUp(listed.slice(0, MOST_LISTED), inputs.length);
  return takesTexts({ inputs }) ? `${note} ${texts.noTokenizer}` : note;
}
