// Loaded as dist/texelflow.cache.js when a model is loaded with `cache`.

import { TexelflowError } from "../errors.ts";
import type { BundleFile, BundleFileStream, BundleFiles, WantedFile } from "./bundle_source.ts";

/** The name of the page's cache, which `caches.delete` of a page may be given. */
const CACHE = "texelflow";

/** What files are kept under that are known by their content: an address that nobody has. */
const BY_CONTENT = "https://sha256.invalid/";

/**
 * Files that are kept in the browser's Cache storage once they were checked: those with a digest under that, wherever they
 * came from, and are never asked for again; those like graph.json under their address, for times without network.
 *
 * @param files - where they come from
 * @param addressOf - the address of a file, query included: another query may mean another bundle
 * @returns `files` where the browser has no such storage, as for pages served by plain http
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
      // There is no room, or the storage is out of order: the model is loaded all the same.
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

/** The page's cache; undefined where there is none, or it may not be used. */
async function openCache(): Promise<Cache | undefined> {
  try {
    return await caches.open(CACHE);
  } catch {
    return undefined;
  }
}

/** Opens a file that the network knows better, or else what was kept of it. */
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

/** Deletes contents that no file like graph.json names any more. */
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
