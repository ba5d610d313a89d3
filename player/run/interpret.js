import { boxesOfGrid, boxesOfPair } from "./boxes.js";
import { sigmoid, topK } from "./ends.js";
import { planesOf, probabilities, statistics } from "./tensors.js";

/** @import { Box, Plane } from "../../webruntime/src/ends.ts" */
/** @import { Values } from "./tensors.js" */

/**
 * What the outputs of a model seem to mean; numbers where nothing can be told, or inputs were made up.
 * @typedef {{ kind: "classes", top: { label: number, probability: number }[] }
 *   | { kind: "boxes", boxes: Box[] }
 *   | { kind: "mask", mask: Plane }
 *   | { kind: "image", planes: Plane[] }
 *   | { kind: "numbers" }
 *   | { kind: "results", reader: import("./reader.js").Reader, results: unknown }} Finding read, not guessed
 */

/** How many classes are shown. */
const TOP = 5;
/** How far scores of classes are apart at most. */
const WIDEST = 60;

/**
 * Guesses from shapes and values what the outputs mean, where a bundle does not say. In this order:
 * boxes with scores; the grid of a one-stage detector; a map of one channel (a mask, or a picture if it is larger than
 * the model's own); two channels of background and foreground; three channels, a picture; a score of each class for each
 * pixel; one score for each class.
 * @param {readonly Values[]} outputs
 * @param {{ width: number, height: number }} picture the model's picture in pixels
 * @param {readonly string[]} labels names of the classes; empty when the bundle has none
 * @returns {Finding}
 */
export function interpret(outputs, picture, labels) {
  const floats = outputs.filter(({ dtype }) => dtype.startsWith("float") || dtype === "bfloat16");
  const boxes = boxesOfPair(floats, picture, labels.length) ?? boxesOfGrid(floats, picture);
  if (boxes) {
    return { kind: "boxes", boxes };
  }
  const scores = outputs.map((output) => (floats.includes(output) ? output : sharesOf(output)));
  const found =
    mapOf(floats, picture) ??
    classesOf(
      scores.filter((output) => output !== null),
      labels,
    );
  return found ?? { kind: "numbers" };
}

/**
 * @param {readonly Values[]} outputs
 * @param {{ width: number, height: number }} picture
 * @returns {Finding | null}
 */
function mapOf(outputs, picture) {
  for (const output of outputs) {
    const single = planesOf(output, 1);
    if (single && isShapedLike(single[0], picture)) {
      const larger = single[0].width > picture.width && single[0].height > picture.height;
      return larger
        ? { kind: "image", planes: withinOne(single) }
        : { kind: "mask", mask: asMask(single[0]) };
    }
  }
  if (outputs.length !== 1) {
    return null;
  }
  const pair = planesOf(outputs[0], 2);
  if (pair && isShapedLike(pair[0], picture)) {
    const [background, foreground] = pair;
    const data = foreground.data.map((score, index) => sigmoid(score - background.data[index]));
    const { min, max } = statistics(outputs[0].data);
    return { kind: "mask", mask: min >= 0 && max <= 1 ? foreground : { ...foreground, data } };
  }
  const three = planesOf(outputs[0], 3);
  if (three && isShapedLike(three[0], picture)) {
    return { kind: "image", planes: withinOne(three) };
  }
  return classMap(outputs[0], picture);
}

/**
 * Where a model finds another class than the first, which is the background in most: of maps as large as the picture, since
 * smaller ones are of anything.
 * @param {Values} output
 * @param {{ width: number, height: number }} picture
 * @returns {Finding | null}
 */
function classMap(output, picture) {
  for (const channels of [output.shape.at(-1) ?? 0, output.shape.at(-3) ?? 0]) {
    const planes = channels > 3 ? planesOf(output, channels) : null;
    if (planes && planes[0].width === picture.width && planes[0].height === picture.height) {
      const [background, ...others] = planes;
      const data = background.data.map((score, index) =>
        Number(others.some((plane) => plane.data[index] > score)),
      );
      return { kind: "mask", mask: { ...background, data } };
    }
  }
  return null;
}

/**
 * Shares in bytes, as quantised models give them, as numbers from 0 to 1.
 * @param {Values} output
 * @returns {Values | null} null where they are something else
 */
function sharesOf(output) {
  const least = { uint8: 0, int8: -128 }[output.dtype];
  if (least === undefined || output.data.length === 0) {
    return null;
  }
  const data = output.data.map((value) => (value - least) / 255);
  const sum = data.reduce((all, share) => all + share, 0);
  return Math.abs(sum - 1) < 0.1 ? { ...output, data: data.map((share) => share / sum) } : null;
}

/**
 * Whether a map has about the proportions of the picture: a table of 512 × 16 numbers is no map of a square.
 * @param {Plane} plane
 * @param {{ width: number, height: number }} picture
 */
function isShapedLike(plane, picture) {
  const stretch = (plane.width * picture.height) / (plane.height * picture.width);
  return stretch > 2 / 3 && stretch < 3 / 2;
}

/**
 * @param {readonly Values[]} outputs
 * @param {readonly string[]} labels
 * @returns {Finding | null}
 */
function classesOf(outputs, labels) {
  const vectors = outputs.filter(({ shape, data }) => data.length > 1 && Math.max(...shape) === data.length);
  const named = vectors.find(({ data }) => labels.length > 0 && data.length === labels.length);
  const scores =
    named ??
    vectors.find(({ data }) => isDistribution(data)) ??
    (outputs.length === 1 && vectors.length === 1 && mayBeScores(vectors[0]) ? vectors[0] : null);
  if (!scores) {
    return null;
  }
  const top = topK(probabilities(scores.data), TOP);
  return { kind: "classes", top: top.map(({ index, score }) => ({ label: index, probability: score })) };
}

/**
 * Whether numbers may be scores of classes, before their softmax: those of places and sizes are farther apart.
 * @param {Values} vector
 */
function mayBeScores({ data }) {
  const { min, max } = statistics(data);
  return max - min <= WIDEST;
}

/** @param {Float32Array} data */
function isDistribution(data) {
  const { min, mean } = statistics(data);
  return min >= 0 && Math.abs(mean * data.length - 1) < 0.01;
}

/** @param {Plane} plane */
function asMask(plane) {
  const { min, max } = statistics(plane.data);
  return min >= -0.01 && max <= 1.01 ? plane : { ...plane, data: plane.data.map(sigmoid) };
}

/**
 * Values from 0 to 1, from pictures that run from 0 to 1, from -1 to 1 or from 0 to 255.
 * @param {Plane[]} planes
 * @returns {Plane[]}
 */
function withinOne(planes) {
  const ranges = planes.map(({ data }) => statistics(data));
  const least = Math.min(...ranges.map(({ min }) => min));
  const most = Math.max(...ranges.map(({ max }) => max));
  const [scale, offset] = most > 4 ? [1 / 255, 0] : least < -0.3 ? [0.5, 0.5] : [1, 0];
  return planes.map((plane) => ({ ...plane, data: plane.data.map((value) => value * scale + offset) }));
}
