// Loaded as dist/texelflow.keep.js when a run is first asked to keep outputs on the GPU.

import type { DataType } from "../../../bundle/generated/graph_file.ts";
import { part } from "../../../bundle/parts.ts";
import { TexelflowError } from "../../../errors.ts";
import type { DrawOptions, DrawTarget, GpuTensor } from "../../../graph/gpu_tensor.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { gpuFinished } from "../gl/fence.ts";
import { ArrayTexture, textureBytes } from "../gl/texture.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import type { PlacedTensor } from "./draws.ts";
import { OutputReader } from "./output_reader.ts";

/** An output that was copied, on the GPU, to a texture of its own. */
export class KeptTensor<D extends DataType = DataType> implements GpuTensor<D> {
  readonly dtype: D;
  readonly shape: readonly number[];
  private readonly placed: PlacedTensor;
  private isDisposed = false;

  /** Copies what the reader of an output would read. */
  constructor(
    private readonly model: LoadedModel,
    readonly name: string,
    { shape, output, placed }: OutputReader,
  ) {
    const { context } = model;
    this.dtype = output.dtype as D;
    this.shape = shape;
    const { texture, layout } = placed;
    let own: ArrayTexture | null = null;
    if (texture) {
      const { width, height, layers } = layout;
      model.reserve(textureBytes(context, texture.format, width, height, layers), "tensors kept");
      own = new ArrayTexture(context, texture.format, width, height, layers);
      own.copy(texture, width, height);
    }
    this.placed = { ...placed, texture: own };
    model.pools.add(this);
    model.sessions.add(this);
  }

  /** Size in GPU memory. */
  get bytes(): number {
    return this.placed.texture?.bytes ?? 0;
  }

  get data(): never {
    throw new TexelflowError(
      "input",
      `Tensor "${this.name}" stayed on the GPU, as "keep" asked for: await its read() to have the elements.`,
    );
  }

  async read(): Promise<Tensor<D>> {
    this.throwIfGone();
    await gpuFinished(this.model.context);
    this.throwIfGone();
    return this.elements() as Tensor<D>;
  }

  async draw(canvas: DrawTarget, options: DrawOptions = {}): Promise<void> {
    this.throwIfGone();
    const { drawOn } = await part("texelflow.canvas.js", import("./canvas_drawing.ts"));
    this.throwIfGone();
    drawOn(canvas, this.model.context, this.placed, this.name, this.shape, options);
  }

  dispose(): void {
    this.delete();
  }

  /** Frees it; also called when the model that made it goes. */
  delete(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.placed.texture?.delete();
    this.model.pools.delete(this);
    this.model.sessions.delete(this);
  }

  /**
   * Copies it into the tensor of an input.
   *
   * @throws TexelflowError with the code `state-lost` when the GPU's context was lost, or `disposed`, or `input` where the
   *   input is another's that is loaded besides: it has a context of its own, and GL would copy what lies there already
   */
  copyTo(target: PlacedTensor): void {
    this.throwIfGone();
    const { texture, layout } = this.placed;
    if (!texture || !target.texture) return;
    if (target.texture.context !== this.model.context) {
      throw new TexelflowError(
        "input",
        `Tensor "${this.name}" is on the GPU of another copy of texelflow than the model, of which the page has two: ` +
          "give what read() resolves to, or load both models by one.",
      );
    }
    if (target.texture.format === texture.format && !layout.planes) {
      target.texture.copy(texture, layout.width, layout.height);
      return;
    }
    // A vector may lie otherwise than inputs do; it is short.
    const numbers = new OutputReader(this.model.context, this, this.shape, this.placed).readNumbers();
    const { width, height } = target.layout;
    const filled =
      numbers instanceof Int32Array
        ? new Int32Array(width * height * 4)
        : new Float32Array(width * height * 4);
    filled.set(numbers.subarray(0, layout.elements));
    target.texture.write(0, width * height, width, filled);
  }

  private elements(): Tensor {
    return new OutputReader(this.model.context, this, this.shape, this.placed).read();
  }

  private throwIfGone(): void {
    if (this.model.context.isLost) {
      throw new TexelflowError(
        "state-lost",
        `The GPU context was lost with tensor "${this.name}", which stayed on the GPU.`,
      );
    }
    if (this.isDisposed) {
      throw new TexelflowError(
        "disposed",
        `Tensor "${this.name}" was disposed, or the model that made it was.`,
      );
    }
  }
}

/**
 * What reads outputs but for some, which it keeps on the GPU.
 *
 * @throws TexelflowError when `keep` is no list of names of outputs
 */
export function keeping(model: LoadedModel, keep: unknown): (reader: OutputReader, name: string) => unknown {
  const names: unknown[] = model.graph.outputs.map(({ name }) => name);
  const unknown = Array.isArray(keep) ? keep.find((name) => !names.includes(name)) : String(keep);
  if (unknown !== undefined) {
    throw new TexelflowError(
      "option",
      `keep must be a list of outputs, which are ${names.join(", ")}; "${unknown}" is none.`,
    );
  }
  return (reader, name) =>
    (keep as unknown[]).includes(name) ? new KeptTensor(model, name, reader) : reader.read();
}
