import type { DataType } from "../../../bundle/generated/graph_file.ts";
import { evaluate, type Symbols } from "../../../graph/expressions.ts";
import { kindOf } from "../../../graph/tensor.ts";
import type { Context } from "../gl/context.ts";
import type { LinkedProgram } from "../gl/program.ts";
import type { ArrayTexture } from "../gl/texture.ts";
import { type Alias, aliasLayout, type Layout } from "../layout/layouts.ts";
import { type Parameters, setParameters, setScales, type Uniforms, uniformsFor } from "./uniforms.ts";

/** A tensor of known shape in its texture; null for an empty tensor. */
export interface PlacedTensor {
  readonly dtype: DataType;
  readonly layout: Layout;
  readonly texture: ArrayTexture | null;
}

/** A draw with all that GL needs to issue it, so that issuing computes and allocates nothing. */
export interface BoundDraw extends Uniforms {
  readonly program: LinkedProgram;
  readonly target: ArrayTexture;
  /** Viewport in texels, from the first line on. */
  readonly left: number;
  readonly width: number;
  readonly height: number;
  /** By texture unit. */
  readonly textures: readonly WebGLTexture[];
}

/** Places a tensor of the plan that reads another one's texture, once that one is placed. */
export function placeAlias(tensor: Alias, holder: PlacedTensor, symbols: Symbols): PlacedTensor {
  const shape = tensor.shape.map((dimension) => evaluate(dimension, symbols));
  return { ...holder, layout: aliasLayout(tensor, shape, holder.layout) };
}

/**
 * Computes a draw's uniforms and collects its textures.
 *
 * @returns null when the output is empty, so that there is nothing to draw
 */
export function bindDraw(
  context: Context,
  program: LinkedProgram,
  output: PlacedTensor,
  inputs: readonly PlacedTensor[],
  parameters: Parameters,
  symbols: Symbols,
): BoundDraw | null {
  if (!output.texture) return null;
  const { left = 0 } = output.layout;
  const draw = {
    program,
    target: output.texture,
    left,
    width: output.layout.width - left,
    height: output.layout.height,
    textures: inputs.map(({ dtype, texture }) => texture?.handle ?? context.emptyTexture(kindOf(dtype))),
    ...uniformsFor(program),
  };
  const layouts = [output, ...inputs].map(({ layout }) => layout);
  setParameters(draw, layouts, parameters, symbols);
  setScales(
    draw,
    inputs.map(({ texture }) => texture),
  );
  return draw;
}

/** Issues draws in order, all or those from `first` to before `end`. */
export function executeDraws(
  context: Context,
  draws: readonly BoundDraw[],
  first = 0,
  end = draws.length,
): void {
  const { gl } = context;
  let current: LinkedProgram | undefined;
  // Samplers that are not told of read from this unit, which may have a texture of another model.
  context.bindTexture(0, null);
  for (let index = first; index < end; index++) {
    const draw = draws[index] as BoundDraw;
    const { program } = draw;
    if (program !== current) {
      gl.useProgram(program.handle);
      current = program;
    }
    for (let unit = 0; unit < draw.textures.length; unit++) {
      context.bindTexture(unit, draw.textures[unit] as WebGLTexture);
    }
    if (program.ints) gl.uniform4iv(program.ints.location, draw.ints as Int32Array);
    if (program.floats) gl.uniform4fv(program.floats.location, draw.floats as Float32Array);
    if (program.scales) gl.uniform2fv(program.scales.location, draw.scales as Float32Array);
    gl.bindFramebuffer(gl.FRAMEBUFFER, draw.target.framebuffer);
    gl.viewport(draw.left, 0, draw.width, draw.height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }
}
