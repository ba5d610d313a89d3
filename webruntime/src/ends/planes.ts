/** A map with one number for each pixel: `data[y * width + x]`. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** The numbers of an output; for integers and 16-bit floats, pass `tensor.as("float32")`. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/**
 * The channels of an output that is one picture: [1, C, H, W], [1, H, W, C], the same without batch, or [H, W].
 *
 * @param channels - how many channels there are, if that is needed to tell which axis they are
 * @throws RangeError when the output is not such a picture
 */
export function planesOf({ shape, data }: Numbers, channels?: number): Plane[] {
  const extents = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : [...shape];
  if (extents.length === 2) extents.unshift(1);
  const [first = 0, middle = 0, last = 0] = extents;
  const isFirst = channels === undefined ? first <= last : first === channels;
  const count = isFirst ? first : last;
  if (extents.length !== 3 || (channels !== undefined && count !== channels)) {
    throw new RangeError(
      `A tensor of shape [${shape.join(", ")}] is no picture of ${channels ?? "some"} channels.`,
    );
  }
  const [height, width] = isFirst ? [middle, last] : [first, middle];
  const pixels = height * width;
  return Array.from({ length: count }, (_, channel) => {
    const plane = new Float32Array(pixels);
    for (let pixel = 0; pixel < pixels; pixel++) {
      plane[pixel] = data[isFirst ? channel * pixels + pixel : pixel * count + channel] as number;
    }
    return { width, height, data: plane };
  });
}

/**
 * Makes a picture of one plane (grey), three (RGB), or four (RGBA).
 *
 * @param range - the values that become 0 and 255. Default: `[0, 1]`
 * @throws RangeError when there is no pixel, or both values are one
 */
export function pictureOf(
  planes: readonly Plane[],
  [low, high]: readonly [number, number] = [0, 1],
): ImageData {
  const { width = 1, height = 1 } = planes[0] ?? {};
  if (!(width > 0 && height > 0 && low !== high)) {
    throw new RangeError(`${width} × ${height} numbers from ${low} to ${high} are no picture.`);
  }
  const picture = new ImageData(width, height);
  const { data } = picture;
  for (let channel = 0; channel < 4; channel++) {
    const plane = planes.length < 3 ? planes[channel < 3 ? 0 : 1] : planes[channel];
    for (let pixel = 0; pixel < width * height; pixel++) {
      const value = plane ? (((plane.data[pixel] as number) - low) / (high - low)) * 255 : 255;
      data[pixel * 4 + channel] = value; // rounded, and kept between 0 and 255, by the array
    }
  }
  return picture;
}

/** How to show a mask. */
export interface MaskOptions {
  /** Red, green and blue from 0 to 255. Default: `[255, 0, 0]`. */
  readonly colour?: readonly [number, number, number] | undefined;
  /** Opacity where the mask is 1. Default: 0.5. */
  readonly opacity?: number | undefined;
  /** The value from which on a pixel belongs to the mask; without it, values from 0 to 1 are its opacity. */
  readonly threshold?: number | undefined;
}

/** Makes a picture of one colour from a mask, of the mask's size, to be drawn over another picture. */
export function maskPicture({ width, height, data }: Plane, options: MaskOptions = {}): ImageData {
  const { colour = [255, 0, 0], opacity = 0.5, threshold } = options;
  const picture = new ImageData(width, height);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const value = data[pixel] as number;
    const share = threshold === undefined ? value : Number(value >= threshold);
    picture.data.set([...colour, share * opacity * 255], pixel * 4);
  }
  return picture;
}

/** The 2d context of a canvas. */
export interface Surface {
  /** Draws a picture into a rectangle. */
  drawImage(image: OffscreenCanvas, x: number, y: number, width: number, height: number): void;
}

/**
 * Draws a picture or mask that was made from planes over the part of the original picture that the model saw.
 *
 * @param context - of a canvas that shows the original picture
 * @param area - what `placement` gives
 */
export function drawPicture(
  context: Surface,
  picture: ImageData,
  area: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): void {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d")?.putImageData(picture, 0, 0);
  context.drawImage(canvas, area.x, area.y, area.width, area.height);
}
