import { loadNet, relativeError } from "./page/net.js";
import { RUNTIMES } from "./page/runtimes/index.js";

/** @import { Net } from "./page/net.js" */
/** @import { Opened } from "./page/runtimes/index.js" */
/**
 * What one runtime did; times are milliseconds.
 * @typedef {object} Result
 * @property {number} [firstResult] from importing its scripts to the first output, downloads included
 * @property {number} [error] largest difference of the first or the last run from the reference, relative to the largest
 *   value
 * @property {number[]} runs
 * @property {object} [device] what the runtime says of the device
 * @property {string} [failure] why it takes no further part
 */

/** Rounds, in each of which every runtime runs once. */
const ROUNDS = 20;

/** When the runs took this long no further round begins, so that nobody waits for minutes. */
const MILLISECONDS = 60_000;
const FEWEST_ROUNDS = 3;

/** One net on several runtimes: opens all of them, then runs each in rounds, whose order is shuffled. */
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
      await this.#runInRounds(net, opened, report);
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
   * @param {Net} net
   * @param {Map<string, Opened>} opened
   * @param {(progress: { text: string, share: number }) => void} report
   */
  async #runInRounds(net, opened, report) {
    /** @type {Map<string, unknown>} */
    const outputs = new Map();
    let spent = 0;
    for (let round = 0; round < ROUNDS && !this.#stopped; round += 1) {
      if (spent > MILLISECONDS && round >= FEWEST_ROUNDS) {
        break;
      }
      for (const [name, model] of shuffled([...opened])) {
        const result = this.#byRuntime[name];
        if (result.failure) {
          continue;
        }
        await pause();
        if (this.#stopped) {
          break;
        }
        try {
          const begin = performance.now();
          const output = await model.run();
          const taken = performance.now() - begin;
          outputs.set(name, output);
          result.runs.push(taken);
          spent += taken;
        } catch (problem) {
          result.failure = problem instanceof Error ? problem.message : String(problem);
        }
      }
      report({ text: `Run ${round + 1} of ${ROUNDS}`, share: 0.4 + (0.6 * (round + 1)) / ROUNDS });
    }
    for (const [name, output] of outputs) {
      const result = this.#byRuntime[name];
      const last = relativeError(net, /** @type {Opened} */ (opened.get(name)).values(output));
      result.error = Math.max(result.error ?? 0, last);
    }
  }
}

/**
 * @template T
 * @param {readonly T[]} items
 * @returns {T[]} all of them, in an order that chance decides
 */
function shuffled(items) {
  const keyed = items.map((item) => ({ item, key: Math.random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

/** What the run before left to be done (collecting garbage, freeing textures, drawing the page) is done here. */
function pause() {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
