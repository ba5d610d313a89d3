import { bytes, count, shapeText } from "../shared/figures.js";
import { make } from "../shared/make.js";
import { barList } from "./bars.js";
import { familyOf } from "./families.js";
import { texts } from "./texts.js";

/** @import { ModelFacts } from "./facts.js" */
/** @typedef {{ name: string, dtype: string, shape: readonly (number | string)[] }} Described */

const say = texts.overview;

/**
 * Inputs and outputs, what is downloaded, and what a run does.
 * @param {HTMLElement} place
 * @param {ModelFacts} facts
 */
export async function showOverview(place, facts) {
  const { model } = facts.subject;
  const { file } = facts.plan;
  const { load, programs, entries } = file.plans.webgl2;
  const draws = entries.predict.filter((step) => !("host" in step)).length;
  const { source, format, producer, options } = provenanceOf(file);
  const downloaded = file.files.reduce((sum, { bytes: size }) => sum + size, 0);
  /** @type {[term: string, text: string | undefined][]} */
  const known = [
    [say.source, source],
    [say.format, format],
    [say.producer, producer],
    [say.weights, bytes(downloaded)],
    [say.weightCount, count(file.weights.length)],
    [say.draws, count(draws)],
    [say.loadDraws, count(load.length)],
    [say.programs, count(programs.length)],
    [say.host, count(entries.predict.length - draws)],
    [say.generator, file.generator],
  ];
  place.append(
    make(
      "dl",
      { class: "facts tight" },
      ...known.flatMap(([term, text]) => (text ? [fact(term, text)] : [])),
    ),
    ports(
      say.inputs,
      model.inputs.map((input) => ({ ...input, note: imageNote(input.image, facts.runtime.renderSize) })),
    ),
    ports(
      say.outputs,
      model.outputs.map((output) => ({ ...output, note: labelNote(output.labels) })),
    ),
  );
  if (model.states.length > 0) {
    place.append(
      ports(
        say.states,
        model.states.map((state) => ({ ...state, note: "" })),
      ),
    );
  }
  const needs = file.constraints.map(({ left, relation, right, node, meaning }) => {
    const size = facts.runtime.renderSize;
    return `${meaning}: ${size(left)} ${relation} ${size(right)} (${node})`;
  });
  place.append(
    ...list(say.branches, file.branches?.map(({ file: name }) => name) ?? []),
    ...list(say.constraints, needs),
    ...list(say.options, options),
    make("h3", {}, say.operators),
    barList(operatorBars(facts), say.operators),
  );
}

/**
 * What a bundle says of where it comes from, as far as that is text: the loader does not look at it.
 * @param {{ provenance: unknown }} file
 */
function provenanceOf({ provenance }) {
  const said = Object(provenance);
  const isText = (/** @type {unknown} */ value) => typeof value === "string";
  const [source, format, producer] = ["source", "format", "producer"].map((name) =>
    isText(said[name]) ? said[name] : undefined,
  );
  return { source, format, producer, options: [said.options].flat().filter(isText) };
}

/**
 * @param {string} term
 * @param {string} text
 */
function fact(term, text) {
  return make("div", {}, make("dt", {}, term), make("dd", {}, text));
}

/**
 * @param {string} title
 * @param {(Described & { note: string })[]} rows
 */
function ports(title, rows) {
  const head = make("tr", {}, ...say.columns.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map(({ name, dtype, shape, note }) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, name),
      make("td", {}, dtype),
      make("td", {}, shapeText(shape)),
      make("td", { class: "wrap" }, note),
    ),
  );
  const table = make(
    "table",
    {},
    make("caption", {}, title),
    make("thead", {}, head),
    make("tbody", {}, ...body),
  );
  return make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": title }, table);
}

/**
 * @param {string} title
 * @param {readonly string[]} lines
 */
function list(title, lines) {
  const items = lines.map((line) => make("li", {}, line));
  return lines.length > 0 ? [make("h3", {}, title), make("ul", { class: "lines" }, ...items)] : [];
}

/**
 * @param {import("../texelflow.js").ImageInfo | undefined} image
 * @param {(typeof import("../texelflow.debug.js"))["renderSize"]} render
 */
function imageNote(image, render) {
  if (!image) {
    return "";
  }
  const [width, height] = [image.width, image.height].map((size) => String(render(size)));
  return say.picture(width, height, image.fit, image.channels);
}

/** @param {readonly string[] | undefined} labels */
function labelNote(labels) {
  return labels ? say.labels(labels.length, labels.slice(0, 3).join(", ")) : "";
}

/** @param {ModelFacts} facts */
function operatorBars({ plan }) {
  /** @type {Map<string, number>} */
  const draws = new Map();
  for (const { operator, kind, steps } of plan.nodes) {
    if (kind === "node") {
      draws.set(operator, (draws.get(operator) ?? 0) + steps.length);
    }
  }
  const sorted = [...draws].sort(([, a], [, b]) => b - a);
  const most = sorted[0]?.[1] ?? 1;
  return sorted.map(([name, number]) => ({
    name,
    value: count(number),
    share: number / most,
    kind: familyOf(name),
  }));
}
