import { fileName } from "../shared/figures.js";
import { OfferError } from "../shared/page.js";
import { texts } from "./texts.js";
import { controlsNamed } from "./wishes.js";

/** @import { FoundFile } from "./open.js" */
/** @import { Course } from "../run/loading.js" */
/** @typedef {typeof import("../../converter/src/index.ts")} Converter */
/** @typedef {Awaited<ReturnType<Converter["convert"]>>} Converted */
/** @typedef {{ model?: string, signature?: string }} Chosen what a visitor chose of several */

/** The most models or functions that are offered. */
const MOST_OFFERS = 24;

/** Loaded when it is wanted: nobody who only looks at the page downloads any of it. */
const CONVERTER = new URL("../convert/index.js", import.meta.url).href;

/** @returns {Promise<Converter>} */
function converter() {
  // What keeps the page, where it is kept, keeps this from now on, too (service_worker/).
  navigator.serviceWorker?.ready.then(({ active }) => active?.postMessage("converts"));
  return import(CONVERTER);
}

/** Lets the exporter be downloaded and started; what goes wrong shows when it is used. */
export function prepareConverter() {
  converter()
    .then(({ prepare }) => prepare())
    .catch(() => {});
}

/**
 * Turns a model into a bundle.
 * @param {readonly FoundFile[] | URL} source the model's files, or the address of its file
 * @param {import("./wishes.js").ExportOptions} options
 * @param {Course} course
 * @param {(chosen: Chosen) => void} choose called when the visitor chooses one of several models, or functions of one
 * @returns {Promise<Converted>}
 * @throws {Error} with all reasons when that cannot be done; those for people are its message
 */
export async function convertModel(source, options, { signal, report }, choose) {
  const { convert, ConvertError } = await converter();
  const model = source instanceof URL ? source : new Map(source.map(({ path, file }) => [path, file]));
  try {
    return await convert(model, { signal, onProgress: report, ...options });
  } catch (problem) {
    throw problem instanceof ConvertError ? helpful(problem, choose) : problem;
  }
}

/**
 * What the exporter says, with what a visitor of a page can do about it: choose, or go to the control of an option that it
 * names as a command line has it.
 * @param {import("../../converter/src/index.ts").ConvertError} problem
 * @param {(chosen: Chosen) => void} choose
 */
function helpful(problem, choose) {
  const { message, problems, choice } = problem;
  if (choice) {
    const offers = choice.names.slice(0, MOST_OFFERS).map((name) => ({
      label: name,
      act: () => choose({ [choice.option]: name }),
    }));
    return new OfferError(texts.choose[choice.option](choice.names.length), offers, { cause: problem });
  }
  const lines = problems.join() === message ? [] : problems.map((line) => `• ${line}`);
  const text = [message, ...lines].join("\n");
  return new OfferError(text, controlsNamed(text), { cause: problem });
}

/**
 * The model as an ONNX file: as it is where it is one that stands alone, else converted.
 * @param {readonly FoundFile[] | URL} source
 * @param {Chosen} chosen
 * @returns {Promise<Blob>}
 * @throws {Error} when ONNX cannot say what the model does
 */
export async function originalOf(source, chosen) {
  if (!(source instanceof URL) && source.length === 1 && source[0].path.endsWith(".onnx")) {
    return source[0].file;
  }
  const { toOnnx } = await converter();
  const model = source instanceof URL ? source : new Map(source.map(({ path, file }) => [path, file]));
  const files = await toOnnx(model, chosen);
  const file = files.get("model.onnx");
  if (!file || files.size > 1) {
    throw new Error("The model is too large to be compared in a page.");
  }
  return file;
}

/**
 * Saves the files of a bundle as a zip archive.
 * @param {ReadonlyMap<string, Blob>} files
 * @param {string} name of the model
 */
export async function saveBundle(files, name) {
  const { zipBundle } = await converter();
  const link = document.createElement("a");
  const folder = fileName(name);
  link.href = URL.createObjectURL(await zipBundle(files, folder));
  link.download = `${folder}.zip`;
  link.click();
  // The download has begun by then, and keeps what it needs.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
