// Loads what a page was given to run: a bundle, or two of which the second looks closer.
import { loadModel } from "../texelflow.js";
import { takesTexts } from "./numbers.js";
import { pictureInput } from "./trials.js";

/** @typedef {{ signal: AbortSignal, report: (doing: string, fraction: number) => void }} Course */
/** @typedef {URL | ReadonlyMap<string, Blob>} Source */
/** @typedef {Awaited<ReturnType<typeof loadModel>>} Model */
/** @typedef {import("./reader.js").Reader} Reader */
/** @typedef {import("../words/reading.js").Reading} Reading */
/**
 * A model, with what reads its results; `problem` where what its bundle says of them cannot be: then that is guessed.
 * @typedef {object} Loaded
 * @property {Model} model
 * @property {Reader | null} reader
 * @property {Reading | null} reading
 * @property {Model | null} second what looks closer
 * @property {unknown} problem
 * @property {() => void} dispose
 */
/** @typedef {import("../../webruntime/src/ends.ts").RegionOptions} RegionOptions */
/**
 * A sound to try a model on: `seconds` of a file, `from` a moment on.
 * @typedef {{ title: string, address: string, from: number, seconds: number, credit: (Node | string)[] }} SampleSound
 */
/**
 * A bundle, and what it was made from. Of two, the second looks closer at each object that the first one finds.
 * @typedef {object} Provided
 * @property {Source} bundle
 * @property {(() => Promise<Blob>) | null} [original] the model as an ONNX file, where the page has that
 * @property {{ bundle: Source, crop: RegionOptions }} [closer]
 * @property {readonly SampleSound[]} [sounds]
 */

/**
 * Whether what a bundle says of its outputs cannot be: then they are read as those of which it says nothing.
 * @param {any} problem
 * @returns {boolean}
 */
export function isMisfit(problem) {
  return problem?.code === "option";
}

/**
 * Loads a bundle, or both.
 * @param {Provided} provided
 * @param {Course} course
 * @returns {Promise<Loaded>}
 */
export async function loadProvided({ bundle, closer }, { signal, report }) {
  const onProgress = (/** @type {{ fraction: number, phase: string }} */ { fraction, phase }) =>
    report(phase, fraction);
  const load = (/** @type {Source} */ source) =>
    loadModel(source, { signal, onProgress, cache: source instanceof URL });
  const model = await load(bundle);
  /** @type {Model | null} */
  let second = null;
  const dispose = () => {
    model.dispose();
    second?.dispose();
  };
  try {
    second = closer ? await load(closer.bundle) : null;
    // Most bundles do not say what their outputs are; the scripts that read those that do are loaded then.
    const says = pictureInput(model) && model.outputs.some(({ role }) => role && role.kind !== "classes");
    const look = closer && second ? { model: second, crop: closer.crop } : null;
    const { Reader } = says ? await import("./reader.js") : { Reader: null };
    /** @type {unknown} */
    let problem = null;
    const reader = await Reader?.of(model, look).catch((/** @type {unknown} */ wrong) => {
      if (look || !isMisfit(wrong)) {
        throw wrong;
      }
      problem = wrong;
    });
    const reading = takesTexts(model)
      ? await (await import("../words/reading.js")).readingOf(model, bundle)
      : null;
    return { model, reader: reader ?? null, reading, second, problem, dispose };
  } catch (problem) {
    dispose();
    throw problem;
  }
}
