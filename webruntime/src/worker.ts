// The runtime in a worker, with the same API: whatever a model does, the page stays as quick as it was.

export { loadModel, type WorkerModel, type WorkerSession } from "./worker/worker_model.ts";
