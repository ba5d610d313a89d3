import type { PlanTensor, State } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { storageFormat } from "../device/setting.ts";
import { ArrayTexture, textureBytes } from "../gl/texture.ts";
import { type Layout, layoutOf } from "../layout/layouts.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import type { PlacedTensor } from "./draws.ts";
import { InputFeed } from "./input_feed.ts";
import { OutputReader } from "./output_reader.ts";
import { GROWTH } from "./pool.ts";
import type { RunPlan } from "./run_plan.ts";

/** What a session keeps of a state that is longer after each run, such as the keys of a cache: a texture of its own. */
export class GrowingState {
  /** What the next run reads; null before the first run. */
  private held: Layout | null = null;
  private texture: ArrayTexture | null = null;

  constructor(
    private readonly model: LoadedModel,
    readonly state: State,
  ) {}

  /** Size in GPU memory. */
  get bytes(): number {
    return this.texture?.bytes ?? 0;
  }

  /** Its extent along the axis that grows. */
  get extent(): number {
    return this.held?.shape[this.state.shape.indexOf(this.state.grows as string)] ?? 0;
  }

  /**
   * Copies it into the tensor that a run reads.
   *
   * @throws TexelflowError when the run is of other sizes
   */
  give({ placed }: RunPlan): void {
    const { layout, texture } = placed.get(this.state.tensor) as PlacedTensor;
    if (!this.held) return;
    const text = ({ shape }: Layout) => `[${shape.join(", ")}]`;
    if (text(this.held) !== text(layout)) {
      throw new TexelflowError(
        "size",
        `State "${this.state.name}" has the shape ${text(this.held)}, but the sizes of this run need ${text(layout)}. ` +
          "Reset the session first, or run in another session.",
      );
    }
    if (texture && this.texture) texture.copy(this.texture, layout.width, layout.height);
  }

  /** Copies what a run leaves. */
  take({ placed }: RunPlan): void {
    const { layout, texture } = placed.get(this.state.next) as PlacedTensor;
    this.provide(layout);
    if (texture && this.texture) this.texture.copy(texture, layout.width, layout.height);
  }

  /** The elements; null before the first run. */
  save(): Tensor | null {
    if (!this.held) return null;
    return new OutputReader(this.model.context, this.state, this.held.shape, this.placed()).read();
  }

  /** Puts back what `save` gave. */
  restore(tensor: Tensor): void {
    const { context, graph, limits, setting } = this.model;
    const placed = graph.plans.webgl2.tensors[this.state.tensor] as PlanTensor;
    this.provide(layoutOf(placed, tensor.shape, setting, limits.maxTextureSize));
    const feed = new InputFeed(context, this.state, this.placed(), undefined, new Map());
    feed.write(tensor, limits.maxTextureSize);
  }

  /** Forgets it; the texture stays for what comes. */
  reset(): void {
    this.held = null;
  }

  /** Frees the texture. */
  delete(): void {
    this.texture?.delete();
    this.texture = this.held = null;
  }

  private placed(): PlacedTensor {
    const layout = this.held as Layout;
    return { dtype: this.state.dtype, layout, texture: layout.elements > 0 ? this.texture : null };
  }

  /** Lets the texture hold a tensor of a layout: the one that is there, or one with room to grow. */
  private provide(layout: Layout): void {
    const { context, graph, setting, limits } = this.model;
    const { width, height, layers, elements } = layout;
    const old = this.texture;
    this.held = layout;
    if (elements === 0 || (old && old.width >= width && old.height >= height)) return;
    const format = storageFormat(graph.plans.webgl2.tensors[this.state.tensor] as PlanTensor, setting);
    const roomy = Math.min(limits.maxTextureSize, Math.ceil(height * GROWTH));
    this.delete();
    this.held = layout;
    this.model.reserve(textureBytes(context, format, width, roomy, layers), "states");
    this.texture = new ArrayTexture(context, format, width, roomy, layers);
  }
}
