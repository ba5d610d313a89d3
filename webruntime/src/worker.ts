/**
 * The runtime in a worker, with the same API: whatever a model does, the page stays as quick as it was.
 *
 * @module texelflow/worker
 */

export { loadModel, type WorkerModel, type WorkerSession } from "./worker/worker_model.ts";
