/** Seconds over which frames are counted. */
const COUNTED = 2;

/** How many frames of a film are shown in a second: counted, since a run is not all that a frame takes. */
export class Rate {
  /** @type {number[]} when each of the last frames was shown, in milliseconds */
  #shown = [];

  /** @param {number} now when a frame was shown, in milliseconds of performance.now() */
  add(now) {
    this.#shown.push(now);
    const first = this.#shown.findIndex((time) => time >= now - COUNTED * 1000);
    // Of a film that takes longer for each frame, the last two tell.
    this.#shown.splice(0, Math.min(first, this.#shown.length - 2));
  }

  /** @returns {number} frames a second; NaN before the second */
  get value() {
    const [first = 0] = this.#shown;
    const last = this.#shown.at(-1) ?? 0;
    return this.#shown.length < 2 ? Number.NaN : ((this.#shown.length - 1) * 1000) / (last - first);
  }
}

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

/**
 * Milliseconds as data has them, to the microsecond; null where there is no number yet.
 * @param {number} milliseconds
 */
export function rounded(milliseconds) {
  return Number.isFinite(milliseconds) ? Number(milliseconds.toFixed(3)) : null;
}
