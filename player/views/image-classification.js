import { percent } from "../shared/figures.js";
import { texts } from "../shared/texts.js";
import { drawBox } from "./draw.js";

/** @import { Edges } from "./draw.js" */
/** @typedef {{ box: Edges, classes: readonly { label: string, score: number }[] }} ClassifiedObject */

/**
 * The box of each object, with the class that it is.
 * @param {CanvasRenderingContext2D} context
 * @param {readonly ClassifiedObject[]} found
 * @param {number} unit about one pixel of the page, in pixels of the picture
 */
export function draw(context, found, unit) {
  for (const { box, classes } of found) {
    drawBox(context, box, `${classes[0].label} ${percent(classes[0].score)}`, unit);
  }
}

/** @param {readonly ClassifiedObject[]} found */
export function summary(found) {
  return found.map(({ classes: [{ label }] }) => label).join(", ") || texts.views.nothing;
}

/** @param {readonly ClassifiedObject[]} found the classes of the first object, for bars below the picture */
export function bars(found) {
  return (found[0]?.classes ?? []).map(({ label, score }) => ({ label, share: score }));
}
