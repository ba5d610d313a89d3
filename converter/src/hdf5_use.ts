/** Brings what reads HDF5 where files may have any: 30 kB that other models do not need. */

import type { PyodideInterface } from "pyodide";
import type { NamedFile } from "./messages.ts";

/** How files begin that are HDF5, or archives that may have some inside: zip (.keras, too), gzip, bzip2. */
const BEGINNINGS = ["\x89HDF", "PK", "\x1f\x8b", "BZh"];

/** How tar archives go on after their first header's name. */
const TAR = { mark: "ustar", at: 257 };

let installed: Promise<void> | undefined;

/** Lets the exporter read HDF5 if one of these files may have any. */
export async function useHdf5(python: PyodideInterface, files: readonly NamedFile[]): Promise<void> {
  if (installed) return installed;
  const marks = await Promise.all(files.map(({ blob }) => markOf(blob)));
  const found = marks.some(
    (mark) => BEGINNINGS.some((text) => mark.startsWith(text)) || mark.startsWith(TAR.mark, TAR.at),
  );
  if (!found) return;
  installed = install(python);
  installed.catch(() => {
    installed = undefined;
  });
  return installed;
}

async function install(python: PyodideInterface): Promise<void> {
  const { Hdf5File } = await import("./hdf5.ts");
  python.pyimport("texelflow_hdf5").install((content: Uint8Array<ArrayBuffer>) => new Hdf5File(content));
}

/** The first bytes of a file, a character each. */
async function markOf(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.slice(0, TAR.at + TAR.mark.length).arrayBuffer());
  return String.fromCharCode(...bytes);
}
