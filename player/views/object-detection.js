import { percent } from "../shared/figures.js";
import { texts } from "../shared/texts.js";
import { drawBox, drawPoints } from "./draw.js";

/** @import { Edges, Point } from "./draw.js" */
/** @typedef {{ label: string, score: number, box: Edges, points?: readonly Point[] }} Detection */

/** Where there are more boxes than this, as on a page, their names are smaller. */
const MANY = 8;

/**
 * Boxes on the picture, each with its name and score.
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Detection[]} found
 * @param {number} unit about one pixel of the page, in pixels of the picture
 */
export function draw(context, found, unit) {
  const size = found.length > MANY ? 0.75 * unit : unit;
  for (const { label, score, box, points = [] } of found) {
    drawBox(context, box, `${label} ${percent(score)}`, size);
    drawPoints(context, points, 2.5 * unit);
  }
}

/** @param {readonly Detection[]} found */
export function summary(found) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { label } of found) {
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const parts = [...counts].map(([label, count]) => texts.views.count(count, label));
  return parts.join(", ") || texts.views.nothing;
}
