import { argMax, topK as largest } from "./scores.ts";

/** How the next token is chosen. */
export interface SamplingOptions {
  /** By which logits are divided: 0 takes the most likely token. 1 unless given. */
  readonly temperature?: number;
  /** Only so many of the most likely tokens are chosen from. */
  readonly topK?: number;
  /** Only the most likely tokens that together are at least this likely are chosen from. */
  readonly topP?: number;
  /** By which logits of tokens in `previous` are divided, or multiplied below 0. 1 unless given. */
  readonly repetitionPenalty?: number;
  /** The tokens so far. */
  readonly previous?: Iterable<number>;
  /** Gives numbers from 0 to below 1: `Math.random` unless given. */
  readonly random?: () => number;
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
  const { temperature = 1, topK = logits.length, topP = 1, repetitionPenalty = 1, previous = [] } = options;
  const scores = Float64Array.from(logits);
  for (const token of new Set(previous)) {
    const score = scores[token];
    if (score !== undefined)
      scores[token] = score < 0 ? score * repetitionPenalty : score / repetitionPenalty;
  }
  if (temperature === 0) return [{ token: argMax(scores), probability: 1 }];
  // Those as likely as the last of the best stay, too.
  const least = topK < scores.length ? largest(scores, Math.max(1, topK)).at(-1)?.score : undefined;
  const kept = [...scores.keys()].filter(
    (token) => least === undefined || (scores[token] as number) >= least,
  );
  kept.sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const best = scores[kept[0] as number] as number;
  const weights = kept.map((token) => Math.exp(((scores[token] as number) - best) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const found: Candidate[] = [];
  let sum = 0;
  for (const [place, token] of kept.entries()) {
    if (found.length > 0 && sum >= topP * total) break;
    const weight = weights[place] as number;
    sum += weight;
    found.push({ token, probability: weight });
  }
  return found.map(({ token, probability }) => ({ token, probability: probability / sum }));
}

/** Chooses the next token. */
export function sample(logits: ArrayLike<number>, options: SamplingOptions = {}): number {
  const found = candidates(logits, options);
  let left = (options.random ?? Math.random)();
  for (const { token, probability } of found) {
    left -= probability;
    if (left < 0) return token;
  }
  return found.at(-1)?.token ?? -1;
}

/** How a text is generated. */
export interface GenerationOptions extends Omit<SamplingOptions, "previous"> {
  /** The most tokens that are generated. */
  readonly limit: number;
  /** Tokens after which nothing follows; they are not given. */
  readonly ends?: readonly number[];
  /** Stops when aborted: the next step rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Generates tokens one after the other, as they come.
 *
 * @param prompt - the tokens so far
 * @param step - resolves to the logits of the token behind those that it is given, which are the prompt at first, and then
 *   each token that was chosen: a model with a cache of its own needs no more
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

/**
 * The text of tokens as it grows: a character that takes several tokens comes when it is whole.
 *
 * @param decode - the text of tokens, as tokenizers give it
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
    if (text.length > told) yield text.slice(told);
    told = Math.max(told, text.length);
  }
  if (text.length > told) yield text.slice(told);
}
