import { TexelflowError } from "../errors.ts";
import type { BundleFile } from "./generated/graph_file.ts";
import { part } from "./parts.ts";

export type { BundleFile };

/**
 * Where a bundle comes from: the URL of its folder or of its graph.json, or its files, such as those of a folder that
 * the visitor chose, as a list or by name.
 */
export type BundleSource = string | URL | ReadonlyMap<string, Blob> | Iterable<File>;

/** A function that fetches a file, like `fetch`. */
export type FetchFile = (url: string, options: RequestInit) => Promise<Response>;

/** A requested file: its name and, for weights, the SHA-256 that it must have. */
export type WantedFile = Pick<BundleFile, "name"> & Partial<BundleFile>;

/** One file of a bundle, being read. */
export interface BundleFileStream {
  /** Where the file is, for messages. */
  readonly location: string;
  /** The byte of the file that `body` begins with. */
  readonly start: number;
  readonly body: ReadableStream<Uint8Array>;
  /** The whole file as text, instead of `body`: browsers take 40 ms longer to make a text of a stream. */
  readonly text: () => Promise<string>;
  /** Content type as the server gave it, "" if it did not. */
  readonly contentType: string;
}

/** The files of a bundle. */
export interface BundleFiles {
  /**
   * Opens a file; its bytes are read from the stream as they arrive.
   *
   * @param from - the first byte that is wanted; the stream may begin earlier
   * @throws Error when there is no such file, or the server does not answer or answers with an error status
   */
  open(file: WantedFile, signal: AbortSignal, from?: number): Promise<BundleFileStream>;
  /** Stores the content of a file that was checked, for the next time; never fails. */
  keep?(file: WantedFile, content: string | Uint8Array<ArrayBuffer>): Promise<void>;
  /** The same files from the browser's HTTP cache, however old; this needs no network. */
  readonly cached?: BundleFiles;
  /** The same files from the server, bypassing the HTTP cache; absent if there is no such difference. */
  readonly pastCache?: BundleFiles;
}

/** Runs a task that needs the files of a bundle; repeats it without the HTTP cache if that had outdated files. */
export async function withFiles<T>(
  files: BundleFiles,
  attempt: (opened: BundleFiles) => Promise<T>,
): Promise<T> {
  try {
    return await attempt(files);
  } catch (error) {
    if (!(error instanceof TexelflowError && error.code === "altered") || !files.pastCache) throw error;
    return attempt(files.pastCache);
  }
}

/**
 * The files of a source.
 *
 * @param isKept - whether to store them for the next time, if the browser allows that
 */
export async function bundleFiles(
  source: BundleSource,
  fetchFile: FetchFile = (url, options) => fetch(url, options),
  isKept?: boolean,
): Promise<BundleFiles> {
  if (typeof source !== "string" && !(source instanceof URL)) {
    return (await part("texelflow.files.js", import("./blob_files.ts"))).blobFiles(source);
  }
  const files = (cache: RequestCache, more?: Partial<BundleFiles>): BundleFiles => ({
    open: ({ name }, signal, from) => openUrl(fileUrl(source, name), fetchFile, { signal, cache }, from),
    ...more,
  });
  const pastCache = files("reload");
  const all = files("default", { cached: files("force-cache", { pastCache }), pastCache });
  if (!isKept) return all;
  const { cachedFiles } = await part("texelflow.cache.js", import("./cached_files.ts"));
  return cachedFiles(all, (name) => fileUrl(source, name));
}

async function openUrl(
  url: string,
  fetchFile: FetchFile,
  options: RequestInit,
  from = 0,
): Promise<BundleFileStream> {
  const fail = (error: unknown): never => {
    options.signal?.throwIfAborted();
    throw new TexelflowError(
      "network",
      `${url} cannot be fetched (${error instanceof Error ? error.message : error}). ` +
        "Is the server up, and does it allow other origins (CORS)?",
      { file: url, cause: error },
    );
  };
  const ranged = from ? { ...options, headers: { Range: `bytes=${from}-` } } : options;
  const response = await fetchFile(url, ranged).catch(fail);
  if (!response.ok || !response.body) {
    throw new TexelflowError(
      // Server errors may be temporary; other statuses mean that the file is missing.
      response.status < 500 ? "not-found" : "network",
      `${url} cannot be fetched: the server answered ${response.status}.`,
      { file: url },
    );
  }
  return {
    location: url,
    start: response.status === 206 ? from : 0,
    body: response.body,
    text: () => response.text().catch(fail),
    contentType: response.headers.get("content-type") ?? "",
  };
}

/**
 * What addresses are relative to, as those of `fetch` are: the page's `<base>` counts, and a frame without an address has its
 * page's. Workers made of blobs have an address that nothing is relative to: theirs are relative to the server.
 */
export function baseAddress(): string | undefined {
  return globalThis.document?.baseURI ?? globalThis.location?.href.replace("blob:", "");
}

/** URL of a file beside graph.json; it keeps the query of the given address, such as a token. */
function fileUrl(source: string | URL, name: string): string {
  const base = new URL(source, baseAddress());
  if (base.pathname.endsWith(".json")) {
    if (name === "graph.json") return base.href;
  } else if (!base.pathname.endsWith("/")) {
    base.pathname += "/";
  }
  const url = new URL(name, base);
  url.search = base.search;
  return url.href;
}
