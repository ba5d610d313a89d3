// @ts-nocheck: what it imports is beside it only where the page is served.
import { loadModel, Tensor } from "../javascript/texelflow.js";

/** @import { Net } from "../net.js" */
/** @import { Opened } from "./index.js" */

/**
 * The adapter of one build of Texelflow, whose bundles of the nets are in the folder `bundle` of each.
 * @param {object} [options] of `loadModel`, besides `streaming`
 * @returns {(net: Net) => Promise<Opened>}
 */
export function adapter({ loadModel, Tensor }, bundle, options = {}) {
  return async ({ folder, inputs }) => {
    const model = await loadModel(new URL(`${bundle}/`, folder).href, { streaming: true, ...options });
    const tensors = () =>
      Object.fromEntries(
        inputs.map(({ name, dtype, shape, data }) => [name, new Tensor(dtype, shape, data)]),
      );
    return {
      run: () => model.run(tensors()),
      values: (result) =>
        Object.fromEntries(Object.entries(result).map(([name, tensor]) => [name, tensor.data])),
      close: () => model.dispose(),
      device: model.device,
      timings: () => model.timings,
      profile: () => model.profile(tensors(), { runs: 1 }),
    };
  };
}

export const open = adapter({ loadModel, Tensor }, "bundle");
export const openWithoutStreaming = adapter({ loadModel, Tensor }, "bundle", { streaming: false });
