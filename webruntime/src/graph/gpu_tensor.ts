import type { DataType } from "../bundle/generated/graph_file.ts";
import type { Tensor } from "./tensor.ts";

/**
 * An output that stays on the GPU. It can be an input of later runs, of this or another model of the page. It goes with the
 * model that made it, and with the GPU's context.
 */
export interface GpuTensor<D extends DataType = DataType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** Throws: the elements are not here. */
  readonly data: never;
  /**
   * Resolves to the elements.
   *
   * @throws TexelflowError with the code `state-lost` when the GPU's context was lost, or `disposed`
   */
  read(): Promise<Tensor<D>>;
  /** Frees its GPU memory. */
  dispose(): void;
  /**
   * Copies it into the tensor of an input.
   *
   * @internal
   */
  copyTo(target: object): void;
}

/** Whether a value is a tensor that stayed on the GPU: the file with its class need not have been loaded. */
export function isGpuTensor(value: unknown): value is GpuTensor {
  return value instanceof Object && "copyTo" in value;
}
