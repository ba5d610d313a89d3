// Loaded by `model.profile` when it is first called, as dist/texelflow.profile.js: pages that only run models never
// download it.

import type { Program } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { evaluate } from "../../../graph/expressions.ts";
import { bindInputs, type RunInput } from "../../../graph/inputs.ts";
import { drawAt } from "../../../graph/stages.ts";
import { breathe } from "../../../wait/tasks.ts";
import { TEXEL_BYTES } from "../gl/texture.ts";
import { type BoundDraw, executeDraws, type PlacedTensor } from "../run/draws.ts";
import type { RunPlan } from "../run/run_plan.ts";
import type { Session } from "../run/session.ts";
import type { StagePlans } from "../run/stage_plans.ts";
import { countFetches } from "./fetches.ts";
import { chooseTimer } from "./timer.ts";

/** Settings of `model.profile`, all optional. */
export interface ProfileOptions {
  /** How often each draw is timed; 10 by default. */
  readonly runs?: number | undefined;
  /** Whether to count texture fetches, which compiles every program once more; true by default. */
  readonly fetches?: boolean | undefined;
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
  const { programs } = graph.plans.webgl2;
  const timer = chooseTimer(context);
  const draws: Omit<DrawProfile, "share">[] = [];
  let runMilliseconds = 0;

  const seen = new Set<RunPlan["stage"]>();

  // Called when a stage was drawn once, since drivers finish programs at their first draw. Of a loop the first turn counts.
  const profileStage = async (plan: RunPlan) => {
    if (seen.has(plan.stage)) return;
    seen.add(plan.stage);
    const placed = (tensor: number) => plan.placed.get(tensor) as PlacedTensor;
    const bindings = session.drawsOf(plan);
    const results = plan.steps.map((step) => placed(drawAt(graph, step).output));
    const last = results.at(-1);
    if (last) runMilliseconds += await timer.time(() => executeDraws(context, bindings), last, runs);
    const times: number[] = [];
    for (const [index, result] of results.entries()) {
      await breathe();
      times.push(await timer.time(() => executeDraws(context, bindings, index, index + 1), result, runs));
    }
    const counts = fetches ? await countFetches(session, plan) : null;
    if (context.isLost)
      throw new TexelflowError("context-lost", "The GPU context was lost while the model was profiled.");
    for (const [index, step] of plan.steps.entries()) {
      const draw = drawAt(graph, step);
      draws.push({
        node: draw.node,
        program: (programs[draw.program] as Program).name,
        milliseconds: times[index] as number,
        bytesRead: [...new Set(draw.inputs)].reduce((sum, tensor) => sum + bytesOf(placed(tensor)), 0),
        bytesWritten: bytesDrawn(bindings[index] as BoundDraw),
        flops: evaluate(draw.flops ?? 0, plan.symbols),
        fetches: counts?.[index] ?? null,
      });
    }
  };

  await session.follow(
    bindInputs(graph, inputs, session.states?.grown()),
    (stage, symbols, before) => (session.stages[stage] as StagePlans).planFor(symbols, before),
    () => {},
    performance.now(),
    profileStage,
  );
  const milliseconds = draws.reduce((sum, draw) => sum + draw.milliseconds, 0);
  const shareOf = (time: number) => (milliseconds > 0 ? time / milliseconds : 1 / draws.length);
  return {
    method: timer.method,
    runs,
    draws: draws.map((draw) => ({ ...draw, share: shareOf(draw.milliseconds) })),
    milliseconds,
    runMilliseconds,
  };
}

/** Bytes of the texels that a draw fills. */
function bytesDrawn({ width, height, target }: BoundDraw): number {
  return width * height * target.layers * TEXEL_BYTES[target.format];
}

/** Bytes of the texels that a tensor occupies. */
function bytesOf({ layout, texture }: PlacedTensor): number {
  return texture ? layout.width * layout.height * layout.layers * TEXEL_BYTES[texture.format] : 0;
}
