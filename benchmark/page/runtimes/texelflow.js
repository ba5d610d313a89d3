// @ts-nocheck: what it imports is beside it only where the page is served.
import { loadModel, Tensor } from "../javascript/texelflow.js";

/** @import { Net } from "../net.js" */
/** @import { Opened } from "./index.js" */

/**
 * @param {Net} net
 * @returns {Promise<Opened>}
 */
export async function open({ folder, inputs }) {
  const model = await loadModel(new URL("bundle/", folder).href, { streaming: true });
  return {
    run: () => {
      const feeds = inputs.map(({ name, dtype, shape, data }) => [name, new Tensor(dtype, shape, data)]);
      return model.run(Object.fromEntries(feeds));
    },
    values: (result) =>
      Object.fromEntries(Object.entries(result).map(([name, tensor]) => [name, tensor.data])),
    close: () => model.dispose(),
    device: model.device,
    timings: () => model.timings,
  };
}
