import type { Draw, GraphFile } from "../generated/graph_file.ts";
import { type BundleSource, openFile } from "./bundle_source.ts";

/** The format version that this runtime reads. */
const FORMAT_VERSION = 1;

/**
 * Fetches and checks a bundle's graph.json.
 *
 * @throws Error when it cannot be fetched, is no JSON, is of another version or is not consistent in itself
 */
export async function loadGraphFile(source: BundleSource, signal: AbortSignal): Promise<GraphFile> {
  const { body, location, contentType } = await openFile(source, "graph.json", signal);
  const text = await new Response(body).text();
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    if (/^\s*</.test(text) || contentType.includes("text/html")) {
      throw new Error(
        `${location} is an HTML page, not a Texelflow graph.json: the server answers with a page for files it does not ` +
          "have. Check the path of the bundle.",
      );
    }
    throw new Error(`${location} is not valid JSON (${error instanceof Error ? error.message : error}).`);
  }
  checkVersion(content, location);
  const graph = content as GraphFile;
  const problem = findInconsistency(graph);
  if (problem) throw new Error(`${location} is damaged: ${problem}. Export the model again.`);
  return graph;
}

function checkVersion(content: unknown, location: string): void {
  const { formatVersion, generator } = (content ?? {}) as Partial<Record<keyof GraphFile, unknown>>;
  if (typeof formatVersion !== "number") {
    throw new Error(`${location} is not a Texelflow graph.json: it has no formatVersion.`);
  }
  if (formatVersion === FORMAT_VERSION) return;
  const remedy =
    formatVersion > FORMAT_VERSION
      ? "Update the texelflow runtime of this page, or export the model with an exporter of the same version"
      : "Export the model again with the current exporter";
  throw new Error(
    `${location} has format version ${formatVersion} (written by ${generator ?? "an unknown program"}), but this ` +
      `runtime reads version ${FORMAT_VERSION}. ${remedy}.`,
  );
}

/** What is wrong with the references in a graph.json, or null. Its values are checked where they are used. */
function findInconsistency(graph: GraphFile): string | null {
  const lists = ["symbols", "inputs", "outputs", "weights", "files"] as const;
  const missing = lists.find((name) => !Array.isArray(graph[name]));
  if (missing) return `it has no list of ${missing}`;
  const plan = graph.plans?.webgl2;
  if (!plan) return "it has no plan for webgl2";
  const planLists = ["tensors", "programs", "load", "run"] as const;
  const missingInPlan = planLists.find((name) => !Array.isArray(plan[name]));
  if (missingInPlan) return `its plan has no list of ${missingInPlan}`;

  const isTensor = (index: number) => plan.tensors[index] !== undefined;
  const badDraw = ({ program, inputs, output }: Draw) =>
    plan.programs[program]?.samplers.length !== inputs.length || ![...inputs, output].every(isTensor);
  const draw = [...plan.load, ...plan.run].find(badDraw);
  if (draw) return `the draw of node «${draw.node}» does not fit its program or its tensors`;
  const input = graph.inputs.find(({ tensor, image }) => {
    if (tensor !== -1 && !isTensor(tensor)) return true;
    return image !== undefined && plan.programs[image.program]?.samplers.length !== 1;
  });
  if (input) return `input "${input.name}" names a tensor or a program that does not exist`;
  const output = graph.outputs.find(({ tensor }) => !isTensor(tensor));
  if (output) return `output "${output.name}" names a tensor that does not exist`;
  const files = new Set(graph.files.map(({ name }) => name));
  const weight = graph.weights.find(
    ({ tensor, parts }) => !isTensor(tensor) || !parts[0] || !parts.every(({ file }) => files.has(file)),
  );
  if (weight) return `weight "${weight.parts?.[0]?.key}" names a tensor or a file that does not exist`;
  const foreign = graph.files.find(({ name }) => /[\\/:]|^\.\.?$/.test(name));
  return foreign ? `the file name "${foreign.name}" leads out of the bundle's folder` : null;
}
