// Loaded by `model.profile` when it is first called, as dist/texelflow.profile.js: pages that only run models never
// download it.

import type { Draw, Program } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { evaluate } from "../../../graph/expressions.ts";
import type { RunInput } from "../../../graph/inputs.ts";
import { breathe } from "../../../wait/tasks.ts";
import { TEXEL_BYTES } from "../gl/texture.ts";
import { executeDraws, type PlacedTensor } from "../run/draws.ts";
import type { Session } from "../run/session.ts";
import { countFetches } from "./fetches.ts";
import { chooseTimer } from "./timer.ts";

/** Settings of `model.profile`, all optional. */
export interface ProfileOptions {
  /** How often each draw is timed; 10 by default. */
  readonly runs?: number;
  /** Whether to count texture fetches, which compiles every program once more; true by default. */
  readonly fetches?: boolean;
}

/** What one draw of a run costs. */
export interface DrawProfile {
  /** Source node, as «operator name». */
  readonly node: string;
  /** Name of the shader template. */
  readonly program: string;
  /** Median over the runs. */
  readonly milliseconds: number;
  /** Of the sum over all draws. */
  readonly share: number;
  /** Sizes of the tensors that are read, each once, and of the tensor that is written. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Floating-point operations of a convolution or matrix product, two for each multiply-add; 0 of other draws. */
  readonly flops: number;
  /** Texels fetched by all fragments together, caches disregarded; null when not counted. */
  readonly fetches: number | null;
}

/** What a run costs, draw by draw, in the order of execution. The draws of the load phase are not part of it. */
export interface Profile {
  /** By the GPU's own clock, or by the page's clock around repeated draws and the readback of one pixel. */
  readonly method: "timer query" | "fence";
  readonly runs: number;
  readonly draws: readonly DrawProfile[];
  /** Sum over the draws. */
  readonly milliseconds: number;
  /** Median of all draws in a row, without upload and readback; less than the sum where draws overlap. */
  readonly runMilliseconds: number;
}

/**
 * Times each draw of a run by itself, after the draws before it, so that it works on real numbers. The page does not
 * answer while a draw is being timed.
 *
 * @throws Error when the inputs do not fit the model, or the context is lost meanwhile
 */
export async function profile(
  session: Session,
  inputs: Readonly<Record<string, RunInput>>,
  { runs = 10, fetches = true }: ProfileOptions,
): Promise<Profile> {
  if (!Number.isInteger(runs) || runs < 1)
    throw new TexelflowError("option", `runs must be an integer of at least 1, but is ${runs}.`);
  const { context, graph } = session.model;
  const { entries, programs } = graph.plans.webgl2;
  const { plan, bound } = session.prepare(inputs);
  const timer = chooseTimer(context);
  const placed = (tensor: number) => plan.placed.get(tensor) as PlacedTensor;

  // Drivers finish programs at their first draw.
  await session.draw(plan, bound);
  const bindings = session.drawsOf(plan);
  const results = plan.steps.map((step) => placed((entries.predict[step] as Draw).output));
  const last = results.at(-1);
  const runMilliseconds = last ? await timer.time(() => executeDraws(context, bindings), last, runs) : 0;
  const times: number[] = [];
  for (const [index, result] of results.entries()) {
    await breathe();
    times.push(await timer.time(() => executeDraws(context, bindings, index, index + 1), result, runs));
  }
  const counts = fetches ? await countFetches(session, plan) : null;
  if (context.isLost)
    throw new TexelflowError("context-lost", "The GPU context was lost while the model was profiled.");

  const milliseconds = times.reduce((sum, time) => sum + time, 0);
  const draws = plan.steps.map((step, index): DrawProfile => {
    const draw = entries.predict[step] as Draw;
    const time = times[index] as number;
    return {
      node: draw.node,
      program: (programs[draw.program] as Program).name,
      milliseconds: time,
      share: milliseconds > 0 ? time / milliseconds : 1 / times.length,
      bytesRead: [...new Set(draw.inputs)].reduce((sum, tensor) => sum + bytesOf(placed(tensor)), 0),
      bytesWritten: bytesOf(placed(draw.output)),
      flops: evaluate(draw.flops ?? 0, plan.symbols),
      fetches: counts?.[index] ?? null,
    };
  });
  return { method: timer.method, runs, draws, milliseconds, runMilliseconds };
}

/** Bytes of the texels that a tensor occupies. */
function bytesOf({ layout, texture }: PlacedTensor): number {
  return texture ? layout.width * layout.height * layout.layers * TEXEL_BYTES[texture.format] : 0;
}
