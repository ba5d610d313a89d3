import type { GraphOutput } from "../../../bundle/generated/graph_file.ts";
import { elementCount, kindOf, Tensor, widen } from "../../../graph/tensor.ts";
import type { Context } from "../gl/context.ts";
import { readTexels } from "../gl/readback.ts";
import type { Layout, Planes } from "../layout/layouts.ts";
import type { PlacedTensor } from "./draws.ts";

/** Brings one output from its texture into a tensor, for one plan. */
export class OutputReader {
  /** Texels of each layer that is read, as the GPU gives them. */
  private readonly layers: readonly (Float32Array | Int32Array)[];
  /** The elements of a blocked tensor in their order; those of a flat one are so already. */
  private readonly elements: Float32Array | Int32Array;

  constructor(
    private readonly context: Context,
    readonly output: Pick<GraphOutput, "dtype">,
    readonly shape: readonly number[],
    readonly placed: PlacedTensor,
  ) {
    const { layout, texture } = placed;
    const array = kindOf(output.dtype) === "float" ? Float32Array : Int32Array;
    const texels = texture ? layout.width * layout.height : 0;
    this.layers = Array.from({ length: layout.blocking.groups }, () => new array(texels * 4));
    this.elements = layout.planes
      ? new array(layout.elements)
      : (this.layers[0] as Float32Array | Int32Array);
  }

  /** The output's values, in an array of its own; waits for the GPU. */
  read(): Tensor {
    const { dtype } = this.output;
    return new Tensor(dtype, this.shape, widen(dtype, this.readNumbers(), elementCount(this.shape)));
  }

  /** The elements as the GPU holds them, and what fills the last texels, until the next reading; waits for the GPU. */
  readNumbers(): Float32Array | Int32Array {
    const { texture, layout } = this.placed;
    const { pixels, rows } = layout.blocking;
    if (texture) {
      this.layers.forEach((texels, group) => {
        readTexels(this.context, texture, group * rows * pixels, layout.width, layout.height, texels);
      });
    }
    if (layout.planes) gatherChannels(layout, this.layers, this.elements);
    return this.elements;
  }
}

/** Gathers the channels of a blocked tensor of one pixel, so that texels follow each other as its planes do. */
function gatherChannels(
  { planes, blocking }: Layout,
  layers: readonly (Float32Array | Int32Array)[],
  elements: Float32Array | Int32Array,
): void {
  const { extents, perImage } = planes as Planes;
  const [batch, channels] = extents;
  let element = 0;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      const group = c >> 2;
      const plane = n * perImage + Math.floor(group / blocking.groups);
      elements[element++] = layers[group % blocking.groups]?.[plane * 4 + (c & 3)] as number;
    }
  }
}
