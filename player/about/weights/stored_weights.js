import { texts } from "../texts.js";
import { codingsOf, decoderOf } from "./coding.js";
import { numbersOf } from "./elements.js";

/** @import { ModelFacts } from "../facts.js" */
/** @import { Coding, Decode } from "./coding.js" */

/**
 * A weight as it is stored, and the numbers that it stands for.
 * @typedef {object} StoredWeight
 * @property {string} name
 * @property {string} stored type in the file
 * @property {readonly number[]} shape in the file
 * @property {number} bytes
 * @property {string} coding how its numbers are made of what is stored; empty where they are that
 * @property {() => AsyncGenerator<ArrayLike<number>>} pieces all of its numbers, some at a time
 */

/**
 * An entry of a safetensors file.
 * @typedef {{ dtype: string, shape: number[], blob: Blob }} Entry
 */

/** So many bytes are read at a time. */
const PIECE = 2 ** 18;

/**
 * The weights of a model, largest first.
 * @param {ModelFacts} facts
 * @returns {Promise<StoredWeight[]>}
 * @throws {Error} when a file cannot be read, or is damaged
 */
export async function storedWeights(facts) {
  const { weights } = facts.plan.file;
  const names = new Set(weights.flatMap(({ parts }) => parts.map(({ file }) => file)));
  /** @type {Map<string, Map<string, Entry>>} */
  const files = new Map();
  for (const name of names) {
    files.set(name, await entriesOf(name, await facts.file(name)));
  }
  const entries = weights.map(({ parts }) =>
    parts.map(({ file, key }) => {
      const entry = files.get(file)?.get(key);
      if (!entry) {
        throw new Error(texts.weights.missing(file, key));
      }
      return entry;
    }),
  );
  const coded = codingsOf(facts.plan);
  const found = await Promise.all(
    weights.map(async ({ parts }, index) => {
      const [{ dtype, shape }] = entries[index];
      const rows = entries[index].reduce((sum, entry) => sum + (entry.shape[0] ?? 1), 0);
      const all = entries[index].length > 1 ? [rows, ...shape.slice(1)] : shape;
      const coding = coded.get(index);
      const decoder = coding && dtype === "I8" ? await decoderFor(coding, all, entries) : null;
      return {
        name: parts[0].key,
        stored: dtype,
        shape: all,
        bytes: entries[index].reduce((sum, { blob }) => sum + blob.size, 0),
        coding: decoder ? texts.weights.coded(coding?.bits ?? 8) : "",
        pieces: () => pieces(entries[index], decoder),
      };
    }),
  );
  return found.sort((a, b) => b.bytes - a.bytes);
}

/**
 * @param {readonly Entry[]} entries one after the other
 * @param {Decode | null} decoder
 */
async function* pieces(entries, decoder) {
  let first = 0;
  for (const { dtype, blob } of entries) {
    for (let begin = 0; begin < blob.size; begin += PIECE) {
      const buffer = await blob.slice(begin, begin + PIECE).arrayBuffer();
      const numbers = numbersOf(dtype, buffer);
      yield decoder ? decoder(numbers, first) : numbers;
      first += numbers.length;
    }
  }
}

/**
 * @param {Coding} coding
 * @param {readonly number[]} shape of the whole numbers
 * @param {readonly Entry[][]} entries of all weights
 * @returns {Promise<Decode | null>}
 */
async function decoderFor(coding, shape, entries) {
  const tables = [coding.scale, ...(coding.offset === null ? [] : [coding.offset])].map(
    (weight) => entries[weight],
  );
  if (tables.some((parts) => parts.length > 1)) {
    return null;
  }
  const [scales, offsets] = await Promise.all(
    tables.map(async ([{ dtype, blob }]) => numbersOf(dtype, await blob.arrayBuffer())),
  );
  return decoderOf(coding, shape, tables[0][0].shape, scales, offsets);
}

/**
 * @param {string} name
 * @param {Blob} blob
 * @returns {Promise<Map<string, Entry>>}
 */
async function entriesOf(name, blob) {
  try {
    const length = Number(new DataView(await blob.slice(0, 8).arrayBuffer()).getBigUint64(0, true));
    /** @type {Record<string, { dtype: string, shape: number[], data_offsets: [number, number] }>} */
    const header = JSON.parse(await blob.slice(8, 8 + length).text());
    const keys = Object.keys(header).filter((key) => key !== "__metadata__");
    return new Map(
      keys.map((key) => {
        const { dtype, shape, data_offsets } = header[key];
        const [begin, end] = data_offsets.map((offset) => 8 + length + offset);
        return [key, { dtype, shape, blob: blob.slice(begin, end) }];
      }),
    );
  } catch (cause) {
    throw new Error(texts.weights.damaged(name), { cause });
  }
}
