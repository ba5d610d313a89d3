import type { DataType } from "../bundle/generated/graph_file.ts";
import { TexelflowError } from "../errors.ts";
import { type GpuTensor, isGpuTensor } from "../graph/gpu_tensor.ts";
import { Tensor as RuntimeTensor, type TensorData, TRAITS } from "../graph/tensor.ts";

/** The arrays whose type a tensor takes where none is given. */
const TYPES: Readonly<Record<string, DataType>> = {
  Float32Array: "float32",
  Float64Array: "float64",
  Float16Array: "float16",
  Int8Array: "int8",
  Uint8Array: "uint8",
  Uint8ClampedArray: "uint8",
  Int16Array: "int16",
  Uint16Array: "uint16",
  Int32Array: "int32",
  Uint32Array: "uint32",
  BigInt64Array: "int64",
  BigUint64Array: "uint64",
};

/** What tensors may be made of. */
export type OrtData = TensorData | readonly number[] | readonly bigint[] | readonly boolean[];

/** A tensor in the shape of ONNX Runtime's: `type`, `data` and `dims`. */
export class Tensor {
  readonly type: DataType;
  readonly dims: readonly number[];
  /** Where the elements are: "cpu", or "texture" where `preferredOutputLocation` left them on the GPU. */
  readonly location: "cpu" | "texture";
  private held: RuntimeTensor | GpuTensor | null;

  /**
   * @param type - of the elements, or the elements themselves, whose array tells the type
   * @param data - the elements, or the extents where `type` is the elements
   * @param dims - the extents; a vector unless given
   * @throws TexelflowError with the code `input` when they do not fit each other
   */
  constructor(type: DataType | OrtData, data?: OrtData | readonly number[], dims?: readonly number[]) {
    const [dtype, elements, shape] =
      typeof type === "string"
        ? [type, data as OrtData, dims]
        : [typeOf(type), type, data as readonly number[]];
    this.held = new RuntimeTensor(dtype, shape ?? [elements?.length ?? 0], arrayOf(dtype, elements));
    this.type = dtype;
    this.dims = this.held.shape;
    this.location = "cpu";
  }

  /** @internal */
  static holding(tensor: RuntimeTensor | GpuTensor): Tensor {
    const made = Object.create(Tensor.prototype) as Tensor;
    const location = isGpuTensor(tensor) ? "texture" : "cpu";
    return Object.assign(made, { type: tensor.dtype, dims: tensor.shape, location, held: tensor });
  }

  /** The elements. Throws where they are on the GPU: `getData` has them. */
  get data(): TensorData {
    return this.tensor.data;
  }

  /** How many elements there are. */
  get size(): number {
    return this.dims.reduce((count, extent) => count * extent, 1);
  }

  /** What the runtime takes. @internal */
  get tensor(): RuntimeTensor | GpuTensor {
    if (this.held) return this.held;
    throw new TexelflowError("disposed", "The tensor was disposed.");
  }

  /**
   * Resolves to the elements, also where they are on the GPU.
   *
   * @param release - whether the GPU's memory is freed then
   */
  async getData(release = false): Promise<TensorData> {
    const { tensor } = this;
    if (!isGpuTensor(tensor)) return tensor.data;
    const read = await tensor.read();
    if (release) tensor.dispose();
    this.held = read;
    return read.data;
  }

  /** The same elements with other extents, of as many elements. */
  reshape(dims: readonly number[]): Tensor {
    return new Tensor(this.type, this.data, dims);
  }

  /** Lets go of the elements. */
  dispose(): void {
    if (this.held && isGpuTensor(this.held)) this.held.dispose();
    this.held = null;
  }
}

function typeOf(data: OrtData): DataType {
  if (Array.isArray(data) && typeof data[0] === "boolean") return "bool";
  const name = (data as TensorData | undefined)?.constructor.name ?? "undefined";
  const type = TYPES[name];
  if (type) return type;
  throw new TexelflowError(
    "input",
    `Tensor: without a type, the elements must be a typed array or booleans, not ${name}.`,
  );
}

/** Elements that came as a list in the array of their type. */
function arrayOf(dtype: DataType, data: OrtData | undefined): TensorData {
  if (!data)
    throw new TexelflowError("input", `Tensor: there are no elements for a tensor of type ${dtype}.`);
  if (!Array.isArray(data)) return data as TensorData;
  const traits = TRAITS[dtype];
  if (!traits) return new RuntimeTensor(dtype, [0], new Float32Array(0)).data; // which refuses the type
  const array = new traits.array(data.length);
  const isBig = array instanceof BigInt64Array || array instanceof BigUint64Array;
  array.set((isBig ? data.map(BigInt) : data.map(Number)) as never);
  return array;
}
