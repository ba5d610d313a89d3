import { element, nextFrame, showProblem } from "../shared/page.js";
import { texts } from "../shared/texts.js";
import { duration, Rate, rounded, Timing } from "../shared/timing.js";
import { Turns } from "../shared/turns.js";
import { placement } from "./ends.js";
import { isMisfit, loadProvided } from "./loading.js";
import { hears, sampleNote } from "./numbers.js";
import { clearOutcome, showOutcome } from "./outcome.js";
import { closeFrame, frameOf, sizeOf, timeOf } from "./pictures.js";
import { drawStage } from "./stage.js";
import { plainValues } from "./tensors.js";
import { madeUpProblem, Trials } from "./trials.js";
import { tellWork } from "./work.js";

const say = texts.run;

/** @import { Finding } from "./interpret.js" */
/** @import { Picture } from "./pictures.js" */
/** @import { Course, Loaded, Model, Provided, SampleSound, Source } from "./loading.js" */
/** @typedef {Model["inputs"][number]} Input */
/** @typedef {Parameters<Model["run"]>[0]} RunInputs */
/** @typedef {import("../words/reading.js").Reading} Reading */
/** @typedef {import("./loading.js").RegionOptions} RegionOptions */
/**
 * What the page shows more of, where a visitor asks.
 * @typedef {object} Subject
 * @property {Model} model
 * @property {Source} source its bundle
 * @property {(() => Promise<Blob>) | null} original the model as an ONNX file, where the page has that
 * @property {AbortSignal} signal aborted when it is put away, or another one is in its place
 * @property {() => RunInputs} inputs what it runs on now, the visitor's picture or made-up numbers
 * @property {Reading | null} reading what it does with texts, where it takes them
 * @property {readonly SampleSound[]} sounds to try it on
 * @property {{ model: Model, source: Source, crop: RegionOptions } | null} closer the model that looks closer at what it finds
 */

/** A photo is run again for a median that means something: three times, and on while there is time up to twenty. */
const FEWEST_REPEATS = 3;
const MOST_REPEATS = 20;
const REPEAT_MILLISECONDS = 1500;

/**
 * Holds one model and one picture, runs the one on the other and shows what comes out. Dispatches "model" when it has
 * another model, or none any more.
 */
export class Runner extends EventTarget {
  /** @type {Model | null} */
  #model = null;
  /** @type {Loaded | null} the model, with the one that looks closer */
  #loaded = null;
  /** @type {Provided | null} where the model came from */
  #provided = null;
  /** @type {Trials | null} what the model is run on */
  #trials = null;
  /** @type {Picture | null} */
  #picture = null;
  #pictureMoves = false;
  #timing = new Timing();
  /** Of what moves. */
  #rate = new Rate();
  /** Of models that are shown. */
  #models = new Turns();
  /** Ends what runs when the model or the picture changes: runs that wait then are not begun. */
  #work = new Turns();
  #loading = new Turns();
  /** When the loading of the model began. */
  #opened = Number.NaN;
  /** The name of the model, for people. */
  #title = "";
  /** Time from there to its first result, in milliseconds. */
  #first = Number.NaN;

  /**
   * Opens a bundle; the one before stays until this one is ready.
   * @param {string} name for people, where the bundle has none
   * @param {(course: Course) => Provided | Promise<Provided>} provide finds the bundle, or makes it
   * @returns {Promise<boolean>} false when another one was opened meanwhile
   * @throws {Error} when it cannot be made or loaded; the page is then as it was
   */
  async open(name, provide) {
    const signal = this.#loading.next();
    const opened = performance.now();
    const progress = element("progress", HTMLProgressElement);
    const text = element("progress-text", HTMLElement);
    element("loading", HTMLElement).hidden = false;
    progress.removeAttribute("value");
    text.textContent = say.opening(name);
    const report = (/** @type {string} */ doing, /** @type {number} */ fraction) => {
      if (!signal.aborted) {
        text.textContent = say.doing(name, doing);
        progress.value = fraction;
      }
    };
    try {
      const provided = await provide({ signal, report });
      const loaded = await loadProvided(provided, { signal, report });
      if (signal.aborted) {
        loaded.dispose();
        return false;
      }
      this.#adopt(loaded, provided, name, opened);
    } catch (problem) {
      if (signal.aborted) {
        return false;
      }
      throw problem;
    } finally {
      if (!signal.aborted) {
        element("loading", HTMLElement).hidden = true;
      }
    }
    await this.#run();
    return true;
  }

  /** Puts the model away, before another one is opened that it is not to be taken for. */
  close() {
    this.#loading.next();
    element("loading", HTMLElement).hidden = true;
    if (this.#model) {
      this.#clear();
      this.dispatchEvent(new Event("model"));
    }
  }

