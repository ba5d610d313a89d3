import type { DataType } from "../bundle/generated/graph_file.ts";
import { TexelflowError } from "../errors.ts";
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "./half.ts";

/** Typed arrays that a tensor's data may be. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** The array that `Tensor.as` gives for an element type. */
export interface TensorArrays {
  float32: Float32Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  float64: Float64Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
}

/** A class of typed arrays. */
export interface TensorArray {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TensorData;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TensorData;
}

interface DataTypeTraits {
  readonly array: TensorArray;
  /** Typed arrays accepted besides `array`. */
  readonly also: readonly TensorArray[];
  readonly kind: "float" | "integer";
}

/** For each element type, the arrays that can hold it and how the GPU stores it. */
export const TRAITS: Record<DataType, DataTypeTraits> = {
  float32: { array: Float32Array, also: [], kind: "float" },
  float16: { array: Uint16Array, also: [Float32Array], kind: "float" },
  bfloat16: { array: Uint16Array, also: [Float32Array], kind: "float" },
  float64: { array: Float64Array, also: [Float32Array], kind: "float" },
  int8: { array: Int8Array, also: [], kind: "integer" },
  uint8: { array: Uint8Array, also: [Uint8ClampedArray], kind: "integer" },
  int16: { array: Int16Array, also: [], kind: "integer" },
  uint16: { array: Uint16Array, also: [], kind: "integer" },
  int32: { array: Int32Array, also: [], kind: "integer" },
  uint32: { array: Uint32Array, also: [], kind: "integer" },
  int64: { array: BigInt64Array, also: [Int32Array], kind: "integer" },
  uint64: { array: BigUint64Array, also: [Uint32Array], kind: "integer" },
  bool: { array: Uint8Array, also: [], kind: "integer" },
};

/** Whether the GPU holds a type in float or in integer textures. */
export function kindOf(dtype: DataType): "float" | "integer" {
  return TRAITS[dtype].kind;
}

/** Whether a value is the name of an element type. */
export function isDataType(value: unknown): boolean {
  return Object.keys(TRAITS).includes(value as string);
}

/** Number of elements of a shape; 1 for a scalar's empty shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** A multi-dimensional array: elements in row-major order (last axis fastest). */
export class Tensor<D extends DataType = DataType, A extends TensorData = TensorData> {
  readonly data: A;

  /**
   * @param dtype - an ONNX element type in lower case
   * @param shape - extent of each axis; empty for a scalar
   * @param data - as many elements as the shape has, in the array of the type's name (Float32Array for float32). But
   *   int64 takes BigInt64Array or Int32Array, uint64 BigUint64Array or Uint32Array, bool Uint8Array of 0 and 1, float64
   *   Float64Array or Float32Array, and float16 and bfloat16 Uint16Array of bit patterns or Float32Array of values
   * @throws Error when the type is unknown, or the data's type or length does not fit
   */
  constructor(
    readonly dtype: D,
    readonly shape: readonly number[],
    data: A,
  ) {
    const traits = TRAITS[dtype];
    if (!traits) {
      throw new TexelflowError(
        "input",
        `Tensor: unknown dtype "${dtype}"; one of ${Object.keys(TRAITS).join(", ")} was expected.`,
      );
    }
    if (!Array.isArray(shape) || !shape.every((extent) => Number.isInteger(extent) && extent >= 0)) {
      throw new TexelflowError("input", `Tensor: the shape must be an array of whole numbers, not ${shape}.`);
    }
    const accepted = [traits.array, ...traits.also];
    const came = Object.prototype.toString.call(data).slice(8, -1);
    // By its name: an array of another frame is of another class. A Float16Array has the same bits.
    const name = dtype === "float16" && came === "Float16Array" ? "Uint16Array" : came;
    const own = accepted.find((array) => array.name === name);
    if (!own) {
      const names = accepted.map(({ name }) => name).join(" or ");
      throw new TexelflowError(
        "input",
        `Tensor: the data of a ${dtype} tensor must be a ${names}, not a ${came}.`,
      );
    }
    const count = elementCount(shape);
    if (data.length !== count) {
      throw new TexelflowError(
        "input",
        `Tensor: a tensor of shape [${shape.join(", ")}] has ${count} elements, but ${data.length} came.`,
      );
    }
    this.data = data instanceof own ? data : (new own(data.buffer, data.byteOffset, data.length) as A);
  }

