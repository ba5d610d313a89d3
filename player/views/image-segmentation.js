import { percent } from "../shared/figures.js";
import { themeColour } from "../shared/page.js";
import { texts } from "../shared/texts.js";

/** @typedef {{ label: string, mask: { width: number, height: number, data: Uint8ClampedArray } }} Segment */

const COLOURS = ["--overlay", "--family-product", "--family-move", "--family-reduction", "--family-other"];

/**
 * A veil of colour over each class; of a model of one object, what is not the object is dark, too.
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Segment[]} found
 */
export function draw(context, found) {
  const { width, height } = context.canvas;
  found.forEach(({ mask }, index) => {
    if (found.length === 1) {
      context.drawImage(
        veil(mask, "black", (value) => 0.6 * (1 - value)),
        0,
        0,
        width,
        height,
      );
    }
    const colour = themeColour(COLOURS[index % COLOURS.length]);
    context.drawImage(
      veil(mask, colour, (value) => 0.45 * value),
      0,
      0,
      width,
      height,
    );
  });
}

/**
 * One colour, as opaque as the mask says.
 * @param {Segment["mask"]} mask
 * @param {string} colour
 * @param {(value: number) => number} opacity from 0 to 1, for a value of the mask from 0 to 1
 * @returns {HTMLCanvasElement}
 */
function veil({ width, height, data }, colour, opacity) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (context) {
    const pixels = context.createImageData(width, height);
    const alpha = Uint8ClampedArray.from({ length: 256 }, (_, value) => opacity(value / 255) * 255);
    for (let pixel = 0; pixel < data.length; pixel += 1) {
      pixels.data[pixel * 4 + 3] = alpha[data[pixel]];
    }
    context.putImageData(pixels, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = colour;
    context.fillRect(0, 0, width, height);
  }
  return canvas;
}

/** @param {readonly Segment[]} found */
export function summary(found) {
  const shares = found.map(({ label, mask: { data } }) => {
    const sum = data.reduce((total, value) => total + value, 0);
    return texts.views.share(label, percent(sum / 255 / data.length));
  });
  return shares.join(", ") || texts.views.nothing;
}
