// @ts-nocheck: what it imports is beside it only where the page is served.
/** @import { Net } from "../net.js" */
/** @import { Opened } from "./index.js" */

/**
 * @param {typeof import("onnxruntime-web")} ort
 * @param {"webgl" | "wasm"} provider
 * @param {Net} net
 * @returns {Promise<Opened>}
 */
export async function openSession(ort, provider, { folder, inputs }) {
  const session = await ort.InferenceSession.create(new URL("model.onnx", folder).href, {
    executionProviders: [provider],
  });
  return {
    run: async () => {
      const feeds = inputs.map(({ name, dtype, shape, data }) => [name, new ort.Tensor(dtype, data, shape)]);
      return session.run(Object.fromEntries(feeds));
    },
    values: (result) =>
      Object.fromEntries(Object.entries(result).map(([name, tensor]) => [name, tensor.data])),
    close: () => session.release(),
  };
}
