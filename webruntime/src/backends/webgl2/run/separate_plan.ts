import type { LoadedModel } from "../load/loaded_model.ts";
import { bindPlan, deletePlan, placeTensors, type RunPlan } from "./run_plan.ts";
import { bytesOf, newPool, type StagePlans } from "./stage_plans.ts";

/** A plan of a stage in textures of its own, in which every tensor of a run survives; `delete` frees it. */
export function planSeparately(
  model: LoadedModel,
  plans: StagePlans,
  symbols: ReadonlyMap<string, number>,
  before: RunPlan | null,
): { plan: RunPlan; delete: () => void } {
  const { stage, session } = plans;
  const { layouts, slots } = placeTensors(model, stage, symbols, false);
  plans.provideStates(layouts, slots);
  model.reserve(bytesOf(model, slots), "intermediate results");
  const pool = newPool(model);
  const { textures } = pool.provide(slots);
  const plan = bindPlan(model, stage, before, symbols, layouts, textures, session.states);
  return {
    plan,
    delete: () => {
      deletePlan(plan);
      pool.keepOnly(new Set());
      model.pools.delete(pool);
    },
  };
}
