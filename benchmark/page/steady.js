// Steady runs of one net on several runtimes in turn. `benchmark/run.py` calls what `window.benchmark` has.
import { loadNet, relativeError } from "./net.js";
import { RUNTIMES } from "./runtimes/index.js";

let net;
/** By runtime: what it opened, and what its last run resolved to. */
const opened = new Map();
const results = new Map();

/** @param {string} name */
async function start(name) {
  net = await loadNet(name);
}

/**
 * Loads the net on one runtime and runs it once. Resolves to the relative error and what is said of the device.
 * @param {string} runtime
 */
async function open(runtime) {
  const { open: load } = await RUNTIMES[runtime]();
  const model = await load(net);
  opened.set(runtime, model);
  results.set(runtime, await model.run());
  return { error: await error(runtime), device: model.device };
}

/**
 * Resolves to the relative error of the last run, over all outputs.
 * @param {string} runtime
 */
async function error(runtime) {
  return relativeError(net, opened.get(runtime).values(results.get(runtime)));
}

/**
 * Runs once and resolves to the milliseconds from the inputs in JavaScript to the outputs in JavaScript.
 * @param {string} runtime
 */
async function run(runtime) {
  // What the run before left to be done (collecting garbage, freeing textures) is not this run's work.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const begin = performance.now();
  const result = await opened.get(runtime).run();
  const end = performance.now();
  results.set(runtime, result);
  return end - begin;
}

/**
 * Resolves to the draws of a run, and to the texels that they fetch.
 * @param {string} runtime one of the builds of Texelflow
 */
async function costs(runtime) {
  const { draws } = await opened.get(runtime).profile();
  return { draws: draws.length, fetches: draws.reduce((sum, draw) => sum + draw.fetches, 0) };
}

/** The name of what draws, as WebGL tells it. */
function renderer() {
  const gl = document.createElement("canvas").getContext("webgl2");
  const details = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = details ? gl.getParameter(details.UNMASKED_RENDERER_WEBGL) : "unknown";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return name;
}

/**
 * Makes a function reject when it takes longer than three minutes: a peer that hangs is a peer that fails.
 * @template {unknown[]} A
 * @template R
 * @param {(...values: A) => Promise<R>} work
 * @returns {(...values: A) => Promise<R>}
 */
function limited(work) {
  return (...values) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${work.name}: no answer within 180 s`)), 180_000);
      work(...values)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
}

window.benchmark = {
  start: limited(start),
  open: limited(open),
  run: limited(run),
  error: limited(error),
  costs: limited(costs),
  renderer,
};
