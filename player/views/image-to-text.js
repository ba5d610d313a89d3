import { themeColour } from "../shared/page.js";
import { texts } from "../shared/texts.js";

/** @typedef {{ x: number, y: number, width: number, height: number, angle: number }} Region in pixels of the picture */
/** @typedef {{ text: string, region: Region }} Line */

/** How tall letters are, of a line with what is above and below them. */
const LETTERS = 0.72;

/**
 * Each line of text over the place where it was read, as long as it is there.
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Line[]} found
 * @param {number} unit about one pixel of the page, in pixels of the picture
 */
export function draw(context, found, unit) {
  const [paper, ink, frame] = ["--card", "--ink", "--overlay"].map(themeColour);
  for (const { text, region } of found) {
    const { x, y, width, height, angle } = region;
    context.save();
    context.translate(x, y);
    context.rotate(angle);
    context.fillStyle = paper;
    context.globalAlpha = 0.85;
    context.fillRect(-width / 2, -height / 2, width, height);
    context.globalAlpha = 1;
    context.strokeStyle = frame;
    context.lineWidth = unit;
    context.strokeRect(-width / 2, -height / 2, width, height);
    context.font = `${LETTERS * height}px system-ui, sans-serif`;
    context.fillStyle = ink;
    context.textBaseline = "middle";
    const length = context.measureText(text).width;
    context.scale(Math.min(1.6, (0.96 * width) / (length || 1)), 1);
    context.textAlign = "center";
    context.fillText(text, 0, 0);
    context.restore();
  }
}

/** @param {readonly Line[]} found */
export function summary(found) {
  return found.length === 0 ? texts.views.nothing : texts.views.lines(found.length);
}

/** @param {readonly Line[]} found all that was read, to be copied */
export function text(found) {
  return found.map((line) => line.text).join("\n");
}
