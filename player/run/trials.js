import { texts } from "../shared/texts.js";
import { sampleInputs } from "./numbers.js";
import { sizeOf } from "./pictures.js";

/** @import { Picture } from "./pictures.js" */
/** @import { Model } from "./loading.js" */
/** @import { Input, RunInputs } from "./runner.js" */

/** What sides of pictures are made multiples of; networks that halve them five times want 32. */
const MULTIPLES = [1, 32, 64];
/** Extents of made-up inputs. */
const EXTENTS = [16, 1, 32, 64, 256, 512];

/**
 * What a model is run on that leaves sizes free: it may take only some, which it says when it is given others. The first that it
 * takes stay.
 */
export class Trials {
  #model;
  #sizes;

  /** @param {Model} model */
  constructor(model) {
    this.#model = model;
    /** @type {Input | null} the input that takes a picture */
    this.input = pictureInput(model);
    this.#sizes = this.input ? [...MULTIPLES] : [...EXTENTS];
  }

  /**
   * A frame as the model takes it: what is too much is cut off at the edges.
   * @template {Picture} T
   * @param {T} frame
   * @returns {T | HTMLCanvasElement}
   */
  fitted(frame) {
    const [multiple] = this.#sizes;
    const { width, height } = sizeOf(frame);
    const [across, down] = [width, height].map((side) => Math.max(1, Math.floor(side / multiple)) * multiple);
    if (!this.input || (across === width && down === height)) {
      return frame;
    }
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [across, down];
    const scale = Math.max(1, across / width, down / height);
    const [w, h] = [width * scale, height * scale];
    canvas.getContext("2d")?.drawImage(frame, (across - w) / 2, (down - h) / 2, w, h);
    return canvas;
  }

  /**
   * @param {Picture | null} frame of a picture, as it was fitted
   * @returns {RunInputs}
   */
  inputs(frame) {
    const { input } = this;
    return input && frame ? { [input.name]: frame } : sampleInputs(this.#model, this.#sizes[0]);
  }

  /**
   * Tries one size after the other, until the model takes it.
   * @template T
   * @param {() => Promise<T>} run
   * @returns {Promise<T>}
   * @throws what the last of them throws
   */
  async until(run) {
    for (;;) {
      try {
        return await run();
      } catch (problem) {
        const code = problem instanceof Error && "code" in problem ? problem.code : "";
        if (code !== "size" || this.#sizes.length === 1) {
          throw problem;
        }
        this.#sizes.shift();
      }
    }
  }
}

/**
 * The input of a model that takes a picture, where it is the only one.
 * @param {Model} model
 * @returns {Input | null}
 */
export function pictureInput({ inputs: [input, ...others] }) {
  return input?.image && others.length === 0 ? input : null;
}

/**
 * Says that it was the page that made the inputs up which a model refused.
 * @param {unknown} cause
 */
export function madeUpProblem(cause) {
  return new Error(texts.run.refused(cause instanceof Error ? cause.message : String(cause)), { cause });
}
