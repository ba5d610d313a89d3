import { element, onThemeChange, showProblem } from "../shared/page.js";
import { duration, Timing } from "../shared/timing.js";
import { loadModel, Tensor } from "../texelflow.js";
import { Bars } from "./bars.js";
import { drawPixels, Pad } from "./pad.js";
import { digitImage, SIDE } from "./strokes.js";

const FACTS = new URL("models/digits.json", document.baseURI);
const SAMPLES = new URL("models/digit_samples.json", document.baseURI);
const BUNDLE = new URL("models/digits/", document.baseURI);

/** Milliseconds without a change after which the reading is announced to screen readers. */
const ANNOUNCE_AFTER = 500;

/**
 * Starts the first part of the page: draws a digit, reads it while it is drawn. Shows its own errors.
 * @returns {Promise<void>} resolves when the network is ready, or has failed
 */
export function startDigits() {
  const alert = element("digits-error", HTMLElement);
  const reader = new DigitReader();
  const failed = (/** @type {unknown} */ problem) => {
    showProblem(alert, problem);
    element("verdict", HTMLElement).textContent = "The network could not be run.";
  };
  const ready = reader.load().catch(failed);
  showFacts().catch(failed);
  const pad = new Pad(element("pad", HTMLCanvasElement), () => {
    element("pad-hint", HTMLElement).hidden = !pad.empty;
    reader.read(pad.empty ? null : (pad.sample ?? digitImage(pad.strokes))).catch(failed);
  });
  element("clear", HTMLButtonElement).addEventListener("click", () => pad.clear());
  addSamples(pad).catch(failed);
  return ready;
}

/** Runs the network on the newest image; images that come while it runs replace each other. */
class DigitReader {
  /** @type {Awaited<ReturnType<typeof loadModel>> | null} */
  #model = null;
  /** @type {Float32Array<ArrayBuffer> | null} */
  #image = null;
  #changed = false;
  #running = false;
  #timing = new Timing();
  #bars = new Bars(element("bars", HTMLElement));
  #verdict = element("verdict", HTMLElement);
  #announced = element("verdict-announced", HTMLElement);
  #announcement = 0;
  #seen = element("seen", HTMLCanvasElement);

  constructor() {
    onThemeChange(() => this.#showSeen());
  }

  /** Loads the bundle and runs it once on an empty image, so that the first stroke already finds it warm. */
  async load() {
    const started = performance.now();
    const model = await loadModel(BUNDLE);
    await run(model, new Float32Array(SIDE * SIDE));
    element("digits-first", HTMLElement).textContent = duration(performance.now() - started);
    this.#model = model;
    this.#verdict.textContent = "Ready when you are.";
    await this.#catchUp();
  }

  /** @param {Float32Array | null} image SIDE × SIDE values from 0 to 1, or null when the pad is empty */
  async read(image) {
    this.#image = image ? new Float32Array(image) : null;
    this.#changed = true;
    this.#showSeen();
    await this.#catchUp();
  }

  async #catchUp() {
    if (this.#running || !this.#model) {
      return;
    }
    this.#running = true;
    this.#bars.busy = true;
    try {
      while (this.#changed) {
        this.#changed = false;
        if (this.#image) {
          const started = performance.now();
          const probabilities = await run(this.#model, this.#image);
          this.#timing.add(performance.now() - started);
          this.#show(probabilities);
        } else {
          this.#show(null);
        }
      }
    } finally {
      this.#running = false;
      this.#bars.busy = false;
    }
  }

  /** @param {Float32Array | null} probabilities */
  #show(probabilities) {
    // The pad may have been cleared while the network ran.
    const shown = this.#image ? probabilities : null;
    this.#bars.show(shown);
    if (shown) {
      const digit = shown.indexOf(Math.max(...shown));
      this.#verdict.textContent = shown[digit] > 0.5 ? `It’s a ${digit}.` : `Perhaps a ${digit}?`;
    } else {
      this.#verdict.textContent = "Ready when you are.";
    }
    element("digits-run", HTMLElement).textContent = duration(this.#timing.median);
    clearTimeout(this.#announcement);
    this.#announcement = setTimeout(() => {
      this.#announced.textContent = this.#verdict.textContent;
    }, ANNOUNCE_AFTER);
  }

  #showSeen() {
    drawPixels(this.#seen, this.#image ?? new Float32Array(0));
  }
}

/**
 * @param {Awaited<ReturnType<typeof loadModel>>} model
 * @param {Float32Array<ArrayBuffer>} image SIDE × SIDE values from 0 to 1
 * @returns {Promise<Float32Array>} ten probabilities
 */
async function run(model, image) {
  const outputs = await model.run({ image: new Tensor("float32", [1, 1, SIDE, SIDE], image) });
  return /** @type {Float32Array} */ (outputs.probabilities.data);
}

/** @param {URL} address */
async function fetchJson(address) {
  const response = await fetch(address);
  if (!response.ok) {
    throw new Error(`${address.pathname} could not be read: the server answered ${response.status}.`);
  }
  return response.json();
}

async function showFacts() {
  const facts = await fetchJson(FACTS);
  const share = (facts.accuracy * 100).toFixed(1);
  element("digits-accuracy", HTMLElement).textContent = `${share}% of ${facts.heldBack}`;
  element("data-credit", HTMLElement).textContent = `Digits: ${facts.data}.`;
}

/** @param {Pad} pad */
async function addSamples(pad) {
  /** @type {number[][]} */
  const samples = await fetchJson(SAMPLES);
  const list = element("digit-samples", HTMLElement);
  samples.forEach((pixels, digit) => {
    const image = Float32Array.from(pixels, (value) => value / 16);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "digit-sample";
    button.setAttribute("aria-label", `A handwritten ${digit}`);
    const canvas = document.createElement("canvas");
    canvas.width = SIDE * 4;
    canvas.height = SIDE * 4;
    button.append(canvas);
    button.addEventListener("click", () => pad.showSample(image));
    list.append(button);
    drawPixels(canvas, image);
    onThemeChange(() => drawPixels(canvas, image));
  });
}
