import { loadModel } from "../api/load_model.ts";
import type { InputInfo, Model, TensorInfo } from "../api/model.ts";
import type { LoadOptions } from "../api/options.ts";
import type { BundleSource, FetchFile } from "../bundle/bundle_source.ts";
import type { DataType } from "../bundle/generated/graph_file.ts";
import { TexelflowError } from "../errors.ts";
import type { RunInput } from "../graph/inputs.ts";
import { Tensor as RuntimeTensor, type TensorData } from "../graph/tensor.ts";
import { Tensor } from "./tfjs_tensor.ts";

/** Options of loading: those of `loadModel`, and those of TensorFlow.js that mean something here. */
export interface TfLoadOptions extends Omit<LoadOptions, "onProgress" | "fetch"> {
  /** Told the part of loading that is done, from 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  /** Fetches the files instead of the page's `fetch`. */
  readonly fetchFunc?: FetchFile | undefined;
  /** What each request is made with, such as headers. */
  readonly requestInit?: RequestInit | undefined;
}

/** A tensor of TensorFlow.js itself, as far as this looks at it. */
export interface ForeignTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Resolves to the elements. */
  data(): Promise<ArrayLike<number>>;
}

/** What an input may be: a tensor of TensorFlow.js, of this module or of the runtime, or a picture where the bundle takes one. */
export type TfInput = ForeignTensor | Tensor | RunInput;

/** Inputs in the order of the model, or by name. */
export type TfInputs = TfInput | readonly TfInput[] | Readonly<Record<string, TfInput>>;

/** A model in the shape of those that `tf.loadGraphModel` gives, of a bundle. */
export class GraphModel {
  /** Resolves when the inputs of all calls so far are there. */
  private turn: Promise<unknown> = Promise.resolve();

  /** @internal */
  constructor(private readonly model: Model) {}

  get inputs(): readonly TensorInfo[] {
    return this.model.inputs;
  }

  get outputs(): readonly TensorInfo[] {
    return this.model.outputs;
  }

  /**
   * Computes the outputs; the tensors are there at once, their elements when `data()` resolves.
   *
   * @returns the only output, or all in the order of the model
   */
  predict(inputs: TfInputs): Tensor | Tensor[] {
    return this.execute(inputs);
  }

  /**
   * Computes some outputs, as `predict` does.
   *
   * @param names - the name of an output, or several; all unless given
   */
  execute(inputs: TfInputs, names?: string | readonly string[]): Tensor | Tensor[] {
    const wanted = typeof names === "string" ? [names] : (names ?? this.outputs.map(({ name }) => name));
    const feeds = this.feeds(inputs);
    // In the order of the calls, whichever elements are there first: models may remember something.
    const ready = this.turn.then(() => feeds);
    const run = ready.then((given) => this.model.run(given));
    this.turn = ready.catch(() => {});
    for (const each of [feeds, run]) each.catch(() => {}); // told of by the tensors
    const tensors = wanted.map((name) => {
      const info = this.outputs.find((output) => output.name === name);
      if (!info) {
        const known = this.outputs.map((output) => output.name).join(", ");
        throw new TexelflowError("option", `execute: there is no output "${name}", only ${known}.`);
      }
      return new Tensor(
        info,
        run.then((outputs) => outputs[name] as RuntimeTensor),
      );
    });
    return tensors.length === 1 ? (tensors[0] as Tensor) : tensors;
  }

  /** Computes some outputs, as `execute` does, and resolves when they are there. */
  async executeAsync(inputs: TfInputs, names?: string | readonly string[]): Promise<Tensor | Tensor[]> {
    const tensors = this.execute(inputs, names);
    await Promise.all([tensors].flat().map((tensor) => tensor.data()));
    return tensors;
  }

  /** Computes all outputs, as `executeAsync` does. */
  predictAsync(inputs: TfInputs): Promise<Tensor | Tensor[]> {
    return this.executeAsync(inputs);
  }

