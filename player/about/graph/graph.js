import { make } from "../../shared/make.js";
import { Turns } from "../../shared/turns.js";
import { familyOf } from "../families.js";
import { resultShape } from "../shapes.js";
import { texts } from "../texts.js";
import { Folding } from "./folding.js";
import { GraphCanvas } from "./graph_canvas.js";
import { NodePanel } from "./node_panel.js";
import { Search } from "./search.js";

/** @import { ModelFacts } from "../facts.js" */
/** @import { View } from "./folding.js" */
/** @import { Face } from "./graph_canvas.js" */
/** @import { Layout, LayoutTask } from "./layout.js" */

const say = texts.graph;

/** How far an arrow key with Shift moves the drawing, in CSS pixels. */
const STEP = 60;

/**
 * The graph of the source's nodes, to move in, to search, to fold, with what is known of the node that is chosen.
 * @param {HTMLElement} place
 * @param {ModelFacts} facts
 */
export async function showGraph(place, facts) {
  const graph = new GraphPart(place, facts);
  await graph.lay();
  graph.start();
}

class GraphPart {
  #facts;
  #folding;
  /** @type {View} */
  #view;
  #canvas;
  #drawing;
  #panel;
  #search;
  #worker = new Worker(new URL("./layout.js", import.meta.url), { type: "module" });
  #layouts = new Turns();
  /** Of nodes, which are chosen once they are laid out. */
  #choices = new Turns();
  /** The last layout. @type {Promise<void>} */
  #laid = Promise.resolve();
  /**
   * What waits for the worker, which answers one after the other.
   * @type {{ resolve: (layout: Layout) => void, reject: (problem: Error) => void }[]}
   */
  #asked = [];
  #status = make("p", { class: "quiet", role: "status" });
  #spoken = make("p", { class: "visually-hidden", role: "status" });

