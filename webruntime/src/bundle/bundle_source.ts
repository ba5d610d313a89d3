/** Where a bundle comes from: URL of its folder or of its graph.json, or its files by name. */
export type BundleSource = string | URL | ReadonlyMap<string, Blob>;

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

/**
 * Opens a file of a bundle; its bytes are read from the stream as they arrive.
 *
 * @throws Error when there is no such file, or the server does not answer or answers with an error status
 */
export async function openFile(
  source: BundleSource,
  name: string,
  signal: AbortSignal,
): Promise<BundleFileStream> {
  if (typeof source === "object" && !(source instanceof URL)) return openBlob(source, name);
  const url = fileUrl(source, name);
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(
      `${url} cannot be fetched (${error instanceof Error ? error.message : error}). ` +
        "Is the address right and the server up, and does it allow other origins (CORS)?",
    );
  }
  if (!response.ok || !response.body) {
    throw new Error(
      `${url} cannot be fetched: the server answered ${response.status} ${response.statusText}.`,
    );
  }
  const contentType = response.headers.get("content-type") ?? "";
  return { location: url, body: response.body, text: () => response.text(), contentType };
}

/** URL of a file beside graph.json. */
function fileUrl(source: string | URL, name: string): string {
  const base = new URL(source, globalThis.location?.href);
  if (!base.pathname.endsWith(".json")) {
    if (!base.pathname.endsWith("/")) base.pathname += "/";
    return new URL(name, base).href;
  }
  return name === "graph.json" ? base.href : new URL(name, base).href;
}

/** Names may have folders before them, as those of files chosen with `webkitdirectory` do. */
function openBlob(files: ReadonlyMap<string, Blob>, name: string): BundleFileStream {
  const key = [...files.keys()].find((path) => path === name || path.endsWith(`/${name}`));
  const blob = key === undefined ? undefined : files.get(key);
  if (!blob) {
    const names = [...files.keys()].slice(0, 8).join(", ");
    throw new Error(
      `The folder has no file ${name}${names ? `, only ${names}` : ""}. Is it a Texelflow bundle?`,
    );
  }
  return { location: name, body: blob.stream(), text: () => blob.text(), contentType: "" };
}
