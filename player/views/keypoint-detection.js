import { texts } from "../shared/texts.js";
import { drawLines, drawPoints } from "./draw.js";

/** @import { Point } from "./draw.js" */
/** @typedef {Point & { label?: string, score?: number }} FoundPoint */
/** @typedef {{ label?: string, score: number | null, keypoints: readonly FoundPoint[] }} PointedObject */

/** Points that are less sure than this are not shown: they are guesses behind the edge or behind something. */
const LEAST_SCORE = 0.5;

/**
 * The points of each object, and the lines between them; a mesh of many points as dots alone.
 * @param {CanvasRenderingContext2D} context
 * @param {readonly PointedObject[]} found
 * @param {number} unit about one pixel of the page, in pixels of the picture
 * @param {{ links?: readonly (readonly number[])[] }} role what the bundle says of the points
 */
export function draw(context, found, unit, { links = [] }) {
  const linked = new Set(links.flat());
  for (const { keypoints } of found) {
    const shown = keypoints.map(({ score = 1 }, index) => {
      return score >= LEAST_SCORE && (linked.size === 0 || linked.has(index));
    });
    const lines = links.filter(([from, to]) => shown[from] && shown[to]);
    drawLines(
      context,
      lines.map(([from, to]) => [keypoints[from], keypoints[to]]),
      2 * unit,
    );
    const many = keypoints.length > 100;
    drawPoints(
      context,
      keypoints.filter((_, index) => shown[index]),
      (many ? 0.8 : 2.5) * unit,
    );
  }
}

/** @param {readonly PointedObject[]} found */
export function summary(found) {
  return found.length === 0 ? texts.views.nothing : texts.views.count(found.length, found[0].label ?? "");
}
