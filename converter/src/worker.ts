/** The worker that has Python, and the exporter in it. */

import { loadPyodide, type PyodideInterface } from "pyodide";
import { FetchError, fetchBytes, fetchModel } from "./fetching.ts";
import { useHdf5 } from "./hdf5_use.ts";
import type { Answer, ExportOptions, Failure, FailureCode, NamedFile, Request, Summary } from "./messages.ts";

/** Pyodide's list of packages, of which it has none; set by the build. */
declare const LOCK: string;

/** Where files lie in Python's file system: the packages, a visitor's model, the bundle made from it. */
const PACKAGES = "/exporter";
const GIVEN = "/model";
const MADE = "/bundle";

/** Python's module `texelflow_page`: all answer in JSON. */
interface Exporter {
  export(
    given: string,
    target: string,
    options: string,
    progress: (doing: string, fraction: number) => void,
  ): string;
  convert(
    given: string,
    target: string,
    options: string,
    progress: (doing: string, fraction: number) => void,
  ): string;
  companions(given: string, name: string): string;
}

interface Started {
  readonly python: PyodideInterface;
  readonly exporter: Exporter;
}

class Failed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

let started: Promise<Started> | undefined;

// Pyodide ends all with an error where a proxy is collected while Python waits for a file, which WebKit does. The few of a
// conversion may as well stay: a worker that had a large model ends.
globalThis.FinalizationRegistry = class {
  register(): void {}
  unregister(): boolean {
    return false;
  }
} as unknown as FinalizationRegistryConstructor;

addEventListener("message", ({ data }: MessageEvent<Request>) => {
  answer(data).catch(async (error: unknown) => {
    const python = await started?.then((made) => made.python).catch(() => undefined);
    post({ kind: "failed", failure: failureOf(error), heap: python ? heapSize(python) : 0 });
  });
});

function post(message: Answer): void {
  postMessage(message);
}

function report(doing: string, fraction: number): void {
  post({ kind: "progress", doing, fraction });
}

async function answer(request: Request): Promise<void> {
  if ("start" in request) {
    started = start(request.start);
    await started;
    post({ kind: "ready" });
    return;
  }
  if (!started) throw new Error("the worker was asked before it was started");
  const { python, exporter } = await started;
  const { source } = request;
  const files = typeof source === "string" ? await fetchAll(python, exporter, new URL(source)) : source;
  await useHdf5(python, files);
  const summary = withFiles(python, files, () => {
    if ("options" in request) return exportModel(exporter, request.options);
    parsed(exporter.convert(GIVEN, MADE, pythonOptions(request.onnx), report));
    return null;
  });
  post({ kind: "done", summary, files: takeFiles(python, MADE), heap: heapSize(python) });
}

/** Bytes of Python's memory; Pyodide has it in what it declares as nobody's business. */
function heapSize(python: PyodideInterface): number {
  return (python as unknown as { _module: { HEAPU8: Uint8Array } })._module.HEAPU8.length;
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failed) return error.failure;
  if (error instanceof FetchError) return failure("network", error.message);
  const message = error instanceof Error ? error.message : String(error);
  return failure("defect", `${message}. This is a defect of Texelflow: please report it with the model`);
}

function failure(code: FailureCode, message: string): Failure {
  return { code, message, problems: [message] };
}

/** Starts Python with the exporter; all files are on their way at once. */
async function start(base: string): Promise<Started> {
  try {
    await checkPolicy();
    const archive = fetchBytes(new URL("exporter.zip", base));
    archive.catch(() => {}); // awaited below
    const python = await loadPyodide({ indexURL: base, lockFileContents: LOCK });
    python.unpackArchive(await archive, "zip", { extractDir: PACKAGES });
    python.runPython(`import sys; sys.path.append(${JSON.stringify(PACKAGES)})`);
    return { python, exporter: python.pyimport("texelflow_page") };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failed(failure("start", `The exporter could not be started: ${reason}`));
  }
}

/** Rejects where the page's policy forbids WebAssembly: Pyodide would be silent about it, and wait for ever. */
async function checkPolicy(): Promise<void> {
  try {
    await WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  } catch {
    throw new Error("the page's Content-Security-Policy needs 'wasm-unsafe-eval' in script-src");
  }
}

async function fetchAll(python: PyodideInterface, exporter: Exporter, address: URL): Promise<NamedFile[]> {
  const companionsOf = (file: NamedFile): string[] =>
    withFiles(python, [file], () => parsed(exporter.companions(GIVEN, file.path)).companions as string[]);
  return fetchModel(address, companionsOf, report);
}

function exportModel(exporter: Exporter, options: ExportOptions): Summary {
  return parsed(exporter.export(GIVEN, MADE, pythonOptions(options), report)).summary as Summary;
}

/** The same options with the names that Python gives them. */
function pythonOptions(options: ExportOptions): string {
  const named = Object.entries(options).map(([name, value]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ]);
  return JSON.stringify(Object.fromEntries(named));
}

/** What Python answers; throws what it says that went wrong. */
function parsed(text: string): { summary?: Summary; companions?: string[] } {
  const answer = JSON.parse(text) as { failure?: Failure; summary?: Summary; companions?: string[] };
  if (answer.failure) throw new Failed(answer.failure);
  return answer;
}

/** Lets Python see files while it works: they are read where they lie, and never copied as a whole. */
function withFiles<T>({ FS }: PyodideInterface, files: readonly NamedFile[], work: () => T): T {
  FS.mkdir(GIVEN);
  try {
    const blobs = files.map(({ path, blob }) => ({ name: path, data: blob }));
    FS.mount(FS.filesystems.WORKERFS, { blobs }, GIVEN);
    try {
      return work();
    } finally {
      FS.unmount(GIVEN);
    }
  } finally {
    FS.rmdir(GIVEN);
  }
}

/** Moves the files of a folder out of Python's memory. */
function takeFiles({ FS }: PyodideInterface, folder: string): NamedFile[] {
  const names: string[] = FS.readdir(folder).filter((name: string) => name !== "." && name !== "..");
  return names.sort().map((name) => {
    const path = `${folder}/${name}`;
    const blob = new Blob([FS.readFile(path)]);
    FS.unlink(path);
    return { path: name, blob };
  });
}
