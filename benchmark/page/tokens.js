// @ts-nocheck: what it imports is beside it only where the page is served.
// Tokens of a language model, early and late in a text, in turn: what slows the machine slows both.
import { loadModel, Tensor } from "./javascript/texelflow.js";

/**
 * A text that a model goes on with, by its likeliest token.
 * @param {{ run: Function }} runner the model, or a session of it
 * @param {string} input the name of the input that takes tokens
 * @param {boolean} remembers whether it is given new tokens only
 * @param {number[]} tokens the text so far
 */
function text(runner, input, remembers, tokens) {
  let fresh = tokens.length;
  return async () => {
    const feed = remembers ? tokens.slice(-fresh) : tokens;
    const ids = new Tensor("int64", [1, feed.length], BigInt64Array.from(feed, BigInt));
    const { logits, logits_indices: places } = await runner.run({ [input]: ids });
    tokens.push(places ? Number(places.data[0]) : likeliest(logits));
    fresh = 1;
  };
}

function likeliest({ data, shape }) {
  const scores = data.subarray(data.length - shape.at(-1));
  return scores.indexOf(Math.max(...scores));
}

/**
 * Resolves to the milliseconds of `count` tokens around each of the `places` in a text, one of each in turn.
 * @param {string} url of the bundle, whose outputs are logits or the largest one's place
 * @param {number[]} places
 * @param {number} count
 * @returns {Promise<number[][]>}
 */
export async function measure(url, places, count) {
  const model = await loadModel(url);
  const input = model.inputs[0].name;
  const remembers = model.states.length > 0;
  const texts = [];
  for (const place of places) {
    const before = Array.from({ length: place - (count >> 1) }, (_, index) => 1 + ((index * 37) % 300));
    const next = text(remembers ? model.session() : model, input, remembers, before);
    for (let warm = 0; warm < 3; warm++) await next();
    texts.push({ next, times: [] });
  }
  for (let round = 0; round < count; round++) {
    for (const { next, times } of texts) {
      const begin = performance.now();
      await next();
      times.push(performance.now() - begin);
    }
  }
  model.dispose();
  return texts.map(({ times }) => times);
}
