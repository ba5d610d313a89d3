import type { PlanTensor, State } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { elementCount, kindOf, narrow, Tensor, widen } from "../../../graph/tensor.ts";
import { storageFormat } from "../device/setting.ts";
import { readTexels } from "../gl/readback.ts";
import { ArrayTexture, textureBytes } from "../gl/texture.ts";
import { type Extents, type Layout, layoutOf, type Planes } from "../layout/layouts.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import type { PlacedTensor } from "./draws.ts";
import { clampToFloat16 } from "./input_feed.ts";
import { GROWTH } from "./pool.ts";
import type { RunPlan } from "./run_plan.ts";

/** Columns that its texture has at least: a prompt is seldom all. */
const LEAST_COLUMNS = 64;

/**
 * A state that a run adds columns to, where it lies: nothing of it is copied. Its planes lie below each other, each as
 * wide as the texture, which has room for more columns.
 */
export class AppendedState {
  texture: ArrayTexture | null = null;
  /** What the next run goes on from; null before the first run. */
  private held: Layout | null = null;
  private readonly tensor: PlanTensor;
  private readonly axis: number;

  constructor(
    private readonly model: LoadedModel,
    readonly state: State,
  ) {
    this.tensor = model.graph.plans.webgl2.tensors[state.tensor] as PlanTensor;
    this.axis = state.shape.indexOf(state.grows as string);
  }

  /** Size in GPU memory. */
  get bytes(): number {
    return this.texture?.bytes ?? 0;
  }

  /** Its columns. */
  get extent(): number {
    return this.held?.shape[this.axis] ?? 0;
  }

  /**
   * Where it lies after a run that leaves it of a shape.
   *
   * @throws TexelflowError when the device has no such texture, or what is remembered is of another shape
   */
  layoutFor(shape: readonly number[]): Layout {
    const { setting, limits } = this.model;
    const most = 2 ** setting.cut;
    const layout = layoutOf(this.tensor, shape, { ...setting, fold: 0 }, limits.maxTextureSize);
    const planes = layout.planes as Planes;
    const [batch, , , columns] = planes.extents as Extents;
    const height = batch * planes.perImage;
    if (height > most) {
      throw new TexelflowError(
        "size",
        `State "${this.state.name}" of shape [${shape.join(", ")}] needs a texture of ${height} lines, but this device ` +
          `allows ${most}. Run with a smaller batch.`,
      );
    }
    this.requireShape(shape);
    return {
      ...layout,
      width: columns,
      height,
      left: this.extent,
      planes: { ...planes, tiles: 1, columns, lines: height },
    };
  }

  /** Whether the texture has room for a layout. */
  hasRoomFor({ elements, width, height }: Layout): boolean {
    const { texture } = this;
    return elements === 0 || (!!texture && texture.width >= width && texture.height >= height);
  }

  /** Makes the texture larger; what is remembered stays. What was bound to the old one is not to be used any more. */
  grow({ width, height, layers }: Layout): void {
    const { context, limits, options, setting } = this.model;
    const format = storageFormat(this.tensor, setting);
    const roomy = Math.min(limits.maxTextureSize, Math.max(LEAST_COLUMNS, Math.ceil(width * GROWTH)));
    const bytes = (columns: number) => textureBytes(context, format, columns, height, layers);
    const columns = this.model.hasRoomFor(bytes(roomy)) ? roomy : width;
    this.model.reserve(bytes(columns), "states");
    const old = this.texture;
    this.texture = new ArrayTexture(context, format, columns, height, layers);
    this.texture.fill(options.poison && format !== "int32" ? Number.NaN : 0);
    if (old && this.held) this.texture.copy(old, this.held.width, this.held.height);
    old?.delete();
  }

  /** Checks that a run goes on from what is remembered. */
  give({ placed, symbols }: RunPlan): void {
    const { shape } = (placed.get(this.state.next) as PlacedTensor).layout;
    this.requireShape(shape, symbols.get(this.state.grows as string));
  }

  /** Remembers what a run leaves. */
  take({ placed }: RunPlan): void {
    this.held = (placed.get(this.state.next) as PlacedTensor).layout;
  }

  /** The elements; null before the first run. */
  save(): Tensor | null {
    const { held, texture, state } = this;
    if (!held) return null;
    const { width, height, elements, shape } = held;
    const { values, texels } = this.arrays(held);
    texels.forEach((each, layer) => {
      if (elements > 0) readTexels(this.model.context, texture as ArrayTexture, layer, width, height, each);
    });
    this.walk(held, (layer, place, element) => {
      values[element] = texels[layer]?.[place] as number;
    });
    return new Tensor(state.dtype, shape, widen(state.dtype, values, elements));
  }

  /** Puts back what `save` gave, into a texture that has room for it. */
  restore({ dtype, data, shape }: Tensor): void {
    const layout = this.layoutFor(shape);
    const { width, height, elements } = layout;
    const { values, texels } = this.arrays(layout);
    narrow(dtype, data, values, `State "${this.state.name}"`);
    if (this.texture?.format === "float16") clampToFloat16(values);
    this.walk(layout, (layer, place, element) => {
      (texels[layer] as Float32Array | Int32Array)[place] = values[element] as number;
    });
    texels.forEach((each, layer) => {
      if (elements > 0) this.texture?.write(0, width * height, width, each, 0, layer);
    });
    this.held = layout;
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

  /** Room for the elements of a layout, and for the texels of each layer. */
  private arrays({ elements, layers, width, height }: Layout): {
    values: Float32Array | Int32Array;
    texels: (Float32Array | Int32Array)[];
  } {
    const array = kindOf(this.state.dtype) === "float" ? Float32Array : Int32Array;
    return {
      values: new array(elements),
      texels: Array.from({ length: layers }, () => new array(width * height * 4)),
    };
  }

  /** Visits each element: its layer, its place among the values of that, and its row-major index. */
  private walk(
    { shape, planes, width, blocking }: Layout,
    visit: (layer: number, place: number, element: number) => void,
  ): void {
    const { extents, perImage } = planes as Planes;
    const [batch, channels] = extents;
    // Its axes are one run of the shape in each role.
    const [alongN = 0, alongC = 0, , alongW = 0] = (this.tensor.axes as number[][]).map((axes) =>
      elementCount(shape.slice((axes.at(-1) ?? -1) + 1)),
    );
    for (let n = 0; n < batch; n++) {
      for (let c = 0; c < channels; c++) {
        const group = c >> 2;
        const line = n * perImage + Math.floor(group / blocking.groups);
        for (let w = 0; w < width; w++) {
          const place = (line * width + w) * 4 + (c & 3);
          visit(group % blocking.groups, place, n * alongN + c * alongC + w * alongW);
        }
      }
    }
  }

  /** Refuses a shape, after a run that begins with so many columns, that does not go on from what is remembered. */
  private requireShape(after: readonly number[], before = this.extent): void {
    if (!this.held) return;
    const text = (shape: readonly number[]) => `[${shape.join(", ")}]`;
    const needed = after.map((extent, axis) => (axis === this.axis ? before : extent));
    if (text(needed) === text(this.held.shape)) return;
    throw new TexelflowError(
      "size",
      `State "${this.state.name}" has the shape ${text(this.held.shape)}, but the sizes of this run need ` +
        `${text(needed)}. Reset the session first, or run in another session.`,
    );
  }
}
