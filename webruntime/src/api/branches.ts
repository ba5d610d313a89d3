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
 * Lets a memory go on in the branch of a model that takes some inputs, which is loaded when it is first needed, and with
 * what its last run left, wherever that was.
 *
 * @throws Error when the inputs are wrong, when no branch takes them, when what the last run left was lost with the
 *   context, or as `loadModel` does
 */
export async function enterBranch(
  model: Model,
  inputs: Readonly<Record<string, unknown>>,
  memory: Memory,
): Promise<void> {
  const last = memory.branch;
  // Whoever goes on from what was lost is told, also where another session had the model loaded again.
  const { states: before } = await last.attempt(async (session) => session, memory, true);
  const branch = await branchOf(model, inputs, before?.grown());
  if (branch === last) return;
  const left = before?.isUsed ? before.save() : null;
  await branch.attempt(async ({ states }) => {
    if (left) states?.restore(left);
    else states?.reset();
  }, memory);
  // Not before: a move that fails is made again by the next run.
  memory.branch = branch;
}

/** The branch that takes some inputs, and what a session remembers. */
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
