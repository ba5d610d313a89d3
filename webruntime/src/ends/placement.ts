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
  readonly fit: "stretch" | "cover" | "contain" | "crop" | "crop-floor";
  /** Of crops: width and height, or the shorter side alone, in pixels, of the picture that they are cut out of. */
  readonly resized?: readonly number[] | undefined;
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
 * @returns in pixels of the picture: larger than that where it was padded, smaller where edges were cut
 */
export function placement({ fit, resized = [] }: Fit, picture: Size, model: Size): Area {
  if (fit === "stretch") return { x: 0, y: 0, width: picture.width, height: picture.height };
  if (fit === "cover" || fit === "contain") {
    const scales = [picture.width / model.width, picture.height / model.height];
    const scale = fit === "contain" ? Math.max(...scales) : Math.min(...scales);
    const [width, height] = [model.width * scale, model.height * scale];
    return { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height };
  }
  const [side = 0, other] = resized;
  const shorter = Math.min(picture.width, picture.height);
  // The picture that the middle was cut out of, in whole pixels.
  const across = other === undefined ? Math.floor((side * picture.width) / shorter) : side;
  const down = other ?? Math.floor((side * picture.height) / shorter);
  const middle = fit === "crop" ? roundedHalf : (surplus: number) => Math.floor(surplus / 2);
  return {
    x: (middle(across - model.width) * picture.width) / across,
    y: (middle(down - model.height) * picture.height) / down,
    width: (model.width * picture.width) / across,
    height: (model.height * picture.height) / down,
  };
}

/** Half of a whole number as torchvision rounds it: to an even one, or towards 0 where it fills up. */
function roundedHalf(surplus: number): number {
  const half = Math.floor(surplus / 2);
  if (surplus < 0) return -Math.floor(-surplus / 2);
  return surplus % 2 === 1 ? half + (half % 2) : half;
}

/**
 * A point of the model's picture, in fractions of its sides, in pixels of the picture where it lies.
 *
 * @param area - what `placement` gives
 */
export function pointIn({ x, y, width, height }: Area, point: Point): Point {
  return { x: x + point.x * width, y: y + point.y * height };
}
