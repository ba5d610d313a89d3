import { sigmoid, statistics } from "./tensors.js";

/** @import { Values } from "./tensors.js" */

/**
 * @typedef {object} Box edges in fractions of the model's picture
 * @property {number} left
 * @property {number} top
 * @property {number} right
 * @property {number} bottom
 * @property {number} score from 0 to 1
 * @property {number} label index of the class
 */

/** Boxes below this score are not shown. */
const LEAST_SCORE = 0.5;
/** Two boxes of a class that share more than this (intersection over union) are one object. */
const MOST_OVERLAP = 0.4;
const MOST_BOXES = 20;

/**
 * Boxes from a pair of outputs, [N, 4] with edges or centres and [N, C] with scores, batch axes of 1 allowed.
 * Of two scores a box, and of one more than there are labels, the first is taken for the background.
 * @param {readonly Values[]} outputs
 * @param {{ width: number, height: number }} picture the model's picture in pixels
 * @param {number} labels how many classes have names; 0 when none has
 * @returns {Box[] | null} null when there is no such pair
 */
export function boxesOfPair(outputs, picture, labels) {
  const edges = outputs.find(({ shape }) => shape.length >= 2 && shape.at(-1) === 4 && rows(shape) > 1);
  if (!edges) {
    return null;
  }
  const count = rows(edges.shape);
  const scores = outputs.find((output) => output !== edges && isScores(output, count));
  if (!scores) {
    return null;
  }
  const classes = scores.data.length / count;
  const { min, max } = statistics(scores.data);
  const asProbability = min >= -0.001 && max <= 1.001 ? (/** @type {number} */ score) => score : sigmoid;
  const background = classes === 2 || (labels > 0 && classes === labels + 1) ? 1 : 0;
  /** @type {Box[]} */
  const found = [];
  for (let index = 0; index < count; index += 1) {
    const row = scores.data.subarray(index * classes + background, (index + 1) * classes);
    const label = largest(row);
    const score = asProbability(row[label]);
    if (score >= LEAST_SCORE && score > asProbability(background ? scores.data[index * classes] : 0) - 1e-6) {
      const [left, top, right, bottom] = edges.data.subarray(index * 4, index * 4 + 4);
      found.push({ left, top, right, bottom, score, label });
    }
  }
  return withoutOverlaps(asFractions(found, picture));
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
    const label = largest(row.subarray(5));
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
  return withoutOverlaps(found);
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

/** @param {Float32Array} values */
function largest(values) {
  return values.reduce((best, value, index) => (value > values[best] ? index : best), 0);
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

/**
 * Non-maximum suppression: of overlapping boxes of a class, keeps the one with the highest score.
 * @param {Box[]} boxes
 * @returns {Box[]} best first
 */
function withoutOverlaps(boxes) {
  /** @type {Box[]} */
  const kept = [];
  for (const box of boxes.sort((a, b) => b.score - a.score)) {
    if (kept.length === MOST_BOXES) {
      break;
    }
    if (kept.every((other) => other.label !== box.label || overlap(box, other) <= MOST_OVERLAP)) {
      kept.push(box);
    }
  }
  return kept;
}

/**
 * @param {Box} a
 * @param {Box} b
 * @returns {number} intersection over union
 */
function overlap(a, b) {
  const width = Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left));
  const height = Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const area = (/** @type {Box} */ box) => (box.right - box.left) * (box.bottom - box.top);
  return (width * height) / (area(a) + area(b) - width * height);
}
