import { TexelflowError } from "../errors.ts";
import { type TensorData, TRAITS } from "../graph/tensor.ts";
import type { DataType } from "./generated/graph_file.ts";

/** Header of a safetensors file: https://github.com/huggingface/safetensors#format. */
export interface SafetensorsHeader {
  /** Bytes before the data: the length field and the JSON text. */
  readonly end: number;
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
}

/** One tensor of a safetensors file. */
export interface SafetensorsEntry {
  readonly dtype: DataType;
  /** Offsets of the first byte and past the last byte, from the start of the file. */
  readonly begin: number;
  readonly end: number;
}

// Without a prototype, so that "constructor" in a file is not found here.
const TYPES: Record<string, DataType> = {
  __proto__: null as never,
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U64: "uint64",
  U32: "uint32",
  U16: "uint16",
  U8: "uint8",
  BOOL: "bool",
};

/**
 * Parses the header from the first bytes of a file.
 *
 * @param bytes - a buffer of the size of the whole file
 * @param arrived - how many of its bytes have arrived
 * @returns null while more bytes are needed
 * @throws Error when the bytes are not a safetensors header
 */
export function parseHeader(bytes: Uint8Array, arrived: number, location: string): SafetensorsHeader | null {
  const damaged = (what: string) =>
    new TexelflowError("damaged", `${location} is no intact safetensors file: ${what}.`, { file: location });
  if (bytes.length < 8) throw damaged("it is shorter than a header");
  if (arrived < 8) return null;
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const end = 8 + length;
  if (end > bytes.length) throw damaged("the header is longer than the file");
  if (arrived < end) return null;
  let content: Record<string, { dtype: string; data_offsets: [number, number] }>;
  try {
    content = JSON.parse(new TextDecoder().decode(bytes.subarray(8, end)));
  } catch {
    throw damaged("its header is not JSON");
  }
  if (typeof content !== "object" || !content) throw damaged("its header is no JSON object");
  const entries = new Map<string, SafetensorsEntry>();
  for (const [key, entry] of Object.entries(content)) {
    if (key === "__metadata__") continue;
    const dtype = TYPES[entry?.dtype];
    const { 0: first, 1: last } = entry?.data_offsets ?? [];
    if (!dtype) throw damaged(`"${key}" has the unknown type ${entry?.dtype}`);
    const valid = Number.isInteger(first) && Number.isInteger(last) && 0 <= Number(first);
    const size = Number(last) - Number(first);
    if (
      !valid ||
      size < 0 ||
      end + Number(last) > bytes.length ||
      size % TRAITS[dtype].array.BYTES_PER_ELEMENT !== 0
    ) {
      throw damaged(`the extent of "${key}" is wrong`);
    }
    entries.set(key, { dtype, begin: end + Number(first), end: end + Number(last) });
  }
  return { end, entries };
}

/** The elements of an entry: a view of the file's bytes, or a copy where they are not aligned. */
export function elementsOf(bytes: Uint8Array, { dtype, begin, end }: SafetensorsEntry): TensorData {
  const { array } = TRAITS[dtype];
  const size = array.BYTES_PER_ELEMENT;
  const offset = bytes.byteOffset + begin;
  if (offset % size === 0) return new array(bytes.buffer, offset, (end - begin) / size);
  return new array(bytes.slice(begin, end).buffer, 0, (end - begin) / size);
}
