// Writes recorded_transformers.json: what pipelines of Transformers.js make of numbers, which the tests need not install.
// In a folder of its own: `npm install --ignore-scripts @huggingface/transformers@4.3.2`, then
// `NODE_PATH=… node record_transformers.mjs TOKENIZER_FOLDER > recorded_transformers.json` with a copy of this file there.
import { readFileSync } from "node:fs";
import {
  DetrImageProcessor,
  FeatureExtractionPipeline,
  FillMaskPipeline,
  ImageClassificationPipeline,
  ImageSegmentationPipeline,
  ObjectDetectionPipeline,
  PreTrainedTokenizer,
  RawImage,
  SegformerImageProcessor,
  Tensor,
  TextClassificationPipeline,
  TokenClassificationPipeline,
} from "@huggingface/transformers";

let state = 7;
const random = () => {
  state = (state * 48271) % 2147483647;
  return state / 2147483647;
};
/** Numbers that JSON keeps. */
const numbers = (count, scale) =>
  Array.from({ length: count }, () => Math.fround(Number(((random() - 0.5) * scale).toFixed(4))));
const tensor = (shape, data) => new Tensor("float32", Float32Array.from(data), shape);
const names = (count) => Object.fromEntries(Array.from({ length: count }, (_, at) => [at, `name ${at}`]));

const [folder] = process.argv.slice(2);
const read = (name) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));
const tokenizer = new PreTrainedTokenizer(read("tokenizer.json"), read("tokenizer_config.json"));
const picture = new RawImage(new Uint8ClampedArray(31 * 22 * 3), 31, 22, 3);
const cases = [];

/** A model that gives the same outputs whatever comes. */
const modelOf = (outputs, config) =>
  Object.assign(async () => outputs, {
    config,
    sessions: { model: { inputNames: ["pixel_values"], outputNames: Object.keys(outputs) } },
  });
const processorOf = (image_processor) =>
  Object.assign(async () => ({ pixel_values: null, pixel_mask: null }), { image_processor });

for (const classes of [2, 5]) {
  const shape = [1, 12, classes + 1];
  const logits = numbers(12 * (classes + 1), 14);
  const boxes = Array.from({ length: 12 }, () => [random(), random(), random() / 2, random() / 2])
    .flat()
    .map((value) => Math.fround(Number(value.toFixed(4))));
  const model = modelOf(
    { logits: tensor(shape, logits), pred_boxes: tensor([1, 12, 4], boxes) },
    { id2label: names(classes) },
  );
  const detect = new ObjectDetectionPipeline({
    task: "object-detection",
    model,
    processor: processorOf(new DetrImageProcessor({})),
  });
  const result = await detect(picture, { threshold: 0.5, percentage: true });
  cases.push({ task: "object-detection", classes, outputs: { logits: [shape, logits], pred_boxes: [[1, 12, 4], boxes] }, result });
}

for (const problem_type of ["single_label_classification", "multi_label_classification"]) {
  const logits = numbers(7, 9);
  const model = modelOf({ logits: tensor([1, 7], logits) }, { id2label: names(7), problem_type });
  const classify = new ImageClassificationPipeline({
    task: "image-classification",
    model,
    processor: processorOf({}),
  });
  cases.push({
    task: "image-classification",
    outputs: { logits: [[1, 7], logits] },
    result: await classify(picture, { top_k: 7 }),
  });
}

for (const [classes, height, width] of [
  [3, 5, 7],
  [2, 22, 31],
  [4, 3, 3],
]) {
  const shape = [1, classes, height, width];
  const logits = numbers(classes * height * width, 8);
  const segment = new ImageSegmentationPipeline({
    task: "image-segmentation",
    model: modelOf({ logits: tensor(shape, logits) }, { id2label: names(classes) }),
    processor: processorOf(new SegformerImageProcessor({})),
  });
  const found = await segment(picture, { subtask: null });
  // The name of each pixel ends in the number of its class.
  const result = Array.from(found[0].mask.data, (_, at) => {
    return found.find(({ mask }) => mask.data[at] > 0).label.at(-1);
  }).join("");
  cases.push({ task: "image-segmentation", outputs: { logits: [shape, logits] }, result });
}

const texts = ["the quick brown fox", "jumps over [MASK] dog"];
for (const text of texts) {
  const { input_ids } = tokenizer(text);
  const length = input_ids.dims[1];
  const words = 12;
  const rows = numbers(length * words, 10);
  const logits = tensor([1, length, words], rows);
  const outputs = { logits: [[1, length, words], rows] };
  const options = { tokenizer };
  if (text.includes("[MASK]")) {
    const fill = new FillMaskPipeline({ task: "fill-mask", model: modelOf({ logits }, {}), ...options });
    cases.push({ task: "fill-mask", text, outputs, result: await fill(text, { top_k: 4 }) });
  }
  const config = { id2label: { ...names(words), 0: "O" } };
  const tokens = new TokenClassificationPipeline({ task: "token-classification", model: modelOf({ logits }, config), ...options });
  cases.push({ task: "token-classification", text, outputs, result: await tokens(text) });
  for (const pooling of ["mean", "cls"]) {
    for (const normalize of [false, true]) {
      const extract = new FeatureExtractionPipeline({ task: "feature-extraction", model: modelOf({ last_hidden_state: logits }, {}), ...options });
      const { dims, data } = await extract(text, { pooling, normalize });
      cases.push({
        task: "feature-extraction",
        text,
        options: { pooling, normalize },
        outputs: { last_hidden_state: outputs.logits },
        result: { shape: dims, data: Array.from(data) },
      });
    }
  }
  const row = numbers(6, 8);
  const classify = new TextClassificationPipeline({
    task: "text-classification",
    model: modelOf({ logits: tensor([1, 6], row) }, { id2label: names(6) }),
    ...options,
  });
  cases.push({ task: "text-classification", text, outputs: { logits: [[1, 6], row] }, result: await classify(text, { top_k: 3 }) });
}
console.log(JSON.stringify(cases));
