import { isHidden } from "./tasks.ts";

/** Milliseconds that waiting for the GPU may keep the page from answering, unless `RunTimes` is told otherwise. */
const LONGEST_BLOCK = 24;
/** The same for pages that nothing may block. */
export const NEVER = Number.NEGATIVE_INFINITY;

/**
 * The part of a run's expected time during which nobody asks whether it is done. Browsers look after what is asked for
 * every 2 ms, page and GPU process together a tenth of a core, which a GPU in software cannot spare.
 */
const SURELY_BUSY = 0.9;

/** The part of a run that must be left after a pause: else it was done earlier, and nobody knows when. */
const LEAST_REST = 0.02;

/** Milliseconds within which a run that is asked for is found to be done. */
const ASKING = 5;

/** How to wait for a run whose draws are issued: see RunTimes.wait. */
interface Waiting {
  /** Milliseconds to leave it alone; 0 for not at all. */
  readonly pause: number;
  /** Whether to ask, then, when it is done. Reading the outputs at once is quicker, but blocks the page until it is. */
  readonly ask: boolean;
}

/** How long the runs of a plan take, all but the first, which makes what the others use, and how to wait for the next. */
export class RunTimes {
  /** Milliseconds until the next run is done, as in the shorter of the last two. Infinite when unknown. */
  private expected = Number.POSITIVE_INFINITY;
  private latest = Number.POSITIVE_INFINITY;
  /** Milliseconds that reading the outputs takes when the run is done: the least seen. */
  private reading = Number.POSITIVE_INFINITY;
  /** When the pause of this run was over, and when the run was found to be done; 0 where there was none. */
  private awake = 0;
  private done = 0;

  /** @param longestBlock - milliseconds, or `NEVER`: then each run is asked for, however short */
  constructor(private readonly longestBlock = LONGEST_BLOCK) {}

  /** Says how to wait for a run that began at `start` and whose draws are issued now. */
  wait(start: number): Waiting {
    this.awake = this.done = 0;
    const { expected } = this;
    if (expected === Number.POSITIVE_INFINITY) return { pause: 0, ask: true };
    const left = expected - (performance.now() - start);
    if (left <= this.longestBlock || isHidden()) return { pause: 0, ask: false };
    const rest = expected * (1 - SURELY_BUSY);
    return { pause: Math.max(0, left - rest), ask: Math.min(left, rest) > this.longestBlock };
  }

  /** Says that a pause is over, during which nobody looked whether the run is done. */
  wake(): void {
    this.awake = performance.now();
  }

  /** Says that the run was asked for and is done. */
  finish(): void {
    this.done = performance.now();
  }

  /** Takes down a run that began at `start` and whose outputs are read now. */
  record(start: number): void {
    const end = performance.now();
    if (this.done) this.reading = Math.min(this.reading, end - this.done);
    const reading = Number.isFinite(this.reading) ? this.reading : 0;
    // When it was done; reading takes at least so long.
    const done = this.done || Math.max(start, end - reading);
    const busy = done - start;
    const slack = this.done ? ASKING : reading / 2;
    // A pause that left nothing to wait for says that the run was done before it was over, not when.
    const wasDoneBefore = this.awake > 0 && done - this.awake < Math.max(busy * LEAST_REST, slack);
    this.expected = wasDoneBefore ? Number.POSITIVE_INFINITY : Math.min(this.latest, busy);
    this.latest = wasDoneBefore ? Number.POSITIVE_INFINITY : busy;
  }
}
