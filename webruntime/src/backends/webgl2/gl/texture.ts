import { TexelflowError } from "../../../errors.ts";
import { type Context, setNearest } from "./context.ts";

/** How the four values of a texel are stored. */
export type TexelFormat = "float32" | "float16" | "int32" | "int8";

/** Bytes of one texel by format. */
export const TEXEL_BYTES: Record<TexelFormat, number> = { float32: 16, float16: 8, int32: 16, int8: 4 };

/** Values that `ArrayTexture.write` takes: bit patterns of 16-bit floats as Uint16Array. */
export type TexelData = Float32Array | Uint16Array | Int32Array | Int8Array;

/** Bytes of a texture as `ArrayTexture` makes it. */
export function textureBytes(
  context: Context,
  format: TexelFormat,
  width: number,
  height: number,
  layers: number,
): number {
  return context.roomyExtent(width) * context.roomyExtent(height) * layers * TEXEL_BYTES[format];
}

/** A 2D-array texture, with a framebuffer over all its layers when something is drawn into it. */
export class ArrayTexture {
  readonly handle: WebGLTexture;
  /** Extents in texels, at least as many as asked for. */
  readonly width: number;
  readonly height: number;
  private framebufferHandle: WebGLFramebuffer | null = null;
  /** Whether every texel was written or filled. */
  private isFilled = false;

  constructor(
    readonly context: Context,
    readonly format: TexelFormat,
    width: number,
    height: number,
    readonly layers: number,
  ) {
    const { gl } = context;
    this.width = context.roomyExtent(width);
    this.height = context.roomyExtent(height);
    this.handle = gl.createTexture();
    context.selectTexture(this.handle);
    const internal = { float32: gl.RGBA32F, float16: gl.RGBA16F, int32: gl.RGBA32I, int8: gl.RGBA8I }[format];
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, internal, this.width, this.height, layers);
    setNearest(gl, gl.TEXTURE_2D_ARRAY);
    context.created.textures++;
    context.countBytes(this.bytes);
  }

  /** Size in GPU memory. */
  get bytes(): number {
    return this.width * this.height * this.layers * TEXEL_BYTES[this.format];
  }

  get isInteger(): boolean {
    return this.format.startsWith("int");
  }

  private get canBeDrawnInto(): boolean {
    return this.format !== "float32" || this.context.capabilities.float32Targets;
  }

  /** A framebuffer that draws into layer i by render target i; made at the first use. */
  get framebuffer(): WebGLFramebuffer {
    if (this.framebufferHandle) return this.framebufferHandle;
    const { gl } = this.context;
    const framebuffer = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    const targets: number[] = [];
    for (let layer = 0; layer < this.layers; layer++) {
      const target = gl.COLOR_ATTACHMENT0 + layer;
      gl.framebufferTextureLayer(gl.FRAMEBUFFER, target, this.handle, 0, layer);
      targets.push(target);
    }
    gl.drawBuffers(targets);
    this.context.created.framebuffers++;
    this.framebufferHandle = framebuffer;
    return framebuffer;
  }

  /**
   * Writes whole texels into one layer, counted row by row over the first `columns` columns.
   *
   * @param data - four values a texel; Float32Array also into float16, Uint16Array only into float16, Int8Array only into int8
   * @param offset - index into `data` of the first value
   */
  write(firstTexel: number, texels: number, columns: number, data: TexelData, offset = 0, layer = 0): void {
    const { gl } = this.context;
    const external = this.isInteger ? gl.RGBA_INTEGER : gl.RGBA;
    const whole = this.format === "int8" ? gl.BYTE : gl.INT;
    const type = this.isInteger ? whole : data instanceof Uint16Array ? gl.HALF_FLOAT : gl.FLOAT;
    this.fillBefore(texels === this.width * this.height && columns === this.width);
    this.context.selectTexture(this.handle);
    let texel = firstTexel;
    const end = firstTexel + texels;
    while (texel < end) {
      const column = texel % columns;
      const row = Math.floor(texel / columns);
      const wholeRows = column === 0 ? Math.floor((end - texel) / columns) : 0;
      const width = wholeRows > 0 ? columns : Math.min(columns - column, end - texel);
      const height = Math.max(1, wholeRows);
      const source = offset + (texel - firstTexel) * 4;
      gl.texSubImage3D(
        gl.TEXTURE_2D_ARRAY,
        0,
        column,
        row,
        layer,
        width,
        height,
        1,
        external,
        type,
        data,
        source,
      );
      texel += width * height;
    }
  }

  /** Browsers would fill it themselves before a part is written, but slowly, and Firefox warns of that. */
  private fillBefore(isWholeLayer: boolean): void {
    if (!(isWholeLayer && this.layers === 1) && !this.isFilled && this.canBeDrawnInto) this.fill(0);
    this.isFilled = true;
  }

  /** Copies the first columns and rows of every layer of a texture of the same format. */
  copy(source: ArrayTexture, width: number, height: number): void {
    const { gl } = this.context;
    this.fillBefore(width === this.width && height === this.height);
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, source.framebuffer);
    this.context.selectTexture(this.handle);
    for (let layer = 0; layer < this.layers; layer++) {
      gl.readBuffer(gl.COLOR_ATTACHMENT0 + layer);
      gl.copyTexSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, layer, 0, 0, width, height);
    }
  }

  /** Fills every texel of every layer with one value, by clearing. */
  fill(value: number): void {
    const { gl } = this.context;
    this.isFilled = true;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.framebuffer);
    for (let layer = 0; layer < this.layers; layer++) {
      if (this.isInteger) gl.clearBufferiv(gl.COLOR, layer, [value, value, value, value]);
      else gl.clearBufferfv(gl.COLOR, layer, [value, value, value, value]);
    }
  }

  /** Frees the GPU memory. */
  delete(): void {
    const { gl } = this.context;
    this.context.forgetTexture(this.handle);
    gl.deleteFramebuffer(this.framebufferHandle);
    gl.deleteTexture(this.handle);
    this.context.countBytes(-this.bytes);
  }
}

