import { copyText } from "../shared/copy.js";
import { fileName, shapeText } from "../shared/figures.js";
import { make } from "../shared/make.js";
import { texts } from "../shared/texts.js";
import { Tensor } from "../texelflow.js";
import { taskOf } from "../texelflow.pipeline.js";
import { takesTexts } from "./numbers.js";

/** @import { Subject } from "./runner.js" */
/** @typedef {{ title: string, code: string }} Lines */

const say = texts.code;

/** Outputs of which a line each is written. */
const MOST_OUTPUTS = 6;

/**
 * Shows the lines that run a model on somebody's own page, each kind with a button that copies it.
 * @param {HTMLElement} place
 * @param {Subject} subject
 */
export function showCode(place, subject) {
  const blocks = linesOf(subject).map(({ title, code }) => {
    const shown = make("pre", { tabindex: 0, role: "group", "aria-label": title }, code);
    const copied = make("span", { role: "status" });
    const copy = make("button", { type: "button", click: () => copyText(shown, copied) }, texts.report.copy);
    return make(
      "div",
      { class: "step" },
      make("h3", {}, title),
      shown,
      make("div", { class: "row" }, copy, copied),
    );
  });
  const { model, source } = subject;
  const notes = [source instanceof URL ? say.beside : say.saved(folderOf(subject))];
  if (takesTexts(model)) {
    notes.push(say.tokenizers);
  }
  place.replaceChildren(...blocks, make("p", { class: "quiet" }, notes.join(" ")));
}

/**
 * The lines: by the task, where it is known, and by the model's own inputs and outputs.
 * @param {Subject} subject
 * @returns {Lines[]}
 */
export function linesOf(subject) {
  const task = subject.reading?.task ?? taskOf(subject.model);
  const model = { title: task ? say.model : say.lines, code: modelLines(subject) };
  return task ? [{ title: say.task, code: taskLines(subject, task) }, model] : [model];
}

/**
 * The folder of the bundle, as a page beside it names it: where it is now, or as it is saved.
 * @param {Subject} subject
 */
export function folderOf({ model, source }) {
  if (!(source instanceof URL)) {
    return `${fileName(model.name)}/`;
  }
  const base = new URL(".", document.baseURI).href;
  const folder = new URL(".", source).href;
  return folder.startsWith(base) ? folder.slice(base.length) || "./" : folder;
}

/**
 * @param {Subject} subject
 * @param {string} task
 */
function taskLines(subject, task) {
  const given = text(exampleOf(task, subject));
  const first = folderOf(subject);
  const { closer } = subject;
  const last = closer && taskOf(closer.model);
  if (!closer || !last) {
    return [
      'import { pipeline } from "./texelflow.pipeline.js";',
      "",
      `const run = await pipeline(${text(task)}, ${text(first)});`,
      `console.log(await run(${given}));`,
    ].join("\n");
  }
  const { image } = closer.model.inputs.find((input) => input.image) ?? {};
  const sides = [image?.width, image?.height].map((side) => (typeof side === "number" ? side : null));
  // A line of text is as long as it is; other objects are as large as the model takes them.
  const [width, height] =
    last === "image-to-text"
      ? ["Math.round((48 * region.width) / region.height)", sides[1] ?? 48]
      : sides.map((side) => side ?? 224);
  return [
    'import { cutOut, regionOf } from "./texelflow.ends.js";',
    'import { pipeline } from "./texelflow.pipeline.js";',
    "",
    `const find = await pipeline(${text(task)}, ${text(first)});`,
    `const look = await pipeline(${text(last)}, ${text(folderOf({ ...subject, source: closer.source }))});`,
    ...PHOTO,
    "for (const { box, score, points = [] } of await find(photo)) {",
    "  const edges = { left: box.xmin, top: box.ymin, right: box.xmax, bottom: box.ymax };",
    `  const region = regionOf({ ...edges, points, score, label: 0 }, ${JSON.stringify(closer.crop)});`,
    `  console.log(box, await look(cutOut(photo, region, { width: ${width}, height: ${height} })));`,
    "}",
  ].join("\n");
}

const PHOTO = ["const photo = new Image();", 'photo.src = "photo.jpg";', "await photo.decode();"];

/**
 * What a task is tried on.
 * @param {string} task
 * @param {Subject} subject
 */
function exampleOf(task, { model, reading }) {
  if (reading) {
    return texts.words.example(reading.task, reading.gap).split("\n")[0];
  }
  const isSound = model.inputs.some(({ role }) => role?.kind === "sound");
  return isSound ? "sound.wav" : task === "file-classification" ? "file.bin" : "photo.jpg";
}

/** @param {Subject} subject */
function modelLines(subject) {
  const { model } = subject;
  const given = subject.inputs();
  const pictures = new Set(model.inputs.filter(({ image }) => image).map(({ name }) => name));
  const inputs = Object.entries(given).map(([name, value]) => {
    const code = pictures.has(name) ? "photo" : value instanceof Tensor ? tensor(value) : "photo";
    return `${isWord(name) ? name : text(name)}: ${code}`;
  });
  const all = inputs.join("");
  const names = all.includes("new Tensor(") ? "loadModel, Tensor" : "loadModel";
  const call = inputs.length > 1 ? `{\n  ${inputs.join(",\n  ")},\n}` : `{ ${inputs[0] ?? ""} }`;
  const outputs = model.outputs.slice(0, MOST_OUTPUTS).map(({ name, dtype, shape }) => {
    const output = isWord(name) ? `outputs.${name}` : `outputs[${text(name)}]`;
    return `console.log(${output}.shape, ${output}.data); // ${line(`${dtype} ${shapeText(shape)}`)}`;
  });
  return [
    `import { ${names} } from "./texelflow.js";`,
    "",
    `const model = await loadModel(${text(folderOf(subject))});`,
    ...(pictures.size > 0 ? PHOTO : []),
    `const outputs = await model.run(${call});`,
    ...outputs,
  ].join("\n");
}

/** @param {Tensor} value */
function tensor({ dtype, shape, data }) {
  return `new Tensor(${text(dtype)}, [${shape.join(", ")}], new ${data.constructor.name}(${data.length}))`;
}

/** @param {string} name */
function isWord(name) {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== "__proto__";
}

/**
 * A text as JavaScript has it, also within the markup of a page.
 * @param {string} value
 */
function text(value) {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** @param {string} value */
function line(value) {
  return value.replaceAll(/[\r\n\u2028\u2029<]+/g, " ");
}
