/** @import { Draw, GraphFile, HostStep } from "../../webruntime/src/bundle/generated/graph_file.ts" */

/**
 * A node of the source model with the steps that compute it, an input or an output.
 * @typedef {object} PlanNode
 * @property {"input" | "output" | "state" | "node"} kind
 * @property {string} operator as the source calls it; of inputs and outputs what they are
 * @property {string} name
 * @property {string[]} path the groups that its name tells, outermost first
 * @property {number[]} steps indices into the plan's steps
 * @property {string[]} kernels what each step runs, a shader template or work of the page
 * @property {number} result index of the tensor that it leaves, -1 for an input that nothing reads
 * @property {number[]} weights indices into the weights of the graph that it reads
 */

/**
 * One node reads what another one left.
 * @typedef {object} Link
 * @property {number} from index of a node
 * @property {number} to
 * @property {number} tensor
 */

/**
 * A bundle's graph.json as a graph of the source's nodes.
 * @typedef {object} Plan
 * @property {GraphFile} file
 * @property {PlanNode[]} nodes
 * @property {Link[]} links
 * @property {Map<number, number>} nodeOfStep by index of the step
 * @property {(tensor: number) => number[]} weightsOf indices of the weights that a constant tensor was made of
 * @property {ReadonlyMap<string, number>} nodeOfText by the text that the exporter writes for it
 */

/** How the exporter writes a source node: `Conv 'features/0'`, or an operator without a name. */
const NODE_TEXT = /^(.*?)(?: '(.*)')?$/s;

/**
 * @param {GraphFile} file
 * @returns {Plan}
 */
export function planOf(file) {
  const { tensors, programs, entries } = file.plans.webgl2;
  /** @type {PlanNode[]} */
  const nodes = [];
  /** @type {Map<number, number>} */
  const makers = new Map();
  /** @param {PlanNode} node */
  const add = (node) => nodes.push(node) - 1;
  const border = (
    /** @type {PlanNode["kind"]} */ kind,
    /** @type {string} */ name,
    /** @type {number} */ result,
  ) => add({ kind, operator: kind, name, path: [], steps: [], kernels: [], result, weights: [] });

  for (const { name, tensor } of file.inputs) {
    makers.set(tensor, border("input", name, tensor));
  }
  for (const { name, tensor } of file.states) {
    makers.set(tensor, border("state", name, tensor));
  }
  /** @type {Map<string, number>} */
  const byText = new Map();
  /** @type {Map<number, number>} */
  const nodeOfStep = new Map();
  entries.predict.forEach((step, index) => {
    let node = byText.get(step.node);
    if (node === undefined) {
      const [, operator, name = ""] = NODE_TEXT.exec(step.node) ?? ["", step.node];
      const path = name.split(/[/.]/).filter((part) => part !== "");
      node = add({
        kind: "node",
        operator,
        name,
        path: path.slice(0, -1),
        steps: [],
        kernels: [],
        result: -1,
        weights: [],
      });
      byText.set(step.node, node);
    }
    const made = outputsOf(step);
    nodes[node].steps.push(index);
    nodes[node].kernels.push("host" in step ? step.host : programs[step.program].name);
    nodes[node].result = made.at(-1) ?? -1;
    nodeOfStep.set(index, node);
    for (const tensor of made) {
      makers.set(tensor, node);
    }
  });

  const weightsOf = weightFinder(file);
  const holder = (/** @type {number} */ tensor) => tensors[tensor]?.alias?.tensor ?? tensor;
  /** @type {Map<string, Link>} */
  const links = new Map();
  const link = (/** @type {number} */ tensor, /** @type {number} */ to) => {
    const from = makers.get(tensor) ?? makers.get(holder(tensor));
    if (from !== undefined && from !== to) {
      links.set(`${from} ${to} ${tensor}`, { from, to, tensor });
    }
  };
  entries.predict.forEach((step, index) => {
    const node = /** @type {number} */ (nodeOfStep.get(index));
    for (const tensor of step.inputs) {
      link(tensor, node);
      for (const weight of weightsOf(holder(tensor))) {
        if (!nodes[node].weights.includes(weight)) {
          nodes[node].weights.push(weight);
        }
      }
    }
  });
  for (const { name, tensor } of file.outputs) {
    link(tensor, border("output", name, tensor));
  }
  for (const { output, next, tensor } of file.states) {
    if (next !== tensor) {
      link(next, border("state", output, next));
    }
  }
  withoutCommonPath(nodes);
  return { file, nodes, links: [...links.values()], nodeOfStep, nodeOfText: byText, weightsOf };
}

/** @param {Draw | HostStep} step */
function outputsOf(step) {
  return "host" in step ? step.outputs : [step.output];
}

/**
 * Finds the weights that a constant tensor was made of, through the draws of the load phase.
 * @param {GraphFile} file
 * @returns {(tensor: number) => number[]} indices into the weights
 */
function weightFinder({ weights, plans }) {
  const { load, tensors } = plans.webgl2;
  const stored = new Map(weights.map(({ tensor }, index) => [tensor, index]));
  const drawn = new Map(load.map((draw) => [draw.output, draw]));
  /** @type {Map<number, number[]>} */
  const known = new Map();
  /** @type {(tensor: number) => number[]} */
  const find = (tensor) => {
    const place = tensors[tensor]?.alias?.tensor ?? tensor;
    let found = known.get(place);
    if (!found) {
      known.set(place, []);
      const weight = stored.get(place);
      const inputs = drawn.get(place)?.inputs ?? [];
      found = weight === undefined ? [...new Set(inputs.flatMap(find))] : [weight];
      known.set(place, found);
    }
    return found;
  };
  return find;
}

/**
 * Takes away the groups that all nodes are in.
 * @param {PlanNode[]} nodes
 */
function withoutCommonPath(nodes) {
  const inner = nodes.filter(({ kind }) => kind === "node");
  while (inner.length > 1 && inner.every(({ path }) => path.length > 0 && path[0] === inner[0].path[0])) {
    for (const node of inner) {
      node.path = node.path.slice(1);
    }
  }
}
