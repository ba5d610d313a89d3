/** What reads HDF5 files for the exporter: jsfive, behind the methods that `texelflow_hdf5.py` calls. */

import { Dataset, File, Group } from "jsfive";
import { checkArray } from "./hdf5_limits.ts";

/** Element types by what jsfive calls them, without the byte order, and the arrays that have them. */
const TYPES = {
  f4: ["float32", Float32Array],
  f8: ["float64", Float64Array],
  i1: ["int8", Int8Array],
  i2: ["int16", Int16Array],
  i4: ["int32", Int32Array],
  u1: ["uint8", Uint8Array],
  u2: ["uint16", Uint16Array],
  u4: ["uint32", Uint32Array],
} as const;

/** Those of 64 bits, which jsfive gives as numbers. */
const WIDE = { i8: ["int64", BigInt64Array], u8: ["uint64", BigUint64Array] } as const;

/** An array of a file: element type, shape, bytes in this machine's order, which is little-endian. */
export interface Hdf5Array {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A file; its methods throw an Error for what is damaged or has another form. */
export class Hdf5File {
  readonly #content: ArrayBuffer;
  readonly #root: Group;

  /** @throws Error when the bytes are no HDF5 file */
  constructor(content: Uint8Array<ArrayBuffer>) {
    this.#content = content.buffer;
    this.#root = checked("it is no HDF5 file, or is damaged", () => new File(content.buffer, ""));
  }

  /** An attribute that is text, one or several; undefined if there is none of the name. */
  texts(path: string, attribute: string): string[] | undefined {
    const found = checked("it is damaged", () => this.#at(path)?.attrs[attribute]);
    if (found === undefined || found === null) return undefined;
    const items: unknown[] = Array.isArray(found) ? found : [found];
    return items.map((item) => {
      if (typeof item !== "string") throw new Error(`its attribute "${attribute}" is no text`);
      return item.replace(/\0+$/, "");
    });
  }

  /** What a group has; nothing of what is no group. */
  names(path: string): string[] {
    const found = this.#at(path);
    return found instanceof Group ? checked("it is damaged", () => found.keys) : [];
  }

  isArray(path: string): boolean {
    return this.#at(path) instanceof Dataset;
  }

  array(path: string): Hdf5Array {
    const found = this.#at(path);
    if (!(found instanceof Dataset)) throw new Error(`it has no array "${path}"`);
    return checked(`its array "${path}" cannot be read`, () => arrayOf(found, this.#content));
  }

  /** What is at a path; undefined where there is nothing. */
  #at(path: string): Group | Dataset | undefined {
    let found: Group | Dataset = this.#root;
    for (const part of path.split("/").filter(Boolean)) {
      const group: Group | Dataset = found;
      if (!(group instanceof Group) || !group.keys.includes(part)) return undefined;
      found = checked("it is damaged", () => group.get(part));
      if (!found) return undefined;
    }
    return found;
  }
}

function arrayOf(found: Dataset, content: ArrayBuffer): Hdf5Array {
  const { dtype } = found;
  const key = typeof dtype === "string" ? dtype.replace(/^[<>|]/, "") : "";
  const extents = [...found.shape];
  const itemSize = Number(key.slice(1));
  if (!(itemSize > 0)) throw new Error(`elements of type ${dtype} are not supported`);
  checkArray(content, found, itemSize);
  const { value } = found;
  if (key in TYPES) {
    const [name, Numbers] = TYPES[key as keyof typeof TYPES];
    return { dtype: name, shape: extents, bytes: new Uint8Array(Numbers.from(value).buffer) };
  }
  if (key in WIDE) {
    const [name, Numbers] = WIDE[key as keyof typeof WIDE];
    const numbers = Array.from(value);
    if (!numbers.every(Number.isSafeInteger)) throw new Error("its numbers have more than 53 bits");
    return { dtype: name, shape: extents, bytes: new Uint8Array(Numbers.from(numbers.map(BigInt)).buffer) };
  }
  throw new Error(`elements of type ${dtype} are not supported`);
}

/** What is read; jsfive throws texts and many kinds of errors. */
function checked<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${what} (${error instanceof Error ? error.message : error})`);
  }
}
