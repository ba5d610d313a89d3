import { TexelflowError } from "../errors.ts";
import { isExpression, isSpecial } from "../graph/expressions.ts";
import { PICTURE_SYMBOLS } from "../graph/pictures.ts";
import { isHostStep } from "../graph/stages.ts";
import { isDataType } from "../graph/tensor.ts";
import type { BundleFiles } from "./bundle_source.ts";
import { checkFormat, type Fail, type Kinds } from "./format_check.ts";
import type {
  Constraint,
  Expression,
  GraphFile,
  PlanTensor,
  Step,
  WebGL2Plan,
} from "./generated/graph_file.ts";
import { FORMAT, type KindName } from "./generated/graph_format.ts";

/** The format version that this runtime reads. */
const FORMAT_VERSION = 2;

/** How many characters of a wrong value an error shows. */
const LONGEST_VALUE = 80;

/** Most bytes of a file: browsers allow no longer array. The exporter writes files of 16 MiB, or of one long row. */
const LONGEST_FILE = 2 ** 31 - 1;

/** Aliases start and step at whole planes on every device: at multiples of the largest number of channels of a plane. */
const CHANNEL_BLOCK = 8;

/** The step number at which inputs are filled: before the first step of a run. */
export const BEFORE = -1;

/** The step number at which tensors without a lifetime are filled: the load phase. */
const LOADING = -2;

/**
 * Fetches and checks a bundle's graph.json, or the file of another branch.
 *
 * @throws Error when it cannot be fetched, is not JSON, has another version, or is damaged; then the error names the place
 *   in the file, what was expected there and what was found
 */
export async function loadGraphFile(
  files: BundleFiles,
  signal: AbortSignal,
  name = "graph.json",
): Promise<GraphFile> {
  const { text: read, location, contentType } = await files.open({ name }, signal);
  const text = await read();
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    if (/^\s*</.test(text) || contentType.includes("text/html")) {
      throw new TexelflowError(
        "damaged",
        `${location} is an HTML page, not a Texelflow graph.json: the server answers with a page for files it does not ` +
          "have. Check the path of the bundle.",
        { file: location },
      );
    }
    throw new TexelflowError(
      "damaged",
      `${location} is not valid JSON (${error instanceof Error ? error.message : error}).`,
      { file: location, cause: error },
    );
  }
  checkVersion(content, location);
  const graph = content as GraphFile;
  checkContent(graph, damageOf(location));
  files.keep?.({ name }, text);
  return graph;
}

/** Returns the function that throws the error for a damaged file. */
export function damageOf(location: string): Fail {
  return (path, expected, value) => {
    const came = shown(value);
    throw new TexelflowError(
      "damaged",
      `${location} is damaged: ${path} must be ${expected}, but is ${came}. Export the model again.`,
      { file: location },
    );
  };
}

/** A wrong value as an error shows it. */
function shown(value: unknown): string {
  try {
    return JSON.stringify(value)?.slice(0, LONGEST_VALUE) ?? "missing";
  } catch {
    return "nested too deeply"; // the stack of JSON.stringify ends
  }
}

function checkVersion(content: unknown, location: string): void {
  const { formatVersion, generator } = (content ?? {}) as Partial<Record<keyof GraphFile, unknown>>;
  if (typeof formatVersion !== "number") {
    throw new TexelflowError(
      "damaged",
      `${location} is not a Texelflow graph.json: it has no formatVersion.`,
      { file: location },
    );
  }
  if (formatVersion === FORMAT_VERSION) return;
  const remedy =
    formatVersion > FORMAT_VERSION
      ? "Update the runtime of this page, or export the model by its version"
      : "Export the model again";
  throw new TexelflowError(
    "version",
    `${location} has format version ${formatVersion} (written by ${generator ?? "an unknown program"}), but this ` +
      `runtime reads version ${FORMAT_VERSION}. ${remedy}.`,
    { file: location },
  );
}

