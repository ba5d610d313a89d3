// Built as dist/texelflow.cache.js, which is loaded with the option `cache`.

import { TexelflowError } from "../errors.ts";
import type { BundleFile, BundleFileStream, BundleFiles, WantedFile } from "./bundle_source.ts";

/** The name in the browser's Cache storage; pages can pass it to `caches.delete`. */
const CACHE = "texelflow";

/** The address under which files are stored by their digest; it does not exist on the network. */
const BY_CONTENT = "https://sha256.invalid/";

/**
 * Stores files in the browser's Cache storage after they were checked. A file with a digest is stored under the digest,
 * wherever it came from, and is never requested again. Files like graph.json are stored under their address, and are used
 * only without network.
 *
 * @param files - where the files come from
 * @param addressOf - the address of a file with its query, because another query may mean another bundle
 * @returns `files` itself if the page has no Cache storage, as over plain http
 */
export async function cachedFiles(
  files: BundleFiles,
  addressOf: (name: string) => string,
): Promise<BundleFiles> {
  const cache = await openCache();
  if (!cache) return files;
  const keyOf = ({ name, sha256 }: WantedFile) => (sha256 ? BY_CONTENT + sha256 : addressOf(name));
  const find = (file: WantedFile) => cache.match(keyOf(file)).catch(() => undefined);
  const keep: BundleFiles["keep"] = async (file, content) => {
    try {
      const isNew = !file.sha256 && (await (await find(file))?.text()) !== content;
      await cache.put(keyOf(file), new Response(content));
      if (isNew) await sweep(cache);
    } catch {
      // The storage is full or fails: the model is loaded all the same.
    }
  };
  const through = ({ open, pastCache }: BundleFiles): BundleFiles => ({
    open: async (file, signal, from) => {
      if (!file.sha256) return openListed(() => open(file, signal), await find(file), file, signal);
      const kept = await find(file);
      return kept ? streamOf(kept, file) : open(file, signal, from);
    },
    keep,
    ...(pastCache && { pastCache: { open: pastCache.open, keep } }),
  });
  return { ...through(files), ...(files.cached && { cached: through(files.cached) }) };
}

/** The page's cache; undefined if there is none, or the page may not use it. */
async function openCache(): Promise<Cache | undefined> {
  try {
    return await caches.open(CACHE);
  } catch {
    return undefined;
  }
}

/** Opens a file from the network or, if that fails, the stored copy. */
async function openListed(
  open: () => Promise<BundleFileStream>,
  kept: Response | undefined,
  file: WantedFile,
  signal: AbortSignal,
): Promise<BundleFileStream> {
  const instead = (error: unknown): Response => {
    const isUnreachable = !(error instanceof TexelflowError) || error.code === "network";
    if (signal.aborted || !kept || !isUnreachable) throw error;
    return kept;
  };
  try {
    const stream = await open();
    return { ...stream, text: () => stream.text().catch((error: unknown) => instead(error).text()) };
  } catch (error) {
    return streamOf(instead(error), file);
  }
}

function streamOf(kept: Response, { name }: WantedFile): BundleFileStream {
  return {
    location: `${name} in the page's cache`,
    start: 0,
    body: kept.body as ReadableStream<Uint8Array>,
    text: () => kept.text(),
    contentType: "",
  };
}

/** Deletes stored weights that no stored graph.json names any more. */
async function sweep(cache: Cache): Promise<void> {
  const wanted = new Set<string>();
  const contents: Request[] = [];
  for (const request of await cache.keys()) {
    if (request.url.startsWith(BY_CONTENT)) {
      contents.push(request);
      continue;
    }
    const { files }: { files: readonly BundleFile[] } = await (
      (await cache.match(request)) as Response
    ).json();
    for (const { sha256 } of files) wanted.add(BY_CONTENT + sha256);
  }
  for (const request of contents) if (!wanted.has(request.url)) await cache.delete(request);
}
