import { TexelflowError } from "../errors.ts";
import type { TensorData } from "../graph/tensor.ts";
import { breathe, pause } from "../wait/tasks.ts";
import type { BundleFiles } from "./bundle_source.ts";
import type { BundleFile, DataType, GraphFile } from "./generated/graph_file.ts";
import { elementsOf, parseHeader, type SafetensorsEntry, type SafetensorsHeader } from "./safetensors.ts";

/**
 * How many bytes may be requested but not yet received: enough to use the whole connection, and no more, because concurrent
 * downloads share it, and the weights that are needed first shall arrive first.
 */
const LOOK_AHEAD = 2 ** 24;

/** How often an interrupted download is continued without new bytes, and by how many milliseconds each wait grows. */
const ATTEMPTS = 3;
const PAUSE = 500;

/** Receives weights while they arrive. */
export interface WeightSink {
  /** Called with the number of bytes of all files that have arrived. */
  takeBytes(count: number): void;
  /** Called with one part of a weight as soon as its bytes have arrived; `weight` is the index in graph.json. */
  takePart(weight: number, part: number, stored: DataType, data: TensorData): void;
}

/** Part of a weight that a file holds. */
interface WantedPart {
  readonly weight: number;
  readonly part: number;
  readonly key: string;
}

/** Whether files can be checked by SHA-256: only secure contexts (https, localhost) have it. */
export function canHash(): boolean {
  return globalThis.crypto?.subtle !== undefined;
}

/**
 * Downloads all weight files, handing over each tensor when its bytes are complete.
 *
 * @param stop - aborts all downloads; also aborted here when one of them fails
 * @throws Error when a file is missing, incomplete or damaged, or differs from the one that was exported;
 *   all downloads are stopped then
 */
export async function downloadWeights(
  files: BundleFiles,
  graph: GraphFile,
  stop: AbortController,
  sink: WeightSink,
): Promise<void> {
  const wanted = new Map<string, WantedPart[]>(graph.files.map(({ name }) => [name, []]));
  graph.weights.forEach(({ parts }, weight) => {
    parts.forEach(({ file, key }, part) => {
      wanted.get(file)?.push({ weight, part, key });
    });
  });
  const { signal } = stop;
  let loaded = 0;
  let requested = 0;
  let moved = () => {};
  const fail = (error: unknown) => {
    stop.abort(error);
    moved();
    throw error;
  };
  const downloads: Promise<void>[] = [];
  for (const file of graph.files) {
    while (requested - loaded > LOOK_AHEAD && !signal.aborted) {
      await new Promise<void>((resolve) => {
        moved = resolve;
      });
    }
    if (signal.aborted) break;
    requested += file.bytes;
    const download = downloadFile(files, file, wanted.get(file.name) ?? [], signal, sink, (bytes) => {
      loaded += bytes;
      sink.takeBytes(loaded);
      moved();
    }).catch(fail);
    // A failure is reported below, after everything that is needed has been requested.
    download.catch(() => {});
    downloads.push(download);
  }
  await Promise.all(downloads);
  signal.throwIfAborted();
}

async function downloadFile(
  files: BundleFiles,
  file: BundleFile,
  wanted: WantedPart[],
  signal: AbortSignal,
  sink: WeightSink,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { body, location, contentType } = await files.open(file, signal);
  const cut = (arrived: string) =>
    new TexelflowError(
      "altered",
      `${location} is not the file that was exported: ${file.bytes} bytes expected, ${arrived} came` +
        `${contentType.includes("text/html") ? " (an HTML page)" : ""}. Copy the whole bundle again.`,
      { file: location },
    );
  const bytes = new Uint8Array(file.bytes);
  let arrived = 0;
  let header: SafetensorsHeader | null = null;
  let waiting: (WantedPart & SafetensorsEntry)[] = [];
  let reader = body.getReader();
  /** The position of the next byte: before the first missing one if the server sends the whole file again. */
  let next = 0;
  let failures = 0;
  // The stream of a blob does not listen to the signal.
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(async (error: unknown) => {
        // The digest tells whether the rest belongs to the bytes that are here.
        while (canHash() && !signal.aborted && failures < ATTEMPTS) {
          await pause(PAUSE * failures++);
          const rest = await files.open(file, signal, arrived).catch(() => null);
          if (!rest) continue;
          reader = rest.body.getReader();
          next = rest.start;
          return { done: false, value: bytes.subarray(0, 0) };
        }
        signal.throwIfAborted();
        throw new TexelflowError(
          "network",
          `${location} broke off after ${arrived} of ${file.bytes} bytes ` +
            `(${error instanceof Error ? error.message : error}). Check the connection and load the model again.`,
          { file: location, cause: error },
        );
      });
      signal.throwIfAborted();
      if (done) break;
      next += value.length;
      if (next > bytes.length) throw cut("more");
      if (next <= arrived) continue;
      const fresh = value.subarray(arrived - next);
      bytes.set(fresh, arrived);
      arrived = next;
      failures = 0;
      onBytes(fresh.length);
      if (!header) {
        header = parseHeader(bytes, arrived, location);
        if (header) waiting = locate(header, wanted, location);
      }
      for (let entry = waiting[0]; entry && entry.end <= arrived; entry = waiting[0]) {
        waiting.shift();
        sink.takePart(entry.weight, entry.part, entry.dtype, elementsOf(bytes, entry));
        await breathe();
        signal.throwIfAborted();
      }
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
  if (arrived !== bytes.length) throw cut(String(arrived));
  await checkHash(bytes, file, location);
  files.keep?.(file, bytes);
  signal.throwIfAborted();
}

/** Finds the parts in a file, in the order in which they arrive. */
function locate(
  { entries }: SafetensorsHeader,
  wanted: readonly WantedPart[],
  location: string,
): (WantedPart & SafetensorsEntry)[] {
  const located = wanted.map((part) => {
    const entry = entries.get(part.key);
    if (!entry)
      throw new TexelflowError(
        "damaged",
        `${location} has no tensor "${part.key}", which graph.json names. Copy the whole bundle again.`,
        { file: location },
      );
    return { ...part, ...entry };
  });
  return located.sort((a, b) => a.end - b.end);
}

async function checkHash(bytes: Uint8Array<ArrayBuffer>, file: BundleFile, location: string): Promise<void> {
  if (!canHash()) return;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const actual = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (actual !== file.sha256.toLowerCase()) {
    throw new TexelflowError(
      "altered",
      `${location} was altered since it was exported: its SHA-256 is ${actual}, but graph.json says ${file.sha256}. ` +
        "Copy the whole bundle again, or clear the browser's cache.",
      { file: location },
    );
  }
}
