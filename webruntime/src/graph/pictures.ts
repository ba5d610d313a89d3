import { TexelflowError } from "../errors.ts";

/** DOM elements, which TypeScript's types for workers (`lib: ["webworker"]`) lack. */
export type PageElement<Name extends string> = typeof globalThis extends {
  [Key in Name]: { prototype: infer Element };
}
  ? Element
  : never;

/** Pictures that an input with image preprocessing accepts. */
export type ImageSource =
  | PageElement<"HTMLImageElement">
  | PageElement<"HTMLVideoElement">
  | PageElement<"HTMLCanvasElement">
  | OffscreenCanvas
  | ImageBitmap
  | ImageData
  | VideoFrame;

/** A part of a picture, in whole pixels from its upper left corner. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A part of a picture, used as if it were the whole picture. */
export interface CroppedPicture {
  readonly source: ImageSource;
  readonly crop: Rectangle;
}

/** A picture, its size in pixels, and the part of it to use. */
export interface Picture {
  readonly source: ImageSource;
  readonly width: number;
  readonly height: number;
  readonly part: Rectangle;
  /** Whether it must be drawn on a canvas first, so that its pixels equal those of an `<img>`; see `isAsStored`. */
  readonly redraw: boolean;
}

/** Symbols of a picture's draw: the part to take, and the texels of the tensor to fill, first and end. */
export const PICTURE_SYMBOLS = ["left", "top", "width", "height", "first", "end"].map(
  (name) => `picture.${name}`,
);

/** Classes of pictures. */
const KINDS = /^(HTML(Image|Video|Canvas)Element|OffscreenCanvas|ImageBitmap|ImageData|VideoFrame)$/;

/**
 * The pictures of a value, one, or several in an array, or null when it is none of these.
 *
 * @param what - names the input in errors
 * @throws Error when a picture has no pixels yet (still loading) or no longer (closed), or is smaller than the part
 */
export function asPictures(value: unknown, what: string): Picture[] | null {
  if (!Array.isArray(value)) {
    const picture = asPicture(value, what);
    return picture && [picture];
  }
  const pictures = value.map((item, index) => asPicture(item, `${what}[${index}]`));
  if (!pictures[0]) return null;
  const other = pictures.indexOf(null);
  if (other < 0) return pictures as Picture[];
  throw new TexelflowError(
    "input",
    `${what}[${other}]: a picture was expected, but ${classOf(value[other])} came.`,
  );
}

/** The name of a value's class. Not `instanceof`: the value may come from another frame, and workers lack some classes. */
function classOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function asPicture(value: unknown, what: string): Picture | null {
  const { source, crop } = (value ?? {}) as Partial<CroppedPicture>;
  if (crop) {
    const whole = asPicture(source, what);
    return whole && { ...whole, part: checkedPart(crop, whole, what) };
  }
  const kind = classOf(value);
  if (!KINDS.test(kind)) return null;
  const properties = value as Record<string, number>;
  // The natural size of an image, not the size at which it is shown.
  const [width, height] = ["Width", "Height"].map(
    (side) =>
      properties[`natural${side}`] ??
      properties[`video${side}`] ??
      properties[`display${side}`] ??
      properties[side.toLowerCase()],
  ) as [number, number];
  if (width === 0 || height === 0) {
    throw new TexelflowError(
      "input",
      `${what}: the ${kind} has no pixels. Wait until it is loaded (image.decode(), the video's "loadeddata" event), ` +
        "and close it after run().",
    );
  }
  const redraw = !isAsStored(kind, value as Shown, width, height);
  return { source: value as ImageSource, width, height, part: { x: 0, y: 0, width, height }, redraw };
}

function checkedPart({ x, y, width, height }: Rectangle, whole: Picture, what: string): Rectangle {
  const numbers = [x, y, width, height];
  const fits = x >= 0 && y >= 0 && x + width <= whole.width && y + height <= whole.height;
  if (numbers.every(Number.isInteger) && width > 0 && height > 0 && fits) return { x, y, width, height };
  throw new TexelflowError(
    "input",
    `${what}: crop is x ${x}, y ${y}, width ${width}, height ${height}; whole pixels within the picture of ` +
      `${whole.width}×${whole.height} are needed, and at least one.`,
  );
}

/** The properties of an HTMLImageElement or a VideoFrame that are read here. */
interface Shown extends Partial<Pick<Rectangle, "width" | "height">> {
  readonly visibleRect?: Shown | null;
  readonly currentSrc: string;
}

/**
 * Whether WebGL gets exactly the pixels that a page shows. From an ImageBitmap it may get colours multiplied by alpha, which
 * cannot be queried; from a VideoFrame the coded pixels, whose aspect may differ from the picture's; from an SVG in
 * Chromium as many pixels as it is shown with.
 */
function isAsStored(kind: string, value: Shown, width: number, height: number): boolean {
  if (!/^(HTMLIm|VideoF)/.test(kind)) return kind !== "ImageBitmap";
  const { visibleRect: size = value, currentSrc } = value;
  return (size?.width === width && size.height === height) || /\.(jpe?g|png|webp)$/.test(currentSrc);
}
