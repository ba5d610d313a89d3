// Loaded as dist/texelflow.canvas.js when a tensor is first drawn on a canvas.

import { TexelflowError } from "../../../errors.ts";
import type { DrawOptions, DrawTarget } from "../../../graph/gpu_tensor.ts";
import { kindOf } from "../../../graph/tensor.ts";
import picture from "../gl/canvas.frag.glsl";
import type { Context } from "../gl/context.ts";
import { programOf, releasePrograms } from "../gl/program.ts";
import type { PlacedTensor } from "./draws.ts";

/** How the elements of a tensor are a picture: steps from one row, column and channel to the next. */
interface PictureShape {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly steps: readonly [row: number, column: number, channel: number];
}

/**
 * Draws a tensor on a canvas, which takes its size, without reading anything back.
 *
 * @param name - of the tensor, for errors
 * @throws TexelflowError with the code `option` when the tensor is no picture, or the canvas draws otherwise
 */
export function drawOn(
  target: DrawTarget,
  context: Context,
  { dtype, layout, texture }: PlacedTensor,
  name: string,
  shape: readonly number[],
  options: DrawOptions,
): void {
  const { range: [low, high] = [0, 1] } = options;
  const { width, height, channels, steps } = pictureShape(name, shape, options);
  const { gl } = context;
  const surface = target.getContext("2d") as CanvasRenderingContext2D | null;
  if (!surface || layout.planes || !texture) {
    throw new TexelflowError(
      "option",
      `Tensor "${name}" cannot be drawn: ${surface ? "it is a vector" : "the canvas has a context other than 2d"}.`,
    );
  }
  const source = `#version 300 es\n${kindOf(dtype) === "float" ? "" : "#define INTEGERS\n"}${picture}`;
  const program = programOf(context, source, ["x"], "What draws a tensor on a canvas");
  try {
    program.finish();
    const scale = 1 / (high - low);
    const exponent = 31 - Math.clz32(layout.width);
    gl.canvas.width = width;
    gl.canvas.height = height;
    gl.useProgram(program.handle);
    context.bindTexture(0, texture.handle);
    gl.uniform4iv(program.ints?.location ?? null, [height, channels, exponent, 0, ...steps, 0]);
    gl.uniform4fv(program.floats?.location ?? null, [scale, -low * scale, 0, 0]);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, width, height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    if (target.width !== width) target.width = width;
    if (target.height !== height) target.height = height;
    surface.drawImage(gl.canvas, 0, 0);
  } finally {
    releasePrograms(context, [program]);
  }
}

function pictureShape(name: string, shape: readonly number[], { channels }: DrawOptions): PictureShape {
  const extents = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : [...shape];
  if (extents.length === 2) extents.unshift(1);
  const isCount = (count: number | undefined) => count === 1 || count === 3;
  const isFirst = channels ? channels === "first" : isCount(extents[0]);
  const count = extents[isFirst ? 0 : 2];
  if (extents.length !== 3 || !isCount(count) || extents.includes(0)) {
    throw new TexelflowError(
      "option",
      `Tensor "${name}" of shape [${shape.join(", ")}] is no picture: one of 1 or 3 channels, first or last, can be drawn.`,
    );
  }
  const [height, width] = (isFirst ? extents.slice(1) : extents) as [number, number];
  const steps = isFirst ? ([width, 1, width * height] as const) : ([width * count, count, 1] as const);
  return { width, height, channels: count, steps };
}
