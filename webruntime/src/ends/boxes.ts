import type { Area } from "./placement.ts";

/** A box, given by its edges in fractions of the model's picture, or in pixels of a picture. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** The score, usually from 0 to 1. */
  readonly score: number;
  /** Index of the class. */
  readonly label: number;
}

/** How to read boxes from a model's outputs. */
export interface BoxOptions {
  /** What four numbers are: edges, a corner and a size, or the centre and a size. Default: "edges". */
  readonly form?: "edges" | "corner" | "centre" | undefined;
  /** Width and height by which the numbers are divided, where they are pixels of the model's picture. Default: 1. */
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  /** Boxes below it are left out. Default: 0.5. */
  readonly threshold?: number | undefined;
}

/** Options of non-maximum suppression. */
export interface SuppressionOptions {
  /** Boxes that share more than this, as intersection over union, are one object. Default: 0.45. */
  readonly overlap?: number | undefined;
  /** The most boxes that are kept. Default: 100. */
  readonly limit?: number | undefined;
  /** Whether boxes of different labels are never one object. Default: true. */
  readonly byLabel?: boolean | undefined;
}

/**
 * Returns the boxes of a model whose scores are high enough, each with its best label.
 *
 * @param numbers - [boxes, 4]
 * @param scores - [boxes, labels]; the number of labels follows from the length
 * @returns the boxes in the order of the model
 * @throws RangeError when there are not four numbers and equally many scores for each box
 */
export function boxesOf(
  numbers: ArrayLike<number>,
  scores: ArrayLike<number>,
  { form = "edges", size: { width, height } = { width: 1, height: 1 }, threshold = 0.5 }: BoxOptions = {},
): Box[] {
  const count = numbers.length / 4;
  const labels = count > 0 ? scores.length / count : 0;
  if (!Number.isInteger(count) || !Number.isInteger(labels)) {
    throw new RangeError(`${scores.length} scores do not fit ${numbers.length} numbers, four a box.`);
  }
  const found: Box[] = [];
  for (let box = 0; box < count; box++) {
    let label = 0;
    for (let other = 1; other < labels; other++) {
      if ((scores[box * labels + other] as number) > (scores[box * labels + label] as number)) label = other;
    }
    const score = scores[box * labels + label] as number;
    if (!(score >= threshold)) continue;
    const at = (place: number) => (numbers[box * 4 + place] as number) / (place % 2 === 0 ? width : height);
    const [x, y, across, down] = [at(0), at(1), at(2), at(3)];
    const [left, top] = form === "centre" ? [x - across / 2, y - down / 2] : [x, y];
    const [right, bottom] = form === "edges" ? [across, down] : [left + across, top + down];
    found.push({ left, top, right, bottom, score, label });
  }
  return found;
}

/** Greedy non-maximum suppression: of overlapping boxes, keeps the one with the highest score. Sorted by falling score. */
export function suppressOverlaps<B extends Box>(
  boxes: readonly B[],
  { overlap = 0.45, limit = 100, byLabel = true }: SuppressionOptions = {},
): B[] {
  const kept: B[] = [];
  for (const box of [...boxes].sort((a, b) => b.score - a.score)) {
    if (kept.length >= limit) break;
    const isNew = kept.every(
      (other) => (byLabel && other.label !== box.label) || overlapOf(box, other) <= overlap,
    );
    if (isNew) kept.push(box);
  }
  return kept;
}

/** The intersection over union of two boxes, from 0 to 1; 0 for empty boxes. */
export function overlapOf(a: Box, b: Box): number {
  const width = Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left));
  const height = Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const shared = width * height;
  return shared > 0 ? shared / (areaOf(a) + areaOf(b) - shared) : 0;
}

/**
 * Converts a box from fractions of the model's picture to pixels of the original picture, and clips it to that.
 *
 * @param area - what `placement` gives
 * @param picture - size of the picture
 */
export function boxIn<B extends Box>(
  area: Area,
  picture: { readonly width: number; readonly height: number },
  box: B,
): B {
  const across = (x: number) => Math.min(Math.max(area.x + x * area.width, 0), picture.width);
  const down = (y: number) => Math.min(Math.max(area.y + y * area.height, 0), picture.height);
  return {
    ...box,
    left: across(box.left),
    top: down(box.top),
    right: across(box.right),
    bottom: down(box.bottom),
  };
}

function areaOf({ left, top, right, bottom }: Box): number {
  return Math.max(0, right - left) * Math.max(0, bottom - top);
}
