import type { GraphInput, ImagePreprocessing } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import type { Symbols } from "../../../graph/expressions.ts";
import { isGpuTensor } from "../../../graph/gpu_tensor.ts";
import type { InputValue } from "../../../graph/inputs.ts";
import { PICTURE_SYMBOLS, type Picture } from "../../../graph/pictures.ts";
import { kindOf, narrow, Tensor } from "../../../graph/tensor.ts";
import type { Context } from "../gl/context.ts";
import type { LinkedProgram } from "../gl/program.ts";
import { PictureTexture } from "../gl/texture.ts";
import { checkElements } from "../layout/layouts.ts";
import { type BoundDraw, bindDraw, executeDraws, type PlacedTensor } from "./draws.ts";
import { setParameters, setScales } from "./uniforms.ts";

/** Largest magnitude that 16-bit floats hold. */
const LARGEST_FLOAT16 = 65504;

/** Brings the values of one input into its tensor, for one plan. */
export class InputFeed {
  /** The tensor's numbers as the GPU takes them, with zeros up to the end of the last row. */
  private readonly staging: Float32Array | Int32Array;
  private readonly pictureFeed: PictureFeed | null;

  constructor(
    context: Context,
    private readonly input: Pick<GraphInput, "name" | "dtype" | "image">,
    private readonly placed: PlacedTensor,
    program: LinkedProgram | undefined,
    symbols: Symbols,
  ) {
    const { width, height } = placed.layout;
    const values = placed.texture ? width * height * 4 : 0;
    this.staging = kindOf(input.dtype) === "float" ? new Float32Array(values) : new Int32Array(values);
    this.pictureFeed =
      program && input.image ? new PictureFeed(context, input.image, placed, program, symbols) : null;
  }

  /** Uploads a tensor, or draws pictures, into the input's tensor, or copies there what stayed on the GPU. */
  write(value: InputValue, maxTextureSize: number): void {
    const what = `Input "${this.input.name}"`;
    if (isGpuTensor(value)) {
      value.copyTo(this.placed);
      return;
    }
    if (!(value instanceof Tensor)) {
      this.pictureFeed?.write(value, maxTextureSize, what);
      return;
    }
    const { texture, layout } = this.placed;
    checkElements(what, value.data.length, layout);
    if (!texture) return;
    narrow(value.dtype, value.data, this.staging, what);
    if (texture.format === "float16") clampToFloat16(this.staging);
    texture.write(0, layout.width * layout.height, layout.width, this.staging);
  }

  /** Uploads numbers as the GPU holds them. */
  fill(numbers: Float32Array | Int32Array): void {
    const { texture, layout } = this.placed;
    checkElements(this.input.name, numbers.length, layout);
    if (!texture) return;
    this.staging.set(numbers);
    texture.write(0, layout.width * layout.height, layout.width, this.staging);
  }

  /** Frees what the feed holds on the GPU. */
  delete(): void {
    this.pictureFeed?.delete();
  }
}

/** Draws pictures of any size into an input's tensor with the bundle's preprocessing program. */
class PictureFeed {
  private readonly texture: PictureTexture;
  private readonly bound: BoundDraw | null;
  /** What the draw's uniforms hold. */
  private parameters: readonly number[] = [];

  constructor(
    private readonly context: Context,
    private readonly image: ImagePreprocessing,
    private readonly placed: PlacedTensor,
    program: LinkedProgram,
    private readonly symbols: Symbols,
  ) {
    this.texture = new PictureTexture(context);
    this.bound = bindDraw(context, program, placed, [], {}, symbols);
  }

  /** Fills the tensor: each picture an equal part of it, one after another. */
  write(pictures: readonly Picture[], maxTextureSize: number, what: string): void {
    if (!this.bound) return;
    const tooLarge = pictures.find(({ width, height }) => Math.max(width, height) > maxTextureSize);
    if (tooLarge) {
      throw new TexelflowError(
        "size",
        `${what}: the picture is ${tooLarge.width}×${tooLarge.height} pixels, but this device takes at most ` +
          `${maxTextureSize} a side. Draw it on a smaller canvas.`,
      );
    }
    const { elements, width, height } = this.placed.layout;
    const { gl } = this.context;
    const each = elements / pictures.length;
    pictures.forEach((picture, index) => {
      this.texture.upload(0, picture);
      const start = index * each;
      const whole = Math.ceil(start / 4);
      const isLast = index + 1 === pictures.length;
      this.draw(picture, whole, isLast ? width * height : Math.ceil((start + each) / 4));
      const lane = start % 4;
      if (lane === 0) return;
      // The picture begins amid a texel, whose first lanes are the end of the one before.
      gl.colorMask(false, lane < 2, lane < 3, true);
      this.draw(picture, whole - 1, whole);
      gl.colorMask(true, true, true, true);
    });
    // Shaders of other bundles, which may read from this unit, are given no picture.
    gl.bindTexture(gl.TEXTURE_2D, null);
  }

  delete(): void {
    this.texture.delete();
  }

  /** Draws the texels of the tensor from `first` to before `end`. */
  private draw({ part, width, height }: Picture, first: number, end: number): void {
    const draw = this.bound as BoundDraw;
    const parameters = [part.x, part.y, part.width, part.height, first, end];
    if (parameters.some((number, index) => number !== this.parameters[index])) {
      const symbols = new Map(this.symbols);
      PICTURE_SYMBOLS.forEach((name, index) => {
        symbols.set(name, parameters[index] as number);
      });
      setParameters(draw, [this.placed.layout], this.image, symbols);
      this.parameters = parameters;
    }
    setScales(draw, [{ width, height }]);
    executeDraws(this.context, [draw]);
  }
}

/** Keeps what a texture of 16-bit floats would take for infinite within what it holds. */
export function clampToFloat16(values: Float32Array | Int32Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value > LARGEST_FLOAT16) values[i] = LARGEST_FLOAT16;
    else if (value < -LARGEST_FLOAT16) values[i] = -LARGEST_FLOAT16;
  }
}