  /**
   * Shows a picture, and runs the model on it if there is one.
   * @param {Picture} picture
   * @param {boolean} moves whether it is a video, to be run frame after frame
   */
  async use(picture, moves) {
    this.#picture = picture;
    this.#pictureMoves = moves;
    this.#rate = new Rate();
    element("film-facts", HTMLElement).hidden = true;
    this.#work.next();
    clearOutcome();
    this.#draw(null);
    await this.#run();
  }

  /** Whether there is a picture, or a film. */
  get hasPicture() {
    return this.#picture !== null;
  }

  /** Takes the picture away. */
  drop() {
    this.#picture = null;
    this.#pictureMoves = false;
    this.#work.next();
    clearOutcome();
    this.#draw(null);
  }

  /** Stops running frame after frame; the last frame stays. */
  stopMoving() {
    this.#pictureMoves = false;
  }

  /** @returns {Subject | null} null while there is no model */
  get subject() {
    const [model, provided, trials] = [this.#model, this.#provided, this.#trials];
    if (!model || !provided || !trials) {
      return null;
    }
    const { bundle, original = null, sounds = [] } = provided;
    const { reading = null, second = null } = this.#loaded ?? {};
    const looks = second && provided.closer;
    const closer = looks ? { model: second, source: looks.bundle, crop: looks.crop } : null;
    const inputs = () => trials.inputs(this.#picture && trials.fitted(this.#picture));
    const { signal } = this.#models;
    return { model, source: bundle, original, signal, inputs, reading, sounds, closer };
  }

  /** @returns {Record<string, unknown>} what a bug report needs, as plain data */
  get report() {
    return {
      model: this.#model?.name,
      firstResultMilliseconds: rounded(this.#first),
      medianRunMilliseconds: rounded(this.#timing.median),
      framesPerSecond: rounded(this.#rate.value),
      runs: this.#timing.runs,
      picture: this.#picture ? sizeOf(this.#picture) : null,
      device: this.#model?.device,
      browser: navigator.userAgent,
      pixelRatio: devicePixelRatio,
    };
  }

  /**
   * Puts a loaded model in the place of the one before.
   * @param {Loaded} loaded
   * @param {Provided} provided
   * @param {string} name
   * @param {number} opened when its loading began, in milliseconds of performance.now()
   */
  #adopt(loaded, provided, name, opened) {
    const { model } = loaded;
    this.#clear();
    this.#trials = new Trials(model);
    this.#loaded = loaded;
    this.#model = model;
    this.#provided = provided;
    this.#opened = opened;
    this.#draw(null);
    this.#title = model.name || name;
    element("model-title", HTMLElement).textContent = this.#title;
    const note = element("input-note", HTMLElement);
    note.textContent = this.#trials.input || loaded.reading ? "" : sampleNote(model);
    note.hidden = note.textContent === "";
    element("device", HTMLElement).hidden = false;
    if (loaded.problem) {
      showProblem(element("bundle-error", HTMLElement), loaded.problem);
    }
    this.dispatchEvent(new Event("model"));
  }

  /** Takes the model and all that is shown of it away. */
  #clear() {
    this.#models.next();
    this.#work.next();
    this.#loaded?.dispose();
    this.#trials = this.#loaded = this.#model = this.#provided = null;
    this.#first = Number.NaN;
    this.#timing = new Timing();
    clearOutcome();
    this.#draw(null);
    element("model-title", HTMLElement).textContent = say.noModel;
    for (const id of ["input-note", "device", "bundle-facts"]) {
      element(id, HTMLElement).hidden = true;
    }
  }

  /**
   * Runs the model on the picture, a photo several times. Of what moves a frame is taken when the one before is shown: so none
   * waits, and each is the newest that there is.
   */
  async #run() {
    const signal = this.#work.next();
    const [model, trials, picture] = [this.#model, this.#trials, this.#picture];
    if (!model || !trials || (trials.input && !picture) || hears(model) || this.#loaded?.reading) {
      return;
    }
    const deadline = performance.now() + REPEAT_MILLISECONDS;
    // Reading results may let the page wait for the GPU: nothing is measured while another model is opened.
    const { signal: opening } = this.#loading;
    const again = (/** @type {number} */ turn) =>
      this.#pictureMoves ||
      turn === 0 ||
      (!opening.aborted &&
        (turn <= FEWEST_REPEATS || (turn <= MOST_REPEATS && performance.now() < deadline)));
    for (let turn = 0; again(turn); turn += 1) {
      const started = performance.now();
      const taken = timeOf(picture);
      /** @type {{ whole: Exclude<Picture, HTMLVideoElement> | null, frame: Picture | null }} */
      const looked = { whole: null, frame: null };
      const quiet = turn === 0 ? tellWork(this.#title, signal) : () => {};
      const found = await trials
        .until(async () => {
          looked.whole ??= picture && (await frameOf(picture));
          looked.frame = looked.whole && trials.fitted(looked.whole);
          return this.#resultOf(model, trials, looked.frame, signal);
        })
        .catch((problem) => {
          if (!signal.aborted) {
            throw trials.input ? problem : madeUpProblem(problem);
          }
        })
        .finally(quiet);
      if (signal.aborted || !found) {
        closeFrame(looked.whole, picture);
        return;
      }
      this.#count(performance.now() - started);
      if (turn === 0 || this.#pictureMoves) {
        this.#show(found, looked.frame);
      }
      closeFrame(looked.whole, picture);
      if (this.#pictureMoves) {
        this.#countFrame();
      }
      do {
        await nextFrame();
        if (signal.aborted) {
          return;
        }
      } while (this.#pictureMoves && timeOf(picture) === taken);
    }
  }

  /**
   * @param {Model} model
   * @param {Trials} trials
   * @param {Picture | null} picture
   * @param {AbortSignal} signal
   * @returns {Promise<{ finding: Finding, outputs: import("./tensors.js").Values[] }>}
   */
  async #resultOf(model, trials, picture, signal) {
    const [loaded, reader] = [this.#loaded, this.#loaded?.reader];
    if (loaded && reader && picture) {
      try {
        return {
          finding: { kind: "results", reader, results: await reader.read(picture, signal) },
          outputs: [],
        };
      } catch (problem) {
        if (!isMisfit(problem) || this.#provided?.closer) {
          throw problem;
        }
        showProblem(element("bundle-error", HTMLElement), problem);
        loaded.reader = null;
      }
    }
    const tensors = await model.run(trials.inputs(picture), { signal });
    const outputs = Object.entries(tensors).map(([name, tensor]) => plainValues(name, tensor));
    if (!trials.input) {
      return { finding: { kind: "numbers" }, outputs };
    }
    // Only what a bundle does not say is guessed.
    const { interpret } = await import("./interpret.js");
    return { finding: interpret(outputs, this.#modelSize(picture), model.labels), outputs };
  }

  /** @param {number} milliseconds that one run took */
  #count(milliseconds) {
    if (Number.isNaN(this.#first)) {
      // The first run also compiles and allocates: it belongs to the time to the first result.
      this.#first = performance.now() - this.#opened;
    } else {
      this.#timing.add(milliseconds);
    }
    element("bundle-first", HTMLElement).textContent = duration(this.#first);
    element("bundle-run", HTMLElement).textContent = duration(this.#timing.median);
    element("bundle-runs", HTMLElement).textContent = String(this.#timing.runs + 1);
    element("bundle-facts", HTMLElement).hidden = false;
  }

  #countFrame() {
    this.#rate.add(performance.now());
    const { value } = this.#rate;
    if (Number.isFinite(value)) {
      element("film-rate", HTMLElement).textContent = value.toFixed(value < 10 ? 1 : 0);
      element("film-facts", HTMLElement).hidden = false;
    }
  }

  /**
   * @param {{ finding: Finding, outputs: import("./tensors.js").Values[] }} found
   * @param {Picture | null} frame
   */
  #show({ finding, outputs }, frame) {
    this.#draw(finding, frame);
    showOutcome(finding, outputs, this.#nameOf);
    const isNamed = finding.kind !== "classes" || (this.#model?.labels ?? []).length > 0;
    const note = element("input-note", HTMLElement);
    if (frame && this.#trials?.input && note.hidden === !isNamed) {
      note.textContent = isNamed ? "" : say.unnamed;
      note.hidden = isNamed;
    }
  }

  /**
   * @param {Finding | null} finding
   * @param {Picture | null} [frame] what it was found on, where the picture moves
   */
  #draw(finding, frame = this.#picture) {
    const canvas = element("stage", HTMLCanvasElement);
    canvas.hidden = !frame || (this.#trials !== null && !this.#trials.input);
    if (frame && !canvas.hidden) {
      const image = this.#trials?.input?.image ?? { fit: "stretch", resized: [] };
      const area = placement(image, sizeOf(frame), this.#modelSize(frame));
      drawStage(canvas, frame, finding, area, this.#nameOf);
    }
  }

  /**
   * Size of the model's picture; where the model takes any, that of the visitor's.
   * @param {Picture | null} picture
   */
  #modelSize(picture) {
    const own = picture ? sizeOf(picture) : { width: 1, height: 1 };
    const image = this.#trials?.input?.image;
    return {
      width: typeof image?.width === "number" ? image.width : own.width,
      height: typeof image?.height === "number" ? image.height : own.height,
    };
  }

  #nameOf = (/** @type {number} */ label) => {
    const labels = this.#model?.labels ?? [];
    return labels[label] ?? say.unnamedClass(label);
  };
}
