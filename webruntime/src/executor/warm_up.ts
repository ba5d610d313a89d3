import type { Draw, GraphFile, GraphInput, PlanTensor } from "../generated/graph_file.ts";
import { kindOf } from "../tensor.ts";
import type { Context } from "../webgl/context.ts";
import type { LinkedProgram } from "../webgl/program.ts";
import { gpuFinished, type Milestone } from "../webgl/readback.ts";
import { ArrayTexture } from "../webgl/texture.ts";
import { blockingOf, layersOf } from "./layouts.ts";
import type { PlanPrograms } from "./programs.ts";
import { type DeviceSetting, storageFormat } from "./setting.ts";

/** Vertices from here on make a triangle without area; see triangle.vert.glsl. */
const FIRST_OF_NOTHING = 3;

/**
 * Draws a triangle that covers no pixel with each program of a run, into targets and from textures of the formats that
 * the run will have: drivers make machine code at the first such draw, which takes up to 0.3 s a program. Done while
 * weights download, it costs the first run nothing.
 *
 * @param lastDraw - marked with the program of the run's last draw, as runs do: drivers make other code for draws that
 *   a query counts
 * @param allowance - how many draws may be queued: one, all that remain when nothing else is waited for any more, or
 *   none when a run is under way that does the same
 */
export async function warmUp(
  context: Context,
  graph: GraphFile,
  setting: DeviceSetting,
  programs: PlanPrograms,
  lastDraw: Milestone,
  allowance: () => "one" | "all" | "none",
): Promise<void> {
  const { tensors, run } = graph.plans.webgl2;
  const scratch = new Map<string, ArrayTexture>();
  const drawNothing = (program: LinkedProgram, output: number, inputs: readonly number[]) => {
    const { gl } = context;
    const { dtype, precise, ...placed } = tensors[output] as PlanTensor;
    const format = storageFormat(dtype, setting, !!precise);
    const layers = layersOf(blockingOf({ dtype, ...placed }, setting));
    const key = `${format} ${layers}`;
    const target = scratch.get(key) ?? new ArrayTexture(context, format, 1, 1, layers);
    scratch.set(key, target);
    inputs.forEach((input, unit) => {
      const { dtype } = tensors[input] as PlanTensor;
      context.bindTexture(unit, context.emptyTexture(kindOf(dtype)));
    });
    gl.bindFramebuffer(gl.FRAMEBUFFER, target.framebuffer);
    gl.useProgram(program.handle);
    gl.viewport(0, 0, 1, 1);
    gl.drawArrays(gl.TRIANGLES, FIRST_OF_NOTHING, 3);
  };

  const draws: (() => void)[] = [];
  const seen = new Set<LinkedProgram>();
  const add = (program: LinkedProgram | undefined, output: number, inputs: readonly number[]) => {
    if (!program || seen.has(program)) return;
    seen.add(program);
    draws.push(() => drawNothing(program, output, inputs));
  };
  graph.inputs.forEach(({ tensor }: GraphInput, index) => {
    add(programs.image[index], tensor, []);
  });
  const last = run.length - 1;
  run.forEach(({ inputs, output }: Draw, step) => {
    const program = programs.run[step];
    if (step < last) add(program, output, inputs);
    else if (program) draws.push(() => lastDraw.mark(() => drawNothing(program, output, inputs)));
  });
  try {
    for (const draw of draws) {
      if (context.isLost || allowance() === "none") return;
      draw();
      // One at a time, or uploads would wait for all of them.
      if (allowance() === "one") await gpuFinished(context);
    }
  } finally {
    for (const texture of scratch.values()) texture.delete();
  }
}
