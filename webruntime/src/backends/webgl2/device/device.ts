import { TexelflowError } from "../../../errors.ts";
import type { Capabilities } from "../gl/capabilities.ts";
import { acquireContext, type Context, releaseContext } from "../gl/context.ts";
import type { DeviceBlocking } from "../layout/layouts.ts";
import { ALTERED_READINGS, selfTest } from "./self_test.ts";
import type { DeviceSetting } from "./setting.ts";

/** Wishes about the device's setting, for measurements; leave them out and the device decides. */
export interface DeviceOptions {
  /** Neighbouring pixels that one fragment computes. */
  pixels?: 1 | 4 | undefined;
  /** Neighbouring groups of 4 channels, or rows of an image, that one fragment computes. */
  groups?: 1 | 2 | undefined;
  /** GLSL function that reads textures. */
  fetch?: "texture" | "texelFetch" | undefined;
  /** Bits that a float of an intermediate result is stored in. */
  storage?: 16 | 32 | undefined;
}

/** What only tests and measurements want of a device, besides. */
export interface TestDeviceOptions extends DeviceOptions {
  /** See `LoadOptions.maxMemory`. */
  maxMemory?: number | undefined;
  /** Limits to keep to where the device has larger ones. */
  limits?: { maxTextureSize?: number; drawBuffers?: number; textureUnits?: number };
  /** Fills all reused textures with NaN before each run, so that reading what was never written shows. */
  poison?: boolean;
  /** Rows of more than 2^fold texels are folded, rather than those that no texture holds. */
  fold?: number;
  /** The textures of planes of more than 2^cut lines are cut, rather than of those that no texture holds. */
  cut?: number;
  /** Never blocks the page while it waits for a run, not even for the milliseconds in which that is quicker. */
  neverBlock?: boolean;
}

/** Limits that plans keep to. */
export interface DeviceLimits {
  readonly maxTextureSize: number;
  readonly drawBuffers: number;
  readonly textureUnits: number;
}

/** What the runtime found and chose: plain data, to be shown or copied into a bug report. */
export interface DeviceReport {
  /** How many neighbouring pixels a fragment computes. */
  readonly pixels: number;
  /** Of how many groups of four channels. */
  readonly groups: number;
  /** The function of GLSL that textures are read by. */
  readonly fetch: "texture" | "texelFetch";
  /** Bits of intermediate results. */
  readonly storage: 16 | 32;
  /** Name of the GPU and its driver. */
  readonly renderer: string;
  /** Whether a processor draws, as far as the name tells: everything is slower then. */
  readonly software: boolean;
  readonly limits: DeviceLimits;
  /** How the downloaded files were checked: plain http pages have no SHA-256. */
  readonly integrity: "sha256" | "byte count";
  /** Why this setting: one sentence for each decision that was not the default. */
  readonly reasons: readonly string[];
}

const WIDE = { pixels: 4, groups: 2 };
const NARROW = { pixels: 4, groups: 1 };
const PLAIN = { pixels: 1, groups: 1 };

/**
 * P and M in order of preference. Processors gain most by few fetches; a GPU by many fragments, short programs, and few
 * targets to begin and end each draw with. Measured: docs/measurements.md, "A GPU gets other settings than a processor".
 */
const BLOCKINGS = { software: [WIDE, NARROW, PLAIN], gpu: [NARROW, WIDE, PLAIN] } as const;

/** Functions that read textures in order of preference, measured, too. */
const FETCH_FUNCTIONS = {
  software: ["texture", "texelFetch"],
  gpu: ["texelFetch", "texture"],
  // texture() in loops needs derivatives there, which ANGLE's HLSL compiler flattens or refuses.
  direct3D: ["texelFetch"],
} as const;

/** Smaller of the device's limits and those asked for. */
export function effectiveLimits(capabilities: Capabilities, options: TestDeviceOptions): DeviceLimits {
  const least = (name: keyof DeviceLimits) =>
    Math.min(capabilities[name], options.limits?.[name] ?? Number.POSITIVE_INFINITY);
  return {
    maxTextureSize: least("maxTextureSize"),
    drawBuffers: least("drawBuffers"),
    textureUnits: least("textureUnits"),
  };
}

