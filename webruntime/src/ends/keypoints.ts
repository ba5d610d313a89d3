import type { Plane } from "./planes.ts";

/** A point of the model's picture, in fractions of its sides, and how sure it is. */
export interface Keypoint {
  readonly x: number;
  readonly y: number;
  readonly score: number;
}

/**
 * The highest place of each heat map, moved a quarter of a pixel towards the higher neighbour, as detectors of poses are
 * read: the centre of pixel (0, 0) is (0.5 / width, 0.5 / height).
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
