import type { DataType } from "../bundle/generated/graph_file.ts";
import type { GpuTensor } from "../graph/gpu_tensor.ts";
import type { CroppedPicture, ImageSource } from "../graph/pictures.ts";
import type { Tensor, TensorArrays } from "../graph/tensor.ts";

/** Element type and shape of an input or output: extents are numbers, or names of free dimensions. */
export interface TensorSignature {
  readonly dtype: DataType;
  readonly shape: readonly (number | string)[];
}

/** An input; if it has `image`, it accepts pictures as well as tensors. */
export interface InputSignature extends TensorSignature {
  readonly image: boolean;
}

/** Inputs and outputs by name. A bundle's model.d.ts has its signature; without one, any names compile. */
export interface Signature {
  readonly inputs: { readonly [name: string]: InputSignature };
  readonly outputs: { readonly [name: string]: TensorSignature };
}

/** The inputs of `run`: for each a tensor or, if it has `image`, a picture. */
export type Inputs<S extends Signature> = InputsOf<S["inputs"]>;

/** The outputs of `run`: for each a tensor, or a `GpuTensor` if it is kept on the GPU. */
export type Outputs<S extends Signature, K extends keyof S["outputs"] = never> = OutputsOf<S["outputs"], K>;

/** Options of a run. */
export interface RunOptions<K extends PropertyKey = string> {
  /** Names of outputs that stay on the GPU. */
  readonly keep?: readonly K[] | undefined;
  /**
   * Gives the run up when aborted. A run that has not begun rejects at once with the signal's reason. A run of a model with
   * loops stops between two iterations, with the code `stopped`. Any other run that has begun is finished, then rejects.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Drops the run if another run with `latest` is requested before it has begun; it then rejects with the code
   * `superseded`. So only the newest of a camera's pictures is waited for.
   */
  readonly latest?: boolean | undefined;
}

type InputsOf<I extends Signature["inputs"]> = { readonly [Name in keyof I]: Input<I[Name]> };

type OutputsOf<O extends Signature["outputs"], K extends keyof O> = {
  [Name in keyof O]: [Name] extends [K] ? GpuTensor<O[Name]["dtype"]> : Output<O[Name]>;
} & (string extends keyof O ? { [Name in K & string]: GpuTensor } : unknown); // of any outputs those kept are known

type Input<I extends InputSignature> =
  | Tensor<I["dtype"]>
  | GpuTensor<I["dtype"]>
  | (I extends { readonly image: false } ? never : Picture | readonly Picture[]);

type Picture = ImageSource | CroppedPicture;

type Output<O extends TensorSignature> = Tensor<O["dtype"], TensorArrays[O["dtype"]]> & {
  readonly shape: Extents<O["shape"]>;
};

type Extents<E extends TensorSignature["shape"]> = {
  readonly [Axis in keyof E]: E[Axis] extends number ? E[Axis] : number;
};
