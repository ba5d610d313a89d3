import { takesTexts } from "../run/numbers.js";
import { loadTokenizer } from "./tokenizer.js";

/** @import { Model, Source } from "../run/loading.js" */
/** @typedef {Awaited<ReturnType<typeof loadTokenizer>>} Tokenizer */
/** @typedef {"text-generation" | "fill-mask" | "text-classification" | "token-classification" | "feature-extraction"} Task */
/**
 * What a model does with texts.
 * @typedef {object} Reading
 * @property {Task} task
 * @property {Tokenizer} tokenizer
 * @property {string | null} gap how the tokenizer writes a gap that is to be filled
 */

/** How tokenizers write a gap. */
const GAPS = ["[MASK]", "<mask>"];

/**
 * What a model does with texts, as its bundle says; null where it takes none, says too little, or has no tokenizer: nothing is
 * asked for then.
 * @param {Model} model
 * @param {Source} source its bundle
 * @returns {Promise<Reading | null>}
 * @throws {Error} when its tokenizer cannot be read
 */
export async function readingOf(model, source) {
  const shown = model.outputs.find(({ role }) => role);
  if (!shown || !takesTexts(model)) {
    return null;
  }
  const files = filesOf(model, source);
  if (!files) {
    return null;
  }
  const tokenizer = await loadTokenizer(source, { files });
  const gap = GAPS.find((piece) => tokenizer.tokenOf(piece) !== undefined) ?? null;
  const task = taskOf(shown, gap !== null && model.states.length === 0);
  return task && { task, tokenizer, gap };
}

/**
 * The tokenizer's files: those that the bundle names, or which somebody put beside its others.
 * @param {Model} model
 * @param {Source} source
 */
function filesOf({ inputs }, source) {
  const role = inputs.map((input) => input.role).find((one) => one?.kind === "text");
  if (role || source instanceof URL) {
    return role?.files ?? null;
  }
  const names = [...source.keys()].map((path) => path.split("/").at(-1) ?? "");
  return names.includes("tokenizer.json") ? names : null;
}

/**
 * @param {Model["outputs"][number]} output
 * @param {boolean} fills whether the tokenizer has gaps
 * @returns {Task | null}
 */
function taskOf({ role, shape }, fills) {
  switch (role?.kind) {
    case "tokens":
      return fills ? "fill-mask" : "text-generation";
    case "classes":
      return shape.length > 2 ? "token-classification" : "text-classification";
    case "embedding":
      return "feature-extraction";
    default:
      return null;
  }
}
