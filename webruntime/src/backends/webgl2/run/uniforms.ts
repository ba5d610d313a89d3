import type { Expression, Real } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { evaluate, type Symbols } from "../../../graph/expressions.ts";
import type { LinkedProgram } from "../gl/program.ts";
import type { Layout } from "../layout/layouts.ts";

/** A draw's uniform arrays as GL takes them, null where its program has none; see docs/bundle-format.md, Programs and uniforms. */
export interface Uniforms {
  readonly ints: Int32Array | null;
  readonly floats: Float32Array | null;
  readonly scales: Float32Array | null;
}

/** The numbers of a draw that are parameters of its program. */
export interface Parameters {
  readonly ints?: readonly Expression[];
  readonly floats?: readonly Real[];
}

/** Room for a program's uniforms. */
export function uniformsFor({ ints, floats, scales }: LinkedProgram): Uniforms {
  return {
    ints: ints && new Int32Array(ints.entries * 4),
    floats: floats && new Float32Array(floats.entries * 4),
    scales: scales && new Float32Array(scales.entries * 2),
  };
}

/**
 * Writes where a draw's tensors lie, its result first, and its evaluated parameters. The compiler may have dropped the
 * tail of an array: what lies past its end goes nowhere.
 *
 * @throws TexelflowError when an integer does not fit 32 bits
 */
export function setParameters(
  { ints, floats }: Uniforms,
  layouts: readonly Layout[],
  parameters: Parameters,
  symbols: Symbols,
): void {
  const values = (list: readonly (Expression | Real)[] = []) => list.map((item) => evaluate(item, symbols));
  const numbers = values(parameters.ints);
  const large = numbers.find((number) => number !== (number | 0));
  if (large !== undefined) {
    throw new TexelflowError(
      "size",
      `The sizes of the inputs give the number ${large}, but whole numbers are computed in 32 bits: give smaller inputs.`,
    );
  }
  ints?.set([...layouts.flatMap(entriesOf), ...numbers].slice(0, ints.length));
  floats?.set(values(parameters.floats).slice(0, floats.length));
}

/** Writes the extents of the textures that a draw reads, by unit; null where there is none. */
export function setScales(
  { scales }: Uniforms,
  textures: readonly ({ readonly width: number; readonly height: number } | null)[],
): void {
  const values = textures.flatMap((texture) => (texture ? [1 / texture.width, 1 / texture.height] : [1, 1]));
  scales?.set(values.slice(0, scales.length));
}

/** The two entries of a tensor in `ints`. */
function entriesOf({ elements, width, blocking, planes }: Layout): number[] {
  if (!planes) return [elements, 31 - Math.clz32(width), 0, 0, 0, 0, 0, 0];
  const { extents, tiles, columns, perImage, first } = planes;
  const { rows, groups } = blocking;
  return [...extents, tiles, columns, perImage, 4 * first + 2 * (rows - 1) + (groups - 1)];
}
