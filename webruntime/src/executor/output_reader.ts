import type { GraphOutput } from "../generated/graph_file.ts";
import { elementCount, isNative, kindOf, Tensor, type TensorData, widen } from "../tensor.ts";
import type { Context } from "../webgl/context.ts";
import { readTexels, TexelReader } from "../webgl/readback.ts";
import type { PlacedTensor } from "./draws.ts";

/** Bytes of texels up to which reading at once, though it waits for the GPU, is quicker than a fence. */
const READ_AT_ONCE = 64 * 1024;

/** Brings one output from its texture into a tensor, for one plan. */
export class OutputReader {
  private readonly count: number;
  private readonly reader: TexelReader | null;
  /** Texels as the GPU gives them; null where they are read straight into the result. */
  private readonly scratch: Float32Array | Int32Array | null;

  constructor(
    private readonly context: Context,
    private readonly output: GraphOutput,
    private readonly shape: readonly number[],
    private readonly placed: PlacedTensor,
  ) {
    const { width, height } = placed.layout;
    this.count = elementCount(shape);
    const values = placed.texture ? width * height * 4 : 0;
    this.reader = values * 4 > READ_AT_ONCE ? new TexelReader(context, width, height) : null;
    const array = kindOf(output.dtype) === "float" ? Float32Array : Int32Array;
    this.scratch = this.reader && isNative(output.dtype) ? null : new array(values);
  }

  /** Whether the GPU must have finished before `take`. */
  get waits(): boolean {
    return this.reader !== null;
  }

  /** Queues the copy of a large output. */
  start(): void {
    if (this.placed.texture) this.reader?.start(this.placed.texture);
  }

  /** The output's values, in an array of its own. */
  take(): Tensor {
    return new Tensor(this.output.dtype, this.shape, this.values());
  }

  /** Frees what the reader holds on the GPU. */
  delete(): void {
    this.reader?.delete();
  }

  private values(): TensorData {
    if (!this.scratch) {
      const result =
        this.output.dtype === "float32" ? new Float32Array(this.count) : new Int32Array(this.count);
      this.reader?.take(result);
      return result;
    }
    const { texture, layout } = this.placed;
    if (this.reader) this.reader.take(this.scratch);
    else if (texture) readTexels(this.context, texture, 0, layout.width, layout.height, this.scratch);
    return widen(this.output.dtype, this.scratch, this.count);
  }
}
