import type { Context } from "./context.ts";
import { gpuFinished } from "./fence.ts";
import type { ArrayTexture } from "./texture.ts";

/**
 * Reads the first width × height texels of one layer into `target` (4 values a texel), and waits for the GPU; or, if
 * `target` is a number, into the buffer bound to PIXEL_PACK_BUFFER from that byte on, without waiting.
 */
export function readTexels(
  context: Context,
  texture: ArrayTexture,
  layer: number,
  width: number,
  height: number,
  target: Float32Array | Int32Array | number,
): void {
  const { gl } = context;
  gl.bindFramebuffer(gl.READ_FRAMEBUFFER, texture.framebuffer);
  gl.readBuffer(gl.COLOR_ATTACHMENT0 + layer);
  const format = texture.isInteger ? gl.RGBA_INTEGER : gl.RGBA;
  const type = texture.isInteger ? gl.INT : gl.FLOAT;
  // One signature takes arrays, another offsets.
  if (typeof target === "number") gl.readPixels(0, 0, width, height, format, type, target);
  else gl.readPixels(0, 0, width, height, format, type, target);
}

/**
 * Reads all layers of a float texture, one after another, without blocking the page: by a buffer, since what is queued
 * later may take long.
 */
export async function readLayers(context: Context, texture: ArrayTexture): Promise<Float32Array> {
  const { gl } = context;
  const { width, height, layers } = texture;
  const values = new Float32Array(width * height * layers * 4);
  const buffer = gl.createBuffer();
  try {
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    gl.bufferData(gl.PIXEL_PACK_BUFFER, values.byteLength, gl.STREAM_READ);
    for (let layer = 0; layer < layers; layer++) {
      readTexels(context, texture, layer, width, height, (layer * values.byteLength) / layers);
    }
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    await gpuFinished(context);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, values);
    return values;
  } finally {
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    gl.deleteBuffer(buffer);
  }
}

/** Has the GPU begin with what was issued, though nobody waits for it yet. */
export class EarlyStart {
  /** One texel, which nobody looks at. */
  private readonly texel: WebGLBuffer;

  constructor(private readonly context: Context) {
    const { gl } = context;
    this.texel = gl.createBuffer();
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.texel);
    // Of a buffer that is to be read Chromium warns where it is written again before.
    gl.bufferData(gl.PIXEL_PACK_BUFFER, 16, gl.STREAM_COPY);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  }

  /**
   * Sends what was issued, the last of it into `target`. A flush may keep everything back until that last pass ends (so
   * does ANGLE), and reading from its target ends it.
   */
  send(target: ArrayTexture): void {
    const { gl } = this.context;
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.texel);
    readTexels(this.context, target, 0, 1, 1, 0);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    gl.flush();
  }

  /** Frees the buffer. */
  delete(): void {
    this.context.gl.deleteBuffer(this.texel);
  }
}
