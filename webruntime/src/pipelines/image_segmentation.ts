import type { Plane, Size } from "../ends.ts";
import type { Tensor } from "../graph/tensor.ts";
import { nameOf } from "./classes.ts";
import { each } from "./each.ts";
import { type PictureInput, type PictureRun, runPicture } from "./pictures.ts";
import { planesIn } from "./planes_in.ts";
import { activate, numbersOf, type TaskModel, type TaskRunOptions } from "./task_model.ts";

/** A picture of one channel, 0 to 255, in the shape of Transformers.js's `RawImage`. */
export interface MaskImage extends Size {
  readonly channels: 1;
  readonly data: Uint8ClampedArray;
}

/** A class that was found in a picture, and where. */
export interface Segment {
  readonly label: string;
  /** Always null: only pixels have scores. */
  readonly score: null;
  /** As large as the picture: 255 where it shows this class; for models of one object, the probability. */
  readonly mask: MaskImage;
}

/** Options of a segmentation. */
export interface SegmentationOptions extends TaskRunOptions {
  /** For models of one object: pixels of at least this probability become 255, others 0. */
  readonly threshold?: number | undefined;
  /** The size of masks. Default: the picture's own. Smaller ones are made faster. */
  readonly size?: Size | undefined;
}

/** Segments pictures: tells the class of each pixel. */
export function imageSegmentation(task: TaskModel) {
  const meant = task.output("mask");
  const { info, role } = meant;
  const labels = task.labelsOf(info);
  return each(async (picture: PictureInput, options: SegmentationOptions = {}): Promise<Segment[]> => {
    const run = await runPicture(task, picture, options);
    const { size = run.picture, threshold } = options;
    const { planes, object } = task.read([meant], run.outputs, () => {
      const planes = classesIn(run.outputs, info.name, numbersOf(run.outputs, info), labels.length);
      const isObject = planes.length === 1 && isProbability(run.outputs, info.name);
      const object = role.foreground ?? (isObject ? 0 : undefined);
      if (object === undefined || object < planes.length) return { planes, object };
      throw new RangeError(`Of ${planes.length} channels, none is ${object}.`);
    });
    if (object === undefined) return segments(planes, run, size, labels);
    const chosen = role.activation === "softmax" ? softmaxPlane(planes, object) : (planes[object] as Plane);
    const probability =
      role.activation === "sigmoid" ? { ...chosen, data: activate(chosen.data, 1, "sigmoid") } : chosen;
    const data = new Uint8ClampedArray(size.width * size.height);
    resample([probability], run, size, ([value = 0], at) => {
      data[at] = threshold === undefined ? value * 255 : Number(value >= threshold) * 255;
    });
    const label = labels[object] ?? labels[0] ?? "object";
    return [{ label, score: null, mask: { ...sides(size), channels: 1, data } }];
  });
}

/** The numbers of each class; or one plane of the classes themselves. */
function classesIn(
  outputs: Readonly<Record<string, Tensor>>,
  name: string,
  data: Float32Array,
  labels: number,
): Plane[] {
  const { shape } = outputs[name] as Tensor;
  // Without an axis of channels, [batch, height, width] would be taken for one.
  const whole = shape.length === 3 && !shape.includes(labels) ? [1, ...shape] : shape;
  const inner = whole.length === 4 ? whole.slice(1) : whole;
  const known = [labels, labels + 1, 1].find(
    (count) => count > 0 && (inner[0] === count || inner.at(-1) === count),
  );
  return planesIn({ shape: whole, data }, inner.length > 2 ? known : undefined);
}

/** Whole numbers are classes. */
function isProbability(outputs: Readonly<Record<string, Tensor>>, name: string): boolean {
  return /float/.test((outputs[name] as Tensor).dtype);
}

/** The classes that are the best of some pixel, each with its mask. */
function segments(
  planes: readonly Plane[],
  run: PictureRun,
  size: Size,
  labels: readonly string[],
): Segment[] {
  const best = new Uint16Array(size.width * size.height);
  if (planes.length === 1) {
    // Class numbers must not be interpolated.
    resample(planes, run, size, ([label = 0], at) => (best[at] = label), nearest);
  } else {
    resample(planes, run, size, (values, at) => {
      let label = 0;
      for (let other = 1; other < values.length; other++) {
        if ((values[other] as number) > (values[label] as number)) label = other;
      }
      best[at] = label;
    });
  }
  return [...new Set(best)]
    .sort((a, b) => a - b)
    .map((label) => {
      const data = Uint8ClampedArray.from(best, (found) => (found === label ? 255 : 0));
      return { label: nameOf(labels, label), score: null, mask: { ...sides(size), channels: 1, data } };
    });
}

function softmaxPlane(planes: readonly Plane[], object: number): Plane {
  const { width, height, data } = planes[object] as Plane;
  const shares = data.map((own, at) => {
    return 1 / planes.reduce((sum, plane) => sum + Math.exp((plane.data[at] as number) - own), 0);
  });
  return { width, height, data: shares };
}

/** Where to read a map along an axis: the pixels before and behind a place, and the share of that behind. */
type Place = readonly [before: number, behind: number, share: number];

/** Between pixels, as `align_corners=False` says where they are; beyond the edge as at the edge. */
function between(at: number, extent: number): Place {
  const inside = Math.min(Math.max(at - 0.5, 0), extent - 1);
  const before = Math.floor(inside);
  return [before, Math.min(before + 1, extent - 1), inside - before];
}

function nearest(at: number, extent: number): Place {
  const pixel = Math.min(Math.max(Math.floor(at), 0), extent - 1);
  return [pixel, pixel, 0];
}

/** Reads planes at the pixels of a picture: gives the values at each. */
function resample(
  planes: readonly Plane[],
  { area, picture }: PictureRun,
  size: Size,
  give: (values: Float32Array, at: number) => void,
  read: (at: number, extent: number) => Place = between,
): void {
  const { width, height } = planes[0] as Plane;
  const [across, down] = [
    placesOf(size.width, picture.width, area.x, area.width, width, read),
    placesOf(size.height, picture.height, area.y, area.height, height, read),
  ];
  const values = new Float32Array(planes.length);
  let at = 0;
  for (const [top, bottom, below] of down) {
    for (const [left, right, beside] of across) {
      for (let plane = 0; plane < planes.length; plane++) {
        const { data } = planes[plane] as Plane;
        const row = (line: number) => {
          const [first, second] = [data[line * width + left] as number, data[line * width + right] as number];
          return first + (second - first) * beside;
        };
        const above = row(top);
        values[plane] = above + (row(bottom) - above) * below;
      }
      give(values, at++);
    }
  }
}

function placesOf(
  count: number,
  picture: number,
  start: number,
  length: number,
  extent: number,
  read: (at: number, extent: number) => Place,
): Place[] {
  return Array.from({ length: count }, (_, pixel) => {
    const fraction = (((pixel + 0.5) * picture) / count - start) / length;
    return read(fraction * extent, extent);
  });
}

function sides({ width, height }: Size): Size {
  return { width, height };
}
