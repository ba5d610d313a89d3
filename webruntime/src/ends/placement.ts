/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A rectangle in pixels, given by its upper left corner and size; it may extend beyond the picture. */
export interface Area extends Size {
  readonly x: number;
  readonly y: number;
}

/** How pictures are fitted to a model's input: `image` of an input in the runtime. */
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
 * Computes which part of the original picture the model's picture shows.
 *
 * @param image - `model.inputs[…].image` of the runtime
 * @param picture - size of the picture that was given to the model, or of the crop
 * @param model - size of the model's input
 * @returns in pixels of the original picture: larger than it if it was padded, smaller if it was cropped
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
  // The size, in whole pixels, of the resized picture that the centre was cropped from.
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

/** Half of a whole number as torchvision rounds it: half to even or, for padding, towards 0. */
function roundedHalf(surplus: number): number {
  const half = Math.floor(surplus / 2);
  if (surplus < 0) return -Math.floor(-surplus / 2);
  return surplus % 2 === 1 ? half + (half % 2) : half;
}

/**
 * Converts a point from fractions of the model's picture to pixels of the original picture.
 *
 * @param area - what `placement` gives
 */
export function pointIn({ x, y, width, height }: Area, point: Point): Point {
  return { x: x + point.x * width, y: y + point.y * height };
}
