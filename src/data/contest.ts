/** Of so many texts the first few go the way that was slower, so that it is noticed when that has changed. */
const ROUND = 64;
const TRIED = 4;
/** What the latest text counts for in a mean cost. */
const LATEST = 0.25;

/** Chooses between two ways of working texts off, alone and shared, which give the same, by the clock. */
export class Contest {
  /** Milliseconds a byte; null as long as it is not known. */
  #alone: number | null = null;
  #shared: number | null = null;
  #texts = 0;
  #last = { began: 0, bytes: 0, isShared: false };

  /** Whether a text of so many bytes, which begins now, had better be shared. */
  isShared(bytes: number): boolean {
    const began = performance.now();
    const { isShared: was, ...last } = this.#last;
    const isTrial = this.#texts++ % ROUND < TRIED;
    const isShared = (this.#shared ?? 0) < (this.#alone ?? 0) !== isTrial;
    // The first text after a change has something of the way before.
    if (was === isShared && last.bytes > 0) {
      const cost = (began - last.began) / last.bytes;
      const mean = (before: number | null) => (before === null ? cost : before + LATEST * (cost - before));
      if (was) this.#shared = mean(this.#shared);
      else this.#alone = mean(this.#alone);
    }
    this.#last = { began, bytes, isShared };
    return isShared;
  }
}
