/**
 * The runtime in a worker, with the same API: a running model does not slow down the page.
 *
 * @module texelflow/worker
 */

export { loadModel, type WorkerModel, type WorkerSession } from "./worker/worker_model.ts";
