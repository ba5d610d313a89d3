import type { DeviceOptions } from "../backends/webgl2/device/device.ts";
import type { FetchFile } from "../bundle/bundle_source.ts";
import type { Progress } from "./progress.ts";

/** Settings of `loadModel`, all optional. */
export interface LoadOptions {
  /** Called often while loading. */
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Stops loading when aborted; `loadModel`, or a run that waits for weights, rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /**
   * Lets `loadModel` resolve as soon as the model can take inputs, while its weights are still being downloaded. A run
   * then computes as far as the weights have arrived, so that the first result comes soon after their last byte. An error in
   * the weights rejects `Model.loaded` and every run. Default: false.
   */
  streaming?: boolean | undefined;
  /**
   * The limit in bytes of the GPU memory for weights and intermediate results together. What would exceed it is refused
   * before it is allocated, with the code `out-of-memory`. Default: no limit.
   */
  maxMemory?: number | undefined;
  /**
   * Stores the bundle's files, after checking them, in the browser's Cache storage under the name "texelflow", so that they
   * are downloaded once and the model loads without network. Files for which there is no room are downloaded each time.
   * Pages served by plain http, except localhost, have no such storage. Default: false.
   */
  cache?: boolean | undefined;
  /** Used instead of the page's `fetch` for the bundle's files, for example to send headers or to sign addresses. */
  fetch?: FetchFile | undefined;
  /** Overrides what the runtime would choose for this device. */
  device?: DeviceOptions | undefined;
}
