// Loaded as dist/texelflow.states.js with models that have states.

import type { GraphFile, PlanTensor, State } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { checkValue } from "../../../graph/inputs.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { storageFormat } from "../device/setting.ts";
import { ArrayTexture, textureBytes } from "../gl/texture.ts";
import { type Layout, layoutOf } from "../layout/layouts.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import type { PlacedTensor } from "./draws.ts";
import { GrowingState } from "./growing_state.ts";
import { InputFeed } from "./input_feed.ts";
import { OutputReader } from "./output_reader.ts";
import type { RunPlan } from "./run_plan.ts";

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
 * them once for either way round. States that grow are copied instead.
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
  private readonly growing: readonly (readonly [state: State, memory: GrowingState])[];

  constructor(private readonly model: LoadedModel) {
    const { states } = model.graph;
    this.exchanged = states.filter(({ grows }) => grows === undefined);
    this.growing = states
      .filter(({ grows }) => grows !== undefined)
      .map((state) => [state, new GrowingState(model, state)]);
  }

  /** Memory of all textures. */
  get bytes(): number {
    const textures = this.pairs.flatMap((pair) => pair.textures);
    const held = [...textures, ...this.growing.map(([, memory]) => memory)];
    return held.reduce((sum, each) => sum + (each?.bytes ?? 0), 0);
  }

  /** The symbols of the extents that grow. */
  grown(): Map<string, number> {
    return new Map(this.growing.map(([{ grows }, { extent }]) => [grows as string, extent]));
  }

  /** Copies what grows into the tensors that a run's first stage reads. */
  give({ placed }: RunPlan): void {
    for (const [{ tensor }, memory] of this.growing) memory.give(placed.get(tensor) as PlacedTensor);
  }

  /**
   * Gives the states textures of these layouts, filled with zeros, unless they have them.
   *
   * @returns whether they are new, so that what was bound to old ones is not to be used
   * @throws TexelflowError when a run of other sizes left something in them
   */
  provide(layouts: ReadonlyMap<number, Layout>): boolean {
    const wanted = this.exchanged.map(({ tensor }) => layouts.get(tensor) as Layout);
    const text = ({ shape }: Layout) => `[${shape.join(", ")}]`;
    const other = this.exchanged.findIndex((_, index) => {
      const pair = this.pairs[index];
      return !pair || text(pair.layout) !== text(wanted[index] as Layout);
    });
    if (other < 0) return false;
    if (this.isUsed) {
      const { name } = this.exchanged[other] as State;
      throw new TexelflowError(
        "size",
        `State "${name}" has the shape ${text((this.pairs[other] as Pair).layout)}, but the sizes of this run need ` +
          `${text(wanted[other] as Layout)}. Reset the session first, or run in another session.`,
      );
    }
    this.deletePairs();
    this.pairs = this.exchanged.map(({ tensor }, index) => this.pairOf(tensor, wanted[index] as Layout));
    return true;
  }

  /** The texture of a state's tensor, by its place in the file, as long as the textures are not exchanged. */
  textureOf(tensor: number): ArrayTexture | null {
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
  goOn({ placed }: RunPlan): void {
    for (const [{ next }, memory] of this.growing) memory.take(placed.get(next) as PlacedTensor);
    this.isUsed = this.pairs.length + this.growing.length > 0;
    this.isExchanged = this.pairs.length > 0 && !this.isExchanged;
  }

  /** Forgets all that runs left. */
  reset(): void {
    this.isExchanged = this.isUsed = false;
    for (const { textures } of this.pairs) textures[0]?.fill(0);
    for (const [, memory] of this.growing) memory.reset();
  }

  /** What the session remembers, by the states' names; empty before the first run. */
  save(): Record<string, Tensor> {
    const saved = this.exchanged.flatMap((state, index) => {
      const current = this.current(index);
      if (!current) return [];
      const placed = { dtype: state.dtype, ...current };
      const reader = new OutputReader(this.model.context, state, current.layout.shape, placed);
      return [[state.name, reader.read()] as const];
    });
    const grown = this.growing.flatMap(([{ name }, memory]) => {
      const tensor = memory.save();
      return tensor ? [[name, tensor] as const] : [];
    });
    return Object.fromEntries([...saved, ...grown]);
  }

  /**
   * Puts back what `save` gave, in textures that `provide` is given for its shapes.
   *
   * @throws TexelflowError when a state is missing, unknown, or of another type
   */
  restore(
    given: Readonly<Record<string, unknown>>,
    provide: (layouts: ReadonlyMap<number, Layout>) => void,
  ): void {
    const { context, graph, limits, setting } = this.model;
    const tensors = stateTensors(graph, given);
    const layouts = new Map(
      this.exchanged.map((state) => {
        const { tensor } = state;
        const { shape } = tensors.get(state) as Tensor;
        const placed = graph.plans.webgl2.tensors[tensor] as PlanTensor;
        return [tensor, layoutOf(placed, shape, setting, limits.maxTextureSize)];
      }),
    );
    this.reset();
    provide(layouts);
    this.exchanged.forEach((state, index) => {
      const placed = { dtype: state.dtype, ...(this.current(index) as Current) };
      const feed = new InputFeed(context, state, placed, undefined, new Map());
      feed.write(tensors.get(state) as Tensor, limits.maxTextureSize);
    });
    for (const [state, memory] of this.growing) memory.restore(tensors.get(state) as Tensor);
    this.isUsed = true;
  }

  /** Frees the textures; whether they were used is still told. */
  delete(): void {
    this.deletePairs();
    for (const [, memory] of this.growing) memory.delete();
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

/**
 * Checks the tensors that a session is to remember: one of the right type and rank for each state, in their order.
 *
 * @throws TexelflowError naming the state, what was expected and what came
 */
function stateTensors(graph: GraphFile, given: Readonly<Record<string, unknown>>): Map<State, Tensor> {
  const names = graph.states.map(({ name }) => name);
  const unknown = Object.keys(given ?? {}).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TexelflowError(
      "input",
      `The model has no state "${unknown}"; its states are: ${names.join(", ") || "none"}.`,
      { input: unknown },
    );
  }
  return new Map(
    graph.states.map((state) => [state, checkValue(state, given?.[state.name], names) as Tensor]),
  );
}
