/**
 * @typedef {object} FoundFile
 * @property {string} path with folders, parts separated by "/"
 * @property {File} file
 */

/**
 * The files of a folder chosen with `<input type="file" webkitdirectory>`.
 * @param {FileList} list
 * @returns {FoundFile[]}
 */
export function filesOfInput(list) {
  return Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * The files of a drop, folders included. Call it while the drop event is being handled: its items are gone afterwards.
 * @param {DataTransfer} transfer
 * @returns {Promise<FoundFile[]>}
 */
export async function filesOfDrop(transfer) {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry()).filter(
    (entry) => entry !== null,
  );
  if (entries.length === 0) {
    return Array.from(transfer.files, (file) => ({ path: file.name, file }));
  }
  return (await Promise.all(entries.map(filesOfEntry))).flat();
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<FoundFile[]>}
 */
async function filesOfEntry(entry) {
  if (entry.isFile) {
    const fileEntry = /** @type {FileSystemFileEntry} */ (entry);
    /** @type {File} */
    const file = await new Promise((resolve, reject) => fileEntry.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {FoundFile[]} */
  const files = [];
  for (;;) {
    // A reader gives a folder in portions (Chromium: 100 entries) and an empty one at the end.
    /** @type {FileSystemEntry[]} */
    const portion = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) {
      return files;
    }
    files.push(...(await Promise.all(portion.map(filesOfEntry))).flat());
  }
}

/**
 * The bundle among some files: those in the folder of the graph.json nearest to the top.
 * @param {readonly FoundFile[]} files
 * @returns {{ name: string, files: Map<string, Blob> } | null} the folder's name, and its files by their names in the
 *   bundle; null when there is none
 */
export function bundleOfFiles(files) {
  const graphs = files.filter(({ path }) => path.split("/").at(-1) === "graph.json");
  if (graphs.length === 0) {
    return null;
  }
  const depth = (/** @type {FoundFile} */ { path }) => path.split("/").length;
  const nearest = graphs.reduce((best, graph) => (depth(graph) < depth(best) ? graph : best));
  const folder = nearest.path.slice(0, -"graph.json".length);
  const inside = files.filter(({ path }) => path.startsWith(folder));
  return {
    name: folder.split("/").at(-2) ?? "the dropped files",
    files: new Map(inside.map(({ path, file }) => [path.slice(folder.length), file])),
  };
}

/**
 * What to call some files: by the only one, or by the folder that has them.
 * @param {readonly FoundFile[]} files at least one
 * @returns {string}
 */
export function nameOfFiles(files) {
  const tops = new Set(files.map(({ path }) => path.split("/")[0]));
  return tops.size === 1 ? [...tops][0] : `these ${files.length} files`;
}

/**
 * Whether an address names a bundle, its folder or its graph.json, and not the file of a model that is to be converted.
 * @param {URL} address
 * @returns {boolean}
 */
export function isBundleAddress({ pathname }) {
  const name = pathname.split("/").at(-1) ?? "";
  return name === "graph.json" || !name.includes(".");
}

/**
 * The address of a bundle or model as somebody typed it.
 * @param {string} text absolute, or relative to the page
 * @returns {URL}
 * @throws {Error} when it is empty or no http(s) address
 */
export function addressOf(text) {
  const trimmed = text.trim();
  if (trimmed === "") {
    throw new Error(
      "Type the address of a model’s file first, or of a bundle: the folder that holds its graph.json.",
    );
  }
  let address;
  try {
    address = new URL(trimmed, document.baseURI);
  } catch {
    throw new Error(`“${trimmed}” is no address. One looks like https://example.org/models/my-bundle/`);
  }
  if (address.protocol !== "http:" && address.protocol !== "https:") {
    throw new Error(
      `“${trimmed}” starts with ${address.protocol}, but a page can only fetch http and https addresses. ` +
        "For a model on this computer use “Choose files…”.",
    );
  }
  return address;
}
