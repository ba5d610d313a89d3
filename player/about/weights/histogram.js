/** How many bins there are. */
const BINS = 48;

/** How numbers are spread: `measure` takes all of them once, then `count` does, in any pieces. */
export class Histogram {
  /** How many there are, of them zeros, and of those that are not finite, which no bin counts. */
  size = 0;
  zeros = 0;
  others = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  bins = new Array(BINS).fill(0);
  #sum = 0;
  #squares = 0;

  /** @param {ArrayLike<number>} numbers */
  measure(numbers) {
    for (let index = 0; index < numbers.length; index += 1) {
      const value = numbers[index];
      this.size += 1;
      if (!Number.isFinite(value)) {
        this.others += 1;
        continue;
      }
      this.zeros += value === 0 ? 1 : 0;
      this.min = Math.min(this.min, value);
      this.max = Math.max(this.max, value);
      this.#sum += value;
      this.#squares += value * value;
    }
  }

  /** @param {ArrayLike<number>} numbers */
  count(numbers) {
    const scale = this.max > this.min ? BINS / (this.max - this.min) : 0;
    for (let index = 0; index < numbers.length; index += 1) {
      const value = numbers[index];
      if (Number.isFinite(value)) {
        this.bins[Math.min(BINS - 1, Math.floor((value - this.min) * scale))] += 1;
      }
    }
  }

  get mean() {
    return this.#sum / (this.size - this.others);
  }

  /** Standard deviation of all that are finite. */
  get deviation() {
    return Math.sqrt(Math.max(0, this.#squares / (this.size - this.others) - this.mean ** 2));
  }
}
