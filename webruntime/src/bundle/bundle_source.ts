import { TexelflowError } from "../errors.ts";

/**
 * Where a bundle comes from: the URL of its folder or of its graph.json, or its files, such as those of a folder that
 * the visitor chose, as they are or by name.
 */
export type BundleSource = string | URL | ReadonlyMap<string, Blob> | Iterable<File>;

/** What fetches a file, as the page's own `fetch` does. */
export type FetchFile = (url: string, options: RequestInit) => Promise<Response>;

/** One file of a bundle, being read. */
export interface BundleFileStream {
  /** Where the file is, for people. */
  readonly location: string;
  readonly body: ReadableStream<Uint8Array>;
  /** The whole file as text, instead of `body`: a stream's way to a text takes browsers 40 ms longer. */
  readonly text: () => Promise<string>;
  /** Content type as the server gave it, "" if it did not. */
  readonly contentType: string;
}

/** The files of a bundle. */
export interface BundleFiles {
  /**
   * Opens a file; its bytes are read from the stream as they arrive.
   *
   * @throws Error when there is no such file, or the server does not answer or answers with an error status
   */
  open(name: string, signal: AbortSignal): Promise<BundleFileStream>;
  /** The same files as the browser's cache has them, however old, which needs no network. */
  readonly cached?: BundleFiles;
  /** The same files, asked of the server itself and not of the browser's cache; absent where that is the same. */
  readonly pastCache?: BundleFiles;
}

/** Does what needs the files of a bundle; once more past the browser's cache where that had other ones. */
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

/** The files of a source. */
export function bundleFiles(source: BundleSource, fetchFile: FetchFile | undefined): BundleFiles {
  if (typeof source === "string" || source instanceof URL) {
    const open = (cache: RequestCache) => (name: string, signal: AbortSignal) =>
      openUrl(fileUrl(source, name), fetchFile ?? fetch, { signal, cache });
    const pastCache = { open: open("reload") };
    return { open: open("default"), cached: { open: open("force-cache"), pastCache }, pastCache };
  }
  const files: ReadonlyMap<string, Blob> =
    source instanceof Map
      ? source
      : new Map(
          Array.from(
            source as Iterable<File>,
            (file) => [file.webkitRelativePath || file.name, file] as const,
          ),
        );
  return { open: async (name) => openBlob(files, name) };
}

async function openUrl(url: string, fetchFile: FetchFile, options: RequestInit): Promise<BundleFileStream> {
  let response: Response;
  try {
    response = await fetchFile(url, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new TexelflowError(
      "network",
      `${url} cannot be fetched (${error instanceof Error ? error.message : error}). ` +
        "Is the address right and the server up, and does it allow other origins (CORS)?",
      { file: url, cause: error },
    );
  }
  if (!response.ok || !response.body) {
    throw new TexelflowError(
      "not-found",
      `${url} cannot be fetched: the server answered ${response.status} ${response.statusText}.`,
      { file: url },
    );
  }
  const contentType = response.headers.get("content-type") ?? "";
  return { location: url, body: response.body, text: () => response.text(), contentType };
}

/** URL of a file beside graph.json; a query of the given address, a token say, goes along. */
function fileUrl(source: string | URL, name: string): string {
  const { location } = globalThis;
  // Workers made of blobs have an address that nothing is relative to.
  const base = new URL(source, location?.protocol === "blob:" ? location.origin : location?.href);
  if (base.pathname.endsWith(".json")) {
    if (name === "graph.json") return base.href;
  } else if (!base.pathname.endsWith("/")) {
    base.pathname += "/";
  }
  const url = new URL(name, base);
  url.search = base.search;
  return url.href;
}

/** Names may have folders before them, as those of files chosen with `webkitdirectory` do. */
function openBlob(files: ReadonlyMap<string, Blob>, name: string): BundleFileStream {
  const key = [...files.keys()].find((path) => path === name || path.endsWith(`/${name}`));
  const blob = key === undefined ? undefined : files.get(key);
  if (!blob) {
    const names = [...files.keys()].slice(0, 8).join(", ");
    throw new TexelflowError(
      "not-found",
      `The folder has no file ${name}${names ? `, only ${names}` : ""}. Is it a Texelflow bundle?`,
      { file: name },
    );
  }
  return { location: name, body: blob.stream(), text: () => blob.text(), contentType: "" };
}
