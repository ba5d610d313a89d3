import type { PlanTensor } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { elementCount } from "../../../graph/tensor.ts";

/** P neighbouring pixels of R rows of M neighbouring channel groups, which the layers of a blocked tensor hold. */
export interface Blocking {
  readonly pixels: number;
  readonly rows: number;
  readonly groups: number;
  /** Rows go on below the plane's rows from the texel 2^fold on; 0 where they are not folded. */
  readonly fold: number;
  /** Lines from 2^cut on lie beside the first ones; 0 where the texture is not cut. */
  readonly cut: number;
}

/**
 * What a device blocks: pixels, and channel groups, or as many rows of tensors that ask for them instead. Rows of more
 * than 2^fold texels are folded, and planes of more than 2^cut lines cut.
 */
export type DeviceBlocking = Omit<Blocking, "rows">;

/** A tensor that reads a part of another one's texture. */
export type Alias = PlanTensor & Required<Pick<PlanTensor, "axes" | "alias">>;

/** Batch, channels, height and width of a blocked tensor. */
export type Extents = readonly [number, number, number, number];

/** The blocking of flat tensors. */
export const FLAT: Blocking = { pixels: 1, rows: 1, groups: 1, fold: 0, cut: 0 };

/** Where the elements of a tensor lie in its texture; see docs/bundle-format.md, Layouts. */
export interface Layout {
  readonly shape: readonly number[];
  readonly elements: number;
  readonly blocking: Blocking;
  /** Extent in use, in texels, of each layer. */
  readonly width: number;
  readonly height: number;
  readonly layers: number;
  /** Columns that earlier runs drew, of a tensor that is appended to. */
  readonly left?: number;
  /** Null for flat tensors. */
  readonly planes: Planes | null;
}

/** How the planes of a blocked tensor lie in its texture: in tiles of one plane each. */
export interface Planes {
  readonly extents: Extents;
  /** Tiles beside each other: G. */
  readonly tiles: number;
  /** Texels of a tile's row. */
  readonly columns: number;
  /** Lines of all rows of tiles, of which a cut texture has some beside the others. */
  readonly lines: number;
  /** Planes from one batch entry to the next. */
  readonly perImage: number;
  /** The plane of the first channels; others than 0 for aliases only. */
  readonly first: number;
}

/** Viewports of blocked tensors are at least so wide where that costs nothing: narrow ones are drawn slower. */
const GOOD_WIDTH = 16;

/** Factor by which the drawn area of a tensor may exceed the least. */
const TOLERATED_WASTE = 1.04;

/** Most planes of a blocked tensor: shaders find a plane's tile by a division that is exact so far (lib/kernel.glsl.j2). */
const MOST_PLANES = 2 ** 21;

/** Numbers of tile columns that are tried beyond the least that the device's textures ask for. */
const TRIED_TILES = 32;

/** Whether a tensor has no texture of its own. */
export function isAlias(tensor: PlanTensor): tensor is Alias {
  return !!tensor.alias;
}

/**
 * Places an alias of known shape among the channels of the tensor whose texture it reads.
 *
 * @throws Error when it is not within that tensor
 */
export function aliasLayout(tensor: Alias, shape: readonly number[], holder: Layout): Layout {
  const { start, step } = tensor.alias;
  const stored = holder.planes as Planes;
  const extents = extentsOf(shape, tensor.axes);
  const [batch, channels, height, width] = extents;
  const [storedBatch, storedChannels, storedHeight, storedWidth] = stored.extents;
  const last = start + (batch - 1) * step + channels;
  if (last > storedBatch * storedChannels || height !== storedHeight || width !== storedWidth) {
    throw new TexelflowError(
      "damaged",
      `Tensor "${tensor.value}" of shape [${shape.join(", ")}] is not within the tensor whose texture it reads.`,
    );
  }
  const channelsOfPlane = 4 * holder.blocking.groups;
  return {
    ...holder,
    shape,
    elements: elementCount(shape),
    planes: { ...stored, extents, perImage: step / channelsOfPlane, first: start / channelsOfPlane },
  };
}

/**
 * Checks that what a tensor takes or gives has as many elements as it.
 *
 * @throws TexelflowError with the code `damaged`
 */
export function checkElements(what: string, count: number, { elements }: Layout): void {
  if (count === elements) return;
  throw new TexelflowError(
    "damaged",
    `${what} has ${count} elements where graph.json says ${elements}. Export the model again.`,
  );
}

/**
 * How a tensor is blocked on a device with the given setting: P, R and M are 1 each when it is flat. Whether its rows are
 * folded, and its texture is cut, is decided by its width and height, where these are numbers.
 */
export function blockingOf(tensor: PlanTensor, device: DeviceBlocking): Blocking {
  if (!tensor.axes) return FLAT;
  const pixels = tensor.pixels ?? device.pixels;
  const rows = tensor.rows ? device.groups : 1;
  const groups = tensor.rows ? 1 : (tensor.groups ?? device.groups);
  // NaN, which is not above any limit, where an extent is no number.
  const [, , height, width] = extentsOf(tensor.shape as readonly number[], tensor.axes);
  const columns = Math.ceil(width / pixels);
  const fold = columns > 2 ** device.fold ? device.fold : 0;
  const lines = Math.ceil(height / rows) * (fold ? Math.ceil(columns / 2 ** fold) : 1);
  return { pixels, rows, groups, fold, cut: lines > 2 ** device.cut ? device.cut : 0 };
}

