import type { Box } from "./boxes.ts";
import type { Point, Size } from "./placement.ts";

/** A rectangle in pixels of a picture, given by its centre and size, and rotated clockwise by an angle in radians. */
export interface Region extends Size {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
}

/** How a region is derived from a box. */
export interface RegionOptions {
  /** By how much it is larger than the box. Default: 1. */
  readonly scale?: number | undefined;
  /** Whether it is a square, with the box's longer side. Default: false. */
  readonly square?: boolean | undefined;
  /** By how much of its width and height it is moved, in its own directions. Default: [0, 0]. */
  readonly shift?: readonly [number, number] | undefined;
  /** Turned so that the way from one point of the box to another goes to the right, or upwards. Default: not turned. */
  readonly turn?:
    | { readonly from: number; readonly to: number; readonly towards: "right" | "up" }
    | undefined;
  /** Around the first point, and twice as long and wide as the second is far from it, instead of the box's own place. */
  readonly around?: readonly [number, number] | undefined;
  /** Whether it is the rectangle whose corners are the box's first four points, clockwise from the upper left one. */
  readonly corners?: boolean | undefined;
}

/** The region of a found object that a second model looks at, as MediaPipe crops faces, hands and bodies. */
export function regionOf(
  box: Box & { readonly points?: readonly Point[] },
  { scale = 1, square = false, shift: [right, down] = [0, 0], turn, around, corners }: RegionOptions = {},
): Region {
  const point = (index: number): Point => {
    const found = box.points?.[index];
    if (!found) throw new RangeError(`The box has ${box.points?.length ?? 0} points, and no point ${index}.`);
    return found;
  };
  const turned = corners ? ({ from: 0, to: 1, towards: "right" } as const) : turn;
  const angle = turned ? angleOf(point(turned.from), point(turned.to), turned.towards) : 0;
  let [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  let [width, height] = [box.right - box.left, box.bottom - box.top];
  if (around) {
    const [centre, rim] = [point(around[0]), point(around[1])];
    [x, y] = [centre.x, centre.y];
    width = height = 2 * Math.hypot(rim.x - centre.x, rim.y - centre.y);
  }
  if (corners) {
    const [first, second, third] = [point(0), point(1), point(2)];
    [x, y] = [(first.x + third.x) / 2, (first.y + third.y) / 2];
    width = Math.hypot(second.x - first.x, second.y - first.y);
    height = Math.hypot(third.x - second.x, third.y - second.y);
  }
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  x += width * right * cos - height * down * sin;
  y += width * right * sin + height * down * cos;
  if (square) width = height = Math.max(width, height);
  return { x, y, width: width * scale, height: height * scale, angle };
}

function angleOf(from: Point, to: Point, towards: "right" | "up"): number {
  const angle = Math.atan2(to.y - from.y, to.x - from.x) + (towards === "up" ? Math.PI / 2 : 0);
  return angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));
}

/** Converts a point from fractions of a crop to pixels of the picture that it was cropped from. */
export function pointOfRegion({ x, y, width, height, angle }: Region, point: Point): Point {
  const [across, down] = [(point.x - 0.5) * width, (point.y - 0.5) * height];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return { x: x + across * cos - down * sin, y: y + across * sin + down * cos };
}

/**
 * Crops a region from a picture; what lies outside of the picture is black.
 *
 * @param size - of the result, in pixels
 */
export function cutOut(picture: CanvasImageSource, region: Region, { width, height }: Size): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha: false });
  if (context) {
    context.scale(width / region.width, height / region.height);
    context.translate(region.width / 2, region.height / 2);
    context.rotate(-region.angle);
    context.translate(-region.x, -region.y);
    context.drawImage(picture, 0, 0);
  }
  return canvas;
}
