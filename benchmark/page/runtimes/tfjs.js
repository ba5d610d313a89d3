// @ts-nocheck: what it imports is beside it only where the page is served.
import { backend, env, loadGraphModel, ready, setBackend, tensor } from "../peers/tfjs.js";

/** @import { Net, Values } from "../net.js" */
/** @import { Opened } from "./index.js" */

/** @param {Net} net */
export const open = (net) => load(net, false);

/** @param {Net} net */
export const openCompilingInParallel = (net) => load(net, true);

/**
 * @param {Net} net
 * @param {boolean} parallel whether all programs are compiled before the first run, with none waited for alone
 * @returns {Promise<Opened>}
 */
async function load({ folder, inputs, outputs, channelsLast }, parallel) {
  await setBackend("webgl");
  await ready();
  const model = await loadGraphModel(new URL("tfjs/model.json", folder).href);
  const feeds = inputs.map((values) => toTfjs(values, channelsLast[values.name]));
  const names = outputs.map(({ name }) => name);
  /** Executes the model and hands its results to `use`; frees them and the inputs afterwards. */
  const execute = async (use) => {
    const tensors = feeds.map(({ name, data, shape, dtype }) => [name, tensor(data, shape, dtype)]);
    // One output comes alone, several as an array.
    const results = [model.execute(Object.fromEntries(tensors), names)].flat();
    const used = await use(results);
    for (const [, fed] of tensors) fed.dispose();
    for (const result of results) result.dispose();
    return used;
  };
  if (parallel) {
    env().set("ENGINE_COMPILE_ONLY", true);
    await execute(async () => {
      env().set("ENGINE_COMPILE_ONLY", false);
      await backend().checkCompileCompletionAsync();
      backend().getUniformLocations();
    });
  }
  return {
    run: () => execute((results) => Promise.all(results.map((result) => result.data()))),
    values: (read) =>
      Object.fromEntries(
        outputs.map(({ name, shape }, index) => [
          name,
          channelsLast[name] ? toChannelsFirst(read[index], shape) : read[index],
        ]),
      ),
    close: () => model.dispose(),
  };
}

/**
 * Integers become int32, images have their channels last.
 * @param {Values} values
 * @param {boolean} channelsLast
 */
function toTfjs({ name, dtype, shape, data }, channelsLast) {
  if (dtype === "int64") return { name, shape, dtype: "int32", data: Int32Array.from(data, Number) };
  if (!channelsLast) return { name, shape, dtype, data };
  const [batch, channels, height, width] = shape;
  const turned = new Float32Array(data.length);
  forEachPixel(shape, (first, last) => {
    turned[last] = data[first];
  });
  return { name, shape: [batch, height, width, channels], dtype, data: turned };
}

/**
 * @param {Float32Array} data [batch, height, width, channels]
 * @param {number[]} shape [batch, channels, height, width]
 */
function toChannelsFirst(data, shape) {
  const turned = new Float32Array(data.length);
  forEachPixel(shape, (first, last) => {
    turned[first] = data[last];
  });
  return turned;
}

/**
 * Calls back for every element with its index when channels are first and when they are last.
 * @param {number[]} shape [batch, channels, height, width]
 * @param {(first: number, last: number) => void} visit
 */
function forEachPixel([batch, channels, height, width], visit) {
  const pixels = height * width;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < pixels; p++) {
        visit((n * channels + c) * pixels + p, (n * pixels + p) * channels + c);
      }
    }
  }
}
