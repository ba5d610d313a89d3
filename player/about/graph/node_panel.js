import { percent, typeText } from "../../shared/figures.js";
import { make } from "../../shared/make.js";
import { duration } from "../../shared/timing.js";
import { resultShape } from "../shapes.js";
import { texts } from "../texts.js";

/** @import { ModelFacts } from "../facts.js" */
/** @import { Box, Folding } from "./folding.js" */
/** @typedef {{ choose: (node: number) => void, fold: (group: string, isOpen: boolean) => void }} Actions */

const say = texts.node;

/** Most neighbours that are listed on each side. */
const LISTED = 10;

/** What is known of the box that is chosen. */
export class NodePanel {
  place = make("aside", { class: "node-panel", "aria-label": say.label });
  #facts;
  #folding;
  #actions;
  /** @type {Box | null} */
  #box = null;

  /**
   * @param {ModelFacts} facts
   * @param {Folding} folding
   * @param {Actions} actions
   */
  constructor(facts, folding, actions) {
    this.#facts = facts;
    this.#folding = folding;
    this.#actions = actions;
    this.show(null);
  }

  /** @param {Box | null} box */
  show(box) {
    this.#box = box;
    if (!box) {
      this.place.replaceChildren(make("p", { class: "quiet" }, say.none));
    } else if (box.group !== null) {
      this.#showGroup(box.group, box.nodes);
    } else {
      this.#showNode(box.nodes[0]);
    }
  }

  /** Shows what has become known since. */
  refresh() {
    this.show(this.#box);
  }

  /**
   * @param {string} group
   * @param {number[]} nodes
   */
  #showGroup(group, nodes) {
    const { plan } = this.#facts;
    /** @type {Map<string, number>} */
    const operators = new Map();
    for (const node of nodes) {
      const { operator } = plan.nodes[node];
      operators.set(operator, (operators.get(operator) ?? 0) + 1);
    }
    const listed = [...operators].sort(([, a], [, b]) => b - a).map(([name, number]) => `${number} ${name}`);
    this.place.replaceChildren(
      make("h3", {}, group),
      make("p", { class: "quiet" }, listed.join(", ")),
      ...this.#time(nodes),
      make("button", { type: "button", click: () => this.#actions.fold(group, true) }, say.unfold),
    );
  }

  /** @param {number} index */
  #showNode(index) {
    const { plan } = this.#facts;
    const node = plan.nodes[index];
    const rows = [
      [say.name, node.name],
      [say.result, resultShape(this.#facts, node, true)],
      [say.kernels, [...new Set(node.kernels)].join(", ")],
      [say.draws, node.steps.length > 0 ? String(node.steps.length) : ""],
      [say.weights, node.weights.map((weight) => this.#weight(weight)).join("\n")],
    ].filter(([, text]) => text !== "");
    const around = this.#folding.groupsOf(index).at(-1);
    this.place.replaceChildren(
      make("h3", {}, node.kind === "node" ? node.operator : texts.graph.kinds[node.kind]),
      make(
        "dl",
        { class: "rows" },
        ...rows.map(([term, text]) => make("div", {}, make("dt", {}, term), make("dd", {}, text))),
      ),
      ...this.#time([index]),
      ...this.#neighbours(say.reads, index, "to", "from"),
      ...this.#neighbours(say.readBy, index, "from", "to"),
      ...(around ? [this.#button(say.fold(around), () => this.#actions.fold(around, false))] : []),
      ...(node.result >= 0 && !this.#facts.branches ? [this.#maps(index)] : []),
    );
  }

  /** @param {number} weight */
  #weight(weight) {
    const { weights, plans } = this.#facts.plan.file;
    const { tensor, parts, row } = weights[weight];
    const { dtype, shape } = plans.webgl2.tensors[tensor];
    // Rows may be longer on the GPU than they are stored.
    const extents = row === undefined ? shape : [...shape.slice(0, -1), row];
    return `${parts[0].key}: ${typeText(
      dtype,
      extents.map((extent) => this.#facts.runtime.renderSize(extent)),
    )}`;
  }

  /** @param {number[]} nodes */
  #time(nodes) {
    const { profile, times } = this.#facts;
    if (!profile) {
      return [];
    }
    const time = nodes.reduce((sum, node) => sum + times[node], 0);
    const share = profile.milliseconds > 0 ? time / profile.milliseconds : 0;
    return [make("p", {}, make("strong", {}, duration(time)), ` ${say.share(percent(share))}`)];
  }

  /**
   * @param {string} title
   * @param {number} index
   * @param {"from" | "to"} here
   * @param {"from" | "to"} there
   */
  #neighbours(title, index, here, there) {
    const { nodes, links } = this.#facts.plan;
    const others = [...new Set(links.filter((link) => link[here] === index).map((link) => link[there]))];
    if (others.length === 0) {
      return [];
    }
    const items = others.slice(0, LISTED).map((other) => {
      const { operator, name, kind } = nodes[other];
      const text = kind === "node" ? `${operator} ${name}` : name;
      return make(
        "li",
        {},
        this.#button(text, () => this.#actions.choose(other), "link"),
      );
    });
    if (others.length > LISTED) {
      items.push(make("li", { class: "quiet" }, say.others(others.length - LISTED)));
    }
    return [make("h4", {}, title), make("ul", { class: "lines" }, ...items)];
  }

  /**
   * What lets a visitor see what the node computes.
   * @param {number} index
   */
  #maps(index) {
    const place = make("div", { class: "maps" });
    const button = this.#button(say.maps, async () => {
      button.disabled = true;
      const { showMaps } = await import("../maps.js");
      await showMaps(place, this.#facts, index);
      button.disabled = false;
    });
    return make("div", { class: "part" }, button, place);
  }

  /**
   * @param {string} text
   * @param {() => void} click
   */
  #button(text, click, kind = "") {
    return make("button", { type: "button", class: kind, click }, text);
  }
}
