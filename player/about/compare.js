import { sampleInputs } from "../run/numbers.js";
import { plainValues } from "../run/tensors.js";
import { figure, typeText } from "../shared/figures.js";
import { make } from "../shared/make.js";
import { texts } from "./texts.js";

/** @import { Values } from "../run/tensors.js" */
/** @import { ModelFacts } from "./facts.js" */
/** @import { Named, Question } from "./reference.js" */

const say = texts.compare;

/** Where the demo has ONNX Runtime Web; it is fetched when it is asked for. */
const RUNTIME = new URL("../benchmark/page/peers/ort.wasm.min.mjs", import.meta.url).href;

/** Where the largest difference divided by the largest magnitude is above this, outputs do not agree. */
const TOLERANCE = 1e-3;

/**
 * Runs the model's own file in ONNX Runtime Web beside the bundle, on the same made-up numbers, where the visitor asks.
 * @param {HTMLElement} place
 * @param {ModelFacts} facts
 */
export async function showComparison(place, facts) {
  const result = make("div", { class: "part", role: "status" });
  const start = make("button", { type: "button" }, say.start);
  start.addEventListener("click", async () => {
    start.disabled = true;
    result.replaceChildren(make("p", { class: "quiet" }, say.running));
    try {
      result.replaceChildren(table(await compare(facts)));
    } catch (problem) {
      result.replaceChildren();
      facts.tell(problem);
    }
    start.disabled = false;
  });
  place.append(make("div", { class: "row" }, start, make("p", { class: "quiet" }, say.note)), result);
}

/**
 * @typedef {object} Comparison of an output
 * @property {Values} values
 * @property {number} largest difference of two elements
 * @property {number} relative to the largest magnitude
 */

/**
 * @param {ModelFacts} facts
 * @returns {Promise<Comparison[]>}
 * @throws {Error} when one of them cannot run the model, or their outputs have other shapes
 */
async function compare({ subject }) {
  const { model, original } = subject;
  const inputs = sampleInputs(model);
  const outputs = await model.run(inputs);
  const file = await original?.();
  if (!file) {
    throw new Error(say.gone);
  }
  const question = {
    runtime: RUNTIME,
    model: await file.arrayBuffer(),
    inputs: Object.entries(inputs).map(([name, { dtype, shape, data }]) => ({
      name,
      dtype,
      shape: [...shape],
      data,
    })),
  };
  const answers = await ask(question);
  return Object.entries(outputs).map(([name, tensor]) => {
    const values = plainValues(name, tensor);
    const answer = answers.find((output) => output.name === name);
    if (!answer || answer.shape.join() !== values.shape.join()) {
      throw new Error(say.shapes(name, values.shape.join(" × "), answer?.shape.join(" × ") ?? ""));
    }
    return { values, ...differences(values.data, plainValues(name, answer).data) };
  });
}

/**
 * @param {Float32Array} found
 * @param {Float32Array} wanted
 * @returns {{ largest: number, relative: number }} NaN in one of them alone is a difference without limit
 */
export function differences(found, wanted) {
  let [largest, magnitude] = [0, 0];
  wanted.forEach((value, index) => {
    const isSame = Object.is(value, found[index]) || value === found[index];
    const difference = isSame ? 0 : Math.abs(value - found[index]);
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    magnitude = Math.max(magnitude, Number.isFinite(value) ? Math.abs(value) : 0);
  });
  return { largest, relative: largest === 0 ? 0 : largest / magnitude };
}

/**
 * @param {Question} question
 * @returns {Promise<Named[]>}
 */
function ask(question) {
  const worker = new Worker(new URL("./reference.js", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) =>
      "outputs" in data ? resolve(data.outputs) : reject(new Error(say.failed(data.problem)));
    worker.onerror = ({ message }) => reject(new Error(say.failed(message)));
    worker.postMessage(question);
  }).finally(() => worker.terminate());
}

/** @param {Comparison[]} comparisons */
function table(comparisons) {
  const head = make("tr", {}, ...say.columns.map((text) => make("th", { scope: "col" }, text)));
  const rows = comparisons.map(({ values: { name, dtype, shape }, largest, relative }) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, name),
      make("td", {}, typeText(dtype, shape)),
      make("td", {}, figure(largest, 3)),
      make("td", {}, figure(relative, 3)),
      make("td", {}, relative <= TOLERANCE ? say.agrees : say.differs),
    ),
  );
  const made = make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
  return make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": say.start }, made);
}
