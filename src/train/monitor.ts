import type { Memory } from "../engine/memory.js";
import { DivergenceError } from "../errors.js";
import type { CommonOptions } from "./options.js";
import type { Trainer } from "./trainer.js";

/** Milliseconds between two events at least, and between two pauses that let other work run. */
const EVERY = 100;
const PAUSE_EVERY = 30;
/** Counting non-zeros visits every column: it may take this share of the time. */
const COUNTING_SHARE = 0.02;

/** Counts what a training does, tells who listens, and lets it be stopped. It never changes the result. */
export class Monitor {
  #trainer: Trainer;
  #memory: Memory;
  #seen: () => number;
  #options: CommonOptions;
  #epoch = 0;
  #rows = 0;
  #lossSum = 0;
  #weightSum = 0;
  #nextEvent = performance.now() + EVERY;
  #lastPause = performance.now();

  constructor(trainer: Trainer, memory: Memory, seen: () => number, options: CommonOptions) {
    this.#trainer = trainer;
    this.#memory = memory;
    this.#seen = seen;
    this.#options = options;
  }

  /** Progressive loss of the epoch at hand. */
  get loss(): number {
    return this.#weightSum > 0 ? this.#lossSum / this.#weightSum : 0;
  }

  /** Sums of the epoch at hand. */
  get sums(): { lossSum: number; lossWeight: number } {
    return { lossSum: this.#lossSum, lossWeight: this.#weightSum };
  }

  beginEpoch(epoch: number): void {
    this.#epoch = epoch;
    this.#lossSum = 0;
    this.#weightSum = 0;
  }

  /** Goes on where another monitor was; call it after `beginEpoch`. */
  resume(rows: number, { lossSum, lossWeight }: Monitor["sums"]): void {
    this.#rows = rows;
    this.#lossSum = lossSum;
    this.#weightSum = lossWeight;
  }

  /** Takes the outcome of one call of `train`. Throws DivergenceError when it is not finite. */
  count(lossSum: number, weightSum: number, rows: number): void {
    this.#lossSum += lossSum;
    this.#weightSum += weightSum;
    this.#rows += rows;
    if (Number.isFinite(lossSum)) return;
    throw new DivergenceError(
      `the loss left the finite range by row ${this.#rows}: lower the learning rate (alpha, rate), or scale large values down`,
    );
  }

  /** Whether it is time for `breathe`. */
  get isDue(): boolean {
    return performance.now() - this.#lastPause > PAUSE_EVERY;
  }

  /** Lets other work run; emits an event when one is due. Throws the signal's reason when it is aborted. */
  async breathe(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#options.signal?.throwIfAborted();
    this.#lastPause = performance.now();
    if (this.#lastPause > this.#nextEvent) this.#emit();
  }

  async endEpoch(): Promise<void> {
    this.#emit();
    await this.breathe();
  }

  #emit(): void {
    const { onProgress } = this.#options;
    if (!onProgress) return;
    const began = performance.now();
    const mark = this.#memory.mark();
    try {
      const kept = countKept(this.#memory, this.#trainer, this.#seen());
      onProgress({ rows: this.#rows, epoch: this.#epoch, loss: this.loss, kept, bytes: kept * 12, objective: null });
    } finally {
      this.#memory.release(mark);
      const now = performance.now();
      this.#nextEvent = now + Math.max(EVERY, (now - began) / COUNTING_SHARE);
    }
  }
}

/** Columns whose weights are looked at together. */
export const CHUNK = 1 << 16;

/** Returns how many of columns 0 ≤ j < columns have a weight. */
function countKept(memory: Memory, trainer: Trainer, columns: number): number {
  const weights = memory.f64(Math.min(CHUNK, columns));
  let kept = 0;
  for (let from = 0; from < columns; from += CHUNK) {
    const count = Math.min(CHUNK, columns - from);
    trainer.weightsInto(weights, from, from + count);
    const { view } = weights;
    for (let k = 0; k < count; k++) if (view[k] !== 0) kept++;
  }
  return kept;
}
