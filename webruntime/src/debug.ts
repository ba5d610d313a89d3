/**
 * The runtime with extras for verification and measurement; pages that only run models want `texelflow` instead.
 *
 * @module texelflow/debug
 */

import { checkOptions, loadOn, type TestLoadOptions } from "./api/load_model.ts";
import type { Model } from "./api/model.ts";
import type { Signature } from "./api/signature.ts";
import { acquireContext, type Context } from "./backends/webgl2/gl/context.ts";
import { gpuFinished } from "./backends/webgl2/gl/fence.ts";
import { TEXEL_BYTES } from "./backends/webgl2/gl/texture.ts";
import type { PlacedTensor } from "./backends/webgl2/run/draws.ts";
import { readPlaced } from "./backends/webgl2/run/placed_reading.ts";
import type { RunPlan } from "./backends/webgl2/run/run_plan.ts";
import { planSeparately } from "./backends/webgl2/run/separate_plan.ts";
import type { Session } from "./backends/webgl2/run/session.ts";
import type { StagePlans } from "./backends/webgl2/run/stage_plans.ts";
import type { BundleSource } from "./bundle/bundle_source.ts";
import { bindInputs, type RunInput } from "./graph/inputs.ts";
import { isHostStep } from "./graph/stages.ts";
import type { Tensor } from "./graph/tensor.ts";

export type { TestLoadOptions } from "./api/load_model.ts";
export type { TestDeviceOptions } from "./backends/webgl2/device/device.ts";
export { chromeTrace, type TraceEvent } from "./backends/webgl2/profiler/trace.ts";
export { render as renderSize } from "./graph/expressions.ts";
export * from "./index.ts";

/** Loads a bundle as the runtime's own `loadModel` does. */
export async function loadModel<S extends Signature = Signature>(
  source: BundleSource,
  options: TestLoadOptions = {},
): Promise<Model<S>> {
  const { limits, poison, fold, cut, neverBlock, ...wishes } = options.device ?? {};
  await checkOptions(wishes, options.maxMemory);
  return loadOn({ ...options.device, maxMemory: options.maxMemory }, source, options);
}

/** What one draw computed. */
export interface Intermediate {
  /** Source node, as «operator name». */
  readonly node: string;
  /** Name of the source model's value, or null for a value that only the plan has. */
  readonly value: string | null;
  /** Row-major whatever the layout in the texture. */
  readonly tensor: Tensor;
  readonly shape: readonly number[];
  readonly data: Tensor["data"];
  /** How many lanes past the tensor's channels or last element, which kernels must fill with zero, are not zero. */
  readonly dirtyLanes: number;
  /** Index of the tensor in the plan, as graph.json lists them. */
  readonly index: number;
}

/** How many objects a model consists of, and how many bytes they take. */
export interface Statistics {
  readonly programs: number;
  /** Draws of a run, and of the load phase. */
  readonly draws: number;
  readonly loadDraws: number;
  readonly textureBytes: {
    /** Weights and results of the load phase. */
    readonly weights: number;
    /** The peak of weights and results of the load phase. */
    readonly loadPeak: number;
    /** Textures that the intermediate results share. */
    readonly intermediates: number;
    /** All textures of the page's models, now and at their peak. */
    readonly now: number;
    readonly peak: number;
  };
  /** GL objects created in the page since the context was created. */
  readonly created: {
    readonly programs: number;
    readonly textures: number;
    readonly framebuffers: number;
  };
}

/**
 * Runs a model with a texture for every tensor and returns what each draw computed, results of the load phase first.
 * Needs as much GPU memory as all intermediate tensors together.
 *
 * @param wanted - indices of the tensors to be read, as graph.json lists them; without it all are
 */
export function runWithIntermediates(
  model: Model,
  inputs: Readonly<Record<string, RunInput>>,
  wanted?: ReadonlySet<number>,
): Promise<Intermediate[]> {
  return model.exclusively((session, branch) => intermediates(branch, session, inputs, wanted), {
    inputs,
    goesOn: true,
  });
}

