import type { TensorInfo } from "../api/model.ts";
import { TexelflowError } from "../errors.ts";
import type { Tensor as RuntimeTensor } from "../graph/tensor.ts";

/** The types of elements that TensorFlow.js has. */
export type TfType = "float32" | "int32" | "bool";

/** Elements as TensorFlow.js has them. */
export type TfData = Float32Array | Int32Array | Uint8Array;

/** A list of lists of numbers, as deep as a tensor has axes. */
export type Nested = number | readonly Nested[];

/** A tensor in the shape of those of TensorFlow.js, of an output that may not be there yet. */
export class Tensor {
  readonly dtype: TfType;
  private settled: RuntimeTensor | undefined;

  /** @internal */
  constructor(
    private readonly info: TensorInfo,
    private readonly result: Promise<RuntimeTensor>,
  ) {
    const isFloat = /float/.test(info.dtype);
    this.dtype = isFloat ? "float32" : info.dtype === "bool" ? "bool" : "int32";
    result.then(
      (tensor) => {
        this.settled = tensor;
      },
      () => {}, // told of by whatever waits for it
    );
  }

  /** Name of the output. */
  get name(): string {
    return this.info.name;
  }

  /**
   * The extents.
   *
   * @throws TexelflowError where the model leaves some free, and `data()` has not resolved yet
   */
  get shape(): number[] {
    if (this.settled) return [...this.settled.shape];
    const { shape } = this.info;
    if (shape.every((extent) => typeof extent === "number")) return [...(shape as readonly number[])];
    throw this.early("shape");
  }

  /** How many axes there are. */
  get rank(): number {
    return this.info.shape.length;
  }

  /** How many elements there are; throws as `shape` does. */
  get size(): number {
    return this.shape.reduce((count, extent) => count * extent, 1);
  }

  /** Resolves to the elements; rejects as the run did. */
  async data(): Promise<TfData> {
    return elementsOf(await this.result);
  }

  /** Resolves to the elements as nested lists. */
  async array(): Promise<Nested> {
    const { shape } = await this.result;
    return nested(await this.data(), shape);
  }

  /**
   * The elements: nothing waits for the GPU here.
   *
   * @throws TexelflowError before `data()` or `array()` has resolved
   */
  dataSync(): TfData {
    if (!this.settled) throw this.early("dataSync()");
    return elementsOf(this.settled);
  }

  /** The elements as nested lists; throws as `dataSync` does. */
  arraySync(): Nested {
    if (!this.settled) throw this.early("arraySync()");
    return nested(elementsOf(this.settled), this.settled.shape);
  }

  /** Does nothing: the elements are the page's. */
  dispose(): void {}

  private early(what: string): Error {
    return new TexelflowError(
      "input",
      `Tensor "${this.name}": ${what} is not there before the run is done: await data() or array() first.`,
    );
  }
}

function elementsOf(tensor: RuntimeTensor): TfData {
  if (/float/.test(tensor.dtype)) return tensor.as("float32");
  if (tensor.dtype === "bool") return tensor.as("bool");
  return Int32Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

function nested(data: ArrayLike<number>, shape: readonly number[], begin = 0): Nested {
  const [extent, ...inner] = shape;
  if (extent === undefined) return data[begin] as number;
  const step = inner.reduce((count, next) => count * next, 1);
  return Array.from({ length: extent }, (_, i) => nested(data, inner, begin + i * step));
}
