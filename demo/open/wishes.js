import { element } from "../shared/page.js";
import { texts } from "./texts.js";

/** @typedef {import("../../converter/src/messages.ts").ExportOptions} ExportOptions */

/** What pictures are brought to for a model that does not say: most take this, or work with it. */
const USUAL_PICTURES = "0..1";

/** The controls that say how a model is converted. */
const CONTROLS = [
  "pictures",
  "image",
  "weights",
  "shapes",
  "constants",
  "meanings",
  "signature",
  "labels",
  "states",
];

/**
 * Calls back when the visitor wants models to be converted in another way.
 * @param {() => void} changed
 */
export function onWish(changed) {
  for (const id of CONTROLS) {
    element(id, HTMLElement).addEventListener("change", changed);
  }
}

/**
 * The controls of the options that a text names as a command line has them: to go there.
 * @param {string} text
 * @returns {import("../shared/page.js").Offer[]}
 */
export function controlsNamed(text) {
  const named = new Set(text.match(/--[a-z]+/g));
  return CONTROLS.flatMap((id) => {
    const control = element(id, HTMLElement);
    const label = control.dataset.option && document.querySelector(`label[for="${id}"]`)?.textContent;
    if (!label || !named.has(control.dataset.option ?? "")) {
      return [];
    }
    const act = () => {
      element("conversion", HTMLDetailsElement).open = true;
      control.focus();
    };
    return [{ label: texts.set(label), act }];
  });
}

/**
 * How the visitor wants models to be converted.
 * @returns {ExportOptions}
 * @throws {Error} when what was typed is no such thing
 */
export function wishes() {
  const image = textOf("image") || element("pictures", HTMLSelectElement).value;
  const labels = linesOf(element("labels", HTMLTextAreaElement).value);
  const weights = element("weights", HTMLSelectElement).value;
  return {
    ...(image ? { image } : { usualImage: USUAL_PICTURES }),
    ...(labels.length > 0 ? { labels } : { usualLabels: "beside" }),
    ...(element("states", HTMLInputElement).checked ? { states: "auto" } : { usualStates: "auto" }),
    inputShapes: shapesOf(textOf("shapes")),
    constants: constantsOf(textOf("constants")),
    meanings: meaningsOf(element("meanings", HTMLTextAreaElement).value),
    ...(textOf("signature") ? { signature: textOf("signature") } : {}),
    weights: /** @type {ExportOptions["weights"]} */ (weights),
  };
}

/** @param {string} id */
const textOf = (id) => element(id, HTMLInputElement).value.trim();

/** @param {string} text */
function linesOf(text) {
  return text.trimEnd()
    ? text
        .trimEnd()
        .split("\n")
        .map((line) => line.trim())
    : [];
}

/**
 * @param {string} text as `texelflow export --input` takes it, several with spaces between: tokens=1,16 picture=1,3,height,width
 * @returns {NonNullable<ExportOptions["inputShapes"]>}
 */
function shapesOf(text) {
  const items = text.split(/\s+/).filter(Boolean);
  return Object.fromEntries(
    items.map((item) => {
      const [, name, extents] = /^(.+)=([\w,]+)$/.exec(item) ?? [];
      if (!name) {
        throw new Error(`“${item}” is no size of an input. One looks like picture=1,3,224,224`);
      }
      return [name, extents.split(",").map((extent) => (/^\d+$/.test(extent) ? Number(extent) : extent))];
    }),
  );
}

/**
 * @param {string} text as `texelflow export --constant` takes it, several with spaces between: sr=16000 limits=0,1
 * @returns {NonNullable<ExportOptions["constants"]>}
 */
function constantsOf(text) {
  const items = text.split(/\s+/).filter(Boolean);
  return Object.fromEntries(
    items.map((item) => {
      const [, name, list] = /^(.+?)=(.+)$/.exec(item) ?? [];
      const numbers = list?.split(",").map((part) => ({ true: 1, false: 0 })[part] ?? Number(part || "no"));
      if (!numbers || numbers.some(Number.isNaN)) {
        throw new Error(`“${item}” gives an input no numbers. One that does looks like sr=16000`);
      }
      return [name, numbers.length === 1 ? numbers[0] : numbers];
    }),
  );
}

/**
 * @param {string} text a line each, as `texelflow export --meaning` takes it: scores=classes,activation=softmax
 * @returns {NonNullable<ExportOptions["meanings"]>}
 */
function meaningsOf(text) {
  const lines = text.split("\n").map((item) => item.trim());
  return Object.fromEntries(
    lines.filter(Boolean).map((item) => {
      const [, name, role] = /^(.+?)=(.+)$/.exec(item) ?? [];
      if (!name) {
        throw new Error(
          `“${item}” does not say what an output is. One looks like scores=classes,activation=softmax`,
        );
      }
      return [name, role];
    }),
  );
}
