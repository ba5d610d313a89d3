import { themeColour } from "../shared/page.js";
import { drawBox } from "../views/draw.js";
import { sizeOf } from "./pictures.js";

/** @import { Finding } from "./interpret.js" */
/** @import { Picture } from "./pictures.js" */
/** @import { Area, Plane } from "../../webruntime/src/ends.ts" */

/**
 * Draws the picture, and on it the boxes or the mask that the model found.
 * @param {HTMLCanvasElement} canvas resized to the picture
 * @param {Picture} picture
 * @param {Finding | null} finding null before the first result
 * @param {Area} area where the model's picture lies
 * @param {(label: number) => string} nameOf name of a class
 */
export function drawStage(canvas, picture, finding, area, nameOf) {
  const { width, height } = sizeOf(picture);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  canvas.hidden = false;
  const context = canvas.getContext("2d");
  if (!context) {
    return;
  }
  context.drawImage(picture, 0, 0, width, height);
  // The canvas is as wide as its column, however tall it is then.
  const unit = width / 420;
  if (finding?.kind === "results") {
    finding.reader.view.draw(context, finding.results, unit, finding.reader.role);
  } else if (finding?.kind === "mask") {
    // Dark where the mask is 0, coloured where it is 1: visible whatever the picture's own colours are.
    const veil = tinted(finding.mask, "black", (value) => 0.5 * (1 - value));
    const tint = tinted(finding.mask, themeColour("--overlay"), (value) => 0.5 * value);
    for (const layer of [veil, tint]) {
      context.drawImage(layer, area.x, area.y, area.width, area.height);
    }
  } else if (finding?.kind === "boxes") {
    for (const box of finding.boxes) {
      const across = (/** @type {number} */ x) => area.x + x * area.width;
      const down = (/** @type {number} */ y) => area.y + y * area.height;
      const edges = {
        xmin: across(box.left),
        ymin: down(box.top),
        xmax: across(box.right),
        ymax: down(box.bottom),
      };
      drawBox(context, edges, `${nameOf(box.label)} ${Math.round(box.score * 100)}%`.trim(), unit);
    }
  }
}

/**
 * One colour, as opaque as the mask says.
 * @param {Plane} mask values from 0 to 1
 * @param {string} colour
 * @param {(value: number) => number} opacity from 0 to 1, for a value of the mask
 * @returns {HTMLCanvasElement}
 */
function tinted(mask, colour, opacity) {
  const canvas = document.createElement("canvas");
  canvas.width = mask.width;
  canvas.height = mask.height;
  const context = canvas.getContext("2d");
  if (context) {
    const pixels = context.createImageData(mask.width, mask.height);
    mask.data.forEach((value, index) => {
      pixels.data[index * 4 + 3] = opacity(value) * 255;
    });
    context.putImageData(pixels, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = colour;
    context.fillRect(0, 0, mask.width, mask.height);
  }
  return canvas;
}
