import type { Plane } from "./planes.ts";

/** A point in fractions of the model's picture, and its score. */
export interface Keypoint {
  readonly x: number;
  readonly y: number;
  readonly score: number;
}

/**
 * Decodes heat maps of a pose detector: for each map, the highest pixel, moved by a quarter of a pixel towards its higher
 * neighbour. The centre of pixel (0, 0) is (0.5 / width, 0.5 / height).
 *
 * @param heatmaps - one for each point, as `planesOf` returns them
 * @returns the points in fractions of the model's picture; the score is the largest value of the map
 */
export function keypointsOf(heatmaps: readonly Plane[]): Keypoint[] {
  return heatmaps.map(({ width, height, data }) => {
    let best = 0;
    for (let i = 1; i < data.length; i++) if ((data[i] as number) > (data[best] as number)) best = i;
    const [column, row] = [best % width, Math.floor(best / width)];
    const isInside = column > 0 && column < width - 1 && row > 0 && row < height - 1;
    const shift = (step: number) =>
      isInside ? Math.sign((data[best + step] as number) - (data[best - step] as number)) / 4 : 0;
    return {
      x: (column + shift(1) + 0.5) / width,
      y: (row + shift(width) + 0.5) / height,
      score: data[best] as number,
    };
  });
}

/** How points are refined by heat maps. */
export interface RefinementOptions {
  /** How many pixels of a map are looked at to each side. Default: 3. */
  readonly reach?: number | undefined;
  /** Where no pixel near a point is higher than this, it stays. Default: 0.5. */
  readonly least?: number | undefined;
}

/**
 * Refines points by heat maps, as MediaPipe does for bodies: each moves to the mean of the pixels around it, weighted by its
 * map.
 *
 * @param points - in fractions of the model's picture; those outside of their map stay
 * @param heatmaps - from 0 to 1, one for each point
 */
export function refinePoints<P extends { readonly x: number; readonly y: number }>(
  points: readonly P[],
  heatmaps: readonly Plane[],
  { reach = 3, least = 0.5 }: RefinementOptions = {},
): P[] {
  return points.map((point, index) => {
    const { width = 0, height = 0, data = [] } = heatmaps[index] ?? {};
    const [column, row] = [Math.trunc(point.x * width), Math.trunc(point.y * height)];
    if (!(column >= 0 && column < width && row >= 0 && row < height)) return point;
    let [sum, highest, across, down] = [0, 0, 0, 0];
    for (let y = Math.max(0, row - reach); y <= Math.min(height - 1, row + reach); y++) {
      for (let x = Math.max(0, column - reach); x <= Math.min(width - 1, column + reach); x++) {
        const value = data[y * width + x] as number;
        sum += value;
        across += value * x;
        down += value * y;
        highest = Math.max(highest, value);
      }
    }
    return highest >= least ? { ...point, x: across / sum / width, y: down / sum / height } : point;
  });
}
