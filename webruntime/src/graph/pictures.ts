import { TexelflowError } from "../errors.ts";

/** Elements of a page; the types of workers (`lib: ["webworker"]`) have none. */
type PageElement<Name extends string> = typeof globalThis extends {
  [Key in Name]: { prototype: infer Element };
}
  ? Element
  : never;

/** Pictures that an input with image preprocessing takes. */
export type ImageSource =
  | PageElement<"HTMLImageElement">
  | PageElement<"HTMLVideoElement">
  | PageElement<"HTMLCanvasElement">
  | OffscreenCanvas
  | ImageBitmap
  | ImageData
  | VideoFrame;

/** A picture and its size in pixels. */
export interface Picture {
  readonly source: ImageSource;
  readonly width: number;
  readonly height: number;
  /** Whether its pixels have to go through a canvas, so that they come as those of an `<img>`; see `isAsStored`. */
  readonly redraw: boolean;
}

/** Properties that hold the size, by class: of an image its own size, not the size it is shown at. */
const SIZE_PROPERTIES: Record<string, readonly [width: string, height: string]> = {
  HTMLImageElement: ["naturalWidth", "naturalHeight"],
  HTMLVideoElement: ["videoWidth", "videoHeight"],
  HTMLCanvasElement: ["width", "height"],
  OffscreenCanvas: ["width", "height"],
  ImageBitmap: ["width", "height"],
  ImageData: ["width", "height"],
  VideoFrame: ["displayWidth", "displayHeight"],
};

/**
 * A picture with its size, or null when the value is none.
 *
 * @param what - names the input in errors
 * @throws Error when the picture has no pixels yet (still loading) or no more (closed)
 */
export function asPicture(value: unknown, what: string): Picture | null {
  // The class's name, not instanceof: a picture may come from another frame, and workers lack some of the classes.
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  const names = SIZE_PROPERTIES[kind];
  if (!names) return null;
  const properties = value as Record<string, number>;
  const [width, height] = names.map((name) => properties[name] ?? 0) as [number, number];
  if (width === 0 || height === 0) {
    throw new TexelflowError(
      "input",
      `${what}: the ${kind} has no pixels. Wait until it is loaded (image.decode(), the video's "loadeddata" event), ` +
        "and do not close it before run() has resolved.",
    );
  }
  return { source: value as ImageSource, width, height, redraw: !isAsStored(kind, value, width, height) };
}

/**
 * Whether GL gets the pixels that a page shows. Of an ImageBitmap it gets colours that may be multiplied by alpha, which
 * nobody can ask; of a VideoFrame those that were coded, whose shape may be another than that of the picture.
 */
function isAsStored(kind: string, value: unknown, width: number, height: number): boolean {
  if (kind === "ImageBitmap") return false;
  if (kind !== "VideoFrame") return true;
  const { visibleRect } = value as VideoFrame;
  return visibleRect?.width === width && visibleRect.height === height;
}
