// Random use of the API, and what it must lead to. `randomUse(seed, options)` makes a sequence of calls that nobody
// waits for in order, and resolves to what was wrong, a sentence each.

import { KINDS } from "./use_models.js";
import { replay, sameTensors } from "./use_oracle.js";

const MOST_SECONDS = 60;

/** Numbers of a seed: `random(n)` is a whole number below n. */
export function randomNumbers(seed) {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** Has one context of WebGL lost: on the page, or in the worker. */
const losing = new BroadcastChannel("lose");

export class RandomUse {
  /** Loaded models, sessions and adapters: what runs. */
  runners = [];
  models = [];
  kept = [];
  saved = [];
  pending = [];
  wrong = [];
  losses = 0;

  constructor(seed, { urls, sides, kinds, calls, loses }) {
    Object.assign(this, { urls, sides, kinds, calls, loses, random: randomNumbers(seed) });
    this.random(1);
  }

  chance(percent) {
    return this.random(100) < percent;
  }

  pick(list) {
    return list[this.random(list.length)];
  }

  /** Notes how a call ends; `entry` gets `value` or `error`. */
  watch(entry, promise) {
    entry.settled = false;
    const settle = (outcome) => {
      if (entry.settled) this.wrong.push(`${entry.what} settled twice`);
      Object.assign(entry, outcome, { settled: true, lossesThen: this.losses });
    };
    const told = promise.then(
      (value) => settle({ value }),
      (error) => settle({ error, failed: true }),
    );
    this.pending.push(told);
    return told;
  }

  load() {
    const side = this.pick(Object.keys(this.sides));
    const kind = this.pick(this.kinds);
    const controller = new AbortController();
    const model = { what: `load ${side} ${kind}`, side, kind, controller, losses: this.losses, memories: [] };
    model.streaming = this.chance(30);
    const options = { signal: controller.signal, streaming: model.streaming };
    this.models.push(model);
    model.missing = this.chance(5);
    const url = model.missing ? `${this.urls[kind]}/nowhere` : this.urls[kind];
    this.watch(model, this.sides[side].load(url, options)).then(() => {
      if (!model.value) return;
      if (model.disposed) model.value.dispose();
      else this.runner(model, model.value);
    });
    if (this.chance(10)) this.later(() => this.abort(controller, model));
  }

  abort(controller, entry) {
    if (controller.signal.aborted) return;
    entry.aborted = true;
    entry.reason = new Error(`aborted ${entry.what}`);
    controller.abort(entry.reason);
  }

  runner(model, value) {
    const memory = { model, value, log: [], disposed: false };
    model.memories.push(memory);
    this.runners.push(memory);
    return memory;
  }

  run(memory) {
    const { model } = memory;
    const { kind, side } = model;
    const { random } = this;
    const use = KINDS[kind].use(random);
    const entry = { do: "run", what: `run ${side} ${kind}`, use, losses: this.losses, keep: [] };
    const feeds = this.sides[side].feeds(use.feeds, random);
    if (this.chance(8)) entry.wrong = this.spoil(feeds, entry);
    else this.feedKept(memory, use, feeds, entry);
    const controller = new AbortController();
    const options = {};
    if (this.chance(30)) options.signal = controller.signal;
    if (this.chance(20)) options.latest = entry.latest = true;
    const keepable = KINDS[kind].keeps;
    if (this.sides[side].keeps && keepable && this.chance(25)) options.keep = entry.keep = [keepable];
    if (!entry.wrong && this.sides[side].keeps && this.chance(3)) {
      options.keep = ["none"];
      entry.wrong = "option";
    }
    if (options.signal && this.chance(20)) this.abort(controller, entry);
    memory.log.push(entry);
    const done = this.watch(entry, this.sides[side].run(memory.value, feeds, options));
    done.then(() => {
      for (const name of entry.keep) if (entry.value) this.keep(entry, model, entry.value[name]);
    });
    if (options.signal) this.later(() => this.abort(controller, entry));
  }

  /** Makes inputs wrong; gives the code of the error. */
  spoil(feeds, entry) {
    const [name] = Object.keys(feeds);
    const how = this.random(3);
    if (how === 0) delete feeds[name];
    else if (how === 1) feeds.unknown = feeds[name];
    else feeds[name] = "text";
    entry.what += ` with a wrong input (${how})`;
    return "input";
  }

  /** Gives what stayed on the GPU to a run. */
  feedKept({ model }, use, feeds, entry) {
    if (model.kind !== "vector" || !this.chance(40)) return;
    const candidates = this.kept.filter((each) => each.feeds && each.side === model.side);
    if (candidates.length === 0) return;
    const kept = this.pick(candidates);
    feeds.x = kept.value;
    Object.assign(use, KINDS.vector.of(kept.expected));
    entry.kept = kept;
    entry.what += " of a kept tensor";
    if (this.chance(20)) this.later(() => this.disposeKept(kept));
  }

  keep(entry, model, value) {
    const expected = KINDS[model.kind].isPure && entry.use.outputs()[entry.keep[0]];
    const kept = { value, expected, model, side: model.side, feeds: model.kind === "vector", of: entry };
    entry.keptAs = kept;
    kept.draws = model.kind === "picture";
    kept.isGray = !kept.draws; // a matrix is drawn, too
    this.kept.push(kept);
    if (!expected) this.useKept(kept, 0);
  }

  useKept(kept, how = this.random(4)) {
    if (how === 3) {
      this.disposeKept(kept);
      return;
    }
    const entry = { what: `${how === 2 ? "draw" : "read"} of ${kept.of.what}`, kept, losses: this.losses };
    if (how === 2) {
      const canvas = this.chance(50) ? new OffscreenCanvas(1, 1) : document.createElement("canvas");
      const other = this.chance(10);
      if (other) canvas.getContext("bitmaprenderer");
      entry.mayBeOption = other || !(kept.draws || kept.isGray);
      this.watch(entry, kept.value.draw(canvas)).then(() => {
        if (!entry.failed && kept.draws) entry.pixels = pixelsOf(canvas);
        this.judgeKept(entry);
      });
    } else this.watch(entry, kept.value.read()).then(() => this.judgeKept(entry));
  }

  judgeKept(entry) {
    const { kept, error, failed, value, what } = entry;
    if (failed) {
      const may =
        (error.code === "disposed" && (kept.disposed || kept.model.disposed || kept.model.aborted)) ||
        (error.code === "state-lost" && this.losses > kept.of.losses) ||
        (error.code === "option" && entry.mayBeOption);
      if (!may) this.wrong.push(`${what} failed: ${error.code} ${error.message}`);
    } else if (entry.mayBeOption) this.wrong.push(`${what} on what cannot be drawn on`);
    else if (entry.pixels) {
      const wanted = KINDS.picture.pixels(kept.expected);
      if (entry.pixels.join() !== wanted.join())
        this.wrong.push(`${what} drew ${entry.pixels}, not ${wanted}`);
    } else if (value && kept.expected && !sameTensors({ x: value }, { x: kept.expected }))
      this.wrong.push(`${what} gave ${value.data}, not ${kept.expected.data}`);
    else if (value) kept.read = value;
  }

  disposeKept(kept) {
    kept.disposed = true;
    kept.value.dispose();
  }

  /** Does something a little later. */
  later(what) {
    const tasks = this.random(4);
    const wait = async () => {
      if (tasks === 0) await null;
      else await new Promise((resolve) => setTimeout(resolve, tasks === 3 ? this.waits() : 0));
      what();
    };
    this.pending.push(wait());
  }

  waits() {
    return [1, 5, 20][this.random(3)];
  }

  /** One more call. */
  step() {
    const { random } = this;
    const what = random(100);
    const runners = this.runners;
    const live = this.models.filter(({ disposed }) => !disposed);
    if (live.length === 0 || (what < 8 && live.length < 4)) return this.load();
    if (runners.length === 0) return;
    // Also those that were disposed, at times.
    const alive = runners.filter((memory) => !memory.disposed && !memory.model.disposed);
    const memory = this.pick(alive.length > 0 && this.chance(95) ? alive : runners);
    const { model, value } = memory;
    const note = (name, entry, promise) => {
      const whole = { do: name, what: `${name} ${model.side} ${model.kind}`, losses: this.losses, ...entry };
      memory.log.push(whole);
      return this.watch(whole, promise).then(() => whole);
    };
    if (what < 60) this.run(memory);
    else if (what < 66 && this.kept.length > 0) this.useKept(this.pick(this.kept));
    else if (what < 70 && value.session && model.memories.length < 3) {
      this.runner(model, value.session());
    } else if (what < 74 && value.reset) note("reset", {}, value.reset());
    else if (what < 78 && value.save) {
      note("save", {}, value.save()).then((entry) => {
        if (entry.value && Object.keys(entry.value).length > 0)
          this.saved.push({ kind: model.kind, states: entry.value });
      });
    } else if (what < 82 && value.save) {
      const saved = this.saved.filter(({ kind }) => kind === model.kind);
      if (saved.length === 0 && !KINDS[model.kind].state) return;
      const wrong = saved.length === 0 || this.chance(15);
      const states = wrong ? { nothing: 1 } : this.pick(saved).states;
      note("restore", wrong ? { wrong: "input" } : { states }, value.restore(states));
    } else if (what < 86) {
      if (memory === model.memories[0]) {
        model.disposed = true;
        model.value.dispose();
      } else {
        memory.disposed = true;
        value.dispose();
      }
    } else if (what < 88 && this.losses < this.loses) this.lose(model.side);
    else if (what < 90) this.abort(model.controller, model);
  }

  lose(side) {
    this.losses++;
    if (side === "worker") losing.postMessage("lose");
    else globalThis.contexts.at(-1)?.getExtension("WEBGL_lose_context")?.loseContext();
  }

  async wait() {
    const how = this.random(10);
    if (how === 0) await new Promise((resolve) => setTimeout(resolve, this.waits()));
    else if (how === 1) await new Promise((resolve) => setTimeout(resolve));
    else if (how === 2) await Promise.race(this.pending);
    else if (how === 3) await null;
    else if (how === 4) await this.settled();
  }

  /** Waits for all calls, but not for ever. */
  async settled() {
    let before = -1;
    const all = async () => {
      for (; before !== this.pending.length; await Promise.all(this.pending)) before = this.pending.length;
    };
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, 1000 * MOST_SECONDS);
    });
    await Promise.race([all(), late]);
    clearTimeout(timer);
  }

  async perform() {
    this.load();
    await this.settled();
    for (let i = 0; i < this.calls; i++) {
      this.step();
      await this.wait();
    }
    await this.settled();
    const logs = this.models.flatMap(({ memories }) => memories.flatMap(({ log }) => log));
    for (const { what, settled } of [...this.models, ...logs]) {
      if (!settled) this.wrong.push(`${what} never settles`);
    }
    for (const model of this.models) {
      this.judgeLoad(model);
      for (const memory of model.memories) this.wrong.push(...replay(memory, this.losses));
    }
    for (const model of this.models) if (model.value && !model.disposed) model.value.dispose();
    return this.wrong;
  }

  judgeLoad({ what, value, error, aborted, reason, losses, missing, lossesThen }) {
    if (value) {
      if (missing) this.wrong.push(`${what} was missing, and loaded`);
      return;
    }
    const may =
      (missing && error?.code === "not-found") ||
      (aborted && error === reason) ||
      (lossesThen > losses && error?.code === "context-lost");
    if (!may) this.wrong.push(`${what} failed: ${error?.code} ${error?.message}`);
  }
}

function pixelsOf(canvas) {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext("2d");
  context.drawImage(canvas, 0, 0);
  return [...context.getImageData(0, 0, copy.width, copy.height).data];
}