/** Checks everything that the runtime relies on, so that damage is reported here and not by its consequences. */
function checkContent(graph: GraphFile, fail: Fail): void {
  // A missing list is reported at its own place; indices into it are not to blame.
  const isIndexOf = (list: unknown) => (value: unknown) =>
    isNatural(value) && (!Array.isArray(list) || (value as number) < list.length);
  const plan: Partial<WebGL2Plan> | undefined = graph.plans?.webgl2;
  const isTensor = isIndexOf(plan?.tensors);
  // Each derived name is checked to be used behind its definition by `checkReferences`.
  const derived = Array.isArray(graph.derived) ? graph.derived.map((entry) => entry?.name) : [];
  const steps: unknown = plan?.entries?.predict;
  const bound = Array.isArray(steps) ? steps.map((step) => step?.binds ?? []) : [];
  const symbols = new Set([graph.symbols, bound, derived, PICTURE_SYMBOLS].flat(2));
  const text: Kinds<KindName>["string"] = ["a text", (value) => typeof value === "string"];
  const kinds: Kinds<KindName> = {
    string: text,
    HostName: text, // what these are is known to the file of the runtime that does them
    number: ["a number", Number.isFinite],
    integer: ["an integer", Number.isSafeInteger],
    Natural: ["an integer of at least 0", isNatural],
    DataType: ["an element type", isDataType],
    Expression: ["an expression", (value) => isExpression(value, symbols, Number.isSafeInteger)],
    Real: ["an expression", (value) => isSpecial(value) || isExpression(value, symbols, Number.isFinite)],
    TensorIndex: ["the index of a tensor", isTensor],
    InputIndex: ["the index of a tensor, or -1", (value) => value === -1 || isTensor(value)],
    ProgramIndex: ["the index of a program", isIndexOf(plan?.programs)],
  };
  checkFormat(graph, FORMAT, "", kinds, fail);
  checkReferences(graph, fail);
}

/** Follows the file in the order of execution: a tensor that is read must have been filled before, and be alive. */
function checkReferences(graph: GraphFile, fail: Fail): void {
  const { inputs, outputs, states, weights, files, plans } = graph;
  const { tensors, programs, load, entries } = plans.webgl2;
  checkNames(graph, fail);
  const filled = new Set<number>();
  const use = (path: string, index: number, step: number, fills: boolean) => {
    if (fills && tensors[index]?.alias) fail(path, "a tensor with a texture of its own", index);
    const tensor = tensors[index]?.alias?.tensor ?? index;
    const { lifetime } = tensors[tensor] as PlanTensor;
    const [first, last] = lifetime ?? [fills ? LOADING : step, fills ? LOADING : step];
    if (filled.has(tensor) === fills) {
      fail(path, `a tensor that ${fills ? "nothing else fills" : "is filled before"}`, tensor);
    }
    if (step < first || step > last || (lifetime && first < BEFORE))
      fail(path, "a tensor with a fitting lifetime", tensor);
    filled.add(tensor);
  };
  const countSources = (path: string, program: number, sources: readonly number[]) => {
    const count = programs[program]?.samplers.length;
    if (sources.length !== count) fail(path, `a list of ${count} tensors, one for each sampler`, sources);
  };
  const follow = (name: "load" | "entries.predict", steps: readonly Step[]) => {
    steps.forEach((step, index) => {
      const path = `plans.webgl2.${name}[${index}]`;
      const time = name === "load" ? LOADING : index;
      const isHost = isHostStep(step);
      if (!isHost) countSources(`${path}.inputs`, step.program, step.inputs);
      step.inputs.forEach((tensor, unit) => {
        use(`${path}.inputs[${unit}]`, tensor, time, false);
      });
      (isHost ? step.outputs : [step.output]).forEach((tensor, place) => {
        use(`${path}.output${isHost ? `s[${place}]` : ""}`, tensor, time, true);
      });
    });
  };

  tensors.forEach(({ shape, axes }, index) => {
    if (axes && axes.flat().sort().join() !== [...shape.keys()].join()) {
      fail(`plans.webgl2.tensors[${index}].axes`, "each axis of the shape once", axes);
    }
  });
  tensors.forEach((tensor, index) => {
    if (tensor.alias) checkAlias(tensor, tensors, `plans.webgl2.tensors[${index}]`, fail);
  });
  const names = new Set(files.map(({ name }) => name));
  files.forEach(({ name, bytes }, index) => {
    if (bytes > LONGEST_FILE) fail(`files[${index}].bytes`, `at most ${LONGEST_FILE}`, bytes);
    checkFileName(`files[${index}].name`, name, fail);
  });
  weights.forEach(({ tensor, row, parts }, index) => {
    const longest = tensors[tensor]?.shape.at(-1) ?? 1;
    if (row !== undefined && !(row > 0 && row <= (longest as number))) {
      fail(`weights[${index}].row`, "at least 1, and no more than a row of the tensor has", row);
    }
    parts.forEach(({ file }, part) => {
      const path = `weights[${index}].parts[${part}].file`;
      if (!names.has(file)) fail(path, "the name of one of the files", file);
    });
    use(`weights[${index}].tensor`, tensor, LOADING, true);
  });
  follow("load", load);
  inputs.forEach(({ tensor, image }, index) => {
    if (tensor >= 0) use(`inputs[${index}].tensor`, tensor, BEFORE, true);
    if (image) countSources(`inputs[${index}].image.program`, image.program, [tensor]);
  });
  states.forEach(({ tensor, next }, index) => {
    // A run appends to it.
    if (tensor !== next) use(`states[${index}].tensor`, tensor, BEFORE, true);
  });
  follow("entries.predict", entries.predict);
  const end = entries.predict.length;
  states.forEach(({ next }, index) => {
    use(`states[${index}].next`, next, end, false);
  });
  outputs.forEach(({ tensor }, index) => {
    use(`outputs[${index}].tensor`, tensor, end, false);
    const { axes, shape, alias } = tensors[tensor] as PlanTensor;
    // Reading back reorders the channels of one pixel, and no more.
    if (axes && (alias || [axes[2], axes[3]].flat().some((axis) => shape[axis as number] !== 1))) {
      fail(`outputs[${index}].tensor`, "a flat tensor or one of one pixel", tensor);
    }
  });
}

