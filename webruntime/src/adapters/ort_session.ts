import { loadModel } from "../api/load_model.ts";
import type { Model, TensorInfo } from "../api/model.ts";
import type { LoadOptions } from "../api/options.ts";
import type { BundleSource } from "../bundle/bundle_source.ts";
import { TexelflowError } from "../errors.ts";
import type { RunInput } from "../graph/inputs.ts";
import { Tensor } from "./ort_tensor.ts";

/** Options of a session: those of `loadModel`, and of ONNX Runtime's those that mean something here; others are ignored. */
export interface SessionOptions extends LoadOptions {
  /** Leaves outputs on the GPU, all or by name, unless it is "cpu": then `getData()` of them reads. */
  readonly preferredOutputLocation?: string | Readonly<Record<string, string>> | undefined;
  readonly [other: string]: unknown;
}

/** What is known of an input or output. */
export interface ValueMetadata {
  readonly name: string;
  readonly isTensor: true;
  readonly type: TensorInfo["dtype"];
  readonly shape: readonly (number | string)[];
}

/** A session in the shape of ONNX Runtime's, of a bundle. */
export class InferenceSession {
  private constructor(
    private readonly model: Model,
    private readonly location: SessionOptions["preferredOutputLocation"],
  ) {}

  /**
   * Loads a bundle, which `texelflow export` made of the model.
   *
   * @param source - the bundle's folder, its graph.json or its files; no .onnx file
   * @throws TexelflowError as `loadModel` does; with the code `option` for a model that is no bundle
   */
  static async create(source: BundleSource, options: SessionOptions = {}): Promise<InferenceSession> {
    const isBytes = source instanceof ArrayBuffer || ArrayBuffer.isView(source);
    if (isBytes || /\.(onnx|ort)($|\?)/.test(String(source))) {
      throw new TexelflowError(
        "option",
        `InferenceSession.create: ${isBytes ? "bytes" : source} are no bundle: make one by \`texelflow export\`, and ` +
          "give the address of its folder.",
      );
    }
    return new InferenceSession(await loadModel(source, options), options.preferredOutputLocation);
  }

  get inputNames(): readonly string[] {
    return this.model.inputs.map(({ name }) => name);
  }

  get outputNames(): readonly string[] {
    return this.model.outputs.map(({ name }) => name);
  }

  get inputMetadata(): readonly ValueMetadata[] {
    return this.model.inputs.map(metadata);
  }

  get outputMetadata(): readonly ValueMetadata[] {
    return this.model.outputs.map(metadata);
  }

  /**
   * Computes outputs.
   *
   * @param feeds - a tensor for each input by name, or what else the bundle's input takes, such as a picture
   * @param fetches - names of the outputs that are wanted, or an object with them as keys; all unless given. An object
   *   with none of them is taken for ONNX Runtime's options, which mean nothing here
   * @throws TexelflowError as `run` of the runtime does; with the code `option` when an output is unknown
   */
  async run(
    feeds: Readonly<Record<string, Tensor | RunInput>>,
    fetches: readonly string[] | Readonly<Record<string, unknown>> = this.outputNames,
  ): Promise<Record<string, Tensor>> {
    const { outputNames: names, location } = this;
    const isOptions = !Array.isArray(fetches) && !names.some((name) => name in fetches);
    const wanted = isOptions
      ? names
      : Array.isArray(fetches)
        ? (fetches as readonly string[])
        : Object.keys(fetches);
    const unknown = wanted.find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw new TexelflowError("option", `run: there is no output "${unknown}", only ${names.join(", ")}.`);
    }
    const inputs = Object.entries(feeds).map(([name, value]) => [
      name,
      value instanceof Tensor ? value.tensor : value,
    ]);
    const keep = wanted.filter((name) => {
      const place = typeof location === "object" ? location[name] : location;
      return place !== undefined && place !== "cpu";
    });
    const outputs = await this.model.run(Object.fromEntries(inputs), keep.length > 0 ? { keep } : {});
    const given = wanted.map((name) => [name, Tensor.holding(outputs[name] as never)]);
    return Object.fromEntries(given);
  }

  /** Frees what the session has on the GPU. */
  async release(): Promise<void> {
    this.model.dispose();
  }
}

function metadata({ name, dtype, shape }: TensorInfo): ValueMetadata {
  return { name, isTensor: true, type: dtype, shape };
}
