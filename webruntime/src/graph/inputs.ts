import type { Constraint, Expression, GraphFile, GraphInput } from "../bundle/generated/graph_file.ts";
import { TexelflowError } from "../errors.ts";
import { evaluate, render } from "./expressions.ts";
import { type GpuTensor, isGpuTensor } from "./gpu_tensor.ts";
import { asPictures, type CroppedPicture, type ImageSource, type Picture } from "./pictures.ts";
import { type Stage, stagesOf } from "./stages.ts";
import { Tensor } from "./tensor.ts";

/** What `run` accepts for an input; several pictures are a batch. */
export type RunInput =
  | Tensor
  | GpuTensor
  | ImageSource
  | CroppedPicture
  | readonly (ImageSource | CroppedPicture)[];

/** A checked input. */
export type InputValue = Tensor | GpuTensor | readonly Picture[];

/** The values of symbols, and of the names that the graph derives from them. */
export interface Bound {
  readonly symbols: ReadonlyMap<string, number>;
  /** For each symbol, what gave it its value. */
  readonly origin: ReadonlyMap<string, string>;
}

/** Checked inputs in the order of the graph (null: not given and not read), and the symbols they determine. */
export interface BoundInputs extends Bound {
  readonly values: readonly (InputValue | null)[];
}

/**
 * Binds the symbols as `bindSymbols` does, and checks the model's constraints on the sizes.
 *
 * @throws Error that names the input or node, what was expected and what was given
 */
export function bindInputs(
  graph: GraphFile,
  given: Readonly<Record<string, unknown>>,
  remembered?: ReadonlyMap<string, number>,
): BoundInputs {
  const bound = bindSymbols(graph, given, remembered);
  settle(stagesOf(graph)[0] as Stage, bound.symbols, bound.origin);
  return bound;
}

/**
 * Checks names, types and shapes of the inputs of a run, and binds each symbolic dimension to its size.
 *
 * @param remembered - symbols that follow from the states of a session
 * @throws Error that names the input, what was expected and what was given
 */
export function bindSymbols(
  graph: GraphFile,
  given: Readonly<Record<string, unknown>>,
  remembered: ReadonlyMap<string, number> = new Map(),
): BoundInputs & { readonly symbols: Map<string, number> } {
  const names = knownNames(graph.inputs, given, "input");
  const values = graph.inputs.map((input) => checkValue(input, given?.[input.name], names));
  const symbols = new Map(remembered);
  const origin = new Map([...symbols.keys()].map((name) => [name, "what the session remembers"]));
  values.forEach((value, index) => {
    const input = graph.inputs[index] as GraphInput;
    if (hasShape(value)) bindTensor(input, value, symbols, origin);
  });
  values.forEach((value, index) => {
    const input = graph.inputs[index] as GraphInput;
    if (hasShape(value)) checkShape(input, value, symbols);
    else if (value) bindPictures(input, value, symbols, origin);
    if (input.elements) bindElements(input, value, symbols, origin);
  });
  for (const symbol of graph.symbols) {
    if (!symbols.has(symbol)) {
      throw new TexelflowError(
        "size",
        `The size of dimension "${symbol}" does not follow from the inputs given.`,
      );
    }
  }
  return { values, symbols, origin };
}

/**
 * The names of inputs, or of what else is given by name.
 *
 * @throws TexelflowError with the code `input` where another is given
 */
export function knownNames(
  infos: readonly { readonly name: string }[],
  given: Readonly<Record<string, unknown>>,
  kind: string,
): string[] {
  const names = infos.map(({ name }) => name);
  const name = Object.keys(given ?? {}).find((name) => !names.includes(name));
  if (name !== undefined)
    throw new TexelflowError(
      "input",
      `The model has no ${kind} "${name}"; its ${kind}s are: ${names.join(", ") || "none"}.`,
      { input: name },
    );
  return names;
}

/** Checks the constraints that depend on a stage's symbols, and computes the names derived from these. */
export function settle(
  { constraints, derived }: Stage,
  symbols: Map<string, number>,
  origin: ReadonlyMap<string, string>,
): void {
  for (const constraint of constraints) checkConstraint(constraint, symbols, origin);
  for (const { name, value } of derived) symbols.set(name, evaluate(value, symbols));
}

function hasShape(value: InputValue | null): value is Tensor | GpuTensor {
  return value !== null && "shape" in value;
}

/** Binds the symbols that stand for elements of an input. */
function bindElements(
  { name, elements }: GraphInput,
  value: InputValue | null,
  symbols: Map<string, number>,
  origin: Map<string, string>,
): void {
  if (!(value instanceof Tensor)) {
    throw new TexelflowError(
      "input",
      `Input "${name}": its numbers decide sizes of the model: give a Tensor.`,
      { input: name },
    );
  }
  elements?.forEach((symbol, index) => {
    symbols.set(symbol, Number(value.data[index]));
    origin.set(symbol, `input "${name}"`);
  });
}

/** Whether sizes satisfy a constraint. */
export function holds({ left, relation, right }: Constraint, symbols: ReadonlyMap<string, number>): boolean {
  const [own, other] = [evaluate(left, symbols), evaluate(right, symbols)];
  return {
    "=": own === other,
    ">=": own >= other,
    "1 or =": own === other || own === 1 || other === 1,
  }[relation];
}

