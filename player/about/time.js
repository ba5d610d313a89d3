import { percent } from "../shared/figures.js";
import { make } from "../shared/make.js";
import { duration } from "../shared/timing.js";
import { barList, fewBars } from "./bars.js";
import { familyOf } from "./families.js";
import { texts } from "./texts.js";

/** @import { ModelFacts, Profile } from "./facts.js" */

const say = texts.time;

/**
 * What each operator and node of a run takes, once the visitor lets it be measured.
 * @param {HTMLElement} place
 * @param {ModelFacts} facts
 */
export async function showTime(place, facts) {
  const result = make("div", { class: "part", role: "status" });
  const measure = make("button", { type: "button" }, say.measure);
  measure.addEventListener("click", async () => {
    measure.disabled = true;
    result.replaceChildren(make("p", { class: "quiet" }, say.measuring));
    try {
      await facts.measure();
    } catch (problem) {
      result.replaceChildren();
      facts.tell(problem);
    }
    measure.disabled = false;
  });
  place.append(make("div", { class: "row" }, measure, make("p", { class: "quiet" }, say.note)), result);
  const show = () => facts.profile && result.replaceChildren(...charts(facts, facts.profile));
  facts.addEventListener("profile", show);
  show();
}

/**
 * @param {ModelFacts} facts
 * @param {Profile} profile
 */
function charts(facts, profile) {
  const { nodes } = facts.plan;
  const times = facts.times;
  /** @type {Map<string, number>} */
  const byOperator = new Map();
  nodes.forEach(({ operator, kind }, node) => {
    if (kind === "node") {
      byOperator.set(operator, (byOperator.get(operator) ?? 0) + times[node]);
    }
  });
  const order = nodes.flatMap(({ steps }, node) => (steps.length > 0 ? [node] : []));
  order.sort((a, b) => times[b] - times[a]);
  const longest = Math.max(...times, Number.MIN_VALUE);
  const most = Math.max(...byOperator.values(), Number.MIN_VALUE);
  const total = Math.max(profile.milliseconds, Number.MIN_VALUE);
  const value = (/** @type {number} */ time) => `${duration(time)}, ${percent(time / total)}`;
  return [
    make(
      "p",
      {},
      say.total(
        duration(profile.milliseconds),
        duration(profile.runMilliseconds),
        profile.method,
        profile.runs,
      ),
    ),
    make("h3", {}, say.byOperator),
    barList(
      [...byOperator]
        .sort(([, a], [, b]) => b - a)
        .map(([name, time]) => ({ name, value: value(time), share: time / most, kind: familyOf(name) })),
      say.byOperator,
    ),
    make("h3", {}, say.byNode),
    fewBars(
      order.map((node) => ({
        name: `${nodes[node].operator} ${nodes[node].name}`,
        value: value(times[node]),
        share: times[node] / longest,
        kind: familyOf(nodes[node].operator),
        choose: () => facts.show(node),
      })),
      say.byNode,
      say.all(order.length),
    ),
  ];
}
