import { element, showProblem } from "../shared/page.js";
import { planOf } from "./plan.js";

/** @import { GraphFile } from "../../webruntime/src/bundle/generated/graph_file.ts" */
/** @import { Source } from "../run/loading.js" */
/** @import { Subject } from "../run/runner.js" */
/** @typedef {typeof import("../texelflow.debug.js")} Runtime the runtime with what measures and looks inside */
/** @typedef {Awaited<ReturnType<Subject["model"]["profile"]>>} Profile */
/** @typedef {Awaited<ReturnType<Runtime["tensorsOfRun"]>>} TensorsOfRun */

/** Times each draw so often. */
const RUNS = 5;

/**
 * What is known of a model, and what was measured of it since. Dispatches "profile" when there is a profile, and "show" when
 * the graph shall show a node, which is then `chosen`.
 */
export class ModelFacts extends EventTarget {
  /** @type {Profile | null} */
  profile = null;
  /** The node that the graph shows, -1 for none. */
  chosen = -1;
  /** @type {Promise<TensorsOfRun> | null} */
  #tensors = null;

  /**
   * @param {Subject} subject
   * @param {GraphFile} file
   * @param {Runtime} runtime
   */
  constructor(subject, file, runtime) {
    super();
    this.subject = subject;
    this.plan = planOf(file);
    this.runtime = runtime;
  }

  /**
   * Reads the model's graph.json once more, and loads the part of the runtime that looks inside.
   * @param {Subject} subject
   */
  static async of(subject) {
    const [blob, runtime] = await Promise.all([
      fileOf(subject.source, "graph.json"),
      import("../texelflow.debug.js"),
    ]);
    return new ModelFacts(subject, JSON.parse(await blob.text()), runtime);
  }

  /** Whether a run may take another plan than the one that is shown. */
  get branches() {
    return this.plan.file.branches !== undefined;
  }

  /**
   * A file of the bundle.
   * @param {string} name
   * @returns {Promise<Blob>}
   */
  file(name) {
    return fileOf(this.subject.source, name);
  }

  /** Times the draws of a run; the page may stand still meanwhile. */
  async measure() {
    const { model, inputs } = this.subject;
    this.profile = await model.profile(inputs(), { runs: RUNS, fetches: false });
    this.dispatchEvent(new Event("profile"));
  }

  /** Milliseconds by node, once they were measured. */
  get times() {
    const { nodes, nodeOfText } = this.plan;
    const times = nodes.map(() => 0);
    for (const { node, milliseconds } of this.profile?.draws ?? []) {
      const index = nodeOfText.get(node);
      // A run of a model that branches may be of another plan than the one that is shown.
      if (index !== undefined) {
        times[index] += milliseconds;
      }
    }
    return times;
  }

  /**
   * Shows what went wrong with the model, unless another one is in its place meanwhile.
   * @param {unknown} problem
   */
  tell(problem) {
    if (!this.subject.signal.aborted) {
      showProblem(element("bundle-error", HTMLElement), problem);
    }
  }

  /** Ends what shows the model, since another one is shown now. Dispatches "close". */
  close() {
    this.dispatchEvent(new Event("close"));
  }

  /** The shapes and bytes of all tensors of a run on what the page shows now; made once. */
  tensors() {
    const { model, inputs } = this.subject;
    this.#tensors ??= this.runtime.tensorsOfRun(model, inputs());
    this.#tensors.catch(() => {
      this.#tensors = null;
    });
    return this.#tensors;
  }

  /**
   * Lets the graph show a node.
   * @param {number} node
   */
  show(node) {
    this.chosen = node;
    this.dispatchEvent(new Event("show"));
  }
}

/**
 * @param {Source} source
 * @param {string} name
 * @returns {Promise<Blob>}
 */
async function fileOf(source, name) {
  if (source instanceof Map) {
    const found = [...source].find(([path]) => path === name || path.endsWith(`/${name}`));
    if (!found) {
      throw new Error(`The bundle has no file ${name}.`);
    }
    return found[1];
  }
  const address = new URL(/** @type {URL} */ (source));
  if (!address.pathname.endsWith(".json") && !address.pathname.endsWith("/")) {
    address.pathname += "/";
  }
  const file = new URL(name, address);
  file.search = address.search;
  const response = await fetch(file);
  if (!response.ok) {
    throw new Error(`${file.href} could not be read: the server answered ${response.status}.`);
  }
  return response.blob();
}
