import type { Draw, PlanTensor, Program, WebGL2Plan } from "../../../bundle/generated/graph_file.ts";
import { isHostStep } from "../../../graph/stages.ts";
import { breathe, tick } from "../../../wait/tasks.ts";
import type { Context } from "../gl/context.ts";
import { gpuFinished } from "../gl/fence.ts";
import { type LinkedProgram, programOf } from "../gl/program.ts";
import { type Blocking, blockingOf, FLAT } from "../layout/layouts.ts";
import { type DeviceSetting, storageFormat } from "./setting.ts";

/** The linked programs of a plan: one for each draw (undefined for a host step), and one for each input that takes pictures. */
export interface PlanPrograms {
  readonly load: readonly LinkedProgram[];
  readonly run: readonly (LinkedProgram | undefined)[];
  /** By index of the input; undefined where it takes no picture. */
  readonly image: readonly (LinkedProgram | undefined)[];
  /** Every program once for each reference held. */
  readonly all: readonly LinkedProgram[];
  /**
   * The program of a draw of the run phase whose tensors are blocked so, its result first. It is one of `run` unless a row
   * whose length was free is too long for a texture; then it is still to be issued.
   */
  readonly runVariant: (step: number, blockings: readonly Blocking[]) => LinkedProgram;
}

/** Programs of no plan. */
export const NO_PROGRAMS: PlanPrograms = {
  load: [],
  run: [],
  image: [],
  all: [],
  runVariant: () => {
    throw new Error("nothing is compiled yet");
  },
};

/** Input tensors that pictures are drawn into. */
export interface ImageDraw {
  readonly program: number;
  readonly tensor: number;
  readonly input: string;
}

/** The lines that the device puts before a program's source; see docs/bundle-format.md, Programs and uniforms. */
export function defines(
  source: string,
  setting: DeviceSetting,
  result: Blocking,
  half: boolean,
  samplers: readonly (readonly [name: string, blocking: Blocking])[],
): string {
  const cut = Math.max(result.cut, ...samplers.map(([, blocking]) => blocking.cut));
  const values: [string, number][] = [
    ["CUT", cut],
    ["TEXEL_FETCH", cut || setting.fetch === "texelFetch" ? 1 : 0],
    ["RESULT_PIXELS", result.pixels],
    ["RESULT_ROWS", result.rows],
    ["RESULT_GROUPS", result.groups],
    ["RESULT_FOLD", result.fold],
    ["RESULT_HALF", half ? 1 : 0],
  ];
  for (const [name, blocking] of samplers) {
    const prefix = name.toUpperCase();
    values.push([`${prefix}_PIXELS`, blocking.pixels]);
    // A program that reads any rows and groups is one whatever they are.
    if (source.includes(`${prefix}_ROWS`)) values.push([`${prefix}_ROWS`, blocking.rows]);
    if (source.includes(`${prefix}_GROUPS`)) values.push([`${prefix}_GROUPS`, blocking.groups]);
    if (source.includes(`${prefix}_FOLD`)) values.push([`${prefix}_FOLD`, blocking.fold]);
  }
  return `#version 300 es\n${values.map(([name, value]) => `#define ${name} ${value}\n`).join("")}`;
}

/** All programs that a plan needs, to be issued. */
export function planPrograms(
  context: Context,
  plan: WebGL2Plan,
  setting: DeviceSetting,
  images: readonly (ImageDraw | undefined)[],
): PlanPrograms {
  const variants = new Map<string, LinkedProgram>();
  const all: LinkedProgram[] = [];
  const issue = (
    program: number,
    tensor: PlanTensor,
    [result, ...inputs]: readonly Blocking[],
    node: string,
  ) => {
    const half = storageFormat(tensor, setting) === "float16";
    const key = JSON.stringify([program, half, result, inputs]);
    let linked = variants.get(key);
    if (!linked) {
      const { name, source, samplers } = plan.programs[program] as Program;
      const pairs = samplers.map((sampler, index) => [sampler, inputs[index] ?? FLAT] as const);
      // With the names of its samplers as they are: programs are shared, also with other bundles, by their text.
      const text = `${defines(source, setting, result as Blocking, half, pairs)}${source}//${samplers}`;
      linked = programOf(context, text, samplers, `Program "${name}" of node «${node}»`);
      variants.set(key, linked);
      all.push(linked);
    }
    return linked;
  };
  const tensor = (index: number) => plan.tensors[index] as PlanTensor;
  const expected = (index: number) => blockingOf(tensor(index), setting);
  const issueDraw = ({ program, output, inputs, node }: Draw, blockings?: readonly Blocking[]) =>
    issue(program, tensor(output), blockings ?? [output, ...inputs].map(expected), node);

  return {
    load: plan.load.map((draw) => issueDraw(draw)),
    run: plan.entries.predict.map((step) => (isHostStep(step) ? undefined : issueDraw(step))),
    image: images.map(
      (image) =>
        image &&
        issue(
          image.program,
          tensor(image.tensor),
          [expected(image.tensor), FLAT],
          `picture of input ${image.input}`,
        ),
    ),
    all,
    runVariant: (step, blockings) => issueDraw(plan.entries.predict[step] as Draw, blockings),
  };
}

/**
 * Resolves when a program that was issued can be used without waiting for it, or where the browser cannot tell, or when
 * `isOver` gives true.
 */
export async function programReady(
  context: Context,
  program: LinkedProgram,
  isOver: () => boolean,
): Promise<void> {
  if (context.capabilities.answersInTurn) {
    await gpuFinished(context);
    if (!context.isLost && !isOver()) program.finish();
    return;
  }
  while (!program.isReady && !isOver()) await tick(4);
}

/** Issues programs and resolves when all are linked; rejects with the log and source of the first that is wrong. */
export async function programsLinked(
  context: Context,
  programs: readonly LinkedProgram[],
  signal?: AbortSignal,
): Promise<void> {
  for (const program of programs) {
    program.issue();
    await breathe();
    signal?.throwIfAborted();
  }
  let waiting = programs.filter((program) => !program.isReady);
  while (waiting.length > 0 && !context.isLost) {
    await tick(4);
    signal?.throwIfAborted();
    waiting = waiting.filter((program) => !program.isReady);
  }
  // Where the browser cannot tell, a check waits for all that is queued: that is done by then, or most of it.
  if (!context.capabilities.parallelCompile) await gpuFinished(context);
  for (const program of programs) {
    signal?.throwIfAborted();
    program.finish();
    await breathe();
  }
}
