import { loadNet, relativeError } from "./page/net.js";
import { RUNTIMES } from "./page/runtimes/index.js";

/** @import { Net } from "./page/net.js" */
/** @import { Opened } from "./page/runtimes/index.js" */
/**
 * What one runtime did; times are milliseconds.
 * @typedef {object} Result
 * @property {number} [firstResult] from importing its scripts to the first output, downloads included
 * @property {number} [error] largest difference from the reference, relative to the largest value
 * @property {number[]} runs
 * @property {object} [device] what the runtime says of the device
 * @property {string} [failure] why it takes no further part
 */

/** Runs of each runtime. */
const RUNS = 20;

/** A runtime whose runs took this long takes no further part, so that nobody waits for minutes. */
const MILLISECONDS = 20_000;
const FEWEST_RUNS = 3;

/** One net on several runtimes: opens all of them, then runs each in turn. */
export class Comparison {
  #stopped = false;
  /** @type {ReadonlyMap<string, string>} */
  #titles;
  /** @type {Record<string, Result>} by runtime, in the order in which they are opened */
  #byRuntime = {};

  /**
   * @param {string} net
   * @param {readonly { name: string, title: string }[]} runtimes
   */
  constructor(net, runtimes) {
    this.net = net;
    this.#titles = new Map(runtimes.map(({ name, title }) => [name, title]));
    for (const { name } of runtimes) {
      this.#byRuntime[name] = { runs: [] };
    }
  }

  /** What is known so far, as plain data. */
  get results() {
    return { net: this.net, stopped: this.#stopped, runtimes: this.#byRuntime };
  }

  /** Ends the comparison after the run under way. */
  stop() {
    this.#stopped = true;
  }

  /**
   * @param {(progress: { text: string, share: number }) => void} report called after every step
   * @throws {Error} when the net's samples cannot be downloaded; a runtime that fails is noted in its result instead
   */
  async run(report) {
    report({ text: "Loading the samples…", share: 0 });
    const net = await loadNet(this.net);
    /** @type {Map<string, Opened>} */
    const opened = new Map();
    try {
      await this.#openAll(net, opened, report);
      await this.#runInTurn(opened, report);
    } finally {
      for (const model of opened.values()) {
        await model.close();
      }
    }
  }

  /**
   * @param {Net} net
   * @param {Map<string, Opened>} opened filled here
   * @param {(progress: { text: string, share: number }) => void} report
   */
  async #openAll(net, opened, report) {
    const names = Object.keys(this.#byRuntime);
    for (const [index, name] of names.entries()) {
      if (this.#stopped) {
        return;
      }
      report({
        text: `Loading ${this.#titles.get(name)} and running it once…`,
        share: (0.4 * index) / names.length,
      });
      await pause();
      const result = this.#byRuntime[name];
      try {
        const begin = performance.now();
        const { open } = await RUNTIMES[name]();
        const model = await open(net);
        opened.set(name, model);
        const output = await model.run();
        result.firstResult = performance.now() - begin;
        result.error = relativeError(net, model.values(output));
        result.device = model.device;
        await model.run(); // the second run may still allocate
      } catch (problem) {
        result.failure = problem instanceof Error ? problem.message : String(problem);
      }
    }
  }

  /**
   * @param {Map<string, Opened>} opened
   * @param {(progress: { text: string, share: number }) => void} report
   */
  async #runInTurn(opened, report) {
    for (let turn = 0; turn < RUNS; turn += 1) {
      for (const [name, model] of opened) {
        const result = this.#byRuntime[name];
        const spent = result.runs.reduce((sum, milliseconds) => sum + milliseconds, 0);
        if (result.failure || (spent > MILLISECONDS && result.runs.length >= FEWEST_RUNS)) {
          continue;
        }
        await pause();
        if (this.#stopped) {
          return;
        }
        try {
          const begin = performance.now();
          await model.run();
          result.runs.push(performance.now() - begin);
        } catch (problem) {
          result.failure = problem instanceof Error ? problem.message : String(problem);
        }
      }
      report({ text: `Run ${turn + 1} of ${RUNS}`, share: 0.4 + (0.6 * (turn + 1)) / RUNS });
    }
  }
}

/** What the run before left to be done (collecting garbage, freeing textures, drawing the page) is done here. */
function pause() {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
