import type { InputInfo, Model, OutputInfo } from "../api/model.ts";
import type { RunOptions } from "../api/signature.ts";
import type { Activation, Role } from "../bundle/generated/graph_file.ts";
import { sigmoid, softmax } from "../ends.ts";
import { TexelflowError } from "../errors.ts";
import type { RunInput } from "../graph/inputs.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { WorkerModel } from "../worker/worker_model.ts";
import { checkedRole } from "./roles.ts";

/** Characters of a role that an error shows. */
const LONGEST_ROLE = 200;

/** A model, on the page or in a worker. */
export type AnyModel = Model | WorkerModel;

/**
 * Options of every task. For live sound, `latest` skips windows that are late, unless the model has states.
 */
export interface TaskRunOptions extends Pick<RunOptions, "signal" | "latest"> {
  /** Inputs of the model besides that of the task, by name. */
  readonly inputs?: Readonly<Record<string, RunInput>> | undefined;
}

/** An output that has a role in a task. */
export interface Meant<K extends Role["kind"]> {
  readonly info: OutputInfo;
  readonly role: Extract<Role, { kind: K }>;
}

/** A model with the roles of its inputs and outputs in a task. */
export class TaskModel {
  private readonly roles: ReadonlyMap<InputInfo | OutputInfo, Role>;

  /**
   * @param roles - by name, what the page says instead of the bundle
   * @throws TexelflowError with the code `option` when anything that is said is no role
   */
  constructor(
    readonly task: string,
    readonly model: AnyModel,
    roles: Readonly<Record<string, Role>>,
    private readonly labels: readonly string[] | undefined,
  ) {
    const said = [...model.inputs, ...model.outputs].flatMap((info) => {
      const role = Object.hasOwn(roles, info.name) ? roles[info.name] : info.role;
      return role === undefined ? [] : [[info, checkedRole(task, info.name, role)] as const];
    });
    this.roles = new Map(said);
  }

  /** Outputs of a kind, in the order of the model. */
  outputs<K extends Role["kind"]>(kind: K): Meant<K>[] {
    return this.model.outputs.flatMap((info) => {
      const role = this.roles.get(info);
      return role?.kind === kind ? [{ info, role } as Meant<K>] : [];
    });
  }

  /**
   * Reads what a run gave of outputs, or makes an input.
   *
   * @param tensors - by name, what they are
   * @param work - raises a RangeError where they are not what they are said to be
   * @throws TexelflowError with the code `option` then, with their names, types, shapes, and what is said of them
   */
  read<T>(
    meant: readonly { readonly info: InputInfo | OutputInfo; readonly role: Role }[],
    tensors: Readonly<Record<string, Pick<InputInfo, "dtype" | "shape"> | Tensor>>,
    work: () => T,
  ): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const told = meant.map(({ info: { name }, role }) => {
        const { dtype, shape } = tensors[name] as Tensor;
        return `"${name}" (${dtype} [${shape.join(", ")}]) is said to be ${JSON.stringify(role).slice(0, LONGEST_ROLE)}`;
      });
      throw new TexelflowError(
        "option",
        `${this.task}: ${told.join(", and ")}, but that does not fit: ${error.message} Export the model with a --meaning ` +
          "that fits, or give pipeline() roles.",
        { cause: error },
      );
    }
  }

  /**
   * The output of a kind.
   *
   * @throws TexelflowError with the code `option` when there is none, or several
   */
  output<K extends Role["kind"]>(kind: K): Meant<K> {
    const [found, other] = this.outputs(kind);
    if (found && !other) return found;
    const names = this.model.outputs.map(({ name }) => name).join(", ");
    throw new TexelflowError(
      "option",
      `${this.task}: ${found ? "several outputs" : "no output"} of "${this.model.name}" (${names}) ` +
        `${found ? "are" : "is"} said to be ${kind}. Export it with --meaning OUTPUT=${kind}, or give pipeline() roles.`,
    );
  }

  /** The input of sound, or of whatever kind inputs have. */
  input<K extends Role["kind"]>(kind: K): { readonly info: InputInfo; readonly role: Meant<K>["role"] } {
    for (const info of this.model.inputs) {
      const role = this.roles.get(info);
      if (role?.kind === kind) return { info, role: role as Meant<K>["role"] };
    }
    const names = this.model.inputs.map(({ name }) => name).join(", ");
    throw new TexelflowError(
      "option",
      `${this.task}: no input of "${this.model.name}" (${names}) is said to be ${kind}. Export it with ` +
        `--meaning INPUT=${kind},…, or give pipeline() roles.`,
    );
  }

  /** The input that takes pictures. */
  picture(): InputInfo & { readonly image: NonNullable<InputInfo["image"]> } {
    const info = this.model.inputs.find(({ image }) => image);
    if (info?.image) return { ...info, image: info.image };
    throw new TexelflowError(
      "option",
      `${this.task}: "${this.model.name}" takes no pictures. Export it with --image.`,
    );
  }

  /** The names of an output's classes; empty where it has none. */
  labelsOf({ labels = [] }: OutputInfo): readonly string[] {
    return this.labels ?? labels;
  }

  /** Runs the model. */
  run(inputs: Readonly<Record<string, RunInput>>, options: TaskRunOptions): Promise<Record<string, Tensor>> {
    const { inputs: others, signal, latest } = options;
    return runOf(this.model)({ ...others, ...inputs }, { signal, ...(latest && { latest }) });
  }
}

/** Runs a model or a session; all outputs are read. */
export function runOf(model: Pick<AnyModel, "run">) {
  type Run = (
    inputs: Readonly<Record<string, RunInput>>,
    options?: Pick<RunOptions, "signal" | "latest">,
  ) => Promise<Record<string, Tensor>>;
  // `bind` does not keep that the outputs' types depend on those that are kept; none are here.
  return model.run.bind(model) as unknown as Run;
}

/** The numbers of an output of a run. */
export function numbersOf(outputs: Readonly<Record<string, Tensor>>, { name }: OutputInfo): Float32Array {
  const tensor = outputs[name] as Tensor;
  if (tensor.dtype === "float32") return tensor.as("float32");
  return tensor.dtype.endsWith("64") && tensor.dtype !== "float64"
    ? Float32Array.from(tensor.data as BigInt64Array, Number)
    : tensor.as("float32");
}

/** Probabilities of rows of numbers. */
export function activate(
  numbers: Float32Array,
  columns: number,
  activation: Activation = "none",
): Float32Array {
  if (activation === "none") return numbers;
  if (activation === "sigmoid") return numbers.map(sigmoid);
  const result = new Float32Array(numbers.length);
  for (let row = 0; row < numbers.length; row += columns) {
    result.set(softmax(numbers.subarray(row, row + columns)), row);
  }
  return result;
}

/** The last extent of a tensor. */
export function lastOf(outputs: Readonly<Record<string, Tensor>>, { name }: OutputInfo): number {
  return (outputs[name] as Tensor).shape.at(-1) ?? 1;
}
