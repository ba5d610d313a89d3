import type { Keypoints } from "../bundle/generated/graph_file.ts";
import { type Keypoint, keypointsOf, type Plane, pointIn, refinePoints, type Size } from "../ends.ts";
import type { Tensor } from "../graph/tensor.ts";
import { each } from "./each.ts";
import { type PictureInput, runPicture } from "./pictures.ts";
import { planesIn } from "./planes_in.ts";
import { activate, type Meant, numbersOf, type TaskModel, type TaskRunOptions } from "./task_model.ts";

/** A point of an object. */
export interface FoundPoint {
  /** Its name, where the model has names. */
  readonly label?: string;
  /** In pixels of the picture. */
  readonly x: number;
  readonly y: number;
  /** Its depth relative to the other points, in pixels, if the model gives it. */
  readonly z?: number;
  /** Its score, if the model gives one for each point. */
  readonly score?: number;
}

/** An object with its points. */
export interface PointedObject {
  /** The score of the object; null if the model gives none. */
  readonly score: number | null;
  readonly keypoints: readonly FoundPoint[];
}

/** Options of a keypoint detection. */
export interface KeypointOptions extends TaskRunOptions {
  /** The least score of an object: what the bundle says, or else 0. */
  readonly threshold?: number | undefined;
}

/** Finds the keypoints of one object in each picture; the result is empty if the object is not there. */
export function keypointDetection(task: TaskModel) {
  const parts = task.outputs("keypoints");
  const presence = parts.find(({ role }) => role.part === "presence");
  const maps = parts.find(({ role }) => role.part === "heatmaps");
  // If a model has both, the maps refine the points.
  const points = parts.find((part) => part !== presence && part !== maps) ?? maps ?? task.output("keypoints");
  const labels = task.labelsOf(points.info);
  return each(async (picture: PictureInput, options: KeypointOptions = {}): Promise<PointedObject[]> => {
    const { outputs, size, area } = await runPicture(task, picture, options);
    const { threshold = presence?.role.threshold ?? 0 } = options;
    const score = presence
      ? task.read([presence], outputs, () => {
          return activate(numbersOf(outputs, presence.info), 1, presence.role.activation)[0] as number;
        })
      : null;
    if (score !== null && !(score >= threshold)) return [];
    const found = task.read(maps && maps !== points ? [points, maps] : [points], outputs, (): Fraction[] => {
      const planes = maps && mapsIn(maps, outputs);
      const told = points === maps ? [] : rows(points, outputs, size);
      return !planes ? told : points === maps ? keypointsOf(planes) : refinePoints(told, planes);
    });
    const keypoints = found.map(({ z, score, ...point }, index) => ({
      ...(labels[index] !== undefined && { label: labels[index] }),
      ...pointIn(area, point),
      ...(z !== undefined && { z: z * area.width }),
      ...(score !== undefined && { score }),
    }));
    return [{ score, keypoints }];
  });
}

type Outputs = Readonly<Record<string, Tensor>>;

/** A point in fractions of the model's picture. */
type Fraction = Omit<Keypoint, "score"> & { readonly z?: number; readonly score?: number };

function mapsIn({ info, role }: Meant<"keypoints">, outputs: Outputs): Plane[] {
  const { shape } = outputs[info.name] as Tensor;
  return planesIn({ shape, data: activate(numbersOf(outputs, info), 1, role.activation) });
}

function rows({ info, role }: Meant<"keypoints">, outputs: Outputs, size: Size): Fraction[] {
  const numbers = numbersOf(outputs, info);
  const columns: NonNullable<Keypoints["columns"]> = role.columns ?? ["x", "y"];
  if (!(columns.length > 0 && numbers.length % columns.length === 0)) {
    throw new RangeError(`${numbers.length} numbers are no points of ${columns.join(", ")}.`);
  }
  const at = (row: number, name: (typeof columns)[number]) => {
    const column = columns.indexOf(name);
    return column < 0 ? undefined : numbers[row * columns.length + column];
  };
  const [width, height] = role.unit === "pixel" ? [size.width, size.height] : [1, 1];
  return Array.from({ length: numbers.length / columns.length }, (_, row) => {
    const [z, score] = [at(row, "z"), at(row, "score")];
    return {
      x: (at(row, "x") ?? 0) / width,
      y: (at(row, "y") ?? 0) / height,
      ...(z !== undefined && { z: z / width }),
      ...(score !== undefined && {
        score: activate(Float32Array.of(score), 1, role.activation)[0] as number,
      }),
    };
  });
}
