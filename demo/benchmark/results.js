import { element } from "../shared/page.js";
import { duration } from "../shared/timing.js";
import { megabytes } from "./choices.js";
import { deviceFacts } from "./device.js";

/** @import { Contents } from "./benchmark.js" */
/** @import { Comparison, Result } from "./comparison.js" */
/** @typedef {{ name: string, title: string, result: Result, scripts: number, model: number }} Row */

/**
 * Shows what is known so far: bars, table and device.
 * @param {Contents} contents
 * @param {Comparison} comparison
 */
export function showResults({ nets, runtimes }, comparison) {
  const { net, runtimes: results } = comparison.results;
  const chosen = nets.find(({ name }) => name === net);
  const rows = runtimes
    .filter(({ name }) => name in results)
    .map(({ name, title, bytes }) => ({
      name,
      title,
      result: results[name],
      scripts: bytes,
      model: chosen?.bytes[name] ?? 0,
    }));
  element("results", HTMLElement).hidden = false;
  element("results-of", HTMLElement).textContent = chosen?.title ?? net;
  showBars(element("run-bars", HTMLElement), rows, ({ runs }) => quantile(runs, 0.5));
  showBars(element("first-bars", HTMLElement), rows, ({ firstResult }) => firstResult ?? Number.NaN);
  element("rows", HTMLElement).replaceChildren(...rows.map(tableRow));
  showDevice();
}

/**
 * @param {HTMLElement} list
 * @param {Row[]} rows
 * @param {(result: Result) => number} milliseconds NaN where it is not known
 */
function showBars(list, rows, milliseconds) {
  const times = rows.map(({ result }) => milliseconds(result));
  const longest = Math.max(...times.filter(Number.isFinite), 1e-9);
  list.replaceChildren(
    ...rows.map(({ name, title, result }, index) => {
      const row = document.createElement("li");
      row.className = name === "texelflow" ? "own" : "others";
      const track = span("bar-track", "");
      track.append(document.createElement("span"));
      const time = times[index];
      row.style.setProperty("--share", String(Number.isFinite(time) ? time / longest : 0));
      row.append(
        span("bar-name", title),
        track,
        span("bar-value", result.failure ? "fails" : duration(time)),
      );
      return row;
    }),
  );
}

/** @param {Row} row */
function tableRow({ title, result, scripts, model }) {
  const row = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = title;
  row.append(head);
  if (result.failure) {
    const cell = row.insertCell();
    cell.colSpan = 6;
    cell.className = "failure";
    cell.textContent = `Fails here: ${result.failure}`;
    return row;
  }
  const { runs, firstResult = Number.NaN, error } = result;
  const range =
    runs.length > 1
      ? `${duration(quantile(runs, 0.1))} – ${duration(quantile(runs, 0.9))}, ${runs.length} runs`
      : "–";
  const texts = [
    duration(quantile(runs, 0.5)),
    range,
    duration(firstResult),
    megabytes(scripts),
    megabytes(model),
    error === undefined ? "–" : error.toExponential(0),
  ];
  for (const text of texts) {
    row.insertCell().textContent = text;
  }
  return row;
}

function showDevice() {
  const { renderer, cores, memory } = deviceFacts();
  const facts = { "Drawn by": renderer, "Processor cores": cores, Memory: memory };
  element("device-facts", HTMLElement).replaceChildren(
    ...Object.entries(facts).map(([name, value]) => {
      const pair = document.createElement("div");
      const term = document.createElement("dt");
      const description = document.createElement("dd");
      term.textContent = name;
      description.textContent = String(value);
      pair.append(term, description);
      return pair;
    }),
  );
}

/**
 * @param {string} className
 * @param {string} text
 */
function span(className, text) {
  const made = document.createElement("span");
  made.className = className;
  made.textContent = text;
  return made;
}

/**
 * The value below which a share of the values lie, between neighbours by linear interpolation; NaN for no values.
 * @param {readonly number[]} values
 * @param {number} share
 */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}
