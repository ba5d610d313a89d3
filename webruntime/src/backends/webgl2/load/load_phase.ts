import type { DataType, Draw, GraphFile, PlanTensor, Weight } from "../../../bundle/generated/graph_file.ts";
import { evaluate } from "../../../graph/expressions.ts";
import { elementCount, kindOf, type TensorData } from "../../../graph/tensor.ts";
import type { DeviceLimits } from "../device/device.ts";
import type { PlanPrograms } from "../device/programs.ts";
import { type DeviceSetting, storageFormat } from "../device/setting.ts";
import type { Context } from "../gl/context.ts";
import { ArrayTexture, type TexelFormat, textureBytes } from "../gl/texture.ts";
import { type DeviceBlocking, FLAT, isAlias, layoutOf } from "../layout/layouts.ts";
import { bindDraw, executeDraws, type PlacedTensor, placeAlias } from "../run/draws.ts";
import { WeightUpload } from "./weight_upload.ts";

const NO_SYMBOLS: ReadonlyMap<string, number> = new Map();

/**
 * Uploads weights as their bytes arrive and issues each draw of the load phase as soon as its inputs are there.
 * What no draw reads any more, and no run will, is freed at once.
 */
export class LoadPhase {
  /** Tensors that are complete and still needed. */
  readonly persistent: Map<number, PlacedTensor>;
  /** The most that `bytes` ever was. */
  peakBytes = 0;
  private readonly textures = new Set<ArrayTexture>();
  private readonly uploads: readonly WeightUpload[];
  /** How many draws are yet to read each tensor; infinity for those that runs read. */
  private readonly readsLeft = new Map<number, number>();
  private pending: (readonly [draw: Draw, index: number])[];
  private compiled: { readonly programs: PlanPrograms; readonly setting: DeviceSetting } | null = null;
  private failure: { readonly reason: unknown } | null = null;
  /** Calls of `filled` that wait for the next tensor. */
  private waiting: { resolve: () => void; reject: (reason: unknown) => void }[] = [];

  constructor(
    private readonly context: Context,
    private readonly graph: GraphFile,
    private readonly limits: DeviceLimits,
    /** Throws where so many bytes are too many. */
    private readonly reserve: (bytes: number) => void,
    /** Tensors that are another model's. */
    borrowed?: ReadonlyMap<number, PlacedTensor>,
  ) {
    this.persistent = new Map(borrowed);
    const { load, entries } = graph.plans.webgl2;
    this.pending = load.map((draw, index) => [draw, index] as const);
    for (const { inputs } of load) for (const tensor of this.holders(inputs)) this.addReads(tensor, 1);
    for (const { inputs } of entries.predict)
      for (const tensor of this.holders(inputs)) this.addReads(tensor, Number.POSITIVE_INFINITY);
    for (const output of graph.outputs) this.addReads(output.tensor, Number.POSITIVE_INFINITY);
    this.uploads = graph.weights.map(
      ({ tensor, parts, row }: Weight) =>
        new WeightUpload(
          parts.length,
          `Weight "${parts[0].key}"`,
          this.planTensor(tensor).dtype,
          (format) => this.place(tensor, format),
          row,
        ),
    );
  }

  /** Allows draws from now on. */
  start(programs: PlanPrograms, setting: DeviceSetting): void {
    this.compiled = { programs, setting };
    this.drawReady();
  }

  /** Takes one part of a weight; see WeightUpload.take. `weight` is its index in graph.json. */
  takePart(weight: number, part: number, stored: DataType, data: TensorData): void {
    const placed = this.uploads[weight]?.take(part, stored, data);
    if (!placed) return;
    this.persistent.set((this.graph.weights[weight] as Weight).tensor, placed);
    this.drawReady();
  }

  /** Whether all of the tensors that are weights or results of the load phase are complete. */
  has(tensors: readonly number[]): boolean {
    return [...this.holders(tensors)].every(
      (tensor) => this.planTensor(tensor).lifetime || this.persistent.has(tensor),
    );
  }

  /** Resolves when `has` is true of the tensors; rejects with what `fail` is told. */
  async filled(tensors: readonly number[]): Promise<void> {
    this.throwIfFailed();
    while (!this.has(tensors)) {
      await new Promise<void>((resolve, reject) => this.waiting.push({ resolve, reject }));
    }
  }