/** Layers that a blocked tensor has. */
export function layersOf({ pixels, rows, groups }: Blocking): number {
  return pixels * rows * groups;
}

/**
 * Places a tensor of known shape in a texture.
 *
 * @throws Error when an extent is negative, or the tensor has too many planes, or the device has no texture as large
 */
export function layoutOf(
  tensor: PlanTensor,
  shape: readonly number[],
  device: DeviceBlocking,
  maxTextureSize: number,
): Layout {
  const named = `Tensor ${tensor.value ? `"${tensor.value}" ` : ""}of shape [${shape.join(", ")}]`;
  const refusal = (reason: string) =>
    new TexelflowError("size", `${named} ${reason}. Run with smaller inputs or a smaller batch.`);
  if (shape.some((extent) => extent < 0)) {
    throw new TexelflowError("size", `${named} cannot be: an input is too small for this model.`);
  }
  const layout = tensor.axes
    ? blockedLayout(
        shape,
        tensor.axes,
        blockingOf({ ...tensor, shape: [...shape] }, device),
        2 ** device.cut,
        maxTextureSize,
      )
    : flatLayout(shape);
  if (layout.elements > 0 && Math.max(layout.width, layout.height) > maxTextureSize) {
    throw refusal(
      `needs a texture of ${layout.width}×${layout.height} texels, but this device allows ${maxTextureSize}×${maxTextureSize}`,
    );
  }
  const planes = layout.planes ? layout.planes.extents[0] * layout.planes.perImage : 0;
  if (Math.max(planes, layout.planes?.lines ?? 0) > MOST_PLANES) {
    throw refusal(`has ${planes} planes, but shaders tell ${MOST_PLANES} planes and lines apart`);
  }
  return layout;
}

function flatLayout(shape: readonly number[]): Layout {
  const elements = elementCount(shape);
  const texels = Math.ceil(elements / 4);
  let exponent = 1;
  while (4 ** exponent < texels) exponent++;
  const width = 2 ** exponent;
  return {
    shape,
    elements,
    blocking: FLAT,
    width,
    height: Math.ceil(texels / width),
    layers: 1,
    planes: null,
  };
}

function blockedLayout(
  shape: readonly number[],
  axes: readonly (readonly number[])[],
  blocking: Blocking,
  lineLimit: number,
  maxTextureSize: number,
): Layout {
  const extents = extentsOf(shape, axes);
  const [batch, channels, height, width] = extents;
  const texels = Math.ceil(width / blocking.pixels);
  const columns = blocking.fold ? 2 ** blocking.fold : texels;
  const folds = blocking.fold ? Math.ceil(texels / columns) : 1;
  const lines = Math.ceil(height / blocking.rows) * folds;
  const perImage = Math.ceil(Math.ceil(channels / 4) / blocking.groups);
  const planes = batch * perImage;
  const tiles = blocking.cut
    ? Math.max(1, Math.min(planes, Math.floor(maxTextureSize / columns / Math.ceil(lines / lineLimit))))
    : tileColumns(planes, columns, lines, lineLimit, maxTextureSize);
  const allLines = Math.ceil(planes / tiles) * lines;
  return {
    shape,
    elements: batch * channels * height * width,
    blocking,
    width: tiles * columns * (blocking.cut ? Math.ceil(allLines / lineLimit) : 1),
    height: blocking.cut ? lineLimit : allLines,
    layers: layersOf(blocking),
    planes: { extents, tiles, columns, lines: allLines, perImage, first: 0 },
  };
}

function extentsOf(shape: readonly number[], axes: readonly (readonly number[])[]): Extents {
  // `map` makes lists of any length; there are four groups.
  return axes.map((group) => elementCount(group.map((axis) => shape[axis] as number))) as unknown as Extents;
}

/**
 * The number of tile columns that covers all planes with nearly the fewest 2×2 quads, in which GPUs shade: of those the
 * smallest that gives a good width, so that tensors of like sizes fit the same textures.
 */
function tileColumns(
  planes: number,
  columns: number,
  lines: number,
  lineLimit: number,
  maxTextureSize: number,
): number {
  const fewest = Math.max(1, Math.ceil(planes / Math.max(1, Math.floor(lineLimit / lines))));
  const most = Math.min(planes, fewest + TRIED_TILES, Math.floor(maxTextureSize / columns));
  const candidates = Array.from({ length: Math.max(1, most - fewest + 1) }, (_, index) => fewest + index);
  const quads = (tiles: number) =>
    Math.ceil((tiles * columns) / 2) * Math.ceil((Math.ceil(planes / tiles) * lines) / 2);
  const enough = Math.min(...candidates.map(quads)) * TOLERATED_WASTE;
  const good = candidates.filter((tiles) => quads(tiles) <= enough);
  return good.find((tiles) => tiles * columns >= GOOD_WIDTH) ?? (good[0] as number);
}
