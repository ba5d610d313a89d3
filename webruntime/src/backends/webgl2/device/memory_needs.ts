import type { GraphFile, PlanTensor } from "../../../bundle/generated/graph_file.ts";
import { evaluate } from "../../../graph/expressions.ts";
import { settle } from "../../../graph/inputs.ts";
import { isHostStep, stagesOf } from "../../../graph/stages.ts";
import type { Context } from "../gl/context.ts";
import { textureBytes } from "../gl/texture.ts";
import { layoutOf } from "../layout/layouts.ts";
import { placeTensors } from "../run/run_plan.ts";
import { bytesOf } from "../run/stage_plans.ts";
import type { DeviceLimits } from "./device.ts";
import { type DeviceSetting, storageFormat } from "./setting.ts";

/**
 * Bytes of GPU memory that a loaded model takes: weights as runs read them, and what the run itself needs where all its
 * sizes are fixed.
 *
 * @throws TexelflowError with the code `size` when a tensor is too large for the device
 */
export function memoryNeeds(
  context: Context,
  graph: GraphFile,
  setting: DeviceSetting,
  limits: DeviceLimits,
): number {
  const { tensors, entries } = graph.plans.webgl2;
  const steps = entries.predict;
  const read = new Set([
    ...steps.flatMap(({ inputs }) => inputs),
    ...graph.outputs.map(({ tensor }) => tensor),
  ]);
  const holders = new Set([...read].map((index) => tensors[index]?.alias?.tensor ?? index));
  let bytes = 0;
  for (const index of holders) {
    const tensor = tensors[index] as PlanTensor;
    if (tensor.lifetime) continue;
    const shape = tensor.shape.map((extent) => evaluate(extent, new Map()));
    const { elements, width, height, layers } = layoutOf(tensor, shape, setting, limits.maxTextureSize);
    if (elements > 0) bytes += textureBytes(context, storageFormat(tensor, setting), width, height, layers);
  }
  if (graph.symbols.length > 0 || steps.some((step) => isHostStep(step) && step.binds.length > 0))
    return bytes;
  const symbols = new Map<string, number>();
  for (const stage of stagesOf(graph)) {
    settle(stage, symbols, new Map());
    const model = { graph, setting, limits, statePartners: new Map() };
    bytes += bytesOf({ context }, placeTensors(model, stage, symbols, true).slots);
  }
  return bytes;
}