async function intermediates(
  model: Model,
  session: Session,
  inputs: Readonly<Record<string, RunInput>>,
  wanted: ReadonlySet<number> | undefined,
): Promise<Intermediate[]> {
  await model.loaded;
  const { context, graph, persistent } = session.model;
  const { load, entries, tensors } = graph.plans.webgl2;
  const plans: { plan: RunPlan; delete: () => void }[] = [];
  try {
    await session.follow(
      bindInputs(graph, inputs, session.states?.grown()),
      (stage, symbols, before) => {
        const plansOf = session.stages[stage] as StagePlans;
        const isSame = ({ plan }: { plan: RunPlan }) =>
          plan.stage === plansOf.stage &&
          plan.before === before &&
          [...symbols].every(([name, value]) => plan.symbols.get(name) === value);
        // All iterations of a loop use the same textures.
        const made = plans.find(isSame) ?? planSeparately(session.model, plansOf, symbols, before);
        if (!plans.includes(made)) plans.push(made);
        return made.plan;
      },
      () => {},
    );
    await gpuFinished(context);
    const kept = load.filter(({ output }) => persistent.has(output));
    return [...kept, ...entries.predict].flatMap((step) => {
      const outputs = isHostStep(step) ? step.outputs : [step.output];
      return outputs.flatMap((output) => {
        if (wanted?.has(output) === false) return [];
        const holder = plans.find(({ plan }) => plan.placed.has(output));
        const placed = holder?.plan.placed.get(output) ?? persistent.get(output);
        if (!placed) return [];
        const { tensor, dirtyLanes } = readPlaced(context, placed, tensors[output]?.axes);
        const value = tensors[output]?.value ?? null;
        return [
          {
            node: step.node,
            value,
            tensor,
            shape: tensor.shape,
            data: tensor.data,
            dirtyLanes,
            index: output,
          },
        ];
      });
    });
  } finally {
    for (const made of plans) made.delete();
  }
}

/** A tensor of a run, and what it takes of the GPU's memory. */
export interface TensorOfRun {
  /** Index into the plan's tensors, as graph.json lists them. */
  readonly tensor: number;
  readonly shape: readonly number[];
  /** The bytes of its texels; tensors that are not in use at the same time may share a texture. */
  readonly bytes: number;
  /** The first and the last step that touch it, -1 for what the page fills in. */
  readonly lifetime: readonly [first: number, last: number];
}

/** Runs a model once, and describes all tensors between its inputs and outputs. */
export function tensorsOfRun(
  model: Model,
  inputs: Readonly<Record<string, RunInput>>,
): Promise<TensorOfRun[]> {
  return model.exclusively(
    async (session, branch) => {
      await branch.loaded;
      const { graph } = session.model;
      // In a loop, the last iteration counts.
      const placed = new Map<number, PlacedTensor>();
      const note = async (plan: RunPlan) => {
        for (const [index, tensor] of plan.placed) placed.set(index, tensor);
      };
      await session.follow(
        bindInputs(graph, inputs, session.states?.grown()),
        (stage, symbols, before) => (session.stages[stage] as StagePlans).planFor(symbols, before),
        () => {},
        performance.now(),
        note,
      );
      return graph.plans.webgl2.tensors.flatMap((tensor, index) => {
        const found = placed.get(index);
        if (!found || !tensor.lifetime || tensor.alias) return [];
        const { layout, texture } = found;
        const texels = layout.width * layout.height * layout.layers;
        const bytes = texture ? texels * TEXEL_BYTES[texture.format] : 0;
        return [{ tensor: index, shape: layout.shape, bytes, lifetime: tensor.lifetime as [number, number] }];
      });
    },
    { inputs, goesOn: true },
  );
}

let kept: Context | undefined;

/**
 * Keeps the context, and up to so many programs that no model uses, for later models: tests load many models one after the
 * other that have programs in common.
 */
export function keepPrograms(count: number): void {
  if (!kept || kept.isLost) kept = acquireContext();
  kept.unusedProgramsKept = count;
}

/** Counts a model's programs, draws, memory and GL objects. */
export function statistics(model: Model): Statistics {
  const loaded = model.loadedModel;
  const { bytes } = model.own.sessionOf(model, false);
  const { context, graph, programs, weights } = loaded;
  return {
    programs: new Set(programs.all).size,
    draws: graph.plans.webgl2.entries.predict.filter((step) => !isHostStep(step)).length,
    loadDraws: graph.plans.webgl2.load.length,
    textureBytes: {
      weights: weights.bytes,
      loadPeak: weights.peakBytes,
      intermediates: bytes,
      ...context.textureBytes,
    },
    created: { ...context.created },
  };
}
