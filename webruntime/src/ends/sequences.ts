/** The result of greedy CTC decoding. */
export interface Reading {
  /** Indices of the labels, in order. */
  readonly labels: readonly number[];
  /** The step at which each begins. */
  readonly steps: readonly number[];
  /** The mean of the best scores of all steps at which a label begins; 0 if there is none. */
  readonly score: number;
}

/**
 * Greedy decoding of a model trained with CTC: the best label of each step, without repeats and blanks.
 *
 * @param scores - [steps, labels]
 * @param labels - the number of labels, including the blank
 * @param blank - index of the blank label. Default: 0
 * @throws RangeError when the scores are not a whole number of steps
 */
export function readCtc(scores: ArrayLike<number>, labels: number, blank = 0): Reading {
  if (!(labels > 0) || scores.length % labels !== 0) {
    throw new RangeError(`${scores.length} scores are no steps of ${labels} labels.`);
  }
  const found: { label: number; step: number; score: number }[] = [];
  let before = blank;
  for (let step = 0; step < scores.length / labels; step++) {
    const at = (label: number) => scores[step * labels + label] as number;
    let label = 0;
    for (let other = 1; other < labels; other++) if (at(other) > at(label)) label = other;
    if (label !== blank && label !== before) found.push({ label, step, score: at(label) });
    before = label;
  }
  return {
    labels: found.map(({ label }) => label),
    steps: found.map(({ step }) => step),
    score: found.reduce((sum, { score }) => sum + score, 0) / (found.length || 1),
  };
}
