import type { LoadedModel } from "../backends/webgl2/load/loaded_model.ts";
import type { PlacedTensor } from "../backends/webgl2/run/draws.ts";
import type { Draw, GraphFile, PlanTensor, Weight } from "../bundle/generated/graph_file.ts";

/** What a graph still has to load if some tensors of its load phase are on the GPU already. */
export interface SharedWeights {
  /** The graph without the draws, weights and files that only those tensors need. */
  readonly graph: GraphFile;
  readonly borrowed: ReadonlyMap<number, PlacedTensor>;
}

/** A model whose loaded tensors other models may use; those are disposed before it is. */
interface Lender {
  readonly graph: GraphFile;
  readonly loadedModel: Pick<LoadedModel, "persistent" | "context">;
}

/**
 * Finds tensors of a graph's load phase that other graphs of the bundle have loaded already: weights from the same parts of
 * files, and what the same draws compute from them. All graphs use the same settings, because they run on one device.
 */
export function shareWeights(graph: GraphFile, lenders: readonly Lender[]): SharedWeights {
  const contents = new Map<string, number>();
  const held = new Map<number, PlacedTensor>();
  for (const lender of lenders) {
    if (lender.loadedModel.context.isLost) continue;
    const contentOf = contentsIn(lender.graph, contents);
    for (const [tensor, placed] of lender.loadedModel.persistent) held.set(contentOf(tensor), placed);
  }
  const { webgl2 } = graph.plans;
  const contentOf = contentsIn(graph, contents);
  const weights = new Map(graph.weights.map((weight) => [weight.tensor, weight]));
  const draws = new Map(webgl2.load.map((draw) => [draw.output, draw]));
  const borrowed = new Map<number, PlacedTensor>();
  const wanted = new Set<Weight | Draw>();
  const want = (tensor: number): void => {
    const holder = webgl2.tensors[tensor]?.alias?.tensor ?? tensor;
    const source = weights.get(holder) ?? draws.get(holder);
    if (!source || wanted.has(source)) return;
    const placed = held.get(contentOf(holder));
    if (placed) {
      borrowed.set(holder, placed);
      return;
    }
    wanted.add(source);
    if ("inputs" in source) source.inputs.forEach(want);
  };
  for (const { inputs } of webgl2.entries.predict) inputs.forEach(want);
  for (const { tensor } of graph.outputs) want(tensor);
  const left = graph.weights.filter((weight) => wanted.has(weight));
  const files = new Set(left.flatMap(({ parts }) => parts.map(({ file }) => file)));
  return {
    graph: {
      ...graph,
      weights: left,
      files: graph.files.filter(({ name }) => files.has(name)),
      plans: { ...graph.plans, webgl2: { ...webgl2, load: webgl2.load.filter((draw) => wanted.has(draw)) } },
    },
    borrowed,
  };
}

/** Numbers the contents of tensors of the load phase: tensors of any graph that hold the same have the same number. */
function contentsIn(graph: GraphFile, numbers: Map<string, number>): (tensor: number) => number {
  const { tensors, programs, load } = graph.plans.webgl2;
  const digests = new Map(graph.files.map(({ name, sha256 }) => [name, sha256]));
  const weights = new Map(graph.weights.map((weight) => [weight.tensor, weight]));
  const draws = new Map(load.map((draw) => [draw.output, draw]));
  const known = new Map<number, number>();
  const describe = (tensor: number): unknown => {
    const { value, lifetime, alias, ...form } = tensors[tensor] as PlanTensor;
    if (alias) return [form, { ...alias, tensor: contentOf(alias.tensor) }];
    const weight = weights.get(tensor);
    if (weight)
      return [form, weight.row, weight.parts.map(({ file, key }) => [file, digests.get(file), key])];
    const draw = draws.get(tensor);
    if (!draw) return [form, tensor];
    const { program, inputs, output, node, ...numbers } = draw;
    return [form, programs[program], numbers, inputs.map(contentOf)];
  };
  function contentOf(tensor: number): number {
    let number = known.get(tensor);
    if (number === undefined) {
      const text = JSON.stringify(describe(tensor));
      number = numbers.get(text) ?? numbers.size;
      numbers.set(text, number);
      known.set(tensor, number);
    }
    return number;
  }
  return contentOf;
}
