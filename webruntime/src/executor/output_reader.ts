import type { GraphOutput } from "../generated/graph_file.ts";
import { elementCount, kindOf, Tensor, widen } from "../tensor.ts";
import type { Context } from "../webgl/context.ts";
import { readTexels } from "../webgl/readback.ts";
import type { PlacedTensor } from "./draws.ts";

/** Brings one output from its texture into a tensor, for one plan. */
export class OutputReader {
  /** Texels as the GPU gives them. */
  private readonly texels: Float32Array | Int32Array;

  constructor(
    private readonly context: Context,
    private readonly output: GraphOutput,
    private readonly shape: readonly number[],
    private readonly placed: PlacedTensor,
  ) {
    const { width, height } = placed.layout;
    const array = kindOf(output.dtype) === "float" ? Float32Array : Int32Array;
    this.texels = new array(placed.texture ? width * height * 4 : 0);
  }

  /** The output's values, in an array of its own; waits for the GPU. */
  read(): Tensor {
    const { dtype } = this.output;
    const { texture, layout } = this.placed;
    if (texture) readTexels(this.context, texture, 0, layout.width, layout.height, this.texels);
    return new Tensor(dtype, this.shape, widen(dtype, this.texels, elementCount(this.shape)));
  }
}
