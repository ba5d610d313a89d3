/** A class, or whatever an index stands for, with its score. */
export interface Scored {
  readonly index: number;
  readonly score: number;
}

/**
 * Probabilities of logits, which sum to 1.
 *
 * @param temperature - by which logits are divided before: above 1 makes them more alike
 */
export function softmax(logits: ArrayLike<number>, temperature = 1): Float32Array {
  const largest = largestOf(logits);
  const result = new Float32Array(logits.length);
  let sum = 0;
  for (let i = 0; i < result.length; i++) {
    const value = Math.exp(((logits[i] as number) - largest) / temperature);
    result[i] = value;
    sum += value;
  }
  for (let i = 0; i < result.length; i++) result[i] = (result[i] as number) / sum;
  return result;
}

/** The probability of a logit, from 0 to 1. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Index of the largest number, the first of equals; -1 of none. */
export function argMax(values: ArrayLike<number>): number {
  let best = values.length > 0 ? 0 : -1;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}

/** The `k` largest scores, the largest first; of equals the one with the smaller index. */
export function topK(scores: ArrayLike<number>, k: number): Scored[] {
  const best: Scored[] = [];
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index] as number;
    if (best.length >= k && !(score > (best.at(-1)?.score as number))) continue;
    let place = best.length;
    while (place > 0 && score > (best[place - 1] as Scored).score) place--;
    best.splice(place, 0, { index, score });
    if (best.length > k) best.pop();
  }
  return best;
}

function largestOf(values: ArrayLike<number>): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i] as number);
  return largest;
}
