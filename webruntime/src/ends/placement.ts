/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A rectangle in pixels, from its upper left corner; it may reach beyond what it lies on. */
export interface Area extends Size {
  readonly x: number;
  readonly y: number;
}

/** How pictures were made to fit a model: `image` of an input of the runtime has it. */
export interface Fit {
  readonly fit: "stretch" | "cover" | "contain";
  readonly resized?: readonly number[];
}

/** A point in pixels, or in fractions of a picture's sides. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Where the model's picture lies on the one that it was made from.
 *
 * @param image - `model.inputs[…].image` of the runtime
 * @param picture - size of the picture that was given to the model, or of the crop
 * @param model - size of the model's input
 * @returns in pixels of the picture: larger than that where it was padded (`contain`), smaller where edges were cut (`cover`)
 */
export function placement({ fit, resized = [] }: Fit, picture: Size, model: Size): Area {
  if (fit === "stretch") return { x: 0, y: 0, width: picture.width, height: picture.height };
  const [across = model.width, down = resized[0] ?? model.height] = resized;
  const [wide, high] = [picture.width / across, picture.height / down];
  const scale = fit === "contain" ? Math.max(wide, high) : Math.min(wide, high);
  const isStretched = resized.length > 1;
  const width = model.width * (isStretched ? wide : scale);
  const height = model.height * (isStretched ? high : scale);
  return { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height };
}

/** A point of the model's picture, in fractions of its sides, in pixels of the picture where it lies. */
export function pointIn({ x, y, width, height }: Area, point: Point): Point {
  return { x: x + point.x * width, y: y + point.y * height };
}
