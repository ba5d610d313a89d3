/** Fetches what a worker needs. */

import type { NamedFile } from "./messages.ts";

/** Called with what is being done and the fraction done, from 0 to 1. */
export type Report = (doing: string, fraction: number) => void;

/** What could not be fetched, as a sentence for the visitor. */
export class FetchError extends Error {}

/** Fetches a file of the distribution. */
export async function fetchBytes(address: URL): Promise<ArrayBuffer> {
  return (await fetchResponse(address)).arrayBuffer();
}

/**
 * Fetches a model's file, and what it needs beside it.
 *
 * @param address - of the file; a query of it goes along to the other files
 * @param companionsOf - which files it needs beside it, by their paths from its folder
 * @throws FetchError
 */
export async function fetchModel(
  address: URL,
  companionsOf: (file: NamedFile) => readonly string[],
  report: Report,
): Promise<NamedFile[]> {
  const path = decodeURIComponent(address.pathname.split("/").at(-1) ?? "");
  if (!path)
    throw new FetchError(`${address.href} ends in a slash: give the address of the model's own file`);
  const files = [{ path, blob: await fetchBlob(address, path, report) }];
  for (const name of companionsOf(files[0] as NamedFile)) {
    const place = new URL(name.split("/").map(encodeURIComponent).join("/"), address);
    place.search = address.search;
    files.push({ path: name, blob: await fetchBlob(place, name, report) });
  }
  return files;
}

async function fetchBlob(address: URL, name: string, report: Report): Promise<Blob> {
  const doing = `downloading ${name}`;
  report(doing, 0);
  const response = await fetchResponse(address);
  const total = Number(response.headers.get("content-length")) || Number.POSITIVE_INFINITY;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let done = 0;
  try {
    const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      done += part.value.length;
      // A server that compresses tells the length of what it sends.
      report(doing, Math.min(done / total, 1));
    }
  } catch (error) {
    throw new FetchError(`${address.href} broke off: ${error instanceof Error ? error.message : error}`);
  }
  return new Blob(parts);
}

async function fetchResponse(address: URL): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address);
  } catch (error) {
    throw new FetchError(
      `${address.href} cannot be fetched (${error instanceof Error ? error.message : error}). ` +
        "Is the address right and the server up, and does it allow other origins (CORS)?",
    );
  }
  if (response.ok) return response;
  throw new FetchError(
    `${address.href} cannot be fetched: the server answered ${response.status} ${response.statusText}`,
  );
}