  /** Throws what `fail` was told, if it was. */
  throwIfFailed(): void {
    if (this.failure) throw this.failure.reason;
  }

  /** Tells those who wait for tensors that these will not come. */
  fail(reason: unknown): void {
    this.failure = { reason };
    for (const { reject } of this.waiting.splice(0)) reject(reason);
  }

  /** Frees the weights that nothing reads, once all are there and every draw is issued. */
  finish(): void {
    for (const tensor of [...this.persistent.keys()]) if (!this.readsLeft.get(tensor)) this.free(tensor);
  }

  /** Frees all textures. */
  delete(): void {
    for (const texture of this.textures) texture.delete();
    this.textures.clear();
    this.persistent.clear();
    this.pending = [];
  }

  /** What all weights take at least, if all floats come in 16 bits. */
  get leastBytes(): number {
    return this.graph.weights.reduce((sum, { tensor }) => {
      const { dtype, shape } = this.planTensor(tensor);
      return (
        sum + elementCount(shape as number[]) * (dtype === "int8" ? 1 : kindOf(dtype) === "float" ? 2 : 4)
      );
    }, 0);
  }

  /** Memory of all textures. */
  get bytes(): number {
    return [...this.textures].reduce((sum, texture) => sum + texture.bytes, 0);
  }

  private addReads(tensor: number, count: number): void {
    this.readsLeft.set(tensor, (this.readsLeft.get(tensor) ?? 0) + count);
  }

  private planTensor(index: number): PlanTensor {
    return this.graph.plans.webgl2.tensors[index] as PlanTensor;
  }

  /** The tensors in whose textures the given ones are, each once. */
  private holders(tensors: readonly number[]): Set<number> {
    return new Set(tensors.map((tensor) => this.planTensor(tensor).alias?.tensor ?? tensor));
  }

  private find(index: number): PlacedTensor | undefined {
    const tensor = this.planTensor(index);
    if (!isAlias(tensor)) return this.persistent.get(index);
    const holder = this.persistent.get(tensor.alias.tensor);
    return holder && placeAlias(tensor, holder, NO_SYMBOLS);
  }

  private place(index: number, format: TexelFormat, blocking: DeviceBlocking = FLAT): PlacedTensor {
    const tensor = this.planTensor(index);
    const shape = tensor.shape.map((dimension) => evaluate(dimension, NO_SYMBOLS));
    const layout = layoutOf(tensor, shape, blocking, this.limits.maxTextureSize);
    if (layout.elements === 0) return { dtype: tensor.dtype, layout, texture: null };
    const { width, height, layers } = layout;
    this.reserve(textureBytes(this.context, format, width, height, layers));
    const texture = new ArrayTexture(this.context, format, width, height, layers);
    this.textures.add(texture);
    this.peakBytes = Math.max(this.peakBytes, this.bytes);
    return { dtype: tensor.dtype, layout, texture };
  }

  private free(tensor: number): void {
    const texture = this.persistent.get(tensor)?.texture;
    this.persistent.delete(tensor);
    if (texture && this.textures.delete(texture)) texture.delete();
  }

  /** Issues the draws whose inputs are complete, in order, so that one pass finds all. */
  private drawReady(): void {
    if (!this.compiled) return;
    const { programs, setting } = this.compiled;
    this.pending = this.pending.filter(([draw, index]) => {
      const inputs = draw.inputs.map((tensor) => this.find(tensor));
      if (!inputs.every((input) => input !== undefined)) return true;
      const tensor = this.planTensor(draw.output);
      const output = this.place(draw.output, storageFormat(tensor, setting), setting);
      this.persistent.set(draw.output, output);
      const program = programs.load[index];
      const bound = program && bindDraw(this.context, program, output, inputs, draw, NO_SYMBOLS);
      if (bound) executeDraws(this.context, [bound]);
      for (const input of this.holders(draw.inputs)) {
        this.addReads(input, -1);
        if (this.readsLeft.get(input) === 0) this.free(input);
      }
      return false;
    });
    for (const { resolve } of this.waiting.splice(0)) resolve();
  }
}
