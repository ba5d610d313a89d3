import { fromHalf } from "../../shared/half.js";

/** The arrays of types that JavaScript has numbers for. */
const ARRAYS = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

/** @type {Float32Array | null} the numbers of all patterns of 16 bits, once they are needed */
let halves = null;

/**
 * The numbers in some bytes of a safetensors file.
 * @param {string} dtype as safetensors calls it
 * @param {ArrayBuffer} buffer
 * @returns {ArrayLike<number>}
 */
export function numbersOf(dtype, buffer) {
  if (dtype === "F16") {
    halves ??= Float32Array.from({ length: 65536 }, (_, bits) => fromHalf(bits));
    const table = halves;
    return Float32Array.from(new Uint16Array(buffer), (bits) => table[bits]);
  }
  if (dtype === "BF16") {
    const patterns = Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16);
    return new Float32Array(patterns.buffer);
  }
  if (dtype === "I64" || dtype === "U64") {
    const wide = dtype === "I64" ? new BigInt64Array(buffer) : new BigUint64Array(buffer);
    return Float64Array.from(wide, Number);
  }
  return new ARRAYS[/** @type {keyof typeof ARRAYS} */ (dtype)](buffer);
}
