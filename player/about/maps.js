import { plainValues, statistics } from "../run/tensors.js";
import { figure } from "../shared/figures.js";
import { make } from "../shared/make.js";
import { showProblem } from "../shared/page.js";
import { planesOf } from "./planes.js";
import { texts } from "./texts.js";

/** @import { Planes } from "./planes.js" */
/** @import { ModelFacts } from "./facts.js" */

const say = texts.maps;

/** How many channels are shown before the visitor asks for all. */
const FEW = 16;
const MANY = 256;
/** The longest side of a picture in pixels of its own: larger ones are thinned out. */
const LONGEST = 160;
/** The least side of a tile, and the gap between tiles, in pixels of the canvas. */
const TILE = 56;
const GAP = 3;

/** From the least value to the largest: dark blue over green to yellow, which all eyes can tell in order. */
const SCALE = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
];

/**
 * Runs the model once, and shows what a node computed as pictures, one for each channel.
 * @param {HTMLElement} place
 * @param {ModelFacts} facts
 * @param {number} node
 */
export async function showMaps(place, facts, node) {
  const { result } = facts.plan.nodes[node];
  place.replaceChildren(make("p", { class: "quiet", role: "status" }, texts.reading));
  try {
    const { tensor, values } = await valuesOf(facts, result);
    const { axes, alias } = facts.plan.file.plans.webgl2.tensors[result];
    const planes = planesOf(tensor.shape, alias ? undefined : /** @type {any} */ (axes));
    const { min, max, mean } = statistics(values.data);
    const canvas = make("canvas", { class: "tiles", role: "img", "aria-label": say.label(planes.count) });
    const range = say.range(figure(min), figure(mean), figure(max));
    drawTiles(canvas, planes, values.data, min, max, FEW);
    const more = () => {
      drawTiles(canvas, planes, values.data, min, max, MANY);
      all.remove();
    };
    const all = make(
      "button",
      { type: "button", class: "plain", click: more },
      say.all(Math.min(MANY, planes.count)),
    );
    place.replaceChildren(
      make("figure", {}, canvas, make("figcaption", { class: "quiet" }, range)),
      ...(planes.count > FEW ? [all] : []),
    );
  } catch (problem) {
    const alert = make("div", { class: "alert", role: "alert" });
    place.replaceChildren(alert);
    showProblem(alert, problem);
  }
}

/**
 * @param {ModelFacts} facts
 * @param {number} tensor
 */
async function valuesOf({ runtime, subject }, tensor) {
  const found = await runtime.runWithIntermediates(subject.model, subject.inputs(), new Set([tensor]));
  const last = found.at(-1);
  if (!last) {
    throw new Error(say.none);
  }
  return {
    tensor: last,
    values: plainValues("", { dtype: last.tensor.dtype, shape: last.shape, data: last.data }),
  };
}

/**
 * Draws planes beside and below each other, all in one scale.
 * @param {HTMLCanvasElement} canvas
 * @param {Planes} planes
 * @param {Float32Array} data
 * @param {number} min
 * @param {number} max
 * @param {number} most how many
 */
function drawTiles(canvas, { count, width, height, place }, data, min, max, most) {
  const thin = Math.max(1, Math.ceil(Math.max(width, height) / LONGEST));
  const [columns, rows] = [Math.ceil(width / thin), Math.ceil(height / thin)];
  const enlarged = Math.max(1, Math.floor((count === 1 ? 4 * TILE : TILE) / Math.max(columns, rows)));
  const shown = Math.min(count, most);
  const across = Math.ceil(Math.sqrt(shown));
  const [wide, high] = [columns * enlarged + GAP, rows * enlarged + GAP];
  canvas.width = across * wide - GAP;
  canvas.height = Math.ceil(shown / across) * high - GAP;
  const context = canvas.getContext("2d");
  if (!context) {
    return;
  }
  const tile = new OffscreenCanvas(Math.max(1, columns), Math.max(1, rows));
  const brush = /** @type {OffscreenCanvasRenderingContext2D} */ (tile.getContext("2d"));
  const pixels = brush.createImageData(tile.width, tile.height);
  context.imageSmoothingEnabled = false;
  for (let plane = 0; plane < shown; plane += 1) {
    pixels.data.fill(0);
    for (let y = 0; y < rows; y += 1) {
      for (let x = 0; x < columns; x += 1) {
        const element = place(plane, x * thin, y * thin);
        if (element >= 0) {
          paint(pixels.data, (y * columns + x) * 4, max > min ? (data[element] - min) / (max - min) : 0.5);
        }
      }
    }
    brush.putImageData(pixels, 0, 0);
    const [left, top] = [(plane % across) * wide, Math.floor(plane / across) * high];
    context.drawImage(tile, left, top, columns * enlarged, rows * enlarged);
  }
}

/**
 * @param {Uint8ClampedArray} pixels
 * @param {number} index of the pixel's first byte
 * @param {number} share from 0 to 1; what is no number is grey
 */
function paint(pixels, index, share) {
  const isNumber = Number.isFinite(share);
  const position = isNumber ? share * (SCALE.length - 1) : 0;
  const below = Math.min(SCALE.length - 2, Math.floor(position));
  for (let channel = 0; channel < 3; channel += 1) {
    const [from, to] = [SCALE[below][channel], SCALE[below + 1][channel]];
    pixels[index + channel] = isNumber ? from + (to - from) * (position - below) : 128;
  }
  pixels[index + 3] = 255;
}
