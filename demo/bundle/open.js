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
 * @returns {{ name: string, files: Map<string, Blob> }} the folder's name, and its files by their names in the bundle
 * @throws {Error} when there is no graph.json, saying what to do instead
 */
export function bundleOfFiles(files) {
  const graphs = files.filter(({ path }) => path.split("/").at(-1) === "graph.json");
  if (graphs.length === 0) {
    throw new Error(notABundle(files));
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
 * The command that turns a model file into a bundle.
 * @param {string} name of the model file
 * @returns {string}
 */
export function exportCommand(name) {
  const folder = name.replace(/\.[^.]*$/, "");
  const quote = (/** @type {string} */ text) =>
    /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  return `texelflow export ${quote(name)} -o ${quote(folder)} --image 0..1 --labels labels.txt`;
}

/**
 * The first model file that still has to be exported, if there is one.
 * @param {readonly FoundFile[]} files
 * @returns {FoundFile | undefined}
 */
export function modelFile(files) {
  return files.find(({ path }) => /\.onnx$/i.test(path));
}

/** @param {readonly FoundFile[]} files */
function notABundle(files) {
  const model = modelFile(files);
  if (model) {
    return (
      `${model.file.name} is a model that has not been exported yet, and the page cannot do that so far. ` +
      `Run this, then open the folder that it writes:\n${exportCommand(model.file.name)}`
    );
  }
  const what = files.length === 1 ? `“${files[0].file.name}” is` : `These ${files.length} files are`;
  return `${what} no bundle: there is no graph.json. Open the folder that “texelflow export” wrote.`;
}

/**
 * The address of a bundle as somebody typed it.
 * @param {string} text absolute, or relative to the page
 * @returns {URL}
 * @throws {Error} when it is empty or no http(s) address
 */
export function addressOf(text) {
  const trimmed = text.trim();
  if (trimmed === "") {
    throw new Error(
      "Type the address of a bundle first: the folder that holds its graph.json, or that file.",
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
        "For a folder on this computer use “Choose a folder…”.",
    );
  }
  return address;
}
