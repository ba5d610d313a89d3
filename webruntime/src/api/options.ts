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
   * Resolves as soon as the model can take inputs, while its weights are still on their way: a run computes as far as
   * they have come, so that the first result is there soon after their last byte. What is wrong with them then rejects
   * `Model.loaded` and every run. False unless given.
   */
  streaming?: boolean | undefined;
  /**
   * Most bytes of GPU memory that weights and intermediate results may take together; without it as much as there is.
   * What would take more is refused before it is allocated, with the code `out-of-memory`.
   */
  maxMemory?: number | undefined;
  /**
   * Keeps the bundle's files, once they are checked, in the browser's Cache storage, under the name "texelflow": so that it
   * is downloaded once, and loads without network. What there is no room for is downloaded each time. Pages served by plain
   * http (but localhost) have no such storage. False unless given.
   */
  cache?: boolean | undefined;
  /** Fetches the files of a bundle instead of the page's `fetch`: to send headers, say, or to sign addresses. */
  fetch?: FetchFile | undefined;
  /** Overrides of what the runtime would choose for this device. */
  device?: DeviceOptions | undefined;
}