/** Throws the error for sizes that a node cannot compute with. */
function checkConstraint(
  constraint: Constraint,
  symbols: ReadonlyMap<string, number>,
  origin: ReadonlyMap<string, string>,
): void {
  if (holds(constraint, symbols)) return;
  const { left, relation, right, node, meaning } = constraint;
  const [own, other] = [evaluate(left, symbols), evaluate(right, symbols)];
  const written = (expression: Constraint["left"], value: number) =>
    typeof expression === "number" ? String(value) : `${render(expression)} = ${value}`;
  const problem =
    relation === ">="
      ? `${meaning} is ${written(left, own)}, but at least ${written(right, other)} is needed`
      : `${meaning} are ${written(left, own)} and ${written(right, other)}, but must be equal` +
        (relation === "=" ? "" : " unless one is 1");
  const sizes = [...origin].map(([symbol, source]) => `${symbol} = ${symbols.get(symbol)} (${source})`);
  throw new TexelflowError(
    "size",
    `${node}: ${problem}. The model does not take these sizes: ${sizes.join(", ")}.`,
  );
}

/** Checks the kind, type and rank of what was given for an input. */
export function checkValue(input: GraphInput, value: unknown, names: readonly string[]): InputValue | null {
  const what = `Input "${input.name}"`;
  const expected = `a ${input.dtype} Tensor of shape ${shapeText(input)}`;
  if (value === undefined || value === null) {
    if (input.tensor < 0 && !input.elements) return null;
    throw new TexelflowError(
      "input",
      `${what} is missing: ${expected} was expected. The inputs are: ${names.join(", ")}.`,
      { input: input.name },
    );
  }
  const pictures = asPictures(value, what);
  if (pictures) {
    if (input.image) return pictures;
    throw new TexelflowError(
      "input",
      `${what} got a picture, but the bundle does not say how to turn one into ${expected}. ` +
        "Export the model with --image, or give a Tensor.",
      { input: input.name },
    );
  }
  const isOnGpu = isGpuTensor(value);
  const { dtype, shape } = value as Partial<Tensor>;
  const data = isOnGpu || (value as Partial<Tensor>).data;
  if (typeof dtype !== "string" || !Array.isArray(shape) || !data) {
    const came = Object.prototype.toString.call(value).slice(8, -1);
    throw new TexelflowError(
      "input",
      `${what}: ${expected}${input.image ? " or a picture" : ""} was expected, but ${came} came.`,
      { input: input.name },
    );
  }
  if (dtype !== input.dtype) {
    throw new TexelflowError("input", `${what}: ${expected} was expected, but its dtype is ${dtype}.`, {
      input: input.name,
    });
  }
  if (shape.length !== input.shape.length) {
    throw new TexelflowError(
      "input",
      `${what}: ${expected} was expected, but the shape is [${shape.join(", ")}], of rank ${shape.length}.`,
      { input: input.name },
    );
  }
  if (isOnGpu) return value;
  // Checked again even if it is a Tensor of ours: the data may have been detached (transferred) since it was made.
  return new Tensor(dtype, shape, data as Tensor["data"]);
}

function bindTensor(
  input: GraphInput,
  value: Tensor | GpuTensor,
  symbols: Map<string, number>,
  origin: Map<string, string>,
): void {
  input.shape.forEach((dimension, axis) => {
    const extent = value.shape[axis] as number;
    if (typeof dimension !== "string") return;
    const bound = symbols.get(dimension);
    if (bound !== undefined && bound !== extent) {
      throw new TexelflowError(
        "input",
        `Input "${input.name}": axis ${axis} is ${extent}, but "${dimension}" is ${bound} in ` +
          `${origin.get(dimension)}; they must be the same.`,
        { input: input.name },
      );
    }
    symbols.set(dimension, extent);
    origin.set(dimension, `input "${input.name}"`);
  });
}

function checkShape(
  input: GraphInput,
  value: Tensor | GpuTensor,
  symbols: ReadonlyMap<string, number>,
): void {
  input.shape.forEach((dimension, axis) => {
    const expected = evaluate(dimension, symbols);
    if (value.shape[axis] !== expected) {
      throw new TexelflowError(
        "input",
        `Input "${input.name}": shape ${shapeText(input)} was expected, but [${value.shape.join(", ")}] came: ` +
          `axis ${axis} must be ${expected}.`,
        { input: input.name },
      );
    }
  });
}

/** Pictures bind the symbols of their width and height; a symbol that is neither is the batch, the number of pictures. */
function bindPictures(
  input: GraphInput,
  pictures: readonly Picture[],
  symbols: Map<string, number>,
  origin: Map<string, string>,
): void {
  const { image, shape } = input;
  const [first, ...others] = pictures.map(({ part }) => part);
  if (!image || !first) return;
  const refusal = (problem: string) =>
    new TexelflowError("input", `Input "${input.name}": ${problem}.`, { input: input.name });
  for (const side of ["width", "height"] as const) {
    const expression = image[side];
    if (typeof expression !== "string" || symbols.has(expression)) continue;
    const other = others.find((part) => part[side] !== first[side]);
    if (other) {
      throw refusal(
        `pictures of ${side} ${first[side]} and ${other[side]} came; those of a batch must have the same size: ` +
          "crop them, or export with --image width=…,height=…",
      );
    }
  }
  const bind = (dimension: Expression | undefined, extent: number) => {
    if (typeof dimension !== "string" || symbols.has(dimension)) return;
    symbols.set(dimension, extent);
    origin.set(dimension, `input "${input.name}"`);
  };
  bind(image.width, first.width);
  bind(image.height, first.height);
  for (const dimension of shape) bind(dimension, pictures.length);
  const batch = shape.length > 3 ? evaluate(shape[0] as Expression, symbols) : 1;
  // One picture serves every entry of a batch.
  if (others.length > 0 && pictures.length !== batch) {
    throw refusal(`${pictures.length} pictures came for shape ${shapeText(input)}, which takes ${batch}`);
  }
}

function shapeText(input: GraphInput): string {
  return `[${input.shape.map(render).join(", ")}]`;
}
