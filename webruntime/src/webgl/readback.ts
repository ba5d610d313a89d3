import type { Context } from "./context.ts";
import type { ArrayTexture } from "./texture.ts";

/** Reads the first width × height texels of one layer into `target` (4 values a texel); waits for the GPU. */
export function readTexels(
  context: Context,
  texture: ArrayTexture,
  layer: number,
  width: number,
  height: number,
  target: Float32Array | Int32Array,
): void {
  const { gl } = context;
  gl.bindFramebuffer(gl.READ_FRAMEBUFFER, texture.framebuffer);
  gl.readBuffer(gl.COLOR_ATTACHMENT0 + layer);
  const integer = texture.format === "int32";
  gl.readPixels(
    0,
    0,
    width,
    height,
    integer ? gl.RGBA_INTEGER : gl.RGBA,
    integer ? gl.INT : gl.FLOAT,
    target,
  );
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
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, texture.framebuffer);
    for (let layer = 0; layer < layers; layer++) {
      gl.readBuffer(gl.COLOR_ATTACHMENT0 + layer);
      gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, (layer * values.byteLength) / layers);
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

/**
 * A point among the commands for the GPU that can be waited for again and again: an occlusion query around a draw,
 * because each fence would be a new GL object.
 */
export class Milestone {
  private readonly query: WebGLQuery;
  private isMarked = false;

  constructor(private readonly context: Context) {
    this.query = context.gl.createQuery();
  }

  /** Issues what `draw` issues, of which the milestone is the end. */
  mark(draw: () => void): void {
    const { gl } = this.context;
    gl.beginQuery(gl.ANY_SAMPLES_PASSED_CONSERVATIVE, this.query);
    draw();
    gl.endQuery(gl.ANY_SAMPLES_PASSED_CONSERVATIVE);
    this.isMarked = true;
  }

  /** Resolves when the GPU has come there (at once if there is nothing to wait for), without blocking the page. */
  async reached(): Promise<void> {
    const { gl } = this.context;
    gl.flush();
    while (
      this.isMarked &&
      !this.context.isLost &&
      !gl.getQueryParameter(this.query, gl.QUERY_RESULT_AVAILABLE)
    ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    this.isMarked = false;
  }

  /** Frees the query; who waits for it goes on. */
  delete(): void {
    this.isMarked = false;
    this.context.gl.deleteQuery(this.query);
  }
}

/** Resolves when the GPU has done all that was queued so far (or the context is lost), without blocking the page. */
export async function gpuFinished(context: Context): Promise<void> {
  const { gl } = context;
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  if (!fence) return;
  gl.flush();
  while (!context.isLost) {
    const status = gl.clientWaitSync(fence, 0, 0);
    if (status !== gl.TIMEOUT_EXPIRED) break;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  gl.deleteSync(fence);
}
