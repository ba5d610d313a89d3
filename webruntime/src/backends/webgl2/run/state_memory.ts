// Loaded as dist/texelflow.states.js with models that have states.

import type { GraphFile, PlanTensor, State } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import type { Symbols } from "../../../graph/expressions.ts";
import { checkValue } from "../../../graph/inputs.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { storageFormat } from "../device/setting.ts";
import { ArrayTexture, textureBytes } from "../gl/texture.ts";
import { type Layout, layoutOf } from "../layout/layouts.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import { AppendedState } from "./appended_state.ts";
import type { PlacedTensor } from "./draws.ts";
import { GrowingState } from "./growing_state.ts";
import { grownPlan } from "./grown_plan.ts";
import { InputFeed } from "./input_feed.ts";
import type { Slot } from "./memory.ts";
import { OutputReader } from "./output_reader.ts";
import type { RunPlan } from "./run_plan.ts";
import { type Session, throwIfLost } from "./session.ts";
import { bytesOf } from "./stage_plans.ts";

/** Factor by which textures exceed what a tensor takes that is larger than it was: states go on to grow. */
const ROOM = 1.25;

export { checkStates } from "./state_check.ts";

/** A state as the next run reads it. */
type Current = Pick<PlacedTensor, "layout" | "texture">;

/** A state's textures: what a run reads, and what it fills for the next one; null where the state is empty. */
interface Pair {
  readonly layout: Layout;
  readonly textures: readonly (ArrayTexture | null)[];
}

/**
 * What a session keeps from run to run: two textures for each state, which are exchanged after a run. Draws are bound to
 * them once for either way round. States that grow are appended to, or copied instead.
 */
export class StateMemory {
  /** Whether the textures are exchanged. */
  isExchanged = false;
  /** Whether a run left anything in it. */
  isUsed = false;
  /** States whose textures are exchanged. */
  private readonly exchanged: readonly State[];
  /** Their textures, in the same order; none before the first run. */
  private pairs: Pair[] = [];
  private readonly growing: readonly (AppendedState | GrowingState)[];
  private readonly appended: readonly AppendedState[];
  /** Elements of tensors when they were placed last. */
  private placed: ReadonlyMap<number, number> = new Map();
  private readonly model: LoadedModel;

  /** @param session - whose plans go before states get other textures */
  constructor(private readonly session: Pick<Session, "model" | "dropAll">) {
    const { model } = session;
    const { states } = model.graph;
    this.model = model;
    this.exchanged = states.filter(({ grows }) => grows === undefined);
    this.growing = states
      .filter(({ grows }) => grows !== undefined)
      .map((state) => new (state.tensor === state.next ? AppendedState : GrowingState)(model, state));
    this.appended = this.growing.filter((memory) => memory instanceof AppendedState);
  }

  /** Memory of all textures. */
  get bytes(): number {
    const textures = this.pairs.flatMap((pair) => pair.textures);
    const held = [...textures, ...this.growing];
    return held.reduce((sum, each) => sum + (each?.bytes ?? 0), 0);
  }

  /** The symbols of the extents that grow. */
  grown(): Map<string, number> {
    return new Map(this.growing.map(({ state, extent }) => [state.grows as string, extent]));
  }

  /** Copies what grows into the tensors that a run's first stage reads. */
  give(plan: RunPlan): void {
    for (const memory of this.growing) memory.give(plan);
  }

