import { make } from "../shared/make.js";
import { element, showProblem } from "../shared/page.js";
import { Turns } from "../shared/turns.js";
import { ModelFacts } from "./facts.js";
import { texts } from "./texts.js";

/** @import { Subject } from "../run/runner.js" */

/**
 * A part of what is shown of a model, each a tab; its scripts are loaded when it is first looked at.
 * @typedef {(place: HTMLElement, facts: ModelFacts) => Promise<void>} Part
 */

/** @type {Record<string, () => Promise<Part>>} */
const PARTS = {
  overview: async () => (await import("./overview.js")).showOverview,
  graph: async () => (await import("./graph/graph.js")).showGraph,
  time: async () => (await import("./time.js")).showTime,
  memory: async () => (await import("./memory.js")).showMemory,
  weights: async () => (await import("./weights/weights.js")).showWeights,
  device: async () => (await import("./device.js")).showDevice,
  compare: async () => (await import("./compare.js")).showComparison,
};

/** @type {{ subject: Subject, facts: ModelFacts } | null} */
let shown = null;

const turns = new Turns();

/**
 * Shows what a model is, below the switch that opened it; does nothing where that one is shown already.
 * @param {Subject} subject
 */
export async function showAbout(subject) {
  if (shown?.subject.model === subject.model) {
    return;
  }
  await turns.take(async (signal) => {
    const place = element("about-content", HTMLElement);
    shown?.facts.close();
    shown = null;
    place.replaceChildren(make("p", { class: "quiet" }, texts.reading));
    const facts = await ModelFacts.of(subject).catch((problem) => {
      if (!signal.aborted) {
        place.replaceChildren();
      }
      throw problem;
    });
    if (signal.aborted) {
      return;
    }
    const tabs = new Tabs(place, facts);
    shown = { subject, facts };
    facts.addEventListener("show", () => tabs.choose("graph"));
    await tabs.choose("overview");
  });
}

/** The tabs, as the ARIA pattern has them: arrow keys go from one to the next. */
class Tabs {
  #facts;
  /** @type {Map<string, { tab: HTMLButtonElement, panel: HTMLElement, isMade: boolean }>} */
  #parts = new Map();

  /**
   * @param {HTMLElement} place
   * @param {ModelFacts} facts
   */
  constructor(place, facts) {
    this.#facts = facts;
    const list = make("div", { role: "tablist", class: "tabs", "aria-label": texts.about });
    // Without the model as a file there is nothing to compare with.
    const names = Object.keys(PARTS).filter((name) => name !== "compare" || facts.subject.original);
    const panels = names.map((name) => {
      const tab = make("button", {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        "aria-controls": `part-${name}`,
      });
      tab.textContent = texts.parts[/** @type {keyof typeof texts.parts} */ (name)];
      tab.addEventListener("click", () => this.choose(name));
      const panel = make("div", {
        role: "tabpanel",
        id: `part-${name}`,
        "aria-labelledby": tab.id,
        class: "part",
      });
      list.append(tab);
      this.#parts.set(name, { tab, panel, isMade: false });
      return panel;
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const index = names.findIndex((name) => this.#parts.get(name)?.tab === event.target);
      if (step && index >= 0) {
        event.preventDefault();
        const next = names[(index + step + names.length) % names.length];
        this.choose(next);
        this.#parts.get(next)?.tab.focus();
      }
    });
    place.replaceChildren(list, ...panels);
  }

  /**
   * Shows a part; what goes wrong is told in its place.
   * @param {string} name
   */
  async choose(name) {
    for (const [other, { tab, panel }] of this.#parts) {
      const isChosen = other === name;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      panel.hidden = !isChosen;
    }
    const part = this.#parts.get(name);
    if (!part || part.isMade) {
      return;
    }
    part.isMade = true;
    part.panel.ariaBusy = "true";
    const alert = make("div", { class: "alert", role: "alert", hidden: true });
    try {
      await (await PARTS[name]())(part.panel, this.#facts);
    } catch (problem) {
      part.isMade = false;
      part.panel.replaceChildren(alert);
      showProblem(alert, problem);
    } finally {
      part.panel.ariaBusy = null;
    }
  }
}
