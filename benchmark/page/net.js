// A net of the benchmark as the page sees it: sample inputs and the outputs that ONNX Runtime computed for them.

/** @typedef {{ name: string, dtype: "float32" | "int64", shape: number[], data: Float32Array | BigInt64Array }} Values */
/** @typedef {Omit<Values, "data"> & { file: string }} Described an array of `net.json` */
/** @typedef {{ name: string, folder: URL, inputs: Values[], outputs: Values[], channelsLast: Record<string, boolean> }} Net */

const ARRAYS = { float32: Float32Array, int64: BigInt64Array };

/**
 * Downloads what a net is to be fed with and compared to; the model itself is each runtime's business.
 * @param {string} name its folder in `nets/`
 * @param {{ outputs?: boolean }} [options] `outputs: false` leaves the outputs away
 * @returns {Promise<Net>}
 */
export async function loadNet(name, options = {}) {
  const folder = new URL(`nets/${name}/`, document.baseURI);
  /** @type {{ inputs: Described[], outputs: Described[], channelsLast: Record<string, boolean> }} */
  const described = await (await request(new URL("net.json", folder))).json();
  /** @type {(array: Described) => Promise<Values>} */
  const values = ({ file, ...array }) =>
    request(new URL(file, folder))
      .then((response) => response.arrayBuffer())
      .then((bytes) => ({ ...array, data: new ARRAYS[array.dtype](bytes) }));
  const expected =
    options.outputs === false ? described.outputs.map(withoutData) : described.outputs.map(values);
  return {
    name,
    folder,
    inputs: await Promise.all(described.inputs.map(values)),
    outputs: await Promise.all(expected),
    channelsLast: described.channelsLast,
  };
}

/** @type {(array: Described) => Values} */
const withoutData = ({ file: _, ...array }) => ({ ...array, data: new ARRAYS[array.dtype](0) });

/** @param {URL} url */
async function request(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return response;
}

/**
 * The largest difference of any output, divided by the largest magnitude of that output.
 * @param {Net} net
 * @param {Record<string, Float32Array>} results
 * @returns {number}
 * @throws {Error} when an output is missing or has another number of elements
 */
export function relativeError(net, results) {
  return Math.max(
    ...net.outputs.map(({ name, data: expected }) => {
      const actual = results[name];
      if (actual?.length !== expected.length) {
        throw new Error(`output ${name}: ${actual?.length} elements, expected ${expected.length}`);
      }
      if (!(expected instanceof Float32Array)) throw new Error(`output ${name}: only float32 is compared`);
      let difference = 0;
      let magnitude = 0;
      for (let index = 0; index < expected.length; index++) {
        const distance = Math.abs(actual[index] - expected[index]);
        // Negated so that NaN counts as the largest difference.
        if (!(distance <= difference)) {
          difference = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
        }
        magnitude = Math.max(magnitude, Math.abs(expected[index]));
      }
      return difference / (magnitude || 1);
    }),
  );
}