/** A picture to be uploaded: as it is, or, with `redraw`, as a canvas shows it. */
interface PictureSource {
  readonly source: TexImageSource;
  readonly width: number;
  readonly height: number;
  readonly redraw: boolean;
}

/** A picture as RGBA8, replaced as a whole at each use. */
export class PictureTexture {
  private readonly handle: WebGLTexture;
  /** What pictures are redrawn on, made when there is one to be. */
  private canvas: OffscreenCanvas | HTMLCanvasElement | null = null;

  constructor(private readonly context: Context) {
    const { gl } = context;
    this.handle = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.handle);
    setNearest(gl, gl.TEXTURE_2D);
    context.created.textures++;
  }

  /** Uploads a picture, first row first, alpha not multiplied in, and leaves it bound to `unit`. */
  upload(unit: number, { source, width, height, redraw }: PictureSource): void {
    const { gl } = this.context;
    const picture = redraw ? this.redrawn(source as CanvasImageSource, width, height) : source;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, this.handle);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, picture);
  }

  /** Frees the GPU memory. */
  delete(): void {
    this.context.gl.deleteTexture(this.handle);
    this.canvas = null;
  }

  private redrawn(source: CanvasImageSource, width: number, height: number): TexImageSource {
    this.canvas ??=
      typeof OffscreenCanvas === "undefined" ? document.createElement("canvas") : new OffscreenCanvas(1, 1);
    const { canvas } = this;
    // Setting an extent clears the canvas, too.
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d") as CanvasDrawImage | null;
    if (!context)
      throw new TexelflowError(
        "device",
        "This browser cannot draw pictures on a canvas here: give an ImageData or a Tensor.",
      );
    context.drawImage(source, 0, 0, width, height);
    return canvas;
  }
}

/** Whether an allocation failed since the last call. Waits for the GPU. */
export function ranOutOfMemory({ gl }: Context): boolean {
  // There is one flag for each kind of error, and each call gives one of them.
  let found = false;
  for (let error = gl.getError(); error !== gl.NO_ERROR; error = gl.getError()) {
    if (error === gl.CONTEXT_LOST_WEBGL) return false;
    found ||= error === gl.OUT_OF_MEMORY;
  }
  return found;
}
