import { bytes } from "../shared/figures.js";
import { make } from "../shared/make.js";
import { element } from "../shared/page.js";
import { texts } from "./texts.js";

/** @import { Entry } from "./entries.js" */

/**
 * Shows a card for each entry.
 * @param {readonly Entry[]} entries
 */
export function showGrid(entries) {
  element("cards", HTMLElement).replaceChildren(...entries.map(card));
}

/** @param {Entry} entry */
function card({ name, title, about, task, licence, bytes: size }) {
  const drawing = make("img", { src: `gallery/drawings/${name}.svg`, alt: "", width: 320, height: 200 });
  const kind = texts.tasks[/** @type {keyof typeof texts.tasks} */ (task)] ?? task;
  return make(
    "li",
    {},
    make(
      "a",
      { class: "entry-card", href: `#${name}` },
      drawing,
      make("strong", {}, title),
      make("span", {}, about),
      make("small", {}, [kind, bytes(size), licence].join(" · ")),
    ),
  );
}
