import { bar } from "../shared/bar.js";
import { element } from "../shared/page.js";
import { texts } from "../shared/texts.js";
import { pictureOf } from "./ends.js";
import { statistics } from "./tensors.js";

/** @import { Finding } from "./interpret.js" */
/** @import { Values } from "./tensors.js" */

const say = texts.outcome;
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/**
 * One sentence about what was found.
 * @param {Finding} finding
 * @param {(label: number) => string} nameOf name of a class
 * @returns {string}
 */
function summaryOf(finding, nameOf) {
  switch (finding.kind) {
    case "classes":
      return `${nameOf(finding.top[0].label)}, ${percent.format(finding.top[0].probability)}`;
    case "boxes":
      return boxSummary(finding.boxes.map(({ label }) => nameOf(label)));
    case "mask":
      return say.mask(percent.format(statistics(finding.mask.data).mean));
    case "image":
      return say.image(finding.planes[0].width, finding.planes[0].height);
    case "numbers":
      return element("stage", HTMLElement).hidden ? say.ofMadeUp : say.numbers;
    case "results":
      return finding.reader.view.summary(finding.results);
  }
}

/** @param {string[]} names one for each box */
function boxSummary(names) {
  if (names.length === 0) {
    return say.noBoxes;
  }
  const distinct = [...new Set(names.filter((name) => name !== ""))];
  const count = say.boxes(names.length);
  return distinct.length > 0 ? `${count}: ${distinct.join(", ")}` : count;
}

/**
 * Shows everything about a result but what is drawn on the picture itself.
 * @param {Finding} finding
 * @param {readonly Values[]} outputs
 * @param {(label: number) => string} nameOf name of a class
 */
export function showOutcome(finding, outputs, nameOf) {
  const summary = summaryOf(finding, nameOf);
  const summaryElement = element("summary", HTMLElement);
  if (summaryElement.textContent !== summary) {
    summaryElement.textContent = summary;
    element("stage", HTMLElement).ariaLabel = `${say.picture} ${summary}`;
  }
  const { bars = [], picture = null, text = "" } = besides(finding, nameOf);
  element("classes", HTMLElement).replaceChildren(...bars.map(({ label, share }) => bar(label, share)));
  const image = element("output-image", HTMLCanvasElement);
  image.hidden = !picture;
  if (picture) {
    [image.width, image.height] = [picture.width, picture.height];
    image.getContext("2d")?.putImageData(picture, 0, 0);
  }
  element("read", HTMLElement).hidden = text === "";
  const read = element("read-text", HTMLElement);
  if (read.textContent !== text) {
    read.textContent = text;
    element("read-copied", HTMLElement).textContent = "";
  }
  const details = element("outputs", HTMLDetailsElement);
  if (details.hidden) {
    details.open = finding.kind === "numbers";
    details.hidden = outputs.length === 0;
  }
  element("output-rows", HTMLElement).replaceChildren(...outputs.map(row));
}

/**
 * What is shown below the picture: bars, a picture, or a text.
 * @param {Finding} finding
 * @param {(label: number) => string} nameOf name of a class
 * @returns {{ bars?: { label: string, share: number }[], picture?: ImageData, text?: string }}
 */
function besides(finding, nameOf) {
  switch (finding.kind) {
    case "classes":
      return {
        bars: finding.top.map(({ label, probability }) => ({ label: nameOf(label), share: probability })),
      };
    case "image":
      return { picture: pictureOf(finding.planes) };
    case "results": {
      const { view } = finding.reader;
      const { results } = finding;
      return { bars: view.bars?.(results), picture: view.picture?.(results), text: view.text?.(results) };
    }
    default:
      return {};
  }
}

/** Takes the last result away. */
export function clearOutcome() {
  element("summary", HTMLElement).textContent = "";
  element("stage", HTMLElement).ariaLabel = say.picture;
  element("classes", HTMLElement).replaceChildren();
  element("output-image", HTMLElement).hidden = true;
  element("read", HTMLElement).hidden = true;
  element("outputs", HTMLElement).hidden = true;
}

/** @param {Values} output */
function row({ name, dtype, shape, data }) {
  const { min, mean, max } = statistics(data);
  const cells = [
    name,
    `${dtype} ${shape.length > 0 ? shape.join(" × ") : "scalar"}`,
    ...[min, mean, max].map(figure),
  ];
  const line = document.createElement("tr");
  cells.forEach((text, index) => {
    const cell = document.createElement(index === 0 ? "th" : "td");
    cell.textContent = text;
    line.append(cell);
  });
  return line;
}

/** @param {number} value */
function figure(value) {
  return Number.isFinite(value) ? Number(value.toPrecision(4)).toString() : String(value);
}
