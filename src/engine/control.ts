/**
 * The control block: how a pool's coordinator and its workers talk, in the memory they share. Words of 32 bits; those
 * that several threads write have a cache line of their own.
 *
 *     ╒══════╤══════╤════════════════╤═════════╤═══════╤═════════╤═══════╤═══════╤═══════╤═══════╕
 *     │ BELL │ DONE │ FAILED STARTED │ OFFERED │ TAKEN │ OFFERED │ TAKEN │ cause │ calls │ calls │
 *     ╘══════╧══════╧════════════════╧═════════╧═══════╧═════════╧═══════╧═══════╧═══════╧═══════╛
 *
 * Two rings of calls, each in the order of their numbers: the coordinator writes the next and raises OFFERED, a thread
 * takes the next by raising TAKEN, of the second ring where the first has none. A call's place is written to again only
 * after it is done: then `ends` has its number, plus 1.
 */

/** Words: raised with each offer (workers wait on it), and with each call that is done, modulo 2³². */
export const BELL = 0;
const DONE = 16;
/** Word: 1 when a kernel failed; `cause` says how. */
const FAILED = 32;
/** Word: workers that have started. */
export const STARTED = 33;
/** Words of the first ring: calls offered and taken, modulo 2³². Those of the second are RING words further on. */
export const OFFERED = 48;
export const TAKEN = 64;
const RING = 32;

/** The rings: calls that others wait for, which are taken first, and what can be done meanwhile. */
export const AWAITED = 0;
export const MEANWHILE = 1;
export type Turn = typeof AWAITED | typeof MEANWHILE;

/** Calls of a ring that may be offered and not done yet; a power of 2. */
export const MOST_CALLS = 512;
/** Arguments of a kernel at most. */
const MOST_ARGUMENTS = 8;
/** Bytes of a cause, the first for its length. */
const CAUSE_BYTES = 256;

/** Byte offsets, those of a ring's calls among themselves, and the size of all. */
const CAUSE = 4 * (OFFERED + 2 * RING);
const CALLS = CAUSE + CAUSE_BYTES;
const COUNTS = 4 * MOST_CALLS;
const ENDS = COUNTS + 4 * MOST_CALLS;
const ARGUMENTS = ENDS + 4 * MOST_CALLS;
const RESULTS = ARGUMENTS + 8 * MOST_ARGUMENTS * MOST_CALLS;
const CALLS_BYTES = RESULTS + 8 * MOST_CALLS;
export const CONTROL_BYTES = CALLS + 2 * CALLS_BYTES;

export type Kernel = (...args: number[]) => number;

/** Where a call stands in its ring; numbers modulo 2³² may be negative. */
function placeOf(call: number): number {
  return call & (MOST_CALLS - 1);
}

/** One of the two rings. */
class Ring {
  readonly #words: Int32Array;
  /** Of each place: which kernel, and how many arguments. */
  readonly #kernels: Int32Array;
  readonly #counts: Int32Array;
  readonly #ends: Int32Array;
  readonly #arguments: Float64Array;
  readonly #results: Float64Array;

  constructor(buffer: ArrayBufferLike, pointer: number, turn: Turn) {
    const calls = pointer + CALLS + turn * CALLS_BYTES;
    this.#words = new Int32Array(buffer, pointer + 4 * turn * RING, OFFERED + RING);
    this.#kernels = new Int32Array(buffer, calls, MOST_CALLS);
    this.#counts = new Int32Array(buffer, calls + COUNTS, MOST_CALLS);
    this.#ends = new Int32Array(buffer, calls + ENDS, MOST_CALLS);
    this.#arguments = new Float64Array(buffer, calls + ARGUMENTS, MOST_ARGUMENTS * MOST_CALLS);
    this.#results = new Float64Array(buffer, calls + RESULTS, MOST_CALLS);
  }