  /** Frees what the model has on the GPU. */
  dispose(): void {
    this.model.dispose();
  }

  private async feeds(inputs: TfInputs): Promise<Record<string, RunInput>> {
    const infos = this.model.inputs;
    const values = isNamed(inputs, infos)
      ? infos.map(({ name }) => (inputs as Readonly<Record<string, TfInput>>)[name])
      : Array.isArray(inputs) && (infos.length > 1 || inputs.length === 1)
        ? (inputs as readonly TfInput[])
        : [inputs as TfInput]; // also several pictures, a batch
    const entries = infos.map(async (info, index) => [info.name, await feed(info, values[index])] as const);
    const given = (await Promise.all(entries)).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given) as Record<string, RunInput>;
  }
}

/**
 * Loads a bundle, which `texelflow export` made of the model.
 *
 * @param source - the bundle's folder, its graph.json or its files; no model.json
 * @throws TexelflowError as `loadModel` does; with the code `option` for a model that is no bundle
 */
export async function loadGraphModel(source: BundleSource, options: TfLoadOptions = {}): Promise<GraphModel> {
  if (/(^|\/)model\.json($|\?)/.test(String(source))) {
    throw new TexelflowError(
      "option",
      `loadGraphModel: ${source} is no bundle: make one by \`texelflow export\`, and give the address of its folder.`,
    );
  }
  const { onProgress, fetchFunc, requestInit, ...others } = options;
  const fetching = fetchFunc ?? ((url: string, init: RequestInit) => globalThis.fetch(url, init));
  const model = await loadModel(source, {
    ...others,
    ...(onProgress && { onProgress: ({ fraction }) => onProgress(fraction) }),
    ...((fetchFunc || requestInit) && {
      fetch: (url, init) => fetching(url, { ...requestInit, ...init, ...headersOf(requestInit, init) }),
    }),
  });
  return new GraphModel(model);
}

function headersOf(first: RequestInit = {}, second: RequestInit = {}): { headers?: Headers } {
  if (!first.headers && !second.headers) return {};
  const headers = new Headers(first.headers);
  for (const [name, value] of new Headers(second.headers)) headers.set(name, value);
  return { headers };
}

function isNamed(inputs: TfInputs, infos: readonly InputInfo[]): boolean {
  if (!(inputs instanceof Object) || "shape" in inputs || Array.isArray(inputs)) return false;
  // Elements of a page have no keys of their own.
  const names = Object.keys(inputs);
  return names.length > 0 && names.every((name) => infos.some((info) => info.name === name));
}

/** What the runtime takes for an input: of a tensor of another type the same numbers in the model's. */
async function feed({ dtype }: InputInfo, value: TfInput | undefined): Promise<RunInput | undefined> {
  if (!(value instanceof Object) || !("shape" in value && "data" in value))
    return value as RunInput | undefined;
  const { data, shape } = value as ForeignTensor;
  if (typeof data !== "function") return value as RunInput;
  const elements = await (value as ForeignTensor).data();
  return new RuntimeTensor(dtype, [...shape], converted(dtype, elements));
}

function converted(dtype: DataType, elements: ArrayLike<number>): TensorData {
  switch (dtype) {
    case "int64":
      return BigInt64Array.from(elements as ArrayLike<never>, BigInt as (value: number) => bigint);
    case "uint64":
      return BigUint64Array.from(elements as ArrayLike<never>, BigInt as (value: number) => bigint);
    case "int32":
      return Int32Array.from(elements);
    case "uint32":
      return Uint32Array.from(elements);
    case "int16":
      return Int16Array.from(elements);
    case "uint16":
      return Uint16Array.from(elements);
    case "int8":
      return Int8Array.from(elements);
    case "uint8":
    case "bool":
      return Uint8Array.from(elements);
    default:
      // 16 and 64 bits take float32, too.
      return Float32Array.from(elements);
  }
}