  /**
   * Gives the states textures for a run that is planned, unless they have them: those that are exchanged filled with
   * zeros. Places those that are appended to, and makes room where a tensor is larger than it was when it was placed
   * last: it may grow on.
   *
   * @throws TexelflowError when a run of other sizes left something in them
   */
  provide(layouts: Map<number, Layout>, slots: readonly Slot[]): void {
    this.makeRoom(layouts, slots);
    const placed = this.appended.map((memory) => {
      const { next } = memory.state;
      const layout = memory.layoutFor((layouts.get(next) as Layout).shape);
      layouts.set(next, layout);
      return layout;
    });
    const wanted = this.exchanged.map(({ tensor }) => layouts.get(tensor) as Layout);
    const text = ({ shape }: Layout) => `[${shape.join(", ")}]`;
    const other = this.exchanged.findIndex((_, index) => {
      const pair = this.pairs[index];
      return !pair || text(pair.layout) !== text(wanted[index] as Layout);
    });
    if (other >= 0 && this.isUsed) {
      const { name } = this.exchanged[other] as State;
      throw new TexelflowError(
        "size",
        `State "${name}" has the shape ${text((this.pairs[other] as Pair).layout)}, but the sizes of this run need ` +
          `${text(wanted[other] as Layout)}. Reset the session first, or run in another session.`,
      );
    }
    this.replace(placed, other < 0 ? null : wanted);
  }

  /** Gives states that are appended to larger textures where they lack room, and others new ones unless there are null. */
  private replace(appended: readonly Layout[], exchanged: readonly Layout[] | null): void {
    const full = this.appended.filter((memory, index) => !memory.hasRoomFor(appended[index] as Layout));
    if (full.length > 0 || exchanged) this.session.dropAll();
    for (const memory of full) memory.grow(appended[this.appended.indexOf(memory)] as Layout);
    if (!exchanged) return;
    this.deletePairs();
    this.pairs = this.exchanged.map(({ tensor }, index) => this.pairOf(tensor, exchanged[index] as Layout));
  }

  private makeRoom(layouts: ReadonlyMap<number, Layout>, slots: readonly Slot[]): void {
    const { model } = this;
    const { maxTextureSize } = model.limits;
    if (this.growing.length === 0 || !model.hasRoomFor(bytesOf(model, slots) * ROOM ** 2)) return;
    const roomy = (extent: number) => Math.min(maxTextureSize, Math.ceil(extent * ROOM));
    for (const slot of slots) {
      const grows = (tensor: number) =>
        (layouts.get(tensor) as Layout).elements > (this.placed.get(tensor) ?? Number.POSITIVE_INFINITY);
      if (!slot.tensors.some(grows)) continue;
      slot.width = roomy(slot.width);
      slot.height = roomy(slot.height);
    }
    this.placed = new Map([...layouts].map(([tensor, { elements }]) => [tensor, elements]));
  }

  /** Fits one of the plans kept to a run of which it is `grownPlan`; returns its index, or -1 if there is none. */
  regrow(plans: RunPlan[], symbols: Symbols): number {
    const places = new Map(this.appended.map((memory) => [memory.state.next, memory]));
    const grows = [...this.grown().keys()];
    return plans.findIndex((plan, index) => {
      const grown = grows.length > 0 && grownPlan(this.model, plan, symbols, grows, places);
      if (grown) plans[index] = grown;
      return grown;
    });
  }

  /** The texture of a state's tensor, by its place in the file, as long as the textures are not exchanged. */
  textureOf(tensor: number): ArrayTexture | null {
    const memory = this.appended.find(({ state }) => state.next === tensor);
    if (memory) return memory.texture;
    const index = this.exchanged.findIndex((state) => state.tensor === tensor || state.next === tensor);
    const which = (this.exchanged[index] as State).tensor === tensor ? 0 : 1;
    return this.pairs[index]?.textures[which] ?? null;
  }

  /** The texture and layout of a state as the next run reads it; null before the first run. */
  private current(index: number): Current | null {
    const pair = this.pairs[index];
    return pair ? { layout: pair.layout, texture: pair.textures[Number(this.isExchanged)] ?? null } : null;
  }

  /** Lets the next run read what a run, of which this is the last stage, left. */
  goOn(plan: RunPlan): void {
    for (const memory of this.growing) memory.take(plan);
    this.isUsed = this.pairs.length + this.growing.length > 0;
    this.isExchanged = this.pairs.length > 0 && !this.isExchanged;
  }

