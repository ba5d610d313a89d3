/**
 * Wishes of which the last one counts: each begins a turn, which ends the one before. So nothing that comes late is shown in the
 * place of what was wished since.
 */
export class Turns {
  #turn = new AbortController();
  #isBusy = false;

  /** Whether the deed of the last turn goes on. */
  get isBusy() {
    return this.#isBusy;
  }

  /** @returns {AbortSignal} that of the last turn */
  get signal() {
    return this.#turn.signal;
  }

  /**
   * Begins a turn without a deed.
   * @returns {AbortSignal} aborted when the next one begins
   */
  next() {
    this.#turn.abort();
    this.#turn = new AbortController();
    this.#isBusy = false;
    return this.#turn.signal;
  }

  /**
   * Does something in a turn of its own.
   * @param {(signal: AbortSignal) => Promise<unknown>} deed shows nothing once its signal is aborted
   * @throws what it throws, unless another turn has begun: nobody waits for it then
   */
  async take(deed) {
    const signal = this.next();
    this.#isBusy = true;
    try {
      await deed(signal);
    } catch (problem) {
      if (!signal.aborted) {
        throw problem;
      }
    } finally {
      if (!signal.aborted) {
        this.#isBusy = false;
      }
    }
  }
}
