/** Times of the last runs, in milliseconds. */
export class Timing {
  /** Runs counted since the start. */
  runs = 0;
  /** @type {number[]} */
  #recent = [];

  /** @param {number} milliseconds duration of one run */
  add(milliseconds) {
    this.runs += 1;
    this.#recent.push(milliseconds);
    if (this.#recent.length > 60) {
      this.#recent.shift();
    }
  }

  /** @returns {number} median of the last 60 runs in milliseconds; NaN before the first */
  get median() {
    const sorted = [...this.#recent].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}

/**
 * A duration for people, with two or three digits that mean something: "0.84 ms", "12.3 ms", "2.41 s".
 * @param {number} milliseconds
 * @returns {string} "–" when it is not a number yet
 */
export function duration(milliseconds) {
  if (!Number.isFinite(milliseconds)) {
    return "–";
  }
  if (milliseconds >= 1000) {
    return `${(milliseconds / 1000).toFixed(2)} s`;
  }
  return `${milliseconds.toFixed(milliseconds < 10 ? 2 : milliseconds < 100 ? 1 : 0)} ms`;
}