  /** Forgets all that runs left. */
  reset(): void {
    this.isExchanged = this.isUsed = false;
    for (const { textures } of this.pairs) textures[0]?.fill(0);
    for (const memory of this.growing) memory.reset();
  }

  /**
   * What the session remembers, by the states' names; empty before the first run.
   *
   * @throws TexelflowError with the code `context-lost` when it was lost meanwhile, perhaps while a branch was loaded
   */
  save(): Record<string, Tensor> {
    const saved = this.exchanged.flatMap((state, index) => {
      const current = this.current(index);
      if (!current) return [];
      const placed = { dtype: state.dtype, ...current };
      const reader = new OutputReader(this.model.context, state, current.layout.shape, placed);
      return [[state.name, reader.read()] as const];
    });
    const grown = this.growing.flatMap((memory) => {
      const tensor = memory.save();
      return tensor ? [[memory.state.name, tensor] as const] : [];
    });
    throwIfLost(this.model);
    return Object.fromEntries([...saved, ...grown]);
  }

  /**
   * Puts back what `save` gave.
   *
   * @throws TexelflowError when a state is missing, unknown, or of another type
   */
  restore(given: Readonly<Record<string, unknown>>): void {
    const { context, graph, limits, setting } = this.model;
    const tensors = stateTensors(graph, given);
    const layouts = new Map(
      [...tensors].map(([{ tensor }, { shape }]) => {
        const placed = graph.plans.webgl2.tensors[tensor] as PlanTensor;
        return [tensor, layoutOf(placed, shape, setting, limits.maxTextureSize)];
      }),
    );
    this.reset();
    this.provide(layouts, []);
    this.exchanged.forEach((state, index) => {
      const placed = { dtype: state.dtype, ...(this.current(index) as Current) };
      const feed = new InputFeed(context, state, placed, undefined, new Map());
      feed.write(tensors.get(state) as Tensor, limits.maxTextureSize);
    });
    for (const memory of this.growing) memory.restore(tensors.get(memory.state) as Tensor);
    this.isUsed = true;
  }

  /** Frees the textures; whether they were used is still told. */
  delete(): void {
    this.deletePairs();
    for (const memory of this.growing) memory.delete();
  }

  private deletePairs(): void {
    for (const { textures } of this.pairs) for (const texture of textures) texture?.delete();
    this.pairs = [];
    this.isExchanged = false;
  }

  private pairOf(tensor: number, layout: Layout): Pair {
    if (layout.elements === 0) return { layout, textures: [null, null] };
    const { context, graph, setting } = this.model;
    const { width, height, layers } = layout;
    const format = storageFormat(graph.plans.webgl2.tensors[tensor] as PlanTensor, setting);
    this.model.reserve(2 * textureBytes(context, format, width, height, layers), "states");
    const textures = [0, 1].map(() => new ArrayTexture(context, format, width, height, layers));
    for (const texture of textures) texture.fill(0);
    return { layout, textures };
  }
}

/** By tensor, for both tensors of each state that is not copied, the other one. */
export function statePartners({ states }: GraphFile): ReadonlyMap<number, number> {
  const left = states.filter(({ grows, tensor, next }) => grows === undefined || tensor === next);
  return new Map(
    left.flatMap(({ tensor, next }) => [
      [tensor, next],
      [next, tensor],
    ]),
  );
}

/**
 * Checks the tensors that a session is to remember: one of the right type and rank for each state, in their order.
 *
 * @throws TexelflowError naming the state, what was expected and what came
 */
function stateTensors(graph: GraphFile, given: Readonly<Record<string, unknown>>): Map<State, Tensor> {
  const names = graph.states.map(({ name }) => name);
  return new Map(
    graph.states.map((state) => [state, checkValue(state, given?.[state.name], names) as Tensor]),
  );
}
