import { checkCount, type HostFunction, type Numbers } from "./types.ts";

/** A box by its corners, the lower ones first. */
type Corners = readonly [top: number, left: number, bottom: number, right: number];

/**
 * Of boxes that overlap, those with the highest scores: batch, class and box of each, class by class.
 *
 * The inputs are boxes, scores, the most boxes of a class, the overlap above which a box is left out, and the least score;
 * `ints` are batches, classes, boxes, and whether boxes are given by their centres.
 */
export const chooseBoxes: HostFunction = (inputs, [batches = 0, classes = 0, count = 0, isCentred]) => {
  const [boxes, scores, [most = 0], [overlap = 0], [least = 0]] = inputs.map(({ data }) => data) as [
    Numbers,
    Numbers,
    Numbers,
    Numbers,
    Numbers,
  ];
  checkCount(boxes, batches, count, 4);
  checkCount(scores, batches, classes, count);
  const chosen: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const corners = Array.from({ length: count }, (_, box) =>
      cornersOf(boxes.subarray((batch * count + box) * 4, (batch * count + box) * 4 + 4), isCentred === 1),
    );
    for (let label = 0; label < classes; label++) {
      const own = scores.subarray((batch * classes + label) * count, (batch * classes + label + 1) * count);
      for (const box of chooseOfClass(corners, own, most, overlap, least)) chosen.push(batch, label, box);
    }
  }
  return { learned: [chosen.length / 3], outputs: [Int32Array.from(chosen)] };
};

/** The boxes of one class, from the highest score down; of equal scores the first box comes first. */
function chooseOfClass(
  corners: readonly Corners[],
  scores: Numbers,
  most: number,
  overlap: number,
  least: number,
): number[] {
  const candidates: number[] = [];
  scores.forEach((score, box) => {
    if (score > least) candidates.push(box);
  });
  candidates.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  const kept: number[] = [];
  for (const box of candidates) {
    if (kept.length >= most) break;
    if (kept.every((other) => !overlaps(corners[box] as Corners, corners[other] as Corners, overlap)))
      kept.push(box);
  }
  return kept;
}

/** Corners of a box of two corners, in any order, or of a centre, a width and a height; rounded to float32 each. */
function cornersOf([a = 0, b = 0, c = 0, d = 0]: Numbers, isCentred: boolean): Corners {
  if (!isCentred) return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
  const [width, height] = [Math.fround(c / 2), Math.fround(d / 2)];
  return [Math.fround(b - height), Math.fround(a - width), Math.fround(b + height), Math.fround(a + width)];
}

/** Whether the intersection over the union is above a limit; a box without area overlaps nothing. */
function overlaps(a: Corners, b: Corners, limit: number): boolean {
  const { fround } = Math;
  const height = fround(Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const width = fround(Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  if (height <= 0 || width <= 0) return false;
  const area = ([top, left, bottom, right]: Corners) => fround(fround(bottom - top) * fround(right - left));
  const shared = fround(height * width);
  const [own, other] = [area(a), area(b)];
  const union = fround(fround(own + other) - shared);
  return own > 0 && other > 0 && union > 0 && fround(shared / union) > limit;
}
