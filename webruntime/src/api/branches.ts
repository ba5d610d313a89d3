import { withFiles } from "../bundle/bundle_source.ts";
import type { Constraint } from "../bundle/generated/graph_file.ts";
import { checkFileName, damageOf } from "../bundle/graph_file.ts";
import { TexelflowError } from "../errors.ts";
import { render } from "../graph/expressions.ts";
import { bindSymbols, holds } from "../graph/inputs.ts";
import { loadFrom } from "./load_model.ts";
import type { Memory } from "./memory.ts";
import type { Model } from "./model.ts";
import { ProgressMeter } from "./progress.ts";
import { shareWeights } from "./shared_weights.ts";

/** By model, the other branches that were asked for, by file. */
const known = new WeakMap<object, Map<string, Promise<Model>>>();

/**
 * Finds the branch of a model that accepts the given inputs, loads it if this is its first use, and moves the state that
 * the last run left to it, whichever branch that run was in.
 *
 * @throws Error when the inputs are wrong, when no branch accepts them, when the state was lost with the GPU's context, or
 *   as `loadModel` does
 */
export async function enterBranch(
  model: Model,
  inputs: Readonly<Record<string, unknown>>,
  memory: Memory,
): Promise<void> {
  const last = memory.branch;
  // A run that continues from a lost state must fail, even if another session has already reloaded the model.
  const { states: before } = await last.attempt(async (session) => session, memory, true);
  const branch = await branchOf(model, inputs, before?.grown());
  if (branch === last) return;
  const left = before?.isUsed ? before.save() : null;
  await branch.attempt(async ({ states }) => {
    if (left) states?.restore(left);
    else states?.reset();
  }, memory);
  // Only now: if moving the state fails, the next run tries again.
  memory.branch = branch;
}

/** The branch that accepts the given inputs and the sizes of what a session remembers. */
async function branchOf(
  model: Model,
  inputs: Readonly<Record<string, unknown>>,
  remembered: ReadonlyMap<string, number> | undefined,
): Promise<Model> {
  const { branches = [] } = model.graph;
  const { symbols } = bindSymbols(model.graph, inputs, remembered);
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
  const loaded = known.get(model) ?? new Map<string, Promise<Model>>();
  known.set(model, loaded);
  const found = loaded.get(branch.file) ?? load(model, branch.file);
  loaded.set(branch.file, found);
  found.catch(() => loaded.delete(branch.file)); // the next run tries again
  return found;
}

async function load(model: Model, file: string): Promise<Model> {
  const { files, deviceOptions, signal } = model;
  checkFileName("branches", file, damageOf("graph.json"));
  const meter = new ProgressMeter(() => {});
  await model.loaded;
  const branch = await withFiles(files, (opened) =>
    loadFrom(opened, files, deviceOptions, meter, { signal }, file, (graph) =>
      shareWeights(graph, model.family),
    ),
  );
  model.adopt(branch);
  return branch;
}

function text({ left, relation, right }: Constraint): string {
  return `${render(left)} ${relation} ${render(right)}`;
}
