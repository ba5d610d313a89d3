import type { GraphInput, ImagePreprocessing } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import type { Symbols } from "../../../graph/expressions.ts";
import type { Picture } from "../../../graph/pictures.ts";
import { kindOf, narrow, Tensor } from "../../../graph/tensor.ts";
import type { Context } from "../gl/context.ts";
import type { LinkedProgram } from "../gl/program.ts";
import { PictureTexture } from "../gl/texture.ts";
import { type BoundDraw, bindDraw, executeDraws, type PlacedTensor } from "./draws.ts";
import { setParameters, setScales } from "./uniforms.ts";

/** Largest magnitude that 16-bit floats hold. */
const LARGEST_FLOAT16 = 65504;

/** Brings the values of one input into its tensor, for one plan. */
export class InputFeed {
  /** The tensor's numbers as the GPU takes them, with zeros up to the end of the last row. */
  private readonly staging: Float32Array | Int32Array | null;
  private readonly pictureFeed: PictureFeed | null;

  constructor(
    context: Context,
    private readonly input: GraphInput,
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

  /** Uploads a tensor, or draws a picture, into the input's tensor. */
  write(value: Tensor | Picture, maxTextureSize: number): void {
    const what = `Input "${this.input.name}"`;
    if (!(value instanceof Tensor)) {
      this.pictureFeed?.draw(value, maxTextureSize, what);
      return;
    }
    const { texture, layout } = this.placed;
    if (!texture || !this.staging) return;
    narrow(value.dtype, value.data, this.staging, what);
    if (texture.format === "float16") clampToFloat16(this.staging);
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
  private width = 0;
  private height = 0;

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

  draw(picture: Picture, maxTextureSize: number, what: string): void {
    if (!this.bound) return;
    const { width, height } = picture;
    if (Math.max(width, height) > maxTextureSize) {
      throw new TexelflowError(
        "size",
        `${what}: the picture is ${width}×${height} pixels, but this device takes at most ${maxTextureSize} a side. ` +
          "Draw it on a smaller canvas first.",
      );
    }
    if (width !== this.width || height !== this.height) this.resize(width, height);
    this.texture.upload(0, picture);
    executeDraws(this.context, [this.bound]);
  }

  delete(): void {
    this.texture.delete();
  }

  private resize(width: number, height: number): void {
    const symbols = new Map([...this.symbols, ["picture.width", width], ["picture.height", height]]);
    const draw = this.bound as BoundDraw;
    setParameters(draw, [this.placed.layout], this.image, symbols);
    setScales(draw, [{ width, height }]);
    this.width = width;
    this.height = height;
  }
}

function clampToFloat16(values: Float32Array | Int32Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value > LARGEST_FLOAT16) values[i] = LARGEST_FLOAT16;
    else if (value < -LARGEST_FLOAT16) values[i] = -LARGEST_FLOAT16;
  }
}
