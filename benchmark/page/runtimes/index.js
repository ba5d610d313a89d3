// The runtimes that the benchmark compares. Each module is imported when it is asked for, so that a page that
// measures one runtime downloads no other.

/** @import { Net } from "../net.js" */
/**
 * @typedef {object} Opened a net on one runtime
 * @property {() => Promise<unknown>} run takes the inputs from JavaScript's memory and brings all outputs back to it
 * @property {(result: unknown) => Record<string, Float32Array>} values what `run` resolved to, by output name and in
 *   the order of the net's axes; not part of what is timed
 * @property {() => void | Promise<void>} close frees everything
 * @property {object} [device] what the runtime says of the device
 * @property {() => Record<string, number>} [timings] milliseconds of the parts of loading and of the first run
 * @property {() => Promise<{ draws: { fetches: number }[] }>} [profile] what each draw of a run costs
 */
/** @typedef {{ open: (net: Net) => Promise<Opened> }} Runtime */

/** @type {Record<string, () => Promise<Runtime>>} */
export const RUNTIMES = {
  texelflow: () => import("./texelflow.js"),
  "texelflow-nonblocking": () => import("./texelflow_nonblocking.js"),
  "texelflow-whole": async () => ({ open: (await import("./texelflow.js")).openWithoutStreaming }),
  before: () => import("./before.js"),
  tfjs: () => import("./tfjs.js"),
  "tfjs-parallel": async () => ({ open: (await import("./tfjs.js")).openCompilingInParallel }),
  "ort-webgl": () => import("./ort_webgl.js"),
  "ort-wasm": () => import("./ort_wasm.js"),
};
