import { element, showProblem } from "../shared/page.js";
import { showChoices } from "./choices.js";
import { Comparison } from "./comparison.js";
import { deviceFacts } from "./device.js";
import { showResults } from "./results.js";

/**
 * What the page can run, as the build wrote it into contents.json. Sizes are bytes before compression.
 * @typedef {{ name: string, title: string, bytes: Record<string, number> }} Choice a net, with the bytes of its model
 *   for each runtime; or a runtime, with the bytes of its scripts
 * @typedef {{ nets: Choice[], runtimes: { name: string, title: string, bytes: number }[] }} Contents
 */

/** @type {Comparison | null} */
let comparison = null;

start().catch((problem) => showProblem(element("problem", HTMLElement), problem));

async function start() {
  const response = await fetch("contents.json");
  if (!response.ok) {
    throw new Error(`The list of networks is missing: ${response.url} answered ${response.status}.`);
  }
  /** @type {Contents} */
  const contents = await response.json();
  const chosen = showChoices(contents);
  element("choice", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    run(contents, chosen()).catch((problem) => showProblem(element("problem", HTMLElement), problem));
  });
  element("stop", HTMLButtonElement).addEventListener("click", () => comparison?.stop());
  element("copy", HTMLButtonElement).addEventListener("click", copy);
  element("start", HTMLButtonElement).disabled = false;
}

/**
 * @param {Contents} contents
 * @param {{ net: string, runtimes: string[] }} chosen
 */
async function run(contents, chosen) {
  showProblem(element("problem", HTMLElement), null);
  if (chosen.runtimes.length === 0) {
    throw new Error("Choose at least one runtime.");
  }
  const current = new Comparison(
    chosen.net,
    contents.runtimes.filter(({ name }) => chosen.runtimes.includes(name)),
  );
  comparison = current;
  busy(true);
  element("copied", HTMLElement).textContent = "";
  try {
    await current.run(({ text, share }) => {
      element("progress-text", HTMLElement).textContent = text;
      element("progress", HTMLProgressElement).value = share;
      showResults(contents, current);
    });
  } finally {
    busy(false);
    showResults(contents, current);
    element("report-text", HTMLElement).textContent = report();
  }
}

/** @param {boolean} now whether a comparison is under way */
function busy(now) {
  element("work", HTMLElement).hidden = !now;
  element("stop", HTMLButtonElement).hidden = !now;
  element("start", HTMLButtonElement).disabled = now;
  element("copy", HTMLButtonElement).disabled = now;
}

/** The results as JSON. */
function report() {
  const results = comparison && { ...comparison.results };
  return JSON.stringify(
    { page: "Texelflow benchmark", date: new Date(), ...deviceFacts(), ...results },
    null,
    2,
  );
}

async function copy() {
  const text = element("report-text", HTMLElement);
  const copied = element("copied", HTMLElement);
  text.textContent = report();
  try {
    await navigator.clipboard.writeText(text.textContent);
    copied.textContent = "Copied.";
  } catch {
    // Without a secure page or the permission there is no clipboard: the visitor copies the selection.
    element("report", HTMLDetailsElement).open = true;
    getSelection()?.selectAllChildren(text);
    copied.textContent = "Selected: copy it with your keyboard or menu.";
  }
}
