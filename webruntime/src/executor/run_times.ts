/** The part of a run that must be left after a pause: else it was done earlier, and nobody knows when. */
const LEAST_REST = 0.02;

/** How long the runs of a plan take, all but the first, which makes what the others use. */
export class RunTimes {
  /** Milliseconds that the next run will take: as long as the shorter of the last two. Infinite when unknown. */
  expected = Number.POSITIVE_INFINITY;
  private latest = Number.POSITIVE_INFINITY;
  private awake = 0;

  /** Says that a pause is over, during which nobody looked whether the run is done. */
  wake(): void {
    this.awake = performance.now();
  }

  /** Takes down a run that is done now. */
  record(start: number): void {
    const end = performance.now();
    const milliseconds = end - start;
    const rest = end - Math.max(start, this.awake);
    if (rest < milliseconds * LEAST_REST) {
      this.expected = this.latest = Number.POSITIVE_INFINITY;
      return;
    }
    this.expected = Math.min(this.latest, milliseconds);
    this.latest = milliseconds;
  }
}
