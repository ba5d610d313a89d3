import { bytes, count, figure, percent, typeText } from "../../shared/figures.js";
import { draw, make } from "../../shared/make.js";
import { nextFrame } from "../../shared/page.js";
import { texts } from "../texts.js";
import { Histogram } from "./histogram.js";
import { storedWeights } from "./stored_weights.js";

/** @import { ModelFacts } from "../facts.js" */
/** @import { StoredWeight } from "./stored_weights.js" */

const say = texts.weights;

/** How many weights are shown at a time. */
const PORTION = 18;

/** The chart's own units. */
const WIDTH = 240;
const HEIGHT = 64;

/** The page answers between two pieces of work that take no longer than this. */
const MILLISECONDS = 24;

/**
 * The weights, largest first, each with how its numbers are spread.
 * @param {HTMLElement} place
 * @param {ModelFacts} facts
 */
export async function showWeights(place, facts) {
  place.replaceChildren(make("p", { class: "quiet" }, texts.reading));
  const weights = await storedWeights(facts);
  const cards = make("ul", { class: "cards", "aria-label": say.label });
  const more = make("button", { type: "button", class: "plain" }, say.more);
  let shown = 0;
  const showMore = async () => {
    const portion = weights.slice(shown, shown + PORTION);
    shown += portion.length;
    more.hidden = shown >= weights.length;
    for (const weight of portion) {
      const card = make(
        "li",
        { class: "card" },
        ...heading(weight),
        make("p", { class: "quiet" }, texts.reading),
      );
      cards.append(card);
    }
    for (const [index, weight] of portion.entries()) {
      const card = cards.children[shown - portion.length + index];
      card.lastElementChild?.replaceWith(...chart(await spread(weight)));
    }
  };
  more.addEventListener("click", () => showMore().catch((problem) => facts.tell(problem)));
  const total = weights.reduce((sum, weight) => sum + weight.bytes, 0);
  place.replaceChildren(make("p", {}, say.total(weights.length, bytes(total))), cards, more);
  await showMore();
}

/** @param {StoredWeight} weight */
function heading({ name, stored, shape, bytes: size, coding }) {
  return [
    make("h4", { title: name }, name),
    make("p", { class: "quiet" }, [typeText(stored, shape), bytes(size), coding].filter(Boolean).join(", ")),
  ];
}

/**
 * Counts the numbers of a weight in pieces, so that the page goes on meanwhile.
 * @param {StoredWeight} weight
 */
async function spread(weight) {
  const histogram = new Histogram();
  let begun = performance.now();
  for (const pass of /** @type {const} */ (["measure", "count"])) {
    for await (const numbers of weight.pieces()) {
      histogram[pass](numbers);
      if (performance.now() - begun > MILLISECONDS) {
        await nextFrame();
        begun = performance.now();
      }
    }
  }
  return histogram;
}

/** @param {Histogram} histogram */
function chart({ bins, min, max, mean, deviation, size, zeros, others }) {
  const most = Math.max(...bins, 1);
  const wide = WIDTH / bins.length;
  const bars = bins.map((number, index) => {
    const high = number === 0 ? 0 : Math.max(1, (number / most) * HEIGHT);
    return `M${(index * wide).toFixed(1)} ${HEIGHT}v${(-high).toFixed(1)}h${(wide - 0.6).toFixed(1)}V${HEIGHT}Z`;
  });
  const label = say.spread(figure(min), figure(max), figure(mean), figure(deviation));
  const notes = [
    say.size(count(size)),
    zeros > 0 && say.zeros(percent(zeros / size)),
    others > 0 && say.others(count(others)),
  ];
  return [
    draw(
      "svg",
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        class: "histogram",
        role: "img",
        "aria-label": label,
        preserveAspectRatio: "none",
      },
      draw("path", { d: bars.join("") }),
    ),
    make("p", { class: "ends" }, make("span", {}, figure(min)), make("span", {}, figure(max))),
    make("p", { class: "quiet" }, say.middle(figure(mean, 3), figure(deviation, 3))),
    make("p", { class: "quiet" }, notes.filter(Boolean).join(", ")),
  ];
}
