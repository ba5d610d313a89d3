import { argMax, topK as largest } from "./scores.ts";

/** How the next token is chosen. */
export interface SamplingOptions {
  /** By which logits are divided: 0 takes the most likely token. Default: 1. */
  readonly temperature?: number | undefined;
  /** Only so many of the most likely tokens are chosen from. */
  readonly topK?: number | undefined;
  /** Only the most likely tokens that together are at least this likely are chosen from. */
  readonly topP?: number | undefined;
  /** By which logits of tokens in `previous` are divided, or multiplied below 0. Default: 1. */
  readonly repetitionPenalty?: number | undefined;
  /** The tokens so far. */
  readonly previous?: Iterable<number> | undefined;
  /** Gives numbers from 0 to below 1: `Math.random` unless given. */
  readonly random?: (() => number) | undefined;
}

/** A token that may be chosen, with its probability. */
export interface Candidate {
  readonly token: number;
  readonly probability: number;
}

/**
 * The tokens that may come next, the most likely first, by the rules of `transformers`: repetition penalty, temperature,
 * top-k, top-p, in this order.
 *
 * @param logits - of each token
 */
export function candidates(logits: ArrayLike<number>, options: SamplingOptions = {}): Candidate[] {
  const { topP = 1 } = options;
  const weights = weigh(logits, options);
  const total = sumOf(weights);
  // Tokens below this weight cannot sum to more than top-p leaves out, so only the others are sorted.
  const least = ((1 - topP) * total) / weights.length;
  const kept = [...weights.keys()].filter((token) => {
    const weight = weights[token] as number;
    return weight > 0 && weight >= least;
  });
  kept.sort((a, b) => (weights[b] as number) - (weights[a] as number) || a - b);
  let sum = 0;
  let count = 0;
  for (const token of kept) {
    if (count > 0 && sum >= topP * total) break;
    sum += weights[token] as number;
    count++;
  }
  return kept.slice(0, count).map((token) => ({ token, probability: (weights[token] as number) / sum }));
}

/**
 * Chooses the next token by its probability among the `candidates`; at a temperature of 0 the most likely one.
 *
 * @returns its index among the logits; -1 if there are none
 */
export function sample(logits: ArrayLike<number>, options: SamplingOptions = {}): number {
  const { topP = 1, random = Math.random } = options;
  if (topP < 1) {
    const found = candidates(logits, options);
    return (
      found[
        draw(
          Float64Array.from(found, ({ probability }) => probability),
          random(),
        )
      ]?.token ?? -1
    );
  }
  // The order does not matter then.
  return draw(weigh(logits, options), random());
}

/** The relative weight of each token: 0 for those that are never chosen. */
function weigh(logits: ArrayLike<number>, options: SamplingOptions): Float64Array {
  const { temperature = 1, topK = logits.length, repetitionPenalty = 1, previous = [] } = options;
  const scores = Float64Array.from(logits);
  for (const token of new Set(previous)) {
    const score = scores[token];
    if (score !== undefined)
      scores[token] = score < 0 ? score * repetitionPenalty : score / repetitionPenalty;
  }
  const place = argMax(scores);
  if (temperature === 0) return scores.map((_, token) => Number(token === place));
  // Tokens as likely as the last of these stay, too.
  const least = topK < scores.length ? largest(scores, Math.max(1, topK)).at(-1)?.score : undefined;
  const best = scores[place] as number;
  return scores.map((score) =>
    least !== undefined && score < least ? 0 : Math.exp((score - best) / temperature),
  );
}

/** The index that a number from 0 to below 1 falls on, where each has its share; -1 of none. */
function draw(weights: Float64Array, random: number): number {
  let left = random * sumOf(weights);
  let last = -1;
  for (let index = 0; index < weights.length; index++) {
    const weight = weights[index] as number;
    if (weight === 0) continue;
    left -= weight;
    last = index;
    if (left < 0) break;
  }
  return last;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Options of generation. */
export interface GenerationOptions extends Omit<SamplingOptions, "previous"> {
  /** The most tokens that are generated. */
  readonly limit: number;
  /** Tokens after which nothing follows; they are not given. */
  readonly ends?: readonly number[] | undefined;
  /** Stops when aborted: the next step rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Generates tokens one after the other, as they come.
 *
 * @param prompt - the tokens so far
 * @param step - gets the new tokens, the prompt first and then each chosen token, and resolves to the logits of the next
 *   token: a model with a cache of its own needs no more
 */
export async function* generate(
  prompt: readonly number[],
  step: (tokens: readonly number[]) => Promise<ArrayLike<number>>,
  { limit, ends = [], signal, ...options }: GenerationOptions,
): AsyncGenerator<number, void> {
  const previous = [...prompt];
  let given: readonly number[] = prompt;
  for (let count = 0; count < limit; count++) {
    signal?.throwIfAborted();
    const token = sample(await step(given), { ...options, previous });
    if (ends.includes(token)) return;
    yield token;
    previous.push(token);
    given = [token];
  }
}

/** What tokenizers may leave a space out of, once it is whole: " ,", " n't", " ' ", " 've" and their like. */
const UNSETTLED = /( n'?| ?'[vr]?| )$/;

/**
 * The text of tokens as it grows: a character that takes several tokens comes when it is whole, and a space once what is behind
 * it stands, since tokenizers leave some out. All that comes, joined, is the text of all tokens.
 *
 * @param decode - returns the text of tokens, like `decode` of a tokenizer
 */
export async function* streamText(
  tokens: AsyncIterable<number> | Iterable<number>,
  decode: (tokens: readonly number[]) => string,
): AsyncGenerator<string, void> {
  const all: number[] = [];
  let told = 0;
  let text = "";
  for await (const token of tokens) {
    all.push(token);
    text = decode(all);
    if (text.endsWith("\uFFFD")) continue;
    const settled = text.replace(UNSETTLED, "").length;
    if (settled > told) yield text.slice(told, settled);
    told = Math.max(told, settled);
  }
  if (text.length > told) yield text.slice(told);
}
