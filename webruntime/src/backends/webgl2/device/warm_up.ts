import type { Draw, GraphFile, GraphInput, PlanTensor } from "../../../bundle/generated/graph_file.ts";
import { isHostStep } from "../../../graph/stages.ts";
import { kindOf } from "../../../graph/tensor.ts";
import { breathe } from "../../../wait/tasks.ts";
import type { Context } from "../gl/context.ts";
import { gpuFinished } from "../gl/fence.ts";
import type { LinkedProgram } from "../gl/program.ts";
import { ArrayTexture, type TexelFormat } from "../gl/texture.ts";
import { blockingOf, layersOf } from "../layout/layouts.ts";
import { type PlanPrograms, programReady } from "./programs.ts";
import { type DeviceSetting, storageFormat } from "./setting.ts";

/** Vertices from here on make a triangle without area; see triangle.vert.glsl. */
const FIRST_OF_NOTHING = 3;

/** Draws that are queued at a time: the driver never waits for the page, and uploads never for many programs. */
const QUEUED = 2;

/** Programs that are issued ahead where the browser does not tell which are linked: they take turns on few cores. */
const ISSUED_AHEAD = 3;

/** A program, and what is drawn with it into which tensor. */
interface FirstDraw {
  readonly program: LinkedProgram;
  readonly output: number;
  readonly inputs: readonly number[];
}

/** Programs on their way to their first use; both promises reject when a program cannot be linked. */
export interface WarmUp {
  /** Resolves when the driver has made machine code of all programs of the load phase. */
  readonly load: Promise<void>;
  /** Resolves when it has of all programs. */
  readonly all: Promise<void>;
  /** Draws nothing more, and frees at once what was drawn into; nobody need wait for the promises then. */
  readonly stop: () => void;
}

/**
 * Issues the programs of a plan, and draws a triangle that covers no pixel with each that is linked, into targets and
 * from textures of the formats that it will be used with: drivers make machine code at the first such draw, which
 * takes up to 0.3 s a program. So they do while other programs are linked and weights download, not in the first run.
 *
 * @param signal - when aborted, nothing more is drawn
 * @param onProgress - called with the number of programs that are done, and of all
 */
export function warmUp(
  context: Context,
  graph: GraphFile,
  setting: DeviceSetting,
  programs: PlanPrograms,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): WarmUp {
  const scratch = new Scratch(context);
  const draws = firstDraws(graph, programs);
  const loadDraws = new Set(programs.load).size;
  let all: Promise<void> = Promise.resolve();
  const load = new Promise<void>((resolve, reject) => {
    const isOver = () => scratch.isDeleted || signal.aborted;
    all = drawEach(context, graph, setting, draws, scratch, isOver, (done) => {
      onProgress(done, draws.length);
      if (done === loadDraws) resolve();
    });
    all.then(resolve, reject);
  });
  // Whoever waits for them learns of a failure; nobody has to.
  for (const part of [load, all]) part.catch(() => {});
  return { load, all, stop: () => scratch.delete() };
}

/** Textures of one texel, by format and number of layers, that draws of nothing go to. */
class Scratch {
  isDeleted = false;
  private readonly textures = new Map<string, ArrayTexture>();

  constructor(private readonly context: Context) {}

  target(format: TexelFormat, layers: number): ArrayTexture {
    const key = `${format} ${layers}`;
    const target = this.textures.get(key) ?? new ArrayTexture(this.context, format, 1, 1, layers);
    this.textures.set(key, target);
    return target;
  }

  delete(): void {
    this.isDeleted = true;
    for (const texture of this.textures.values()) texture.delete();
    this.textures.clear();
  }
}

/** Draws, at most QUEUED at a time; `onDone` is told how many are done, at first 0. */
async function drawEach(
  context: Context,
  graph: GraphFile,
  setting: DeviceSetting,
  draws: readonly FirstDraw[],
  scratch: Scratch,
  isOver: () => boolean,
  onDone: (count: number) => void,
): Promise<void> {
  const { tensors } = graph.plans.webgl2;
  const drawNothing = ({ program, output, inputs }: FirstDraw) => {
    const { gl } = context;
    const tensor = tensors[output] as PlanTensor;
    const target = scratch.target(storageFormat(tensor, setting), layersOf(blockingOf(tensor, setting)));
    const kinds = inputs.map((input) => kindOf((tensors[input] as PlanTensor).dtype));
    // Until a program is finished all its samplers read unit 0, which no two types may share. Finishing waits.
    if (new Set(kinds).size > 1) program.finish();
    // All before any is bound: a texture is made while it is bound to unit 0.
    const textures = kinds.map((kind) => context.emptyTexture(kind));
    textures.forEach((texture, unit) => {
      context.bindTexture(unit, texture);
    });
    gl.bindFramebuffer(gl.FRAMEBUFFER, target.framebuffer);
    gl.useProgram(program.handle);
    gl.viewport(0, 0, 1, 1);
    gl.drawArrays(gl.TRIANGLES, FIRST_OF_NOTHING, 3);
  };
  const queued: Promise<void>[] = [];
  let done = 0;
  const nextDone = async () => {
    await queued.shift();
    onDone(++done);
  };
  onDone(done);
  const { parallelCompile, answersInTurn } = context.capabilities;
  const ahead = parallelCompile ? draws.length : answersInTurn ? 1 : ISSUED_AHEAD;
  try {
    for (const [index, draw] of draws.entries()) {
      for (const { program } of draws.slice(index, index + ahead)) {
        program.issue();
        await breathe();
        if (context.isLost || isOver()) return;
      }
      if (queued.length === QUEUED) await nextDone();
      await programReady(context, draw.program, isOver);
      if (context.isLost || isOver()) return;
      drawNothing(draw);
      queued.push(gpuFinished(context));
    }
    while (queued.length > 0) await nextDone();
  } finally {
    scratch.delete();
  }
}

/** The first draw with each program, those of the load phase first. */
function firstDraws(graph: GraphFile, programs: PlanPrograms): FirstDraw[] {
  const { load, entries } = graph.plans.webgl2;
  const draws = new Map<LinkedProgram, FirstDraw>();
  const add = (program: LinkedProgram | undefined, output: number, inputs: readonly number[]) => {
    if (program && !draws.has(program)) draws.set(program, { program, output, inputs });
  };
  load.forEach(({ inputs, output }: Draw, step) => {
    add(programs.load[step], output, inputs);
  });
  graph.inputs.forEach(({ tensor }: GraphInput, index) => {
    add(programs.image[index], tensor, []);
  });
  entries.predict.forEach((step, index) => {
    if (!isHostStep(step)) add(programs.run[index], step.output, step.inputs);
  });
  return [...draws.values()];
}
