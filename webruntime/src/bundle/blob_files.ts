// Loaded as dist/texelflow.files.js for a bundle that is no address.

import { TexelflowError } from "../errors.ts";
import type { BundleFiles, BundleSource } from "./bundle_source.ts";

/** The files of a bundle that the page has. Names may have folders before them, as `webkitdirectory` gives them. */
export function blobFiles(source: Exclude<BundleSource, string | URL>): BundleFiles {
  const files: ReadonlyMap<string, Blob> =
    source instanceof Map
      ? source
      : new Map(
          Array.from(
            source as Iterable<File>,
            (file) => [file.webkitRelativePath || file.name, file] as const,
          ),
        );
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
