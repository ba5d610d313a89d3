/**
 * Converts models to bundles in the visitor's browser.
 *
 * @module @texelflow/convert
 */

import type {
  Answer,
  Choice,
  ExportOptions,
  Failure,
  FailureCode,
  NamedFile,
  OnnxOptions,
  Request,
  Summary,
} from "./messages.ts";

export type { Choice, ExportOptions, FailureCode, OnnxOptions, Signature, Summary } from "./messages.ts";

/**
 * Packs the files of a bundle into a zip archive, uncompressed: weights hardly shrink.
 *
 * @param files - as `convert` returns them
 * @param folder - the folder that has them in the archive
 */
export async function zipBundle(files: ReadonlyMap<string, Blob>, folder: string): Promise<Blob> {
  const { downloadZip } = await import("client-zip");
  const entries = Array.from(files, ([name, input]) => ({ name: `${folder}/${name}`, input }));
  return downloadZip(entries).blob();
}

/** The folder of the distribution, named by its content; set by the build. */
declare const DISTRIBUTION: string;

const BASE = new URL(`./${DISTRIBUTION}/`, import.meta.url);

/** A worker whose memory has grown beyond this is ended after its work: its memory never shrinks. */
const MOST_KEPT = 192 * 2 ** 20;

/**
 * A model: its file; its files, such as those of a folder that the visitor chose, as they are or by path; or the address of
 * its file, which is fetched with what the file names beside it.
 */
export type ModelSource = File | Iterable<File> | ReadonlyMap<string, Blob> | string | URL;

/** How a model is to be converted. */
export interface ConvertOptions extends ExportOptions, Course {}

/** How to follow what is being done, and to end it. */
export interface Course {
  /** Called with what is being done, in the exporter's words, and the fraction of it that is done, from 0 to 1. */
  onProgress?: (doing: string, fraction: number) => void;
  /** Ends the conversion. */
  signal?: AbortSignal;
}

/** A model that was converted. */
export interface Converted {
  /** The bundle's files by name; `loadModel` of the runtime takes them as they are. */
  readonly files: ReadonlyMap<string, Blob>;
  /** What the exporter says of the model. */
  readonly summary: Summary;
}

/** Why a model was not converted; the message is for people. */
export class ConvertError extends Error {
  override readonly name = "ConvertError";
  readonly code: FailureCode;
  /** All reasons, one line each; a message that has no others is its own. */
  readonly problems: readonly string[];
  /** What has to be chosen, where that is all that is missing: `convert` takes it as the option of that name. */
  readonly choice: Choice | undefined;

  /**
   * @param heap - bytes that the worker's memory had grown to
   * @internal
   */
  constructor(
    { code, message, problems, choice }: Failure,
    /** @internal */
    readonly heap = 0,
  ) {
    super(message);
    this.code = code;
    this.problems = problems;
    this.choice = choice;
  }
}

/** The one worker of the page, and what resolves with it once it is ready. */
let current: { readonly worker: Worker; readonly ready: Promise<Worker> } | undefined;
let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Downloads and starts the exporter, so that a later `convert` finds it ready. Call it as soon as a visitor seems to want it,
 * such as when something is dragged over the page.
 *
 * @throws ConvertError with the code `start` when that fails; the next call tries again
 */
export async function prepare(): Promise<void> {
  await startedWorker();
}

/**
 * Converts a model to a bundle, in a worker; models that are asked for meanwhile wait.
 *
 * @throws ConvertError when the model cannot be converted, with all reasons; the signal's reason when aborted
 */
export async function convert(
  source: ModelSource,
  { onProgress, signal, ...options }: ConvertOptions = {},
): Promise<Converted> {
  const request = { source: modelSource(source), options };
  const { files, summary } = await inTurn(request, { onProgress, signal });
  return { files, summary: summary as Summary };
}

/**
 * Writes a model of any format that is read as an ONNX file, for other tools, in the worker of `convert` and in turn with it.
 *
 * @returns the files: `model.onnx`, and `model.onnx.data` where weights take more than 1 GiB
 * @throws ConvertError when ONNX cannot say what the model does, or it cannot be read; the signal's reason when aborted
 */
export async function toOnnx(
  source: ModelSource,
  { onProgress, signal, ...onnx }: OnnxOptions & Course = {},
): Promise<ReadonlyMap<string, Blob>> {
  return (await inTurn({ source: modelSource(source), onnx }, { onProgress, signal })).files;
}

interface Made {
  readonly files: ReadonlyMap<string, Blob>;
  readonly summary: Summary | null;
}

function inTurn(request: Request, course: Course): Promise<Made> {
  const turn = lastTurn.then(() => make(request, course));
  lastTurn = turn.catch(() => {});
  return turn;
}

async function make(request: Request, { onProgress = () => {}, signal }: Course): Promise<Made> {
  signal?.throwIfAborted();
  onProgress("starting the exporter", 0);
  const worker = await until(signal, startedWorker());
  try {
    const { files, summary, heap } = await until(signal, ask(worker, request, "done", onProgress));
    if (heap > MOST_KEPT) end(worker);
    return { files: new Map(files.map(({ path, blob }) => [path, blob])), summary };
  } catch (error) {
    // What Python has kept of a model that failed, or is still at work on, is not worth knowing.
    if (!(error instanceof ConvertError) || error.code !== "model" || error.heap > MOST_KEPT) end(worker);
    throw error;
  }
}

function startedWorker(): Promise<Worker> {
  if (!current) {
    const worker = makeWorker();
    const ready = ask(worker, { start: BASE.href }, "ready").then(() => worker);
    ready.catch(() => end(worker));
    current = { worker, ready };
  }
  return current.ready;
}

/**
 * The worker's script is imported by a blob: so the worker has the policy of the page, which forbids it what the page may not
 * do, and the distribution may lie on another server.
 */
function makeWorker(): Worker {
  const script = `import ${JSON.stringify(new URL("worker.js", BASE).href)};`;
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  return new Worker(address, { type: "module", name: "Texelflow's exporter" });
}

function end(worker: Worker): void {
  worker.terminate();
  if (current?.worker === worker) current = undefined;
}

/** Sends a request; resolves with its answer of this kind. */
function ask<K extends "ready" | "done">(
  worker: Worker,
  request: Request,
  kind: K,
  onProgress: (doing: string, fraction: number) => void = () => {},
): Promise<Extract<Answer, { kind: K }>> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.kind === "progress") onProgress(data.doing, data.fraction);
      else if (data.kind === "failed") reject(new ConvertError(data.failure, data.heap));
      else if (data.kind === kind) resolve(data as Extract<Answer, { kind: K }>);
    };
    worker.onerror = ({ message }) => {
      const text = `The exporter's script cannot be run: ${message || "it cannot be fetched"}`;
      reject(new ConvertError({ code: "start", message: text, problems: [text] }));
    };
    worker.postMessage(request);
  });
}

/** What a promise resolves with, unless the signal aborts first. */
function until<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function modelSource(source: ModelSource): NamedFile[] | string {
  if (typeof source === "string" || source instanceof URL) return new URL(source, location.href).href;
  if (source instanceof File) return [named(source)];
  if (source instanceof Map)
    return Array.from(source as Map<string, Blob>, ([path, blob]) => ({ path, blob }));
  return Array.from(source as Iterable<File>, named);
}

function named(file: File): NamedFile {
  return { path: file.webkitRelativePath || file.name, blob: file };
}