  offer(call: number, kernel: number, args: readonly number[]): void {
    const place = placeOf(call);
    this.#kernels[place] = kernel;
    this.#counts[place] = args.length;
    this.#arguments.set(args, place * MOST_ARGUMENTS);
    Atomics.store(this.#words, OFFERED, call + 1);
  }

  /** Takes the next call, modulo 2³²; null where there is none that nobody has taken. */
  take(): number | null {
    for (;;) {
      const call = Atomics.load(this.#words, TAKEN);
      if (call === Atomics.load(this.#words, OFFERED)) return null;
      if (Atomics.compareExchange(this.#words, TAKEN, call, call + 1) === call) return call;
    }
  }

  /** Runs a call that was taken. */
  run(call: number, kernels: Kernel[]): void {
    const place = placeOf(call);
    const first = place * MOST_ARGUMENTS;
    const args = this.#arguments.subarray(first, first + this.#counts[place]!);
    this.#results[place] = kernels[this.#kernels[place]!]!(...args);
  }

  end(call: number): void {
    Atomics.store(this.#ends, placeOf(call), call + 1);
  }

  isDone(call: number): boolean {
    return Atomics.load(this.#ends, placeOf(call)) === ((call + 1) | 0);
  }

  resultOf(call: number): number {
    return this.#results[placeOf(call)]!;
  }
}

/** A call by its ring and its number in it. */
export interface Numbered {
  readonly turn: Turn;
  readonly number: number;
}

/** Views on a control block, and what a thread does with it. It is shared, so that memory that grows leaves it alone. */
export class Control {
  readonly words: Int32Array;
  readonly #rings: readonly [Ring, Ring];
  readonly #cause: Uint8Array;

  /** `pointer`: its address, a multiple of 16. */
  constructor(buffer: ArrayBufferLike, pointer: number) {
    this.words = new Int32Array(buffer, pointer, CAUSE / 4);
    this.#rings = [new Ring(buffer, pointer, AWAITED), new Ring(buffer, pointer, MEANWHILE)];
    this.#cause = new Uint8Array(buffer, pointer + CAUSE, CAUSE_BYTES);
  }

  /** What a kernel failed with; null when none did. */
  get failure(): string | null {
    if (Atomics.load(this.words, FAILED) === 0) return null;
    return new TextDecoder().decode(this.#cause.slice(1, 1 + this.#cause[0]!));
  }

  /** Offers a call, the next of its ring. The one before it in its place must be done. */
  offer({ turn, number }: Numbered, kernel: number, args: readonly number[]): void {
    this.#rings[turn].offer(number, kernel, args);
    Atomics.add(this.words, BELL, 1);
  }

  /** Wakes so many workers. */
  wake(workers: number): void {
    Atomics.notify(this.words, BELL, workers);
  }

  isDone({ turn, number }: Numbered): boolean {
    return this.#rings[turn].isDone(number);
  }

  /** What the kernel of a call returned, which is done. */
  resultOf({ turn, number }: Numbered): number {
    return this.#rings[turn].resultOf(number);
  }

  /** Runs the next call, if there is one that nobody has taken. Returns whether there was. */
  runNext(kernels: Kernel[]): boolean {
    for (const ring of this.#rings) {
      const call = ring.take();
      if (call === null) continue;
      try {
        ring.run(call, kernels);
      } catch (error) {
        this.#fail(error);
      }
      ring.end(call);
      Atomics.add(this.words, DONE, 1);
      Atomics.notify(this.words, DONE);
      return true;
    }
    return false;
  }

  /** Waits until the bell is rung again after it had a value. */
  awaitBell(heard: number): void {
    for (let looks = 0; looks < LOOKS; looks++) if (Atomics.load(this.words, BELL) !== heard) return;
    Atomics.wait(this.words, BELL, heard);
  }

  /**
   * Waits until a call is done, at most `most` milliseconds if not one more is. Returns whether it is. A process that was
   * stopped (Ctrl-Z, a laptop that sleeps) has not waited meanwhile: no look counts for more than twice a nap.
   */
  awaitDone(call: Numbered, most: number): boolean {
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

  #fail(error: unknown): void {
    const text = new TextEncoder().encode(String(error)).subarray(0, CAUSE_BYTES - 1);
    this.#cause.set([text.length, ...text]);
    Atomics.store(this.words, FAILED, 1);
  }
}

/** Looks at a word before a thread sleeps until it changes, 200 to 800 µs: to wake one takes 100 on a virtual machine. */
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
