import type { DataType, Expression, Real } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { evaluate, type Symbols } from "../../../graph/expressions.ts";
import { kindOf } from "../../../graph/tensor.ts";
import type { Context } from "../gl/context.ts";
import type { LinkedProgram } from "../gl/program.ts";
import type { ArrayTexture } from "../gl/texture.ts";
import { type Alias, aliasLayout, type Layout } from "../layout/layouts.ts";

/** A tensor of known shape in its texture; null for an empty tensor. */
export interface PlacedTensor {
  readonly dtype: DataType;
  readonly layout: Layout;
  readonly texture: ArrayTexture | null;
}

/** A draw with all that GL needs to issue it, so that issuing computes and allocates nothing. */
export interface BoundDraw {
  readonly program: LinkedProgram;
  readonly target: ArrayTexture;
  /** Viewport in texels. */
  readonly width: number;
  readonly height: number;
  /** By texture unit. */
  readonly textures: readonly WebGLTexture[];
  readonly ints: Int32Array | null;
  readonly floats: Float32Array | null;
  readonly scales: Float32Array | null;
}

/** Places a tensor of the plan that reads another one's texture, once that one is placed. */
export function placeAlias(tensor: Alias, storage: PlacedTensor, symbols: Symbols): PlacedTensor {
  const shape = tensor.shape.map((dimension) => evaluate(dimension, symbols));
  return { ...storage, layout: aliasLayout(tensor, shape, storage.layout) };
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
  parameters: { readonly ints?: readonly Expression[]; readonly floats?: readonly Real[] },
  symbols: Symbols,
): BoundDraw | null {
  if (!output.texture) return null;
  const ints = program.ints && new Int32Array(program.ints.entries * 4);
  const floats = program.floats && new Float32Array(program.floats.entries * 4);
  const scales = program.scales && new Float32Array(program.scales.entries * 2).fill(1);
  inputs.forEach(({ texture }, unit) => {
    if (texture)
      scales?.set([1 / texture.width, 1 / texture.height].slice(0, scales.length - unit * 2), unit * 2);
  });
  const draw = {
    program,
    target: output.texture,
    width: output.layout.width,
    height: output.layout.height,
    textures: inputs.map(({ dtype, texture }) => texture?.handle ?? context.emptyTexture(kindOf(dtype))),
    ints,
    floats,
    scales,
  };
  setParameters(
    draw,
    [output, ...inputs].flatMap(({ layout }) => layout.entries),
    parameters,
    symbols,
  );
  return draw;
}

/** Writes the entries of the tensors and the evaluated parameters into a draw's uniforms. */
export function setParameters(
  draw: BoundDraw,
  entries: readonly number[],
  parameters: { readonly ints?: readonly Expression[]; readonly floats?: readonly Real[] },
  symbols: Symbols,
): void {
  // The compiler may have dropped the tail of an array: what lies past its end goes nowhere.
  const values = (list: readonly (Expression | Real)[] = []) => list.map((item) => evaluate(item, symbols));
  const ints = values(parameters.ints);
  const large = ints.find((number) => number !== (number | 0));
  if (large !== undefined) {
    throw new TexelflowError(
      "size",
      `The sizes of the inputs give the number ${large}, but whole numbers are computed in 32 bits: give smaller inputs.`,
    );
  }
  draw.ints?.set([...entries, ...ints].slice(0, draw.ints.length));
  draw.floats?.set(values(parameters.floats).slice(0, draw.floats.length));
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
    gl.viewport(0, 0, draw.width, draw.height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }
}