/**
 * Makes the context, and starts the self-test of the setting that nearly every device takes: neither needs a model, so
 * that both happen while its graph.json is on its way.
 *
 * @returns the milliseconds that the context took, and what gives up this use of it
 * @throws Error when there is no WebGL2
 */
export function prepareDevice(options: TestDeviceOptions): { milliseconds: number; release: () => void } {
  const start = performance.now();
  const context = acquireContext();
  const milliseconds = performance.now() - start;
  const { capabilities } = context;
  const [likely] = candidates(capabilities, effectiveLimits(capabilities, options), options, []);
  if (likely) selfTest(context, likely);
  return { milliseconds, release: () => releaseContext(context) };
}

/**
 * The first setting, in order of preference, that the device supports and computes right with.
 *
 * @returns the setting and the reasons for each departure from the preferred one
 * @throws Error when no setting works, or the browser alters what is read
 */
export async function chooseSetting(
  context: Context,
  limits: DeviceLimits,
  options: TestDeviceOptions,
): Promise<{ setting: DeviceSetting; reasons: string[] }> {
  const { capabilities } = context;
  const reasons: string[] = [];
  if (!capabilities.float16Targets) {
    throw new TexelflowError(
      "device",
      `This device (${capabilities.renderer}) has no float render targets: WebGL2 offers neither ` +
        "EXT_color_buffer_float nor EXT_color_buffer_half_float. Use another browser or device.",
    );
  }
  for (const setting of candidates(capabilities, limits, options, reasons)) {
    // Nothing is issued meanwhile: its reading back would wait for that, and the page with it.
    const failure = await selfTest(context, setting);
    if (failure === null) return { setting, reasons };
    // Before what was read is looked at: a lost context gives anything.
    if (context.isLost) {
      throw new TexelflowError(
        "context-lost",
        "The GPU context was lost while the model was loading. Load it again.",
      );
    }
    if (failure === ALTERED_READINGS) throw new TexelflowError("privacy", failure);
    reasons.push(`Not ${blockingName(setting)} with ${setting.fetch}(): ${failure}.`);
  }
  throw new TexelflowError(
    "device",
    `No setting works on this device (${capabilities.renderer}). ${reasons.join(" ")}`,
  );
}

/** The settings that the device has the means for, in order of preference; `reasons` gets why others are left out. */
function* candidates(
  capabilities: Capabilities,
  limits: DeviceLimits,
  options: TestDeviceOptions,
  reasons: string[],
): Generator<DeviceSetting> {
  if (!capabilities.float16Targets) return;
  const precise = capabilities.float32Targets ? "float32" : "float16";
  let storage = options.storage ?? 32;
  if (storage === 32 && precise === "float16") {
    storage = 16;
    reasons.push("16-bit storage: draws cannot fill textures of 32 bits.");
  }
  const longest = 31 - Math.clz32(limits.maxTextureSize);
  const { fold = longest, cut = longest } = options;
  for (const blocking of BLOCKINGS[capabilities.isSoftware ? "software" : "gpu"]) {
    if ((options.pixels ?? blocking.pixels) !== blocking.pixels) continue;
    if ((options.groups ?? blocking.groups) !== blocking.groups) continue;
    if (blocking.pixels * blocking.groups > limits.drawBuffers) {
      reasons.push(`Not ${blockingName(blocking)}: only ${limits.drawBuffers} render targets.`);
      continue;
    }
    for (const fetch of fetchFunctions(capabilities, options))
      yield { ...blocking, fold, cut, fetch, storage, precise };
  }
}

function blockingName({ pixels, groups }: Pick<DeviceBlocking, "pixels" | "groups">): string {
  return `${pixels}×${groups} blocking`;
}

function fetchFunctions(
  { renderer, isSoftware }: Capabilities,
  options: TestDeviceOptions,
): readonly DeviceSetting["fetch"][] {
  if (options.fetch) return [options.fetch];
  if (renderer.includes("Direct3D")) return FETCH_FUNCTIONS.direct3D;
  return FETCH_FUNCTIONS[isSoftware ? "software" : "gpu"];
}
