import type { Boxes } from "../bundle/generated/graph_file.ts";
import {
  boxesOf,
  boxesOfAnchors,
  connectedAreas,
  cornersOfLine,
  mergeOverlaps,
  type Plane,
  type Point,
  type PointedBox,
  pointIn,
  type Size,
  suppressOverlaps,
} from "../ends.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type BoxPart, type BoxRows, boxRows } from "./box_rows.ts";
import { nameOf } from "./classes.ts";
import { each } from "./each.ts";
import { type PictureInput, runPicture } from "./pictures.ts";
import { planesIn } from "./planes_in.ts";
import { activate, type Meant, numbersOf, type TaskModel, type TaskRunOptions } from "./task_model.ts";

/** An object that was found. */
export interface Detection {
  readonly label: string;
  readonly score: number;
  /** Its edges in pixels of the picture, or with `percentage` in fractions of it; they may lie outside the picture. */
  readonly box: {
    readonly xmin: number;
    readonly ymin: number;
    readonly xmax: number;
    readonly ymax: number;
  };
  /** Its keypoints, if the model gives them, such as eyes and mouth of a face. */
  readonly points?: readonly Point[];
}

/** Options of an object detection. */
export interface DetectionOptions extends TaskRunOptions {
  /** The least score: what the bundle says, or else 0.5. */
  readonly threshold?: number | undefined;
  /** Objects whose boxes share more, as intersection over union, are one: what the bundle says, or else 0.45. */
  readonly overlap?: number | undefined;
  /** Whether places are fractions of the picture, and not pixels. Default: false. */
  readonly percentage?: boolean | undefined;
}

/** Finds objects in pictures. */
export function objectDetection(task: TaskModel) {
  const parts = task.outputs("boxes");
  const of = (part: BoxPart) => parts.filter(({ role }) => (role.part ?? "boxes") === part);
  const { role } = of("boxes")[0] ?? of("table")[0] ?? task.output("boxes");
  const [map] = of("map");
  const labels = parts.map(({ info }) => task.labelsOf(info)).find(({ length }) => length > 0) ?? [];
  const background = (of("scores")[0]?.role ?? role).background;
  return each(async (picture: PictureInput, options: DetectionOptions = {}): Promise<Detection[]> => {
    const { threshold = role.threshold ?? 0.5, overlap = role.overlap ?? 0.45, percentage } = options;
    const { outputs, size, area, picture: own } = await runPicture(task, picture, options);
    const keep = role.merge === "weighted" ? mergeOverlaps : suppressOverlaps<PointedBox>;
    const { rows, boxes } = task.read(parts, outputs, () => {
      if (map) return { rows: undefined, boxes: areasIn(planeOf(outputs, map), role, threshold) };
      const rows = boxRows(of, outputs);
      return { rows, boxes: keep(boxesIn(rows, role, size, threshold), { overlap }) };
    });
    // Lists of class names may leave out the background, as the rows do.
    const isNamed = rows && background !== undefined && labels.length > rows.classes;
    const nameAt = (label: number) => nameOf(labels, label + Number(isNamed && label >= background));
    const unit = percentage ? own : { width: 1, height: 1 };
    const place = (point: Point): Point => {
      const { x, y } = pointIn(area, point);
      return { x: x / unit.width, y: y / unit.height };
    };
    return boxes.map((box) => {
      const [from, to] = [place({ x: box.left, y: box.top }), place({ x: box.right, y: box.bottom })];
      return {
        label: nameAt(box.label),
        score: box.score,
        box: { xmin: from.x, ymin: from.y, xmax: to.x, ymax: to.y },
        ...(box.points.length > 0 && { points: box.points.map(place) }),
      };
    });
  });
}

/** The plane of a map. */
function planeOf(outputs: Readonly<Record<string, Tensor>>, { info, role }: Meant<"boxes">): Plane {
  const data = activate(numbersOf(outputs, info), 1, role.activation);
  return planesIn({ shape: (outputs[info.name] as Tensor).shape, data }, 1)[0];
}

/** The objects of a map, with their corners, in fractions of the model's picture: as text is read, line by line. */
function areasIn(plane: Plane, { level = 0.3, grow = 0 }: Boxes, threshold: number): PointedBox[] {
  const areas = connectedAreas(plane, { level, grow, threshold });
  const rows: (typeof areas)[] = [];
  for (const area of areas.sort((a, b) => a.y - b.y)) {
    const row = rows.find(
      ([first]) => first && Math.abs(first.y - area.y) < Math.min(first.height, area.height) / 2,
    );
    if (row) row.push(area);
    else rows.push([area]);
  }
  const inReading = rows.flatMap((row) => row.sort((a, b) => a.x - b.x));
  return inReading.map((area) => {
    const points = cornersOfLine(area).map(({ x, y }) => ({ x: x / plane.width, y: y / plane.height }));
    const [across, down] = [points.map(({ x }) => x), points.map(({ y }) => y)];
    return {
      left: Math.min(...across),
      top: Math.min(...down),
      right: Math.max(...across),
      bottom: Math.max(...down),
      score: area.score,
      label: 0,
      points,
    };
  });
}

/** The boxes of rows in fractions of the model's picture, with their points. */
function boxesIn(rows: BoxRows, role: Boxes, size: Size, threshold: number): PointedBox[] {
  const { columns, scores, classes } = rows;
  const points = (columns - 4) / 2;
  if (!Number.isInteger(points) || points < 0) {
    throw new RangeError(
      `Rows of ${columns} numbers are no boxes: four, and two for each point, are needed.`,
    );
  }
  const numbers =
    role.order === "yx" ? rows.numbers.map((_, at, all) => all[at ^ 1] as number) : rows.numbers;
  if (role.anchors) {
    const { anchors, offset = 0.5, scale = [1, 1, 1, 1], exponential = false } = role;
    const form: "sides" | "centre" = role.form === "sides" ? "sides" : "centre";
    const all = { size, anchors, offset, scale, form, exponential, points, threshold };
    return boxesOfAnchors(numbers, scores, all);
  }
  const unit = role.unit === "pixel" ? size : { width: 1, height: 1 };
  const { form = "edges" } = role;
  if (form === "sides") throw new RangeError("Boxes told by how far their sides are need `anchors`.");
  const count = numbers.length / columns;
  if (scores.length !== count * classes) {
    throw new RangeError(`${scores.length} scores are no ${classes} for each of ${count} boxes.`);
  }
  return Array.from({ length: count }, (_, row) => {
    const own = numbers.subarray(row * columns, (row + 1) * columns);
    const scored = scores.subarray(row * classes, (row + 1) * classes);
    const label = rows.labels?.[row];
    return boxesOf(own.subarray(0, 4), scored, { form, size: unit, threshold }).map((box) => ({
      ...box,
      ...(label !== undefined && { label: Math.round(label) }),
      points: Array.from({ length: points }, (_, point) => ({
        x: (own[4 + 2 * point] as number) / unit.width,
        y: (own[5 + 2 * point] as number) / unit.height,
      })),
    }));
  }).flat();
}
