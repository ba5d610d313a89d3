// A worker: what ONNX Runtime Web makes of a model and some inputs.

/** @typedef {{ name: string, dtype: string, shape: readonly number[], data: ArrayLike<number> | ArrayLike<bigint> }} Named */
/**
 * @typedef {object} Question
 * @property {string} runtime address of ONNX Runtime's module, with its WebAssembly beside it
 * @property {ArrayBuffer} model an ONNX file
 * @property {Named[]} inputs
 */
/** @typedef {{ outputs: Named[] } | { problem: string }} Answer */

export {};

/** How ONNX Runtime wants 64-bit integers; all other types it takes as they come. */
const WIDE = { int64: BigInt64Array, uint64: BigUint64Array };

self.addEventListener("message", async ({ data }) => {
  try {
    self.postMessage({ outputs: await run(data) });
  } catch (problem) {
    self.postMessage({ problem: problem instanceof Error ? problem.message : String(problem) });
  }
});

/**
 * @param {Question} question
 * @returns {Promise<Named[]>}
 */
async function run({ runtime, model, inputs }) {
  const ort = await import(runtime);
  // One thread: more need cross-origin isolation, which most pages do not have.
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL("./", runtime).href;
  const session = await ort.InferenceSession.create(new Uint8Array(model));
  const feeds = inputs.map(({ name, dtype, shape, data }) => {
    const array = WIDE[/** @type {keyof typeof WIDE} */ (dtype)];
    const numbers = array && !(data instanceof array) ? array.from(Array.from(data, BigInt)) : data;
    return [name, new ort.Tensor(dtype, numbers, shape)];
  });
  const outputs = Object.entries(await session.run(Object.fromEntries(feeds)));
  return outputs.map(([name, { type, dims, data }]) => ({ name, dtype: type, shape: dims, data }));
}