  /**
   * The elements in the array of an element type, so that TypeScript knows which: `data` itself for the tensor's own
   * dtype; for float32 also a copy of elements of any other type, rounded.
   *
   * @throws Error when the tensor has another dtype
   */
  as<E extends DataType>(dtype: E): TensorArrays[E] {
    const own: DataType = this.dtype;
    if (dtype === own && this.data instanceof TRAITS[dtype].array)
      return this.data as TensorData as TensorArrays[E];
    if (dtype !== "float32") {
      throw new TexelflowError(
        "input",
        `Tensor: its elements are ${this.dtype}, not ${dtype}; as("float32") converts any.`,
      );
    }
    const numbers = new Float32Array(this.data.length);
    if (kindOf(this.dtype) === "float") narrow(this.dtype, this.data, numbers, "Tensor");
    else for (let i = 0; i < numbers.length; i++) numbers[i] = Number(this.data[i]);
    return numbers as TensorArrays[E];
  }
}

/**
 * Writes a tensor's values into the GPU's number formats: float32 for float types, int32 for the others.
 * float64 is rounded; uint32 and uint64 keep their low 32 bits as a bit pattern.
 *
 * @param target - at least as long as `data`
 * @param what - names the tensor in errors
 * @throws Error when an integer does not fit 32 bits
 */
export function narrow(
  dtype: DataType,
  data: TensorData,
  target: Float32Array | Int32Array,
  what: string,
): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const [low, high] = dtype === "uint64" ? [0n, 0xffff_ffffn] : [-0x8000_0000n, 0x7fff_ffffn];
    for (let i = 0; i < data.length; i++) {
      const value = data[i] as bigint;
      if (value < low || value > high) {
        throw new TexelflowError(
          "input",
          `${what}: element ${i} is ${value}, but ${dtype} values are computed in 32 bits and must lie between ${low} and ${high}.`,
        );
      }
      target[i] = Number(value);
    }
  } else if (data instanceof Uint16Array && dtype === "float16") {
    for (let i = 0; i < data.length; i++) target[i] = float16ToFloat32(data[i] as number);
  } else if (data instanceof Uint16Array && dtype === "bfloat16") {
    for (let i = 0; i < data.length; i++) target[i] = bfloat16ToFloat32(data[i] as number);
  } else {
    target.set(data);
  }
}

/** Makes `count` elements of a type from the GPU's numbers: the reverse of `narrow`. Never returns `values` itself. */
export function widen(dtype: DataType, values: Float32Array | Int32Array, count: number): TensorData {
  if (dtype === "float32" || dtype === "int32") return values.slice(0, count);
  const result = new TRAITS[dtype].array(count);
  if (result instanceof BigInt64Array) {
    for (let i = 0; i < count; i++) result[i] = BigInt(values[i] as number);
  } else if (result instanceof BigUint64Array) {
    for (let i = 0; i < count; i++) result[i] = BigInt((values[i] as number) >>> 0);
  } else if (dtype === "float16" || dtype === "bfloat16") {
    const convert = dtype === "float16" ? float32ToFloat16 : float32ToBfloat16;
    for (let i = 0; i < count; i++) result[i] = convert(values[i] as number);
  } else {
    for (let i = 0; i < count; i++)
      result[i] = dtype === "bool" ? Number(values[i] !== 0) : (values[i] as number);
  }
  return result;
}
