import { bar } from "../shared/bar.js";
import { percent } from "../shared/figures.js";
import { make } from "../shared/make.js";
import { insteadOfPictures } from "../shared/source.js";
import { texts } from "../shared/texts.js";
import { pipeline } from "../texelflow.pipeline.js";

/** @import { Attempt } from "../run/player.js" */
/** @import { Model } from "../run/loading.js" */
/** @import { Reading } from "./reading.js" */
/** @typedef {{ status: HTMLElement, views: HTMLElement }} Places where results are shown */
/** @typedef {(text: string, places: Places, signal: AbortSignal) => Promise<void>} Work */

const say = texts.words;

/** The most tokens that are written at a time. */
const MOST_TOKENS = 200;

/** How many classes and words are shown. */
const SHOWN = 5;

/**
 * Shows what a model does with a text that the visitor writes.
 * @param {Model} model
 * @param {Reading} reading
 * @param {Attempt} attempt
 * @returns {() => void} what ends that
 */
export function showWords(model, reading, attempt) {
  const { task, tokenizer, gap } = reading;
  const converses = task === "text-generation" && tokenizer.chats;
  const words = converses ? say.conversation : say.tasks[task];
  const places = {
    status: make("p", { class: "summary", id: "words-summary" }),
    // What is busy is read aloud when it is whole.
    views: make("div", { class: "words", id: "words-result", role: "status" }),
  };
  const area = make("textarea", { id: "words-text", rows: 4, spellcheck: "false" });
  area.value = converses ? say.question : say.example(task, gap);
  const button = make("button", { type: "button", id: "words-run" }, words.run);
  /** @type {AbortController | null} */
  let running = null;
  button.addEventListener("click", () => {
    if (running) {
      running.abort();
      return;
    }
    running = new AbortController();
    const { signal } = running;
    attempt(async () => {
      button.textContent = say.stop;
      places.views.ariaBusy = "true";
      try {
        await work(model, reading)(area.value, places, signal);
      } catch (problem) {
        if (!signal.aborted) {
          throw problem;
        }
      } finally {
        running = null;
        button.textContent = words.run;
        places.views.ariaBusy = "false";
      }
    });
  });
  const restore = insteadOfPictures(
    make(
      "div",
      { id: "words-source", class: "step" },
      make("h3", {}, say.heading),
      make("label", { for: "words-text" }, words.label),
      area,
      make("div", { class: "row" }, button),
    ),
    make("div", { id: "words", class: "step" }, places.status, places.views),
  );
  return () => {
    running?.abort();
    restore();
  };
}

/**
 * @param {Model} model
 * @param {Reading} reading
 * @returns {Work}
 */
function work(model, { task, tokenizer }) {
  const options = { tokenizer };
  switch (task) {
    case "text-generation":
      return async (text, places, signal) => {
        const write = await pipeline(task, model, options);
        await showWriting(write, text, tokenizer, places, signal);
      };
    case "fill-mask":
      return async (text, places) => {
        const fill = await pipeline(task, model, options);
        const found = await fill(text, { top_k: SHOWN });
        showShares(
          found[0]?.sequence,
          found.map(({ token_str, score }) => [token_str, score]),
          places,
        );
      };
    case "text-classification":
      return async (text, places) => {
        const judge = await pipeline(task, model, options);
        const found = await judge(text, { top_k: SHOWN });
        showShares(
          found[0]?.label,
          found.map(({ label, score }) => [label, score]),
          places,
        );
      };
    case "token-classification":
      return async (text, places) => {
        const name = await pipeline(task, model, options);
        const found = await name(text);
        const listed = found.map(({ word, entity, score }) => `${word} (${entity}, ${percent(score)})`);
        places.status.textContent = listed.join(", ") || say.none;
        places.views.replaceChildren();
      };
    case "feature-extraction":
      return async (text, places) => {
        const lines = text
          .split("\n")
          .map((line) => line.trim())
          .filter(Boolean);
        if (lines.length < 2) {
          throw new Error(say.oneLine);
        }
        const embed = await pipeline(task, model, options);
        // Where the bundle does not say how vectors of tokens become one, their mean is what most are trained for.
        const pooled = model.outputs.some(({ role }) => role?.kind === "embedding" && role.pooling);
        const { shape, data } = await embed(lines, {
          normalize: true,
          ...(!pooled && { pooling: "mean" }),
        });
        showSimilarities(lines, shape.at(-1) ?? 1, data, places);
      };
  }
}

/**
 * @param {import("../texelflow.pipeline.js").Pipeline<"text-generation">} write
 * @param {string} text
 * @param {Reading["tokenizer"]} tokenizer
 * @param {Places} places
 * @param {AbortSignal} signal
 */
async function showWriting(write, text, tokenizer, { status, views }, signal) {
  const made = document.createTextNode("");
  const begun = tokenizer.chats ? "" : text;
  views.replaceChildren(make("p", {}, make("span", { class: "prompt" }, begun), made));
  status.textContent = say.reading;
  const prompt = tokenizer.chats ? [{ role: "user", content: text }] : text;
  let first = 0;
  const streamer = (/** @type {string} */ piece) => {
    first ||= performance.now();
    made.appendData(piece);
    tell();
  };
  const tell = () => {
    const tokens = made.data ? tokenizer.encode(made.data, { special: false }).length : 0;
    // The first token waits for the prompt to be read.
    const seconds = (performance.now() - first) / 1000;
    status.textContent = say.rate(tokens, tokens > 1 ? ((tokens - 1) / seconds).toFixed(1) : "–");
  };
  await write(prompt, { max_new_tokens: MOST_TOKENS, streamer, signal });
  tell();
}

/**
 * @param {string | undefined} best
 * @param {readonly (readonly [string, number])[]} shares
 * @param {Places} places
 */
function showShares(best, shares, { status, views }) {
  status.textContent = best ?? say.none;
  const rows = shares.map(([name, share]) => bar(name, share));
  views.replaceChildren(make("ol", { class: "bars named", "aria-label": say.results }, ...rows));
}

/**
 * @param {readonly string[]} lines
 * @param {number} width numbers of a vector
 * @param {ArrayLike<number>} data vectors of length 1, one after the other
 * @param {Places} places
 */
function showSimilarities(lines, width, data, places) {
  const likeness = lines.map((_, line) => {
    let sum = 0;
    for (let at = 0; at < width; at += 1) {
      sum += data[at] * data[line * width + at];
    }
    return sum;
  });
  const others = lines
    .map((line, index) => /** @type {const} */ ([line, likeness[index]]))
    .slice(1)
    .sort(([, one], [, other]) => other - one);
  showShares(say.closest(others[0][0]), others, places);
}
