import { withFiles } from "../bundle/bundle_source.ts";
import type { Constraint } from "../bundle/generated/graph_file.ts";
import { checkFileName, damageOf } from "../bundle/graph_file.ts";
import { TexelflowError } from "../errors.ts";
import { render } from "../graph/expressions.ts";
import { bindSymbols, holds } from "../graph/inputs.ts";
import { loadFrom } from "./load_model.ts";
import type { Model } from "./model.ts";
import { ProgressMeter } from "./progress.ts";
import type { Signature } from "./signature.ts";

/** By model, the other branches that were asked for, by file. */
const known = new WeakMap<object, Map<string, Promise<unknown>>>();

/**
 * The model whose plan takes some inputs, of one that does one thing or another by their sizes; loaded when it is first
 * needed.
 *
 * @throws Error when the inputs are wrong, when no branch takes them, or as `loadModel` does
 */
export async function branchOf<S extends Signature>(
  model: Model<S>,
  inputs: Readonly<Record<string, unknown>>,
): Promise<Model<S>> {
  const { branches = [] } = model.graph;
  const { symbols } = bindSymbols(model.graph, inputs);
  const index = branches.findIndex(({ when }) => when.every((constraint) => holds(constraint, symbols)));
  if (index === 0) return model;
  const branch = branches[index];
  if (!branch) {
    const cases = branches.map(({ when }) => when.map(text).join(" and ")).join("; or ");
    const sizes = [...symbols].map(([name, value]) => `${name} = ${value}`).join(", ");
    throw new TexelflowError(
      "size",
      `The model "${model.name}" takes runs where ${cases}. These inputs make it ${sizes}.`,
    );
  }
  const loaded = known.get(model) ?? new Map<string, Promise<unknown>>();
  known.set(model, loaded);
  const found = (loaded.get(branch.file) as Promise<Model<S>> | undefined) ?? load(model, branch.file);
  loaded.set(branch.file, found);
  found.catch(() => loaded.delete(branch.file)); // the next run tries again
  return found;
}

async function load<S extends Signature>(model: Model<S>, file: string): Promise<Model<S>> {
  const { files, deviceOptions, signal } = model;
  checkFileName("branches", file, damageOf("graph.json"));
  const meter = new ProgressMeter(() => {});
  const branch = await withFiles(files, (opened) =>
    loadFrom<S>(opened, files, deviceOptions, meter, { signal }, file),
  );
  model.adopt(branch);
  return branch;
}

function text({ left, relation, right }: Constraint): string {
  return `${render(left)} ${relation} ${render(right)}`;
}
