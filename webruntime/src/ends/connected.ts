import type { Point } from "./placement.ts";
import type { Plane } from "./planes.ts";
import type { Region } from "./regions.ts";

/** How to find objects in a map. */
export interface ConnectedOptions {
  /** From which number on a pixel is part of an object. Default: 0.3. */
  readonly level?: number | undefined;
  /** The least mean of the pixels within an object's rectangle. Default: 0.5. */
  readonly threshold?: number | undefined;
  /** How far the sides are moved outwards, in multiples of area by perimeter. Default: 0. */
  readonly grow?: number | undefined;
}

/** A connected region of pixels. */
export interface ConnectedArea extends Region {
  /** The mean of the pixels within the rectangle. */
  readonly score: number;
}

/** Rectangles with a shorter side, in pixels of the map, are ignored as specks. */
const SPECK = 3;

/**
 * Finds the objects in a map of probabilities, as PaddleOCR's detector of text lines does: pixels that touch, even at a
 * corner only, belong to one object.
 *
 * @returns for each object the smallest enclosing rectangle, rotated by at most 45 degrees, in pixels of the map
 */
export function connectedAreas(
  plane: Plane,
  { level = 0.3, threshold = 0.5, grow = 0 }: ConnectedOptions = {},
): ConnectedArea[] {
  const found: ConnectedArea[] = [];
  for (const pixels of components(plane, level)) {
    const around = smallestRectangle(hullOf(rimOf(pixels, plane.width)));
    const score = meanIn(plane, around);
    if (score < threshold || Math.min(around.width, around.height) < SPECK) continue;
    const by = (grow * around.width * around.height) / (around.width + around.height);
    found.push({ ...around, width: around.width + by, height: around.height + by, score });
  }
  return found;
}

/** The places of the pixels of each object. */
function* components({ width, height, data }: Plane, level: number): Generator<number[]> {
  const isNew = Uint8Array.from(data, (value) => Number(value >= level));
  for (let start = 0; start < isNew.length; start++) {
    if (!isNew[start]) continue;
    isNew[start] = 0;
    const pixels = [start];
    for (let next = 0; next < pixels.length; next++) {
      const at = pixels[next] as number;
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
          const other = row * width + column;
          if (!isNew[other]) continue;
          isNew[other] = 0;
          pixels.push(other);
        }
      }
    }
    yield pixels;
  }
}

/** The corners of the first and of the last pixel of each row: the hull of all has no others. */
function rimOf(pixels: readonly number[], width: number): Point[] {
  const rows = new Map<number, [first: number, last: number]>();
  for (const at of pixels) {
    const [x, y] = [at % width, Math.floor(at / width)];
    const [first, last] = rows.get(y) ?? [x, x];
    rows.set(y, [Math.min(first, x), Math.max(last, x)]);
  }
  return [...rows].flatMap(([y, [first, last]]) => {
    return [first, last + 1].flatMap((x) => [0, 1].map((down) => ({ x, y: y + down })));
  });
}

/** The convex hull, by Andrew's monotone chain. */
function hullOf(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const half = (all: readonly Point[]) => {
    const chain: Point[] = [];
    for (const point of all) {
      while (chain.length > 1 && !turnsLeft(chain.at(-2) as Point, chain.at(-1) as Point, point)) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

function turnsLeft(a: Point, b: Point, c: Point): boolean {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) > 0;
}

/** The rectangle of least area around a hull: it shares the direction of a side with the hull. */
function smallestRectangle(hull: readonly Point[]): Region {
  let best: Region = { x: 0, y: 0, width: Infinity, height: Infinity, angle: 0 };
  hull.forEach((from, index) => {
    const to = hull[(index + 1) % hull.length] as Point;
    const way = Math.atan2(to.y - from.y, to.x - from.x);
    // Rectangles repeat every quarter turn, so an angle below that is enough.
    const angle = way - (Math.PI / 2) * Math.round(way / (Math.PI / 2));
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const across = hull.map(({ x, y }) => x * cos + y * sin);
    const down = hull.map(({ x, y }) => y * cos - x * sin);
    const [left, right] = [Math.min(...across), Math.max(...across)];
    const [top, bottom] = [Math.min(...down), Math.max(...down)];
    const [width, height] = [right - left, bottom - top];
    if (width * height >= best.width * best.height) return;
    const [middle, centre] = [(left + right) / 2, (top + bottom) / 2];
    best = { x: middle * cos - centre * sin, y: middle * sin + centre * cos, width, height, angle };
  });
  return best;
}

/** The mean of the pixels whose centres are within a rectangle. */
function meanIn({ width, height, data }: Plane, { x, y, angle, ...size }: Region): number {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [across, down] = [
    (size.width * Math.abs(cos) + size.height * Math.abs(sin)) / 2,
    (size.width * Math.abs(sin) + size.height * Math.abs(cos)) / 2,
  ];
  let [sum, count] = [0, 0];
  for (let row = Math.max(0, Math.floor(y - down)); row < Math.min(height, y + down); row++) {
    for (let column = Math.max(0, Math.floor(x - across)); column < Math.min(width, x + across); column++) {
      const [right, below] = [column + 0.5 - x, row + 0.5 - y];
      if (Math.abs(right * cos + below * sin) * 2 > size.width) continue;
      if (Math.abs(below * cos - right * sin) * 2 > size.height) continue;
      sum += data[row * width + column] as number;
      count++;
    }
  }
  return count > 0 ? sum / count : 0;
}

/** From this ratio of height to width on, a line is read downwards. */
const UPRIGHT = 1.5;

/**
 * The corners of a rectangle around a line of text, in reading order: start and end of its upper side, then end and start
 * of its lower side. A tall rectangle is read downwards, as if its right side were the upper one.
 */
export function cornersOfLine({ x, y, width, height, angle }: Region): Point[] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const at = (across: number, down: number): Point => ({
    x: x + across * (width / 2) * cos - down * (height / 2) * sin,
    y: y + across * (width / 2) * sin + down * (height / 2) * cos,
  });
  const around = [at(-1, -1), at(1, -1), at(1, 1), at(-1, 1)];
  return height >= UPRIGHT * width ? [...around.slice(1), around[0] as Point] : around;
}
