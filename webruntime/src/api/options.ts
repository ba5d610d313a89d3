import type { DeviceOptions } from "../backends/webgl2/device/device.ts";
import type { FetchFile } from "../bundle/bundle_source.ts";

/** How far loading is. Phases overlap: weights download while programs compile. */
export interface Progress {
  /** What the numbers count: bytes of weights received, programs ready, weights on the GPU, or that all is done. */
  readonly phase: "download" | "compile" | "upload" | "ready";
  readonly loaded: number;
  readonly total: number;
}

/** Settings of `loadModel`, all optional. */
export interface LoadOptions {
  /** Called often while loading. */
  onProgress?: (progress: Progress) => void;
  /** Stops loading when aborted; `loadModel`, or a run that waits for weights, rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Resolves as soon as the model can take inputs, while its weights are still on their way: a run computes as far as
   * they have come, so that the first result is there soon after their last byte. What is wrong with them then rejects
   * `Model.loaded` and every run. False unless given.
   */
  streaming?: boolean;
  /** Fetches the files of a bundle instead of the page's `fetch`: to send headers, say, or to sign addresses. */
  fetch?: FetchFile;
  /** Overrides of what the runtime would choose for this device. */
  device?: DeviceOptions;
}