/** Checks that derived names are used only where they have a value: by later derived names, and after all of them. */
function checkNames({ symbols, derived, constraints, branches, inputs, plans }: GraphFile, fail: Fail): void {
  const known = new Set(symbols);
  const check = (path: string, expression: Expression) => {
    if (!isExpression(expression, known, Number.isSafeInteger)) fail(path, "an expression", expression);
  };
  inputs.forEach(({ shape }, index) => {
    shape.forEach((extent, axis) => {
      check(`inputs[${index}].shape[${axis}]`, extent);
    });
  });
  inputs.forEach(({ elements }, index) => {
    elements?.forEach((name, place) => {
      if (!known.has(name)) fail(`inputs[${index}].elements[${place}]`, "the name of a symbol", name);
    });
  });
  plans.webgl2.entries.predict.forEach((step, index) => {
    for (const name of isHostStep(step) ? step.binds : []) {
      if (known.has(name)) fail(`plans.webgl2.entries.predict[${index}].binds`, "names of its own", name);
      known.add(name);
    }
  });
  const checkAll = (path: string, list: readonly Constraint[]) => {
    list.forEach(({ left, right }, index) => {
      check(`${path}[${index}].left`, left);
      check(`${path}[${index}].right`, right);
    });
  };
  checkAll("constraints", constraints);
  branches?.forEach(({ when }, index) => {
    checkAll(`branches[${index}].when`, when);
  });
  derived.forEach(({ name, value }, index) => {
    check(`derived[${index}].value`, value);
    if (known.has(name)) fail(`derived[${index}].name`, "a name of its own", name);
    known.add(name);
  });
}

/** Checks the name of a file. It becomes part of an address, where `..` can be written in many ways, such as `%2e.`. */
export function checkFileName(path: string, name: string, fail: Fail): void {
  if (!/^\w[\w.-]*$/.test(name)) fail(path, "a name of letters, digits, dots and dashes", name);
}

/** Checks that an alias reads whole planes of a tensor with the same blocking. */
function checkAlias(alias: PlanTensor, tensors: readonly PlanTensor[], path: string, fail: Fail): void {
  const { tensor, start, step } = alias.alias as PlanTensor["alias"] & object;
  const holder = tensors[tensor] as PlanTensor;
  const text = ({ dtype, axes, pixels, rows, groups }: PlanTensor) =>
    [dtype, !!axes, pixels, rows, groups].join();
  if (holder.alias || !alias.axes || text(holder) !== text(alias)) {
    fail(`${path}.alias.tensor`, "a tensor of the same type and blocking with a texture of its own", tensor);
  }
  if (alias.lifetime) fail(`${path}.lifetime`, "absent from a tensor without a texture", alias.lifetime);
  for (const [name, count] of Object.entries({ start, step })) {
    if (count % CHANNEL_BLOCK !== 0) fail(`${path}.alias.${name}`, `a multiple of ${CHANNEL_BLOCK}`, count);
  }
}

function isNatural(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