  /**
   * @param {HTMLElement} place
   * @param {ModelFacts} facts
   */
  constructor(place, facts) {
    this.#facts = facts;
    this.#folding = new Folding(facts.plan);
    this.#view = this.#folding.view();
    const help = make("p", { id: "graph-help", class: "quiet" }, say.help);
    this.#canvas = make("canvas", {
      class: "graph",
      tabindex: 0,
      role: "application",
      "aria-label": say.label,
      "aria-describedby": "graph-help",
    });
    this.#search = new Search(
      facts.plan,
      (node) => this.#chooseNode(node),
      () => this.#markFound(),
    );
    this.#panel = new NodePanel(facts, this.#folding, {
      choose: (node) => this.#chooseNode(node),
      fold: (group, isOpen) => this.#fold(group, isOpen),
    });
    const button = (
      /** @type {string} */ text,
      /** @type {string} */ label,
      /** @type {() => void} */ click,
    ) => make("button", { type: "button", class: "plain", "aria-label": label, title: label, click }, text);
    const tools = make(
      "div",
      { class: "row tools" },
      this.#search.field,
      button("+", say.enlarge, () => this.#drawing.camera.zoom(1.4)),
      button("−", say.reduce, () => this.#drawing.camera.zoom(1 / 1.4)),
      button(say.showAll, say.showAll, () => this.#drawing.camera.showAll()),
      this.#status,
    );
    place.replaceChildren(
      tools,
      this.#search.results,
      make(
        "div",
        { class: "graph-and-node" },
        make("div", { class: "graph-frame" }, this.#canvas),
        this.#panel.place,
      ),
      help,
      this.#spoken,
    );
    this.#worker.onmessage = ({ data }) => this.#asked.shift()?.resolve(data);
    this.#worker.onerror = ({ message }) => this.#asked.shift()?.reject(new Error(say.failed(message)));
    this.#drawing = new GraphCanvas(this.#canvas);
    this.#drawing.camera.addEventListener("pick", (event) => {
      const { x, y } = /** @type {CustomEvent} */ (event).detail;
      this.#chooseBox(this.#drawing.boxAt(x, y));
    });
    this.#canvas.addEventListener("dblclick", () => this.#toggle());
    this.#canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Follows what the visitor chooses elsewhere on the page. */
  start() {
    const chosen = () => this.#chooseNode(this.#facts.chosen);
    this.#facts.addEventListener("show", chosen);
    this.#facts.addEventListener("profile", () => this.#showHeat());
    this.#facts.addEventListener("close", () => this.#worker.terminate());
    if (this.#facts.chosen >= 0) {
      chosen();
    }
  }

  /** Lays the boxes out anew, in a worker; the drawing before stays until then. */
  async lay() {
    const signal = this.#layouts.next();
    const view = this.#folding.view();
    const faces = view.boxes.map((box) => this.#faceOf(box));
    const sizes = faces.map((face) => this.#drawing.sizeOf(face));
    this.#status.textContent = say.laying(view.boxes.length);
    const layout = await this.#ask({ sizes, arrows: view.arrows.map(({ from, to }) => [from, to]) });
    if (signal.aborted) {
      return;
    }
    const isFirst = this.#view.boxes.length === 0 || !this.#canvas.dataset.boxes;
    this.#view = view;
    this.#canvas.dataset.boxes = String(view.boxes.length);
    const hidden = layout.bends.filter((bends) => bends === null).length;
    this.#status.textContent = say.boxes(view.boxes.length, this.#facts.plan.nodes.length, hidden);
    this.#drawing.chosen = -1;
    this.#drawing.show({ faces, sizes, arrows: view.arrows, layout });
    this.#showHeat();
    this.#markFound();
    if (isFirst) {
      this.#drawing.camera.fit(layout);
    }
    this.layout = layout;
  }

  /**
   * @param {LayoutTask} task
   * @returns {Promise<Layout>}
   */
  #ask(task) {
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#worker.postMessage(task);
    });
  }

  /**
   * @param {View["boxes"][number]} box
   * @returns {Face}
   */
  #faceOf({ group, nodes }) {
    if (group !== null) {
      const title = group.split("/").at(-1) ?? group;
      return { title, detail: say.inside(nodes.length), family: "other", isGroup: true };
    }
    const node = this.#facts.plan.nodes[nodes[0]];
    if (node.kind !== "node") {
      const detail = `${say.kinds[node.kind]}, ${resultShape(this.#facts, node)}`;
      return { title: node.name, detail, family: "border", isGroup: false };
    }
    return {
      title: node.operator,
      detail: resultShape(this.#facts, node),
      family: familyOf(node.operator),
      isGroup: false,
    };
  }

  #showHeat() {
    const { profile, times } = this.#facts;
    if (profile) {
      const sums = this.#view.boxes.map(({ nodes }) => nodes.reduce((sum, node) => sum + times[node], 0));
      const most = Math.max(...sums, Number.MIN_VALUE);
      this.#drawing.heat = sums.map((sum) => sum / most);
      this.#drawing.ask();
      this.#panel.refresh();
    }
  }

  #markFound() {
    this.#drawing.found = new Set(this.#search.found.map((node) => this.#view.boxOf[node]));
    this.#drawing.ask();
  }

  /**
   * Shows a node, wherever it is folded away.
   * @param {number} node
   */
  async #chooseNode(node) {
    const signal = this.#choices.next();
    if (this.#folding.reveal(node)) {
      this.#laid = this.lay();
    }
    await this.#laid;
    if (!signal.aborted) {
      this.#chooseBox(this.#view.boxOf[node], true);
    }
  }

  /**
   * @param {number} box
   * @param {boolean} [isFar] whether it may be out of sight
   */
  #chooseBox(box, isFar = false) {
    this.#drawing.chosen = box;
    this.#drawing.ask();
    const chosen = this.#view.boxes[box];
    this.#panel.show(chosen ?? null);
    this.#facts.chosen = chosen && chosen.group === null ? chosen.nodes[0] : -1;
    this.#spoken.textContent = chosen ? Object.values(this.#faceOf(chosen)).slice(0, 2).join(", ") : "";
    const centre = this.layout?.centres[box];
    if (centre && isFar) {
      this.#drawing.camera.centre(centre[0], centre[1]);
    }
  }

  /**
   * @param {string} group
   * @param {boolean} isOpen
   */
  async #fold(group, isOpen) {
    const box = this.#view.boxes.find(({ key }) => key === group) ?? this.#view.boxes[this.#drawing.chosen];
    const node = box?.nodes[0] ?? -1;
    const signal = this.#choices.next();
    this.#folding.set(group, isOpen);
    this.#laid = this.lay();
    await this.#laid;
    if (!signal.aborted && node >= 0) {
      this.#chooseBox(this.#view.boxOf[node], true);
    }
  }

  /** Unfolds the group that is chosen, or folds that of the node that is. */
  #toggle() {
    const box = this.#view.boxes[this.#drawing.chosen];
    if (box?.group) {
      this.#fold(box.group, true);
    } else if (box) {
      const around = this.#folding.groupsOf(box.nodes[0]).at(-1);
      if (around) {
        this.#fold(around, false);
      }
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { camera } = this.#drawing;
    const direction = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[
      event.key
    ];
    if (direction && event.shiftKey) {
      camera.pan(-direction[0] * STEP, -direction[1] * STEP);
    } else if (direction) {
      this.#step(direction[0], direction[1]);
    } else if (event.key === "Enter") {
      this.#toggle();
    } else if (event.key === "+" || event.key === "=") {
      camera.zoom(1.25);
    } else if (event.key === "-") {
      camera.zoom(0.8);
    } else if (event.key === "0") {
      camera.showAll();
    } else {
      return;
    }
    event.preventDefault();
  }

  /**
   * Goes along an arrow, or to a neighbour in the same layer.
   * @param {number} across
   * @param {number} down
   */
  #step(across, down) {
    const centres = this.layout?.centres ?? [];
    const from = this.#drawing.chosen;
    if (from < 0) {
      this.#chooseBox(centres.length > 0 ? 0 : -1, true);
      return;
    }
    const [x, y] = centres[from];
    const { arrows } = this.#view;
    const linked =
      down > 0
        ? arrows.filter((arrow) => arrow.from === from).map(({ to }) => to)
        : arrows.filter(({ to }) => to === from).map((arrow) => arrow.from);
    const layer = centres.flatMap(([otherX, otherY], box) =>
      Math.abs(otherY - y) < 2 && (otherX - x) * across > 0 ? [box] : [],
    );
    const choices = across ? layer : linked;
    choices.sort((a, b) => Math.abs(centres[a][0] - x) - Math.abs(centres[b][0] - x));
    if (choices.length > 0) {
      this.#chooseBox(choices[0], true);
    }
  }

  /** What the worker said of the boxes that are shown. @type {Layout | undefined} */
  layout;
}
