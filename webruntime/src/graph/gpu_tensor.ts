import type { DataType } from "../bundle/generated/graph_file.ts";
import type { PageElement } from "./pictures.ts";
import type { Tensor } from "./tensor.ts";

/** A canvas to draw on: of the page, or off screen. */
export type DrawTarget = PageElement<"HTMLCanvasElement"> | OffscreenCanvas;

/** How a tensor is drawn. */
export interface DrawOptions {
  /** The values that become black and white, or none and full of each colour. Default: `[0, 1]`. */
  readonly range?: readonly [number, number] | undefined;
  /** Which axis is that of the channels, if both the first and the last could be. */
  readonly channels?: "first" | "last" | undefined;
}

/**
 * An output that stays on the GPU. It can be an input of later runs, of this or another model of the page. It is freed with
 * the model that made it, and lost with the GPU's context.
 */
export interface GpuTensor<D extends DataType = DataType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** Throws, because the elements are on the GPU: use `read`. */
  readonly data: never;
  /**
   * Resolves to the elements.
   *
   * @throws TexelflowError with the code `state-lost` when the GPU's context was lost, or `disposed`
   */
  read(): Promise<Tensor<D>>;
  /**
   * Draws the tensor on a canvas without reading it back, and sets the canvas to its size. It must be a picture of 1 or 3
   * channels, which are its first or last axis.
   *
   * @throws TexelflowError with the code `option` when it is not a picture, or the canvas has a context other than 2d;
   *   `state-lost` or `disposed` as `read` does
   */
  draw(canvas: DrawTarget, options?: DrawOptions): Promise<void>;
  /** Frees its GPU memory. */
  dispose(): void;
  /**
   * Copies it into the tensor of an input.
   *
   * @internal
   */
  copyTo(target: object): void;
}

/** Whether a value is a tensor on the GPU; works even if the file with the class is not loaded. */
export function isGpuTensor(value: unknown): value is GpuTensor {
  return value instanceof Object && "copyTo" in value;
}
