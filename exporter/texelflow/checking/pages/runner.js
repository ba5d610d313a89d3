// What `texelflow verify` and `texelflow bench` do in the browser. Tensors cross as base64 of their bytes.
import {
  chromeTrace,
  loadModel,
  runWithIntermediates,
  statistics,
  Tensor,
} from "/javascript/texelflow.debug.js";

const ARRAYS = {
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

const functions = { load, reset, setInput, run, runLayers, take, measure, profile };

/** Call one of the functions below by name; reject when it takes longer than `seconds`. */
window.callRunner = (name, values, seconds) =>
  new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`${name}: no answer within ${seconds} s`)), seconds * 1000);
    functions[name](...values).then(resolve, reject);
  });

let model;
const inputs = {};
let results = [];

/** Load the bundle; resolves to the milliseconds it took and the device report. */
async function load() {
  const start = performance.now();
  model = await loadModel("/bundle/");
  return { milliseconds: performance.now() - start, device: model.device };
}

/** Forget what earlier runs left. */
async function reset() {
  await model.reset();
}

/** Keep the value of an input for later runs. */
async function setInput(name, dtype, shape, base64) {
  const response = await fetch(`data:application/octet-stream;base64,${base64}`);
  inputs[name] = new Tensor(dtype, shape, new ARRAYS[dtype](await response.arrayBuffer()));
}

/** Run once and keep the outputs; resolves to their names, dtypes and shapes in the model's order. */
async function run() {
  const outputs = await model.run(inputs);
  results = model.outputs.map(({ name }) => outputs[name]);
  return results.map(({ dtype, shape, data }, index) => ({
    name: model.outputs[index].name,
    dtype,
    shape,
    arrayType: data.constructor.name,
  }));
}

/** Run once and keep the result of every draw that leaves a value; resolves to their descriptions. */
async function runLayers() {
  const draws = await runWithIntermediates(model, inputs);
  results = draws.filter(({ value }) => value);
  return results.map(({ node, value, tensor, shape, data }) => ({
    node,
    value,
    dtype: tensor.dtype,
    shape,
    arrayType: data.constructor.name,
  }));
}

/** Resolves to the bytes of one kept result as base64. */
function take(index) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([results[index].data]));
  });
}

/** Run `warmUp` times, then `runs` times; resolves to the first run's and each timed run's milliseconds. */
async function measure(warmUp, runs) {
  const timed = async () => {
    const start = performance.now();
    await model.run(inputs);
    return performance.now() - start;
  };
  const first = await timed();
  for (let count = 1; count < warmUp; count++) await timed();
  const milliseconds = [];
  for (let count = 0; count < runs; count++) milliseconds.push(await timed());
  return { first, milliseconds, statistics: statistics(model) };
}

/** Time each draw `runs` times; resolves to the profile, and to the same as a trace for Chrome. */
async function profile(runs) {
  const measured = await model.profile(inputs, { runs });
  return { profile: measured, trace: chromeTrace(measured, model.name) };
}
