/**
 * The control block: how a pool's coordinator and its workers talk, in the memory they share. Words of 32 bits; those
 * that several threads write have a cache line of their own.
 *
 *     ╒══════╤══════╤══════╤═══════════════════════════════════════════════╤═══════════╤═══════╤══════╤════════╕
 *     │ TASK │ LEFT │ DONE │ FAILED STARTED KERNEL CHUNKS COUNT FROM       │ arguments │ cause │ sums │ bounds │
 *     ╘══════╧══════╧══════╧═══════════════════════════════════════════════╧═══════════╧═══════╧══════╧════════╛
 *
 * A task is one kernel over a range that is cut into chunks, or called once a chunk with arguments of its own. A thread
 * takes a chunk by lowering LEFT, and reads only then what the task is: that cannot change before the chunk is DONE.
 */

/** Words: how many tasks there were (workers wait on it), chunks that nobody has taken, chunks that are done. */
export const TASK = 0;
export const LEFT = 16;
const DONE = 32;
/** Word: 1 when a kernel failed; `cause` says how. */
const FAILED = 48;
/** Word: workers that have started. */
export const STARTED = 49;
/** Words: which kernel, chunks of the task, arguments of a call, and where among them the range stands (NO_RANGE: none). */
const KERNEL = 50;
const CHUNKS = 51;
const COUNT = 52;
const FROM = 53;
const NO_RANGE = -1;

/** Chunks of a task at most. */
export const MOST_CHUNKS = 1024;
/** Arguments of a kernel at most, and chunks that have their own. */
const MOST_ARGUMENTS = 8;
export const MOST_CALLS = 256;
/** Bytes of a cause, the first for its length. */
const CAUSE_BYTES = 256;

/** Byte offsets, and the size of all. */
const ARGUMENTS = 256;
const CAUSE = ARGUMENTS + 8 * MOST_ARGUMENTS * MOST_CALLS;
const SUMS = CAUSE + CAUSE_BYTES;
const BOUNDS = SUMS + 8 * MOST_CHUNKS;
export const CONTROL_BYTES = BOUNDS + 4 * (MOST_CHUNKS + 1);

/** A kernel with the arguments that every chunk of a task has; its range stands at `from` and after it. */
export interface Task {
  kernel: number;
  args: number[];
  from: number;
}

export type Kernel = (...args: number[]) => number;

/** Views on a control block, and what a thread does with it. It is shared, so that memory that grows leaves it alone. */
export class Control {
  readonly words: Int32Array;
  /** What the kernel returned for each chunk. */
  readonly sums: Float64Array;
  /** Chunk c is the range bounds[c] ≤ i < bounds[c + 1]. */
  readonly bounds: Uint32Array;
  readonly #arguments: Float64Array;
  readonly #cause: Uint8Array;

  /** `pointer`: its address, a multiple of 16. */
  constructor(buffer: ArrayBufferLike, pointer: number) {
    this.words = new Int32Array(buffer, pointer, ARGUMENTS / 4);
    this.sums = new Float64Array(buffer, pointer + SUMS, MOST_CHUNKS);
    this.bounds = new Uint32Array(buffer, pointer + BOUNDS, MOST_CHUNKS + 1);
    this.#arguments = new Float64Array(buffer, pointer + ARGUMENTS, MOST_ARGUMENTS * MOST_CALLS);
    this.#cause = new Uint8Array(buffer, pointer + CAUSE, CAUSE_BYTES);
  }

  /** Chunks of the task that are done. */
  get done(): number {
    return Atomics.load(this.words, DONE);
  }

  /** What a kernel failed with; null when none did. */
  get failure(): string | null {
    if (Atomics.load(this.words, FAILED) === 0) return null;
    return new TextDecoder().decode(this.#cause.slice(1, 1 + this.#cause[0]!));
  }

  /** Offers a task, cut into chunks at `bounds`, to the workers, and wakes as many as asked. */
  offer({ kernel, args, from }: Task, chunks: number, workers: number): void {
    this.#arguments.set(args);
    this.words[FROM] = from;
    this.#announce(kernel, args.length, chunks, workers);
  }

  /** Offers calls of one kernel, each a chunk, and wakes as many workers as asked. */
  offerCalls(kernel: number, calls: readonly number[][], workers: number): void {
    calls.forEach((args, c) => {
      this.#arguments.set(args, c * MOST_ARGUMENTS);
    });
    this.words[FROM] = NO_RANGE;
    this.#announce(kernel, calls[0]!.length, calls.length, workers);
  }

  #announce(kernel: number, count: number, chunks: number, workers: number): void {
    const { words } = this;
    words[KERNEL] = kernel;
    words[COUNT] = count;
    words[CHUNKS] = chunks;
    Atomics.store(words, DONE, 0);
    Atomics.store(words, LEFT, chunks);
    Atomics.add(words, TASK, 1);
    Atomics.notify(words, TASK, workers);
  }

  /** Takes chunks of the task at hand and runs them until none is left. Returns the milliseconds that one took. */
  workOff(kernels: Kernel[]): number {
    const { words } = this;
    const times: number[] = [];
    let began = performance.now();
    for (let left = Atomics.sub(words, LEFT, 1); left > 0; left = Atomics.sub(words, LEFT, 1)) {
      const chunks = words[CHUNKS]!;
      this.#run(kernels, chunks - left);
      if (Atomics.add(words, DONE, 1) + 1 === chunks) Atomics.notify(words, DONE);
      const now = performance.now();
      times.push(now - began);
      began = now;
    }
    return times.sort((a, b) => a - b)[times.length >> 1] ?? 0; // the median: a thread may be interrupted
  }

  /**
   * Waits until chunks are done, at most `most` milliseconds if not one more is. Returns whether they are. A process that
   * was stopped (Ctrl-Z, a laptop that sleeps) has not waited meanwhile: no look counts for more than twice a nap.
   */
  awaitDone(chunks: number, most: number): boolean {
    let [last, waited, before] = [this.done, 0, performance.now()];
    for (let looks = 0; last < chunks; looks++) {
      if (looks > LOOKS && CAN_WAIT) Atomics.wait(this.words, DONE, last, NAP);
      const { done } = this;
      const now = performance.now();
      waited = done === last ? waited + Math.min(now - before, 2 * NAP) : 0;
      if (waited >= most) return false;
      [last, before] = [done, now];
    }
    return true;
  }

  #run(kernels: Kernel[], chunk: number): void {
    const { words, sums, bounds } = this;
    try {
      const args: number[] = [];
      const from = words[FROM]!;
      const first = from === NO_RANGE ? chunk * MOST_ARGUMENTS : 0;
      for (let t = 0; t < words[COUNT]!; t++) args.push(this.#arguments[first + t]!);
      if (from !== NO_RANGE) {
        args[from] = bounds[chunk]!;
        args[from + 1] = bounds[chunk + 1]!;
      }
      sums[chunk] = kernels[words[KERNEL]!]!(...args);
    } catch (error) {
      const text = new TextEncoder().encode(String(error)).subarray(0, CAUSE_BYTES - 1);
      this.#cause.set([text.length, ...text]);
      Atomics.store(words, FAILED, 1);
    }
  }
}

/** Looks at a word before a thread sleeps until it changes: about 25 µs, twice what waking takes. */
const LOOKS = 10_000;

/** Milliseconds that it sleeps before it looks again. */
const NAP = 100;

/** Whether this thread may sleep: the main thread of a page may not. */
const CAN_WAIT = (() => {
  if (typeof SharedArrayBuffer === "undefined") return false;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0); // it is not 1: returns at once
    return true;
  } catch {
    return false;
  }
})();
