import { chooseSetting, effectiveLimits } from "../backends/webgl2/device/device.ts";
import { memoryNeeds } from "../backends/webgl2/device/memory_needs.ts";
import { acquireContext, type Context, releaseContext } from "../backends/webgl2/gl/context.ts";
import { type BundleSource, bundleFiles } from "../bundle/bundle_source.ts";
import type { GraphFile } from "../bundle/generated/graph_file.ts";
import { loadGraphFile } from "../bundle/graph_file.ts";
import { TexelflowError } from "../errors.ts";
import type { LoadOptions } from "./options.ts";

/** What `checkDevice` found. */
export interface DeviceCheck {
  /** Whether the device computes correctly and, if a bundle was given, meets the needs of its model. */
  readonly supported: boolean;
  /** Whether WebGL is drawn by the CPU, as far as the renderer's name tells: everything is slower then. */
  readonly software: boolean;
  /** Name of the GPU and its driver; "" without WebGL2. */
  readonly renderer: string;
  /** Why the device is not supported; if it is, one sentence for each thing that it lacks compared with others. */
  readonly reasons: readonly string[];
  /** Bytes of the bundle's weights, which `loadModel` downloads unless they are cached; null without a bundle. */
  readonly bytes: number | null;
  /**
   * Bytes of GPU memory for the model's weights and, if all sizes are fixed, for its runs. Loading may need more for a
   * moment. Null without a bundle, or when it cannot be told.
   */
  readonly memory: number | null;
}

/**
 * Says whether this device can run models, or a certain model, before anything large is downloaded: only graph.json of
 * a bundle is. Like `loadModel`, it computes a small test on the GPU and compares the result.
 *
 * @param source - the bundle, as for `loadModel`; without it only the device itself is checked
 * @param options - those options of `loadModel` that say how graph.json is fetched, and when to give up
 * @throws TexelflowError when graph.json is not there, damaged, or of another version; the signal's reason when aborted
 */
export async function checkDevice(
  source?: BundleSource,
  {
    fetch,
    cache,
    signal = new AbortController().signal,
  }: Pick<LoadOptions, "fetch" | "cache" | "signal"> = {},
): Promise<DeviceCheck> {
  signal.throwIfAborted();
  const graph = source === undefined ? null : await graphOf(source, { fetch, cache }, signal);
  const bytes = graph?.files.reduce((sum, file) => sum + file.bytes, 0) ?? null;
  let context: Context | null = null;
  let memory: number | null = null;
  let reasons: string[] = [];
  let supported = true;
  try {
    context = acquireContext();
    const limits = effectiveLimits(context.capabilities, {});
    const chosen = await chooseSetting(context, limits, {});
    reasons = chosen.reasons;
    const needed = graph?.plans.webgl2.requirements.textureUnits ?? 0;
    if (needed > limits.textureUnits) {
      reasons = [
        `The model reads ${needed} textures in one draw, but this device allows ${limits.textureUnits}.`,
      ];
      supported = false;
    }
    memory = graph && memoryNeeds(context, graph, chosen.setting, limits);
  } catch (error) {
    if (!(error instanceof TexelflowError)) throw error;
    reasons = [error.message];
    supported = false;
  } finally {
    if (context) releaseContext(context);
  }
  signal.throwIfAborted();
  const { renderer = "", isSoftware: software = false } = context?.capabilities ?? {};
  return { supported, software, renderer, reasons, bytes, memory };
}

async function graphOf(
  source: BundleSource,
  { fetch, cache }: Pick<LoadOptions, "fetch" | "cache">,
  signal: AbortSignal,
): Promise<GraphFile> {
  return loadGraphFile(await bundleFiles(source, fetch, cache), signal);
}
