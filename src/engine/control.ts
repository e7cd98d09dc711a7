/**
 * The control block: how a pool's coordinator and its workers talk, in the memory they share. Words of 32 bits; those
 * that several threads write have a cache line of their own.
 *
 *     ╒═════════╤═══════╤══════╤════════════════╤═══════╤═════════╤════════╤══════╤═══════════╤═════════╕
 *     │ OFFERED │ TAKEN │ DONE │ FAILED STARTED │ cause │ kernels │ counts │ ends │ arguments │ results │
 *     ╘═════════╧═══════╧══════╧════════════════╧═══════╧═════════╧════════╧══════╧═══════════╧═════════╛
 *
 * A ring of calls, in the order of their numbers: the coordinator writes the next and raises OFFERED, a thread takes the
 * next by raising TAKEN. A call's place is written to again only after it is done: then `ends` has its number, plus 1.
 */

/** Words: calls offered (workers wait on it), taken, and done, modulo 2³². */
export const OFFERED = 0;
export const TAKEN = 16;
const DONE = 32;
/** Word: 1 when a kernel failed; `cause` says how. */
const FAILED = 48;
/** Word: workers that have started. */
export const STARTED = 49;

/** Calls that may be offered and not done yet; a power of 2. */
export const MOST_CALLS = 512;
/** Arguments of a kernel at most. */
const MOST_ARGUMENTS = 8;
/** Bytes of a cause, the first for its length. */
const CAUSE_BYTES = 256;

/** Byte offsets, and the size of all. */
const CAUSE = 256;
const KERNELS = CAUSE + CAUSE_BYTES;
const COUNTS = KERNELS + 4 * MOST_CALLS;
const ENDS = COUNTS + 4 * MOST_CALLS;
const ARGUMENTS = ENDS + 4 * MOST_CALLS;
const RESULTS = ARGUMENTS + 8 * MOST_ARGUMENTS * MOST_CALLS;
export const CONTROL_BYTES = RESULTS + 8 * MOST_CALLS;

export type Kernel = (...args: number[]) => number;

/** Views on a control block, and what a thread does with it. It is shared, so that memory that grows leaves it alone. */
export class Control {
  readonly words: Int32Array;
  /** Of each place in the ring: which kernel, and how many arguments. */
  readonly #kernels: Int32Array;
  readonly #counts: Int32Array;
  readonly #ends: Int32Array;
  readonly #arguments: Float64Array;
  readonly #results: Float64Array;
  readonly #cause: Uint8Array;

  /** `pointer`: its address, a multiple of 16. */
  constructor(buffer: ArrayBufferLike, pointer: number) {
    this.words = new Int32Array(buffer, pointer, CAUSE / 4);
    this.#cause = new Uint8Array(buffer, pointer + CAUSE, CAUSE_BYTES);
    this.#kernels = new Int32Array(buffer, pointer + KERNELS, MOST_CALLS);
    this.#counts = new Int32Array(buffer, pointer + COUNTS, MOST_CALLS);
    this.#ends = new Int32Array(buffer, pointer + ENDS, MOST_CALLS);
    this.#arguments = new Float64Array(buffer, pointer + ARGUMENTS, MOST_ARGUMENTS * MOST_CALLS);
    this.#results = new Float64Array(buffer, pointer + RESULTS, MOST_CALLS);
  }

  /** What a kernel failed with; null when none did. */
  get failure(): string | null {
    if (Atomics.load(this.words, FAILED) === 0) return null;
    return new TextDecoder().decode(this.#cause.slice(1, 1 + this.#cause[0]!));
  }

  /** Offers call number `call`, the next. The one before it in its place must be done. */
  offer(call: number, kernel: number, args: readonly number[]): void {
    const place = call % MOST_CALLS;
    this.#kernels[place] = kernel;
    this.#counts[place] = args.length;
    this.#arguments.set(args, place * MOST_ARGUMENTS);
    Atomics.store(this.words, OFFERED, call + 1);
  }

  /** Wakes so many workers. */
  wake(workers: number): void {
    Atomics.notify(this.words, OFFERED, workers);
  }

  isDone(call: number): boolean {
    return Atomics.load(this.#ends, call % MOST_CALLS) === ((call + 1) | 0);
  }

  /** What the kernel of a call returned, which is done. */
  resultOf(call: number): number {
    return this.#results[call % MOST_CALLS]!;
  }

  /** Runs the next call, if there is one that nobody has taken. Returns whether there was. */
  runNext(kernels: Kernel[]): boolean {
    const { words } = this;
    for (;;) {
      const call = Atomics.load(words, TAKEN);
      if (call === Atomics.load(words, OFFERED)) return false;
      if (Atomics.compareExchange(words, TAKEN, call, call + 1) !== call) continue;
      const place = call & (MOST_CALLS - 1);
      this.#run(kernels, place);
      Atomics.store(this.#ends, place, call + 1);
      Atomics.add(words, DONE, 1);
      Atomics.notify(words, DONE);
      return true;
    }
  }

  /**
   * Waits until a call is done, at most `most` milliseconds if not one more is. Returns whether it is. A process that was
   * stopped (Ctrl-Z, a laptop that sleeps) has not waited meanwhile: no look counts for more than twice a nap.
   */
  awaitDone(call: number, most: number): boolean {
    const { words } = this;
    let [last, waited, before] = [Atomics.load(words, DONE), 0, performance.now()];
    for (let looks = 0; !this.isDone(call); looks++) {
      if (looks > LOOKS && CAN_WAIT) Atomics.wait(words, DONE, last, NAP);
      const done = Atomics.load(words, DONE);
      const now = performance.now();
      waited = done === last ? waited + Math.min(now - before, 2 * NAP) : 0;
      if (waited >= most) return false;
      [last, before] = [done, now];
    }
    return true;
  }

  #run(kernels: Kernel[], place: number): void {
    const first = place * MOST_ARGUMENTS;
    try {
      const args = this.#arguments.subarray(first, first + this.#counts[place]!);
      this.#results[place] = kernels[this.#kernels[place]!]!(...args);
    } catch (error) {
      const text = new TextEncoder().encode(String(error)).subarray(0, CAUSE_BYTES - 1);
      this.#cause.set([text.length, ...text]);
      Atomics.store(this.words, FAILED, 1);
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
