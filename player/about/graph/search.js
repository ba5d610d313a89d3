import { make } from "../../shared/make.js";
import { texts } from "../texts.js";

/** @import { Plan } from "../plan.js" */

const say = texts.search;

/** How many of what was found is listed. */
const LISTED = 12;

/** A field that finds nodes by operator, name or kernel. */
export class Search {
  /** @type {number[]} indices of the nodes that were found */
  found = [];
  #plan;
  #choose;
  #changed;
  #input = make("input", { type: "search", id: "graph-search", autocomplete: "off", spellcheck: "false" });

  /**
   * @param {Plan} plan
   * @param {(node: number) => void} choose
   * @param {() => void} changed
   */
  constructor(plan, choose, changed) {
    this.#plan = plan;
    this.#choose = choose;
    this.#changed = changed;
    this.field = make(
      "div",
      { class: "search" },
      make("label", { for: "graph-search", class: "visually-hidden" }, say.label),
      this.#input,
    );
    this.#input.placeholder = say.label;
    this.results = make("div", {
      class: "search-results",
      role: "group",
      "aria-label": say.results,
      hidden: true,
    });
    this.#input.addEventListener("input", () => this.#find());
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.found.length > 0) {
        this.#choose(this.found[0]);
      } else if (event.key === "Escape") {
        this.#input.value = "";
        this.#find();
      }
    });
  }

  #find() {
    const words = this.#input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (/** @type {Plan["nodes"][number]} */ { operator, name, kernels }) =>
      `${operator} ${name} ${kernels.join(" ")}`.toLowerCase();
    this.found =
      words.length === 0
        ? []
        : this.#plan.nodes.flatMap((node, index) =>
            words.every((word) => text(node).includes(word)) ? [index] : [],
          );
    const buttons = this.found.slice(0, LISTED).map((index) => {
      const { operator, name } = this.#plan.nodes[index];
      return make(
        "button",
        { type: "button", class: "plain", click: () => this.#choose(index) },
        `${operator} ${name}`,
      );
    });
    const status = make("p", { class: "quiet", role: "status" }, say.count(this.found.length));
    this.results.replaceChildren(status, ...buttons);
    this.results.hidden = words.length === 0;
    this.#changed();
  }
}
