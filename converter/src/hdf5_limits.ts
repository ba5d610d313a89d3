/** What keeps a small HDF5 file from taking gigabytes or hours: jsfive believes what files say of themselves. */

import { type Dataset, Filters } from "jsfive";
import { Inflate } from "pako";

/** Bytes that an array may have: so many times those of the file, and as many beside, as the exporter has it elsewhere. */
const RATIO = 200;
const ALLOWANCE = 64 << 20;

const DEFLATE = 1;
const DATA_LAYOUT = 0x08;
const CHUNKED = 2;

/** Bytes of the head of a node of a tree: its mark, kind, level, count, and neighbours. */
const NODE_HEAD = 24;
const TREE = 0x45455254; // "TREE"

/**
 * Looks at what reading an array will take.
 *
 * @param content - the whole file
 * @param itemSize - bytes of an element
 * @throws Error when it is more than a file of this size should take
 */
export function checkArray(content: ArrayBuffer, found: Dataset, itemSize: number): void {
  const objects = found._dataobjects;
  const filters = objects.filter_pipeline ?? [];
  const bytes = product(found.shape) * itemSize;
  const most = filters.length ? RATIO * content.byteLength + ALLOWANCE : content.byteLength;
  if (bytes > most) throw new Error(`it has ${bytes} bytes, of which the file stores few`);
  if (filters.filter((filter) => filter.get("filter_id") === DEFLATE).length > 1)
    throw new Error("it is compressed twice");
  const place = offsetOf(found, DATA_LAYOUT);
  if (place === undefined) throw new Error("nothing of it is stored");
  const [, , layout] = objects._get_data_message_properties(place);
  if (layout !== CHUNKED) return;
  const chunks = objects.chunks ?? [];
  const ofChunk = product(chunks) * itemSize;
  if (!(chunks.length === found.shape.length && ofChunk > 0 && ofChunk <= most)) {
    throw new Error(`its parts have ${ofChunk} bytes each, of which the file stores few`);
  }
  Filters.set(DEFLATE, (packed) => inflated(packed, ofChunk + 4)); // and a checksum
  const needed = product(found.shape.map((extent, axis) => Math.ceil(extent / (chunks[axis] as number))));
  const leaves = checkTree(content, objects._chunk_address, 8 + 8 * (chunks.length + 1));
  if (leaves !== needed) throw new Error(`${leaves} of its ${needed} parts are stored`);
}

/** Where a message of an object lies; undefined if it has none of the kind. */
function offsetOf(found: Dataset, kind: number): number | undefined {
  return found._dataobjects.find_msg_type(kind)[0]?.get("offset_to_message");
}

/** How many entries the leaves of a tree have; throws an Error where a node is in it twice, or is none. */
function checkTree(content: ArrayBuffer, root: number, keySize: number): number {
  const view = new DataView(content);
  const seen = new Set<number>();
  const pending: [number, number | undefined][] = [[root, undefined]];
  let leaves = 0;
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [at, expected] = next;
    if (seen.has(at) || view.getUint32(at, true) !== TREE) throw new Error("a tree in it is damaged");
    seen.add(at);
    const level = view.getUint8(at + 5);
    const count = view.getUint16(at + 6, true);
    if (expected !== undefined && level !== expected) throw new Error("a tree in it is damaged");
    if (level === 0) leaves += count;
    else {
      for (let index = 0; index < count; index++) {
        const child = view.getBigUint64(at + NODE_HEAD + index * (keySize + 8) + keySize, true);
        pending.push([Number(child), level - 1]);
      }
    }
  }
  return leaves;
}

/** Unpacks; throws an Error when that is more than it may be. */
function inflated(packed: ArrayBuffer, most: number): ArrayBuffer {
  const parts: Uint8Array[] = [];
  const stream = new Inflate({ chunkSize: 1 << 16 });
  let size = 0;
  let ended = false;
  stream.onData = (part) => {
    size += part.length;
    if (size > most) throw new Error(`a part of it unpacks to more than ${most} bytes`);
    parts.push(part);
  };
  stream.onEnd = () => {
    ended = true;
  };
  stream.push(new Uint8Array(packed), true);
  if (stream.err || !ended)
    throw new Error(`a part of it cannot be unpacked (${stream.msg || "it is cut off"})`);
  const whole = new Uint8Array(size);
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole.buffer;
}

function product(extents: readonly number[]): number {
  return extents.reduce((so, extent) => so * extent, 1);
}
