import type { Draw, Program } from "../../../bundle/generated/graph_file.ts";
import { drawAt } from "../../../graph/stages.ts";
import { breathe } from "../../../wait/tasks.ts";
import { programsLinked } from "../device/programs.ts";
import type { Context } from "../gl/context.ts";
import { type LinkedProgram, programOf, releasePrograms } from "../gl/program.ts";
import { readTexels } from "../gl/readback.ts";
import { ArrayTexture } from "../gl/texture.ts";
import { bindDraw, executeDraws, type PlacedTensor } from "../run/draws.ts";
import type { RunPlan } from "../run/run_plan.ts";
import type { Session } from "../run/session.ts";

/** Fragments that count, whatever the driver does, in the order of a program's source: at its head and its end. */
const HEAD = `
highp int fetches_so_far = 0;
#define texelFetch(source, place, level) (++fetches_so_far, texelFetch(source, place, level))
#define texture(source, place) (++fetches_so_far, texture(source, place))
#define main counted_main
`;
const TAIL = `
#undef main
void main() {
  counted_main();
  result[0].x = COUNT(fetches_so_far);
}
`;

/**
 * Counts the texels that the fragments of each draw fetch, by drawing with programs that store the count in place of
 * the result, into a texture of their own.
 *
 * @returns the sum over all fragments, by draw of the plan
 */
export async function countFetches(session: Session, plan: RunPlan): Promise<number[]> {
  const { context, graph } = session.model;
  const { programs } = graph.plans.webgl2;
  const counting = new Map<LinkedProgram, LinkedProgram>();
  try {
    for (const [index, step] of plan.steps.entries()) {
      const { program, node } = drawAt(graph, step);
      const { samplers, name } = programs[program] as Program;
      const original = (plan.draws[index] as { program: LinkedProgram }).program;
      if (counting.has(original)) continue;
      const source = countingSource(sourceOf(context, original));
      counting.set(
        original,
        programOf(context, source, samplers, `Counting program "${name}" of node «${node}»`),
      );
    }
    await programsLinked(context, [...counting.values()]);
    const counts: number[] = [];
    for (const [index, step] of plan.steps.entries()) {
      await breathe();
      const original = (plan.draws[index] as { program: LinkedProgram }).program;
      const program = counting.get(original) as LinkedProgram;
      counts.push(countDraw(session, plan, drawAt(graph, step), program));
    }
    return counts;
  } finally {
    releasePrograms(context, counting.values());
  }
}

function countDraw(session: Session, plan: RunPlan, draw: Draw, program: LinkedProgram): number {
  const { context } = session.model;
  const placed = (tensor: number) => plan.placed.get(tensor) as PlacedTensor;
  const output = placed(draw.output);
  const { width, height, layers } = output.layout;
  const isInteger = output.texture?.isInteger;
  const texture = new ArrayTexture(context, isInteger ? "int32" : "float32", width, height, layers);
  try {
    const target = { ...output, texture };
    const bound = bindDraw(context, program, target, draw.inputs.map(placed), draw, plan.symbols);
    if (bound) executeDraws(context, [bound]);
    const texels = isInteger ? new Int32Array(width * height * 4) : new Float32Array(width * height * 4);
    readTexels(context, texture, 0, width, height, texels);
    let sum = 0;
    for (let index = 0; index < texels.length; index += 4) sum += texels[index] as number;
    return sum;
  } finally {
    texture.delete();
  }
}

function countingSource(source: string): string {
  const lines = source.split("\n");
  const count = /out highp ivec4 result/.test(source) ? "int" : "float";
  return [lines[0], HEAD, ...lines.slice(1), TAIL.replace("COUNT", count)].join("\n");
}

function sourceOf(context: Context, program: LinkedProgram): string {
  for (const [source, known] of context.programs) if (known === program) return source;
  throw new Error("A program of the model is not among those of its context.");
}
