import type { Context } from "../gl/context.ts";
import { programOf, releasePrograms } from "../gl/program.ts";
import { readLayers } from "../gl/readback.ts";
import { ArrayTexture } from "../gl/texture.ts";
import { FLAT } from "../layout/layouts.ts";
import { defines, programsLinked } from "./programs.ts";
import source from "./self_test.frag.glsl";
import { type DeviceSetting, storageFormat } from "./setting.ts";

const WIDTH = 7;
const HEIGHT = 5;
const ADDED = 3;

/** What is wrong where one texture reads as other numbers each time. */
export const ALTERED_READINGS =
  "This browser alters what pages read from the GPU (in Firefox privacy.resistFingerprinting does). Results would be " +
  "wrong: allow this page to read canvas data, or use another browser.";

/**
 * Draws through the setting's render targets with its fetch function and storage, and compares with JavaScript.
 * Done once per context and setting.
 *
 * @returns null when the numbers are right, else what was wrong
 */
export function selfTest(context: Context, setting: DeviceSetting): Promise<string | null> {
  const key = `${setting.pixels} ${setting.groups} ${setting.fetch} ${setting.storage}`;
  const outcome = context.selfTests.get(key) ?? runSelfTest(context, setting);
  context.selfTests.set(key, outcome);
  return outcome;
}

async function runSelfTest(context: Context, setting: DeviceSetting): Promise<string | null> {
  const { gl } = context;
  const layers = setting.pixels * setting.groups;
  const format = storageFormat({ dtype: "float32" }, setting);
  const blocking = { ...FLAT, pixels: setting.pixels, groups: setting.groups };
  const text = defines(source, setting, blocking, format === "float16", [["picture", blocking]]) + source;
  const program = programOf(context, text, ["picture"], "The self-test");
  const input = new ArrayTexture(context, format, WIDTH, HEIGHT, layers);
  const output = new ArrayTexture(context, format, WIDTH, HEIGHT, layers);
  try {
    const targets = output.framebuffer;
    gl.bindFramebuffer(gl.FRAMEBUFFER, targets);
    if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE) {
      return `${layers} render targets of ${setting.storage} bits are not supported`;
    }
    for (let layer = 0; layer < layers; layer++) {
      input.write(0, WIDTH * HEIGHT, WIDTH, layerValues(layer, setting), 0, layer);
    }
    await programsLinked(context, [program]);
    gl.useProgram(program.handle);
    gl.bindFramebuffer(gl.FRAMEBUFFER, targets);
    gl.viewport(0, 0, WIDTH, HEIGHT);
    context.bindTexture(0, input.handle);
    if (program.ints) gl.uniform4iv(program.ints.location, [WIDTH, HEIGHT, 0, 0, ADDED, 0, 0, 0]);
    if (program.scales) gl.uniform2fv(program.scales.location, [1 / WIDTH, 1 / HEIGHT]);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    const results = await readLayers(context, output);
    const again = await readLayers(context, output);
    if (results.some((value, index) => !Object.is(value, again[index]))) return ALTERED_READINGS;
    for (let layer = 0; layer < layers; layer++) {
      const values = layerValues((layer + 1) % layers, setting);
      const actual = results.subarray(layer * WIDTH * HEIGHT * 4, (layer + 1) * WIDTH * HEIGHT * 4);
      for (let i = 0; i < actual.length; i++) {
        const texel = WIDTH * HEIGHT - 1 - (i >> 2);
        const expected = (values[texel * 4 + (i & 3)] as number) * 2 + ADDED + layer;
        if (actual[i] !== expected) {
          return `the self-test gave ${actual[i]} where ${expected} was right`;
        }
      }
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    input.delete();
    output.delete();
    releasePrograms(context, [program]);
  }
}

/** Numbers that survive the storage and the arithmetic exactly: 20 significant bits of 24, or 9 of 11. */
function layerValues(layer: number, setting: DeviceSetting): Float32Array {
  const fraction = setting.storage === 32 ? 2 ** -9 : 0;
  return Float32Array.from(
    { length: WIDTH * HEIGHT * 4 },
    (_, i) => i + ((layer * WIDTH * HEIGHT * 4) % 256) + fraction,
  );
}
