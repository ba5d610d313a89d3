import type { PlanTensor } from "../../../bundle/generated/graph_file.ts";
import { elementCount, kindOf, Tensor, widen } from "../../../graph/tensor.ts";
import type { Context } from "../gl/context.ts";
import { readTexels } from "../gl/readback.ts";
import type { Layout, Planes } from "../layout/layouts.ts";
import type { PlacedTensor } from "./draws.ts";

/** Reads a tensor of any layout, and counts the lanes past its channels or last element that are not zero. */
export function readPlaced(
  context: Context,
  { dtype, layout, texture }: PlacedTensor,
  axes: PlanTensor["axes"],
): { tensor: Tensor; dirtyLanes: number } {
  const array = kindOf(dtype) === "float" ? Float32Array : Int32Array;
  const values = new array(layout.elements);
  if (!texture) return { tensor: new Tensor(dtype, layout.shape, widen(dtype, values, 0)), dirtyLanes: 0 };
  const layers = Array.from({ length: layout.layers }, (_, layer) => {
    const texels = new array(layout.width * layout.height * 4);
    readTexels(context, texture, layer, layout.width, layout.height, texels);
    return texels;
  });
  const dirtyLanes = axes
    ? readBlocked(layout, axes, layers, values)
    : readFlat(layers[0] as Float32Array | Int32Array, values);
  return { tensor: new Tensor(dtype, layout.shape, widen(dtype, values, values.length)), dirtyLanes };
}

type Values = Float32Array | Int32Array;

function readFlat(texels: Values, values: Values): number {
  values.set(texels.subarray(0, values.length));
  let dirty = 0;
  for (let i = values.length; i < texels.length; i++) if (texels[i] !== 0) dirty++;
  return dirty;
}

/** Walks the planes as docs/bundle-format.md, Layouts, defines them. */
function readBlocked(
  layout: Layout,
  axes: NonNullable<PlanTensor["axes"]>,
  layers: readonly Values[],
  values: Values,
): number {
  const { extents, tiles, columns, perImage } = layout.planes as Planes;
  const [batch, channels, height, width] = extents;
  const { pixels, rows, groups, fold, cut } = layout.blocking;
  const lines = Math.ceil(height / rows);
  const folds = fold ? Math.ceil(width / pixels / columns) : 1;
  const [offsetN, offsetC, offsetH, offsetW] = axes.map((group) =>
    offsets(layout.shape, group),
  ) as number[][];
  let dirty = 0;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < 4 * Math.ceil(channels / 4); c++) {
      const group = Math.floor(c / 4);
      const plane = n * perImage + Math.floor(group / groups);
      for (let h = 0; h < height; h++) {
        for (let w = 0; w < width; w++) {
          const column = Math.floor(w / pixels);
          const folded = Math.floor(column / columns) * lines;
          const line = Math.floor(plane / tiles) * lines * folds + folded + Math.floor(h / rows);
          const part = cut ? line >> cut : 0;
          const x = (part * tiles + (plane % tiles)) * columns + (column % columns);
          const y = line - (part << cut);
          const texels = layers[((group % groups) * rows + (h % rows)) * pixels + (w % pixels)];
          const value = texels?.[(y * layout.width + x) * 4 + (c % 4)] ?? Number.NaN;
          if (c < channels) {
            const element = [offsetN?.[n], offsetC?.[c], offsetH?.[h], offsetW?.[w]];
            values[element.reduce((sum: number, offset) => sum + (offset ?? 0), 0)] = value;
          } else if (value !== 0) {
            dirty++;
          }
        }
      }
    }
  }
  return dirty;
}

/** Row-major offset in `shape` of each index of a group of its axes, first axis slowest. */
function offsets(shape: readonly number[], group: readonly number[]): number[] {
  let result = [0];
  for (const axis of group) {
    const stride = elementCount(shape.slice(axis + 1));
    result = result.flatMap((offset) =>
      Array.from({ length: shape[axis] ?? 1 }, (_, index) => offset + index * stride),
    );
  }
  return result;
}
