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
import { InputFeed } from "./input_feed.ts";
import { OutputReader } from "./output_reader.ts";

/** A state as the next run reads it. */
type Current = Pick<PlacedTensor, "layout" | "texture">;

/** A state's textures: what a run reads, and what it fills for the next one; null where the state is empty. */
interface Pair {
  readonly layout: Layout;
  readonly textures: readonly (ArrayTexture | null)[];
}

/**
 * What a session keeps from run to run: two textures for each state, which are exchanged after a run. Draws are bound to
 * them once for either way round.
 */
export class StateMemory {
  /** Whether the textures are exchanged. */
  isExchanged = false;
  /** Whether a run left anything in it. */
  isUsed = false;
  private pairs: Pair[] = [];

  constructor(private readonly model: LoadedModel) {}

  /** Memory of all textures. */
  get bytes(): number {
    return this.pairs
      .flatMap(({ textures }) => textures)
      .reduce((sum, texture) => sum + (texture?.bytes ?? 0), 0);
  }

  /**
   * Gives the states textures of these layouts, filled with zeros, unless they have them.
   *
   * @returns whether they are new, so that what was bound to old ones is not to be used
   * @throws TexelflowError when a run of other sizes left something in them
   */
  provide(layouts: ReadonlyMap<number, Layout>): boolean {
    const { states } = this.model.graph;
    const wanted = states.map(({ tensor }) => layouts.get(tensor) as Layout);
    const text = ({ shape }: Layout) => `[${shape.join(", ")}]`;
    const other = states.findIndex((_, index) => {
      const pair = this.pairs[index];
      return !pair || text(pair.layout) !== text(wanted[index] as Layout);
    });
    if (other < 0) return false;
    if (this.isUsed) {
      const { name } = states[other] as State;
      throw new TexelflowError(
        "size",
        `State "${name}" has the shape ${text((this.pairs[other] as Pair).layout)}, but the sizes of this run need ` +
          `${text(wanted[other] as Layout)}. Reset the session first, or run in another session.`,
      );
    }
    this.delete();
    this.pairs = states.map(({ tensor }, index) => this.pairOf(tensor, wanted[index] as Layout));
    return true;
  }

  /** The texture of a state's tensor, by its place in the file, as long as the textures are not exchanged. */
  textureOf(tensor: number): ArrayTexture | null {
    const { states } = this.model.graph;
    const index = states.findIndex((state) => state.tensor === tensor || state.next === tensor);
    const which = (states[index] as State).tensor === tensor ? 0 : 1;
    return this.pairs[index]?.textures[which] ?? null;
  }

  /** The texture and layout of a state as the next run reads it; null before the first run. */
  private current(index: number): Current | null {
    const pair = this.pairs[index];
    return pair ? { layout: pair.layout, texture: pair.textures[Number(this.isExchanged)] ?? null } : null;
  }

  /** Lets the next run read what the last one left. */
  exchange(): void {
    if (this.pairs.length === 0) return;
    this.isExchanged = !this.isExchanged;
    this.isUsed = true;
  }

  /** Forgets all that runs left. */
  reset(): void {
    this.isExchanged = this.isUsed = false;
    for (const { textures } of this.pairs) textures[0]?.fill(0);
  }

  /** What the session remembers, by the states' names; empty before the first run. */
  save(): Record<string, Tensor> {
    const { context, graph } = this.model;
    const saved = graph.states.flatMap((state, index) => {
      const current = this.current(index);
      if (!current) return [];
      const placed = { dtype: state.dtype, ...current };
      return [[state.name, new OutputReader(context, state, current.layout.shape, placed).read()] as const];
    });
    return Object.fromEntries(saved);
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
      graph.states.map(({ tensor }, index) => {
        const { shape } = tensors[index] as Tensor;
        const placed = graph.plans.webgl2.tensors[tensor] as PlanTensor;
        return [tensor, layoutOf(placed, shape, setting, limits.maxTextureSize)];
      }),
    );
    this.reset();
    provide(layouts);
    graph.states.forEach((state, index) => {
      const placed = { dtype: state.dtype, ...(this.current(index) as Current) };
      const feed = new InputFeed(context, state, placed, undefined, new Map());
      feed.write(tensors[index] as Tensor, limits.maxTextureSize);
    });
    this.isUsed = true;
  }

  /** Frees the textures; whether they were used is still told. */
  delete(): void {
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
function stateTensors(graph: GraphFile, given: Readonly<Record<string, unknown>>): Tensor[] {
  const names = graph.states.map(({ name }) => name);
  const unknown = Object.keys(given ?? {}).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TexelflowError(
      "input",
      `The model has no state "${unknown}"; its states are: ${names.join(", ") || "none"}.`,
      { input: unknown },
    );
  }
  return graph.states.map((state) => checkValue(state, given?.[state.name], names) as Tensor);
}
