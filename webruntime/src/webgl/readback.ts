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
  selectLayer(gl, texture, layer);
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

/** A buffer into which the GPU copies texels while the page goes on. */
export class TexelReader {
  private readonly buffer: WebGLBuffer;

  constructor(
    private readonly context: Context,
    private readonly width: number,
    private readonly height: number,
  ) {
    const { gl } = context;
    this.buffer = gl.createBuffer();
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.buffer);
    gl.bufferData(gl.PIXEL_PACK_BUFFER, width * height * 16, gl.STREAM_READ);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    context.created.buffers++;
  }

  /** Queues the copy of the first width × height texels of layer 0. */
  start(texture: ArrayTexture): void {
    const { gl } = this.context;
    selectLayer(gl, texture, 0);
    const integer = texture.format === "int32";
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.buffer);
    gl.readPixels(
      0,
      0,
      this.width,
      this.height,
      integer ? gl.RGBA_INTEGER : gl.RGBA,
      integer ? gl.INT : gl.FLOAT,
      0,
    );
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  }

  /** Takes the first values of the copy; does not wait once `gpuFinished` has resolved. */
  take(target: Float32Array | Int32Array): void {
    const { gl } = this.context;
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.buffer);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, target);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  }

  /** Frees the buffer. */
  delete(): void {
    this.context.gl.deleteBuffer(this.buffer);
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

function selectLayer(gl: WebGL2RenderingContext, texture: ArrayTexture, layer: number): void {
  gl.bindFramebuffer(gl.READ_FRAMEBUFFER, texture.framebuffer);
  gl.readBuffer(gl.COLOR_ATTACHMENT0 + layer);
}
