import type { Memory } from "../engine/memory.js";
import { pause } from "../pause.js";
import type { CommonOptions, Progress } from "./options.js";
import type { Progressive } from "./progressive.js";
import type { Trainer } from "./trainer.js";

/** Milliseconds between two events at least, and between two pauses that let other work run. */
const EVERY = 100;
const PAUSE_EVERY = 30;
/** Counting non-zeros visits every column: it may take this share of the time. */
const COUNTING_SHARE = 0.02;

/** What a monitor asks of the training that it looks after. */
export interface Watched {
  readonly trainer: Trainer;
  readonly memory: Memory;
  readonly progressive: Progressive;
  /** Columns so far. */
  columns(): number;
  /** Makes the trainer's state that of all rows counted. */
  settle?(): void;
  /** How much of all is done. */
  done(): Pick<Progress, "read" | "share">;
}

/** Tells how a training goes to who listens, and lets it be stopped. It never changes the result. */
export class Monitor {
  readonly #watched: Watched;
  readonly #options: CommonOptions;
  #epoch = 0;
  #kept = 0;
  /** Where the last event was. */
  #told = { loss: 0, weight: 0 };
  #nextEvent = performance.now() + EVERY;
  #nextCount = 0;
  #lastPause = performance.now();

  constructor(watched: Watched, options: CommonOptions) {
    this.#watched = watched;
    this.#options = options;
  }

  beginEpoch(epoch: number): void {
    this.#epoch = epoch;
    this.#told = { loss: 0, weight: 0 };
  }

  /** Whether it is time for `breathe`. */
  get isDue(): boolean {
    return performance.now() - this.#lastPause > PAUSE_EVERY;
  }

  /** Lets other work run; emits an event when one is due. Throws the signal's reason when it is aborted. */
  async breathe(): Promise<void> {
    await pause();
    this.#options.signal?.throwIfAborted();
    this.#lastPause = performance.now();
    if (this.#lastPause > this.#nextEvent) this.#emit(this.#lastPause > this.#nextCount);
  }

  async endEpoch(): Promise<void> {
    this.#emit(true);
    await this.breathe();
  }

  #emit(isCounting: boolean): void {
    const { onProgress } = this.#options;
    if (!onProgress) return;
    const { progressive, done } = this.#watched;
    if (isCounting) this.#count();
    const { loss, weight } = progressive.sums;
    const since = { loss: loss - this.#told.loss, weight: weight - this.#told.weight };
    this.#told = { loss, weight };
    onProgress({
      rows: progressive.rows,
      epoch: this.#epoch,
      loss: progressive.loss,
      recent: since.weight > 0 ? since.loss / since.weight : null,
      holdout: progressive.holdout?.loss ?? null,
      kept: this.#kept,
      bytes: this.#kept * 12,
      objective: null,
      ...done(),
    });
    this.#nextEvent = performance.now() + EVERY;
  }

  #count(): void {
    const { memory, trainer, columns, settle } = this.#watched;
    settle?.();
    const began = performance.now();
    const mark = memory.mark();
    try {
      this.#kept = countKept(memory, trainer, columns());
    } finally {
      memory.release(mark);
      const now = performance.now();
      this.#nextCount = now + (now - began) / COUNTING_SHARE;
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
