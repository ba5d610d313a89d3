import type {
  Constraint,
  Draw,
  Expression,
  GraphFile,
  HostStep,
  Real,
  Step,
} from "../bundle/generated/graph_file.ts";

/** Whether a step is done by the page and not by the GPU. A step with a program counts as a draw, whatever else it has. */
export function isHostStep(step: Step): step is HostStep {
  return !("program" in step);
}

/** The draws of a run between two host steps. */
export interface Stage {
  /** Indices into the bundle's `predict` of the first step, and of the one behind the last. */
  readonly first: number;
  readonly end: number;
  /** The host step that follows the draws; null at the end of the run. */
  readonly host: HostStep | null;
  /** The constraints and derived names that need the symbols of this stage, and of no later one. */
  readonly constraints: readonly Constraint[];
  readonly derived: GraphFile["derived"];
}

const known = new WeakMap<GraphFile, readonly Stage[]>();

/** The stages of a bundle's runs. Each but the first begins with the symbols that the host step before it bound. */
export function stagesOf(graph: GraphFile): readonly Stage[] {
  const found = known.get(graph);
  if (found) return found;
  const stages = findStages(graph);
  known.set(graph, stages);
  return stages;
}

function findStages(graph: GraphFile): readonly Stage[] {
  const steps = graph.plans.webgl2.entries.predict;
  const hosts = [...steps.entries()].filter((entry): entry is [number, HostStep] => isHostStep(entry[1]));
  const names = new Set(graph.symbols);
  let constraints = graph.constraints;
  let derived = graph.derived;
  let first = 0;
  return [...hosts, [steps.length, null] as const].map(([end, host]) => {
    const isReady = (...parts: readonly (Expression | Real)[]) =>
      parts.every((part) => usesOnly(part, names));
    const stage = {
      first,
      end,
      host,
      constraints: constraints.filter(({ left, right }) => isReady(left, right)),
      derived: derived.filter(({ name, value }) => {
        if (!isReady(value)) return false;
        names.add(name);
        return true;
      }),
    };
    constraints = constraints.filter((constraint) => !stage.constraints.includes(constraint));
    derived = derived.filter((entry) => !stage.derived.includes(entry));
    for (const name of host?.binds ?? []) names.add(name);
    first = end + 1;
    return stage;
  });
}

/** Whether an expression uses symbols of these names only. */
function usesOnly(expression: Expression | Real, names: ReadonlySet<string>): boolean {
  if (typeof expression === "string") return names.has(expression);
  return typeof expression === "number" || expression.slice(1).every((part) => usesOnly(part as Real, names));
}

/** Step `index` of a bundle's `predict`, which is known to be a draw. */
export function drawAt(graph: GraphFile, step: number): Draw {
  return graph.plans.webgl2.entries.predict[step] as Draw;
}
