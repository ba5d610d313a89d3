// The page of `texelflow serve BUNDLE`: runs the model on a chosen picture, or on random numbers.
import { loadModel, Tensor } from "./javascript/texelflow.js";

const TOP = 5;
const FREE_DIMENSION = 1;
const element = (id) => document.getElementById(id);
const say = (text) => {
  element("status").textContent = text;
};

/** A tensor of random numbers below 1 for a float input, zeros for any other; free dimensions are 1. */
function randomTensor({ dtype, shape }) {
  const extents = shape.map((extent) => (typeof extent === "number" ? extent : FREE_DIMENSION));
  const size = extents.reduce((product, extent) => product * extent, 1);
  if (dtype === "int64" || dtype === "uint64") {
    return new Tensor(dtype, extents, dtype === "int64" ? new BigInt64Array(size) : new BigUint64Array(size));
  }
  if (dtype.includes("float")) {
    const data = dtype === "float64" ? new Float64Array(size) : new Float32Array(size);
    return new Tensor(dtype, extents, data.map(Math.random));
  }
  const arrays = {
    int8: Int8Array,
    int16: Int16Array,
    uint16: Uint16Array,
    int32: Int32Array,
    uint32: Uint32Array,
  };
  return new Tensor(dtype, extents, new (arrays[dtype] ?? Uint8Array)(size));
}

/** One line on what an output holds: the highest scores of a classifier, else its range. */
function describe({ data }, labels) {
  const values = Array.from(data, Number);
  if (labels?.length === values.length) {
    const order = values.map((_, index) => index).sort((a, b) => values[b] - values[a]);
    return order
      .slice(0, TOP)
      .map((index) => `${labels[index]} ${values[index].toFixed(3)}`)
      .join(", ");
  }
  const [low, high] = values.reduce(
    ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
    [Infinity, -Infinity],
  );
  return values.length ? `${low.toPrecision(4)} to ${high.toPrecision(4)}` : "empty";
}

async function run(model, pickers) {
  say("Running…");
  try {
    const inputs = {};
    for (const input of model.inputs) {
      const file = pickers.get(input.name)?.files[0];
      inputs[input.name] = file ? await createImageBitmap(file) : randomTensor(input);
    }
    const start = performance.now();
    const outputs = await model.run(inputs);
    say(`One run: ${(performance.now() - start).toFixed(1)} ms.`);
    const rows = Object.entries(outputs).map(([name, tensor]) => {
      const row = document.createElement("tr");
      for (const text of [
        name,
        `${tensor.dtype}[${tensor.shape.join(", ")}]`,
        describe(tensor, model.labels),
      ]) {
        row.insertCell().textContent = text;
      }
      return row;
    });
    element("outputs").replaceChildren(...rows);
  } catch (error) {
    say(error.message);
  }
}

/** Make a file chooser for every input that takes pictures, and the button that runs the model. */
function makeForm(model) {
  const pickers = new Map();
  const form = element("inputs");
  for (const { name, dtype, shape, image } of model.inputs) {
    const label = document.createElement("label");
    label.textContent = `${name}: ${dtype}[${shape.join(", ")}] `;
    if (image) {
      const picker = Object.assign(document.createElement("input"), { type: "file", accept: "image/*" });
      pickers.set(name, picker);
      label.append(picker);
    }
    const paragraph = document.createElement("p");
    paragraph.append(label);
    form.append(paragraph);
  }
  const button = document.createElement("button");
  button.textContent = pickers.size
    ? "Run on the picture (random numbers without one)"
    : "Run on random numbers";
  form.append(button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(model, pickers);
  });
}

try {
  const start = performance.now();
  const model = await loadModel("./");
  element("name").textContent = model.name;
  element("device").textContent = JSON.stringify(model.device, null, 2);
  makeForm(model);
  say(`Loaded in ${(performance.now() - start).toFixed(0)} ms.`);
} catch (error) {
  say(error.message);
}
