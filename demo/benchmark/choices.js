import { element } from "../shared/page.js";

/** @import { Contents } from "./benchmark.js" */

/**
 * Fills the form and keeps what it says about the download up to date.
 * @param {Contents} contents
 * @returns {() => { net: string, runtimes: string[] }} what is chosen now
 */
export function showChoices({ nets, runtimes }) {
  const netInputs = nets.map(({ name, title }, index) =>
    option(element("nets", HTMLElement), { type: "radio", group: "net", name, title, checked: index === 0 }),
  );
  const runtimeInputs = runtimes.map(({ name, title, bytes }) =>
    option(element("runtimes", HTMLElement), {
      type: "checkbox",
      group: "runtime",
      name,
      title,
      note: megabytes(bytes),
      checked: true,
    }),
  );
  element("alone", HTMLElement).hidden = runtimes.length > 1;

  const chosen = () => ({
    net: netInputs.find((input) => input.checked)?.value ?? "",
    runtimes: runtimeInputs.filter((input) => input.checked).map((input) => input.value),
  });
  const showCost = () => {
    const { net, runtimes: names } = chosen();
    const models = nets.find(({ name }) => name === net)?.bytes ?? {};
    const scripts = runtimes
      .filter(({ name }) => names.includes(name))
      .reduce((sum, { bytes }) => sum + bytes, 0);
    const files = new Map(names.map((name) => [modelFile(name), models[name] ?? 0]));
    const total = [...files.values()].reduce((sum, bytes) => sum + bytes, scripts);
    element("cost", HTMLElement).textContent = `Downloads up to ${megabytes(total)}.`;
  };
  element("choice", HTMLFormElement).addEventListener("change", showCost);
  showCost();
  return chosen;
}

/**
 * Both forms of ONNX Runtime read the same file, which is downloaded once.
 * @param {string} runtime
 */
function modelFile(runtime) {
  return runtime.startsWith("ort-") ? "ort" : runtime;
}

/**
 * @param {HTMLElement} parent
 * @param {{ type: string, group: string, name: string, title: string, note?: string, checked: boolean }} described
 */
function option(parent, { type, group, name, title, note = "", checked }) {
  const label = document.createElement("label");
  label.className = "option";
  const input = document.createElement("input");
  Object.assign(input, { type, name: group, value: name, checked });
  const small = document.createElement("small");
  small.textContent = note;
  label.append(input, title, small);
  parent.append(label);
  return input;
}

/**
 * @param {number} bytes
 * @returns {string} megabytes (millions of bytes) for people
 */
export function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? (bytes < 1e6 ? 2 : 1) : 0)} MB`;
}
