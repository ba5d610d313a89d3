import { type Box, overlapOf, type SuppressionOptions } from "./boxes.ts";
import type { Point, Size } from "./placement.ts";

/** A box with points that belong to it, in the same unit: eyes and nose of a face. */
export interface PointedBox extends Box {
  readonly points: readonly Point[];
}

/** How to decode boxes that are given relative to anchors. */
export interface AnchorOptions {
  /** The model's picture, in pixels. */
  readonly size: Size;
  /**
   * For each grid, in the order of the model, the size of its cells and the sizes of the square anchors in each cell, in
   * pixels. The anchors of a cell follow each other.
   */
  readonly anchors: readonly (readonly number[])[];
  /** Where in its cell the centre of an anchor is, in cells. Default: 0.5. */
  readonly offset?: number | undefined;
  /** By which x, y, width and height are divided; points as x and y. Default: 1. */
  readonly scale?: readonly number[] | undefined;
  /** What the four numbers are: a centre and a size, or how far left, upper, right and lower side are. Default: "centre". */
  readonly form?: "centre" | "sides" | undefined;
  /** Whether sizes are logarithms. Default: false. */
  readonly exponential?: boolean | undefined;
  /** How many points follow the four numbers of a box, two numbers each. Default: 0. */
  readonly points?: number | undefined;
  /** Boxes below it are left out. Default: 0.5. */
  readonly threshold?: number | undefined;
}

/**
 * Decodes the boxes of an anchor-based detector. Centre, size and points are relative to the centre of a square anchor, in
 * multiples of its size: SSD, BlazeFace, and MediaPipe's other detectors. Or the distances of the four sides from such a
 * centre are given: FCOS, NanoDet, PicoDet.
 *
 * @param numbers - [boxes, 4 + 2 × points]
 * @param scores - [boxes, labels], from 0 to 1; the number of labels follows from the length
 * @returns the boxes in fractions of the model's picture, in the order of the model
 * @throws RangeError when there are not as many numbers as there are anchors
 */
export function boxesOfAnchors(
  numbers: ArrayLike<number>,
  scores: ArrayLike<number>,
  options: AnchorOptions,
): PointedBox[] {
  const { size, offset = 0.5, scale = [1, 1, 1, 1], points = 0, threshold = 0.5 } = options;
  const toSize = options.exponential ? Math.exp : (ratio: number) => ratio;
  const columns = 4 + 2 * points;
  const count = numbers.length / columns;
  const labels = count > 0 ? scores.length / count : 0;
  const anchors = anchorCount(options.anchors, size);
  if (anchors !== count || !Number.isInteger(labels)) {
    throw new RangeError(
      `${numbers.length} numbers and ${scores.length} scores do not fit ${anchors} anchors, ${columns} numbers each.`,
    );
  }
  const found: PointedBox[] = [];
  let box = 0;
  for (const anchor of anchorsOf(options.anchors, size, offset)) {
    const scored = bestOf(scores, box * labels, labels);
    if (scored.score >= threshold) {
      const at = (column: number, by: number) =>
        (numbers[box * columns + column] as number) / (scale[by] as number);
      const from = (column: number): Point => ({
        x: (anchor.x + at(column, 0) * anchor.side) / size.width,
        y: (anchor.y + at(column + 1, 1) * anchor.side) / size.height,
      });
      const side = (column: number, extent: number) => (toSize(at(column, column)) * anchor.side) / extent;
      const isSides = options.form === "sides";
      const centre = isSides ? { x: anchor.x / size.width, y: anchor.y / size.height } : from(0);
      const [across, down] = [side(2, size.width), side(3, size.height)];
      found.push({
        left: centre.x - (isSides ? side(0, size.width) : across / 2),
        top: centre.y - (isSides ? side(1, size.height) : down / 2),
        right: centre.x + (isSides ? across : across / 2),
        bottom: centre.y + (isSides ? down : down / 2),
        ...scored,
        points: Array.from({ length: points }, (_, point) => from(4 + 2 * point)),
      });
    }
    box++;
  }
  return found;
}

function anchorCount(grids: readonly (readonly number[])[], { width, height }: Size): number {
  const cells = (cell: number) =>
    cell > 0 ? Math.ceil(height / cell) * Math.ceil(width / cell) : Number.POSITIVE_INFINITY;
  return grids.reduce((sum, [cell = 1, ...sides]) => sum + cells(cell) * sides.length, 0);
}

/** The anchors of all grids in the order of the model, in pixels. */
function* anchorsOf(grids: readonly (readonly number[])[], { width, height }: Size, offset: number) {
  for (const [cell = 1, ...sides] of grids) {
    for (let row = 0; row < Math.ceil(height / cell); row++) {
      for (let column = 0; column < Math.ceil(width / cell); column++) {
        for (const side of sides) yield { x: (column + offset) * cell, y: (row + offset) * cell, side };
      }
    }
  }
}

function bestOf(scores: ArrayLike<number>, start: number, labels: number): { score: number; label: number } {
  let label = 0;
  for (let other = 1; other < labels; other++) {
    if ((scores[start + other] as number) > (scores[start + label] as number)) label = other;
  }
  return { score: scores[start + label] as number, label };
}

/**
 * Replaces overlapping boxes by their mean, weighted by their scores, as MediaPipe does: from picture to picture it jitters
 * less than the best box does. The score is that of the best box.
 */
export function mergeOverlaps(
  boxes: readonly PointedBox[],
  { overlap = 0.3, limit = 100 }: Omit<SuppressionOptions, "byLabel"> = {},
): PointedBox[] {
  const merged: PointedBox[] = [];
  let rest = [...boxes].sort((a, b) => b.score - a.score);
  while (rest.length > 0 && merged.length < limit) {
    const best = rest[0] as PointedBox;
    const same = rest.filter((other) => other === best || overlapOf(best, other) > overlap);
    rest = rest.filter((other) => !same.includes(other));
    const sum = same.reduce((total, { score }) => total + score, 0);
    const mean = (of: (box: PointedBox) => number) =>
      same.reduce((total, box) => total + of(box) * box.score, 0) / sum;
    merged.push({
      left: mean(({ left }) => left),
      top: mean(({ top }) => top),
      right: mean(({ right }) => right),
      bottom: mean(({ bottom }) => bottom),
      score: best.score,
      label: best.label,
      points: best.points.map((_, point) => ({
        x: mean(({ points }) => (points[point] as Point).x),
        y: mean(({ points }) => (points[point] as Point).y),
      })),
    });
  }
  return merged;
}
