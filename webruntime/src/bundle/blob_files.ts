// Built as dist/texelflow.files.js, which is loaded only for bundles that are given as files.

import { TexelflowError } from "../errors.ts";
import type { BundleFiles, BundleSource } from "./bundle_source.ts";

/**
 * The files of a bundle that the page passed. Their names may begin with folders, as `webkitdirectory` gives them.
 *
 * @throws TexelflowError when the source is of no kind that `BundleSource` allows
 */
export function blobFiles(source: Exclude<BundleSource, string | URL>): BundleFiles {
  const isList = typeof Object(source)[Symbol.iterator] === "function";
  const entries: readonly (readonly [string, Blob])[] =
    source instanceof Map
      ? [...source]
      : Array.from(
          isList ? (source as Iterable<File>) : [],
          (file) => [file?.webkitRelativePath || file?.name, file] as const,
        );
  if (
    !isList ||
    entries.some(([name, file]) => typeof name !== "string" || typeof file?.stream !== "function")
  ) {
    const came = isList ? "a list of something else" : String(source);
    throw new TexelflowError(
      "option",
      `loadModel: the address of a bundle's folder was expected, or its files, but ${came} came.`,
    );
  }
  const files: ReadonlyMap<string, Blob> = new Map(entries);
  return {
    open: async ({ name }) => {
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
      return { location: name, start: 0, body: blob.stream(), text: () => blob.text(), contentType: "" };
    },
  };
}
