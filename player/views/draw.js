import { themeColour } from "../shared/page.js";

/** @typedef {{ x: number, y: number }} Point in pixels of the picture */
/** @typedef {{ xmin: number, ymin: number, xmax: number, ymax: number }} Edges in pixels of the picture */

/**
 * A box, with a text at its upper edge.
 * @param {CanvasRenderingContext2D} context
 * @param {Edges} box
 * @param {string} text
 * @param {number} unit about one pixel of the page, in pixels of the picture
 */
export function drawBox(context, { xmin, ymin, xmax, ymax }, text, unit) {
  context.strokeStyle = themeColour("--overlay");
  context.lineWidth = 2 * unit;
  context.strokeRect(xmin, ymin, xmax - xmin, ymax - ymin);
  if (text === "") {
    return;
  }
  context.font = `600 ${11 * unit}px system-ui, sans-serif`;
  const tag = { width: context.measureText(text).width + 8 * unit, height: 16 * unit };
  // The text stays on the picture, wherever the box is.
  const [top, left] = [
    [ymin - tag.height, context.canvas.height - tag.height],
    [xmin - unit, context.canvas.width - tag.width],
  ].map(([wanted, most]) => Math.max(0, Math.min(wanted, most)));
  context.fillStyle = context.strokeStyle;
  context.fillRect(left, top, tag.width, tag.height);
  context.fillStyle = themeColour("--on-overlay");
  context.textBaseline = "middle";
  context.fillText(text, left + 4 * unit, top + tag.height / 2);
}

/**
 * Dots, light with a dark rim, so that they show on any picture.
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Point[]} points
 * @param {number} radius in pixels of the picture
 */
export function drawPoints(context, points, radius) {
  for (const [colour, size] of [
    [themeColour("--on-overlay"), radius * 1.5],
    [themeColour("--overlay"), radius],
  ]) {
    context.fillStyle = /** @type {string} */ (colour);
    context.beginPath();
    for (const { x, y } of points) {
      context.moveTo(x + Number(size), y);
      context.arc(x, y, Number(size), 0, 2 * Math.PI);
    }
    context.fill();
  }
}

/**
 * Lines from point to point.
 * @param {CanvasRenderingContext2D} context
 * @param {readonly (readonly [Point, Point])[]} lines
 * @param {number} width in pixels of the picture
 */
export function drawLines(context, lines, width) {
  context.lineCap = "round";
  for (const [colour, size] of [
    [themeColour("--on-overlay"), width * 1.8],
    [themeColour("--overlay"), width],
  ]) {
    context.strokeStyle = /** @type {string} */ (colour);
    context.lineWidth = Number(size);
    context.beginPath();
    for (const [from, to] of lines) {
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
    }
    context.stroke();
  }
}
