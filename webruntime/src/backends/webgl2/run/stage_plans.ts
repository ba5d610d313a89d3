import type { Stage } from "../../../graph/stages.ts";
import { textureBytes } from "../gl/texture.ts";
import type { Layout } from "../layout/layouts.ts";
import type { LoadedModel, StateMemory } from "../load/loaded_model.ts";
import type { Slot } from "./memory.ts";
import { GROWTH, TexturePool } from "./pool.ts";
import { bindPlan, deletePlan, placeTensors, type RunPlan } from "./run_plan.ts";

/** Plans kept for the sizes used last. */
const PLANS_KEPT = 4;

/** The plans of one stage of a model's runs, for the sizes used last, and the textures that they share. */
export class StagePlans {
  readonly pool: TexturePool;
  /** Most recently used first. */
  private plans: RunPlan[] = [];

  constructor(
    private readonly model: LoadedModel,
    readonly stage: Stage,
    readonly session: { readonly states: StateMemory | null; dropAll(): void },
  ) {
    this.pool = newPool(model);
  }

  /** The plan for the symbols, behind that of the stage before; made unless it is among those kept. */
  planFor(symbols: ReadonlyMap<string, number>, before: RunPlan | null): RunPlan {
    this.dropPlans((plan) => plan.before?.isDeleted === true);
    const isWanted = (plan: RunPlan) =>
      plan.before === before && [...plan.symbols].every(([name, value]) => symbols.get(name) === value);
    let index = this.plans.findIndex(isWanted);
    if (index < 0) index = this.session.states?.regrow(this.plans, symbols) ?? index;
    if (index >= 0) {
      const [plan] = this.plans.splice(index, 1);
      this.plans.unshift(plan as RunPlan);
      return plan as RunPlan;
    }
    const { layouts, slots } = placeTensors(this.model, this.stage, symbols, true);
    this.provideStates(layouts, slots);
    const needed = bytesOf(this.model, slots);
    // Textures that grow do so by more than is needed: where that may be too much, all are made anew.
    if (!this.model.hasRoomFor(needed + (GROWTH ** 2 - 1) * this.pool.bytes)) this.dropAll();
    this.model.reserve(needed, "intermediate results");
    const { textures, replaced } = this.pool.provide(slots);
    this.dropPlans((plan) => [...replaced].some((texture) => plan.textures.has(texture)));
    try {
      const plan = bindPlan(this.model, this.stage, before, symbols, layouts, textures, this.session.states);
      this.plans.unshift(plan);
      let kept = 0;
      this.dropPlans(() => ++kept > PLANS_KEPT);
      this.pool.keepOnly(new Set(this.plans.flatMap((other) => [...other.textures])));
      return plan;
    } catch (error) {
      this.dropAll();
      throw error;
    }
  }

  /** Gives the states textures before the first stage. */
  provideStates(layouts: Map<number, Layout>, slots: Slot[]): void {
    if (this.stage.first === 0) this.session.states?.provide(layouts, slots);
  }

  /** Frees all plans and textures, so that nothing half-made stays: the next run plans afresh. */
  dropAll(): void {
    this.dropPlans(() => true);
    this.pool.keepOnly(new Set());
  }

  /** Frees what the stage has on the GPU. */
  delete(): void {
    this.dropAll();
    this.model.pools.delete(this.pool);
  }

  private dropPlans(isDropped: (plan: RunPlan) => boolean): void {
    this.plans = this.plans.filter((plan) => {
      const dropped = isDropped(plan);
      if (dropped) deletePlan(plan);
      return !dropped;
    });
  }
}

/** Bytes of the textures that slots ask for. */
export function bytesOf({ context }: Pick<LoadedModel, "context">, slots: readonly Slot[]): number {
  return slots.reduce(
    (sum, { kind, width, height }) => sum + textureBytes(context, kind.format, width, height, kind.layers),
    0,
  );
}

/** A pool whose textures count as the model's. */
export function newPool(model: LoadedModel): TexturePool {
  const pool = new TexturePool(model.context, model.limits.maxTextureSize);
  model.pools.add(pool);
  return pool;
}
