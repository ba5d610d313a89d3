import { argMax, sigmoid, suppressOverlaps } from "./ends.js";
import { statistics } from "./tensors.js";

/** @import { Box } from "../../webruntime/src/ends.ts" */
/** @import { Values } from "./tensors.js" */

/** Boxes below this score are not shown. */
const LEAST_SCORE = 0.5;
/** The share of a table's rows that are boxes, where it is one of boxes. */
const MOST_ROWS = 0.95;
/** Which boxes of a class are one object, and the most objects that are shown. */
const OBJECTS = { overlap: 0.4, limit: 20 };

/**
 * Boxes from a pair of outputs, [N, 4] with edges or centres and [N, C] with scores, batch axes of 1 allowed.
 * Of two scores a box, and of one more than there are labels, the first is taken for the background. Tables of what boxes are
 * computed from, and those of which several could be the scores, are none.
 * @param {readonly Values[]} outputs
 * @param {{ width: number, height: number }} picture the model's picture in pixels
 * @param {number} labels how many classes have names; 0 when none has
 * @returns {Box[] | null} null when there is no such pair
 */
export function boxesOfPair(outputs, picture, labels) {
  const [edges, ...others] = outputs.filter(
    ({ shape }) => shape.length >= 2 && shape.at(-1) === 4 && rows(shape) > 1,
  );
  if (!edges || others.length > 0 || !areBoxes(edges.data)) {
    return null;
  }
  const count = rows(edges.shape);
  const candidates = outputs.filter((output) => output !== edges && isScores(output, count));
  const likely = candidates.filter(areProbabilities);
  const [scores, second] = likely.length > 0 ? likely : candidates;
  if (!scores || second) {
    return null;
  }
  const classes = scores.data.length / count;
  const asProbability = areProbabilities(scores) ? (/** @type {number} */ score) => score : sigmoid;
  const background = classes === 2 || (labels > 0 && classes === labels + 1) ? 1 : 0;
  /** @type {Box[]} */
  const found = [];
  for (let index = 0; index < count; index += 1) {
    const row = scores.data.subarray(index * classes + background, (index + 1) * classes);
    const label = argMax(row);
    const score = asProbability(row[label]);
    if (score >= LEAST_SCORE && score > asProbability(background ? scores.data[index * classes] : 0) - 1e-6) {
      const [left, top, right, bottom] = edges.data.subarray(index * 4, index * 4 + 4);
      found.push({ left, top, right, bottom, score, label });
    }
  }
  return suppressOverlaps(asFractions(found, picture), OBJECTS);
}

/**
 * Boxes from one output [N, 5 + C] in the manner of YOLOX: centre x, centre y, width, height, objectness, class scores,
 * one row for each cell of three grids with cells of 8, 16 and 32 pixels.
 * @param {readonly Values[]} outputs
 * @param {{ width: number, height: number }} picture the model's picture in pixels
 * @returns {Box[] | null} null when the model's only output is no such table
 */
export function boxesOfGrid(outputs, picture) {
  if (outputs.length !== 1) {
    return null;
  }
  const [{ shape, data }] = outputs;
  const columns = shape.at(-1) ?? 0;
  const cells = [8, 16, 32].flatMap((stride) => grid(picture, stride));
  if (columns < 6 || data.length !== cells.length * columns) {
    return null;
  }
  /** @type {Box[]} */
  const found = [];
  cells.forEach(({ x, y, stride }, index) => {
    const row = data.subarray(index * columns, (index + 1) * columns);
    const label = argMax(row.subarray(5));
    const score = row[4] * row[5 + label];
    if (score >= LEAST_SCORE / 2) {
      const [centreX, centreY] = [(row[0] + x) * stride, (row[1] + y) * stride];
      const [width, height] = [Math.exp(row[2]) * stride, Math.exp(row[3]) * stride];
      found.push({
        left: (centreX - width / 2) / picture.width,
        top: (centreY - height / 2) / picture.height,
        right: (centreX + width / 2) / picture.width,
        bottom: (centreY + height / 2) / picture.height,
        score,
        label,
      });
    }
  });
  return suppressOverlaps(found, OBJECTS);
}

/** @param {Values} output */
function areProbabilities({ data }) {
  const { min, max } = statistics(data);
  return min >= -0.001 && max <= 1.001;
}

/**
 * Whether rows of four are boxes, by their edges or by centre and size; some may be filled with zeros.
 * @param {Float32Array} data
 */
function areBoxes(data) {
  let [edges, centres] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {
    const [a, b, c, d] = data.subarray(at, at + 4);
    edges += Number(c >= a && d >= b);
    centres += Number(c >= 0 && d >= 0 && a >= -c && b >= -d);
  }
  return Math.max(edges, centres) >= (MOST_ROWS * data.length) / 4;
}

/** @param {readonly number[]} shape */
function rows(shape) {
  return shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
}

/**
 * @param {Values} output
 * @param {number} count
 */
function isScores({ shape, data }, count) {
  return data.length > 0 && (data.length === count || (shape.length >= 2 && rows(shape) === count));
}

/**
 * @param {{ width: number, height: number }} picture
 * @param {number} stride side of a cell in pixels
 */
function grid(picture, stride) {
  const [columns, lines] = [Math.floor(picture.width / stride), Math.floor(picture.height / stride)];
  return Array.from({ length: columns * lines }, (_, cell) => {
    return { x: cell % columns, y: Math.floor(cell / columns), stride };
  });
}

/**
 * Edges in fractions, whether they came as edges or as centre and size, in fractions or in pixels.
 * @param {Box[]} boxes
 * @param {{ width: number, height: number }} picture
 * @returns {Box[]}
 */
function asFractions(boxes, picture) {
  const areEdges = boxes.every((box) => box.right > box.left && box.bottom > box.top);
  const arePixels = boxes.some((box) => Math.max(box.left, box.top, box.right, box.bottom) > 2);
  const [width, height] = arePixels ? [picture.width, picture.height] : [1, 1];
  return boxes.map((box) => {
    const { left, top, right, bottom } = areEdges
      ? box
      : {
          left: box.left - box.right / 2,
          top: box.top - box.bottom / 2,
          right: box.left + box.right / 2,
          bottom: box.top + box.bottom / 2,
        };
    return { ...box, left: left / width, top: top / height, right: right / width, bottom: bottom / height };
  });
}
