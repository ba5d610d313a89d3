import { element } from "../shared/page.js";

/** @typedef {import("../../converter/src/messages.ts").ExportOptions} ExportOptions */

/** What pictures are brought to for a model that does not say: most take this, or work with it. */
const USUAL_PICTURES = "0..1";

/** The controls that say how a model is converted. */
const CONTROLS = ["pictures", "image", "weights", "shapes", "labels", "states"];

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
