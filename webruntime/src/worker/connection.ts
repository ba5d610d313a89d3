import type { Progress } from "../api/progress.ts";
import type { FetchFile } from "../bundle/bundle_source.ts";
import { TexelflowError } from "../errors.ts";
import type { ChangingFacts, Request, SentError, SentResponse, ToPage, ToWorker } from "./messages.ts";

/** What the page wants to hear of a request besides its answer. */
interface Listening {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly fetch?: FetchFile | undefined;
  readonly onFacts?: ((facts: ChangingFacts) => void) | undefined;
}

interface Pending extends Listening {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/** A request, once what it sends is ready, and what of that is not copied. */
interface Prepared {
  readonly request: Request;
  readonly transfer?: readonly Transferable[];
}

/** The worker of a page: requests reach it in the order in which they were made. */
export class Connection {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private order: Promise<unknown> = Promise.resolve();
  private numbers = 0;
  private ended = false;
  private models = 0;

  constructor() {
    this.worker = startWorker();
    this.worker.addEventListener("message", ({ data }: MessageEvent<ToPage>) => this.take(data));
    this.worker.addEventListener("error", (event) => {
      event.preventDefault();
      const what =
        event.message || "it could not be started: put it beside the runtime, and see docs/security.md";
      this.end(
        new TexelflowError("network", `texelflow.thread.js: ${what}.`, { file: "texelflow.thread.js" }),
      );
    });
  }

  /** Whether it was ended, so that another one is needed. */
  get isEnded(): boolean {
    return this.ended;
  }

  /** A number that nothing else has. */
  next(): number {
    return ++this.numbers;
  }

  /** Counts a model that is loaded, or gone; the worker ends when none is left and all is answered. */
  count(models: 1 | -1): void {
    this.models += models;
    this.endIfIdle();
  }

  /** Sends a request behind those before, and resolves to its answer. */
  async ask(prepared: Prepared | Promise<Prepared>, listening: Listening = {}): Promise<unknown> {
    const { signal } = listening;
    signal?.throwIfAborted();
    const id = this.next();
    const answer = new Promise((resolve, reject) => {
      this.pending.set(id, { ...listening, resolve, reject });
    });
    const isReady = Promise.resolve(prepared);
    isReady.catch(() => {}); // told of in its turn
    this.order = this.order.then(async () => {
      try {
        const { request, transfer = [] } = await isReady;
        signal?.throwIfAborted();
        if (this.pending.has(id)) this.post({ id, request }, transfer);
      } catch (error) {
        this.settle(id)?.reject(error);
      }
    });
    const abort = () => {
      if (!this.ended) this.post({ id, abort: true });
    };
    signal?.addEventListener("abort", abort);
    try {
      return await answer;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  private post(message: ToWorker, transfer: readonly Transferable[] = []): void {
    if (this.ended) throw new TexelflowError("disposed", "The model was disposed.");
    this.worker.postMessage(message, [...transfer]);
  }

  private take(message: ToPage): void {
    if ("progress" in message) {
      this.pending.get(message.id)?.onProgress?.(message.progress);
    } else if ("fetch" in message) {
      void this.fetch(message.id, message.fetch, message.url, message.init);
    } else {
      const pending = this.settle(message.id);
      const { signal } = pending ?? {};
      if ("error" in message) {
        const { error } = message;
        // The reason itself cannot cross.
        pending?.reject(signal?.aborted && !error.code ? signal.reason : receivedError(error));
      } else if (signal?.aborted) {
        free(message.value, (gpu) => this.post({ id: this.next(), request: { do: "free", gpu } }));
        pending?.reject(signal.reason);
      } else {
        if (message.facts) pending?.onFacts?.(message.facts);
        pending?.resolve(message.value);
      }
    }
    this.endIfIdle();
  }

  /** Fetches for the worker, by the page's own function, which cannot cross. */
  private async fetch(id: number, number: number, url: string, init: RequestInit): Promise<void> {
    const { fetch, signal } = this.pending.get(id) ?? {};
    let answer: SentResponse | SentError;
    try {
      if (!fetch) throw new Error("the load was given up");
      const response = await fetch(url, { ...init, ...(signal && { signal }) });
      const { status, statusText } = response;
      answer = { status, statusText, headers: [...response.headers], body: await response.blob() };
    } catch (error) {
      answer = { name: "Error", message: error instanceof Error ? error.message : String(error) };
    }
    if (!this.ended) this.post({ fetched: number, answer });
  }

  private settle(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    return pending;
  }

  private endIfIdle(): void {
    if (this.models === 0 && this.pending.size === 0) {
      this.end(new TexelflowError("disposed", "The model was disposed."));
    }
  }

  private end(reason: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.worker.terminate();
    for (const { reject } of this.pending.values()) reject(reason);
    this.pending.clear();
  }
}

/** Frees the tensors on the GPU among the outputs of a run that was given up. */
function free(value: unknown, freeOne: (gpu: number) => void): void {
  for (const output of Object.values(value ?? {})) {
    const { gpu } = (output ?? {}) as { readonly gpu?: number };
    if (gpu !== undefined) freeOne(gpu);
  }
}

function receivedError({ name, message, code, file, input }: SentError): Error {
  if (!code) return Object.assign(new Error(message), { name });
  return new TexelflowError(code, message, {
    ...(file !== undefined && { file }),
    ...(input !== undefined && { input }),
  });
}

/**
 * Starts the worker; where the runtime lies on another server than the page, as of a network of them, by a script of the
 * page's own that imports it, since browsers start no worker from another server.
 */
function startWorker(): Worker {
  const { origin } = new URL(import.meta.url);
  // Not that of location: a frame in a sandbox is of no server, wherever its files come from.
  // The bundlers that look for a worker's script want it so.
  if (origin === globalThis.origin || !origin.startsWith("http"))
    return new Worker(new URL("./texelflow.thread.js", import.meta.url), { type: "module" });
  // Another way, so that they do not copy it as an asset, besides; pages that they made need it beside their own scripts.
  const thread = import.meta.url.replace(/[^/]*$/, "texelflow.thread.js");
  const code = `import ${JSON.stringify(thread)};`;
  const type = "text/javascript";
  // What is of no server, as a frame in a sandbox, is let start no module from a blob.
  if (globalThis.origin === "null")
    return new Worker(`data:${type},${encodeURIComponent(code)}`, { type: "module" });
  const url = URL.createObjectURL(new Blob([code], { type }));
  const worker = new Worker(url, { type: "module" });
  // Not before it was fetched, which nothing tells of.
  worker.addEventListener("message", () => URL.revokeObjectURL(url), { once: true });
  return worker;
}
