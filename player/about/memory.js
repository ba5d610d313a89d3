import { bytes, shapeText } from "../shared/figures.js";
import { draw, make } from "../shared/make.js";
import { fewBars } from "./bars.js";
import { familyOf } from "./families.js";
import { texts } from "./texts.js";

/** @import { ModelFacts, TensorsOfRun } from "./facts.js" */

const say = texts.memory;

/** The chart's own units: it is as wide as its place. */
const WIDTH = 1000;
const HEIGHT = 220;

/**
 * What a run keeps on the GPU, from its first step to its last.
 * @param {HTMLElement} place
 * @param {ModelFacts} facts
 */
export async function showMemory(place, facts) {
  if (facts.branches) {
    place.replaceChildren(make("p", {}, say.branches));
    return;
  }
  place.replaceChildren(make("p", { class: "quiet" }, texts.reading));
  const tensors = await facts.tensors();
  const { model } = facts.subject;
  const { textureBytes } = facts.runtime.statistics(model);
  const { entries } = facts.plan.file.plans.webgl2;
  const steps = memoryOfSteps(tensors, entries.predict.length);
  const peak = steps.reduce((best, size, step) => (size > steps[best] ? step : best), 0);
  const alive = tensors.filter(({ lifetime: [first, last] }) => first <= peak && peak <= last);
  alive.sort((a, b) => b.bytes - a.bytes);
  const where = entries.predict[peak]?.node ?? "";
  const figures = {
    [say.peak]: bytes(steps[peak] ?? 0),
    [say.textures]: bytes(textureBytes.intermediates),
    [say.weights]: bytes(textureBytes.weights),
    [say.page]: bytes(textureBytes.now),
  };
  place.replaceChildren(
    make(
      "dl",
      { class: "facts tight" },
      ...Object.entries(figures).map(([term, text]) =>
        make("div", {}, make("dt", {}, term), make("dd", {}, text)),
      ),
    ),
    make(
      "figure",
      {},
      chart(steps, peak),
      make("figcaption", { class: "quiet" }, say.caption(steps.length, peak, where)),
    ),
    make("h3", {}, say.largest),
    fewBars(
      alive.map(({ tensor, shape, bytes: size }) => bar(facts, tensor, shape, size, alive[0].bytes)),
      say.largest,
      say.all(alive.length),
    ),
  );
}

/**
 * Bytes that are in use at each step.
 * @param {TensorsOfRun} tensors
 * @param {number} count steps
 */
export function memoryOfSteps(tensors, count) {
  const changes = new Array(count + 1).fill(0);
  for (const { bytes: size, lifetime } of tensors) {
    const [first, last] = lifetime.map((step) => Math.min(Math.max(step, 0), count - 1));
    changes[first] += size;
    changes[last + 1] -= size;
  }
  let sum = 0;
  return changes.slice(0, count).map((change) => {
    sum += change;
    return sum;
  });
}

/**
 * An area over the steps, with a line at its highest.
 * @param {number[]} steps
 * @param {number} peak
 */
function chart(steps, peak) {
  const most = Math.max(...steps, 1);
  const x = (/** @type {number} */ step) => (step / Math.max(1, steps.length)) * WIDTH;
  const y = (/** @type {number} */ size) => HEIGHT - (size / most) * (HEIGHT - 10);
  const path = steps.map((size, step) => `V${y(size).toFixed(1)}H${x(step + 1).toFixed(1)}`).join("");
  const middle = x(peak + 0.5).toFixed(1);
  return draw(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      class: "area",
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": say.label,
    },
    draw("path", { d: `M0 ${HEIGHT}${path}V${HEIGHT}Z`, class: "area-fill" }),
    draw("path", { d: `M${middle} 0V${HEIGHT}`, class: "area-peak" }),
  );
}

/**
 * @param {ModelFacts} facts
 * @param {number} tensor
 * @param {readonly number[]} shape
 * @param {number} size
 * @param {number} largest
 */
function bar({ plan }, tensor, shape, size, largest) {
  const node = plan.nodes.find(({ steps, result }) => result === tensor || makes(plan, steps, tensor));
  const value = plan.file.plans.webgl2.tensors[tensor]?.value;
  return {
    name: `${value ?? node?.name ?? say.unnamed} (${shapeText(shape)})`,
    value: bytes(size),
    share: size / Math.max(1, largest),
    kind: familyOf(node?.operator ?? ""),
  };
}

/**
 * @param {ModelFacts["plan"]} plan
 * @param {readonly number[]} steps
 * @param {number} tensor
 */
function makes({ file }, steps, tensor) {
  const { predict } = file.plans.webgl2.entries;
  return steps.some((index) => {
    const step = predict[index];
    return "host" in step ? step.outputs.includes(tensor) : step.output === tensor;
  });
}
