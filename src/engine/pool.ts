import { NoughtError } from "../errors.js";
import { platform, type Thread } from "../platform.js";
import {
  AWAITED,
  CONTROL_BYTES,
  Control,
  type Kernel,
  MOST_CALLS,
  type Numbered,
  STARTED,
  type Turn,
} from "./control.js";
import type { LinearMemory } from "./memory.js";
import type { Exports } from "./wasm.js";
import type { WorkerStart } from "./work.js";

/** Milliseconds in which no call is done after which a worker counts as dead. Most take microseconds. */
const PATIENCE = 4000;
/** What it may take more for each entry that it was launched with: a hundred times what the slowest kernel does. */
const PATIENCE_ENTRY = 0.01;

/** Nanoseconds that a worker takes to start. */
const START_COST = 50e6;

/** Milliseconds that tasks are done alone when sharing did not gain: at first, and when it goes on so. */
const LEAST_REST = 1;
const MOST_REST = 256;

/** A kernel over a range that is cut into chunks; the range stands in its arguments at `from` and after it. */
export interface Task {
  kernel: number;
  args: readonly number[];
  from: number;
}

/** A call of a kernel that was offered to all threads. */
export interface Call extends Numbered {
  /** What the kernel returned; null while that is not known here. */
  result: number | null;
}

/** What became of a pool's workers. Their threads hold it, so it does not hold the pool: that may be forgotten. */
interface Status {
  threads: Thread[];
  /** Workers that never started, and why. */
  refused: number;
  refusal: string | null;
  /** Why no task can be run any more. */
  failure: NoughtError | null;
  isStarted: boolean;
  isEnded: boolean;
}

/** Ends the workers of pools that nobody holds any more. */
const forgotten = new FinalizationRegistry(end);

/**
 * Workers on one shared memory. They start when there is work enough and help as soon as they are up: until then, or
 * where none is to be had, the caller works alone. What comes out does not depend on who did what.
 */
export class Pool {
  readonly #size: number;
  readonly #control: Control;
  readonly #kernels: Kernel[];
  readonly #start: WorkerStart;
  #rest = LEAST_REST;
  #notBefore = 0;
  #missed = 0;
  /** Of each ring: calls offered, and those that are not finished, by their places: others are garbage that is still young. */
  readonly #offered = [0, 0];
  readonly #calls: [(Call | null)[], (Call | null)[]] = [[], []];
  readonly #status: Status = {
    threads: [],
    refused: 0,
    refusal: null,
    failure: null,
    isStarted: false,
    isEnded: false,
  };

  /** `size`: threads, the caller's own among them. `kernels`: names of those that tasks run. */
  constructor(
    module: WebAssembly.Module,
    exports: Exports,
    arena: LinearMemory,
    size: number,
    kernels: readonly string[],
  ) {
    const control = arena.allocate(CONTROL_BYTES);
    const { memory } = arena;
    this.#size = size;
    this.#control = new Control(memory.buffer, control);
    this.#kernels = kernels.map((name) => exports[name] as Kernel);
    this.#start = { module, memory, control, kernels };
    forgotten.register(this, this.#status);
  }

  /** Threads that tasks run on, or will. */
  get threads(): number {
    return this.#size - this.#status.refused;
  }

  /** Why workers could not be had; null when all could, or none was needed yet. */
  get refusal(): string | null {
    return this.#status.refusal;
  }

  /**
   * Whether sharing a task, of a cost in nanoseconds, is likely to gain time: not before workers are up, nor while other
   * programs have the cores. Workers start when what could have been shared has cost as much as their start does.
   */
  isWilling(cost: number): boolean {
    const status = this.#status;
    const { failure, isStarted, isEnded } = status;
    if (failure) return true; // run() says so
    if (isEnded) return false;
    this.#missed += cost;
    if (!isStarted && this.#missed >= START_COST) startAll(status, this.#start, this.#size - 1, this.#control);
    return Atomics.load(this.#control.words, STARTED) > 0 && performance.now() >= this.#notBefore;
  }

  /**
   * Runs a task of so many chunks, of which c is the range bounds[c] ≤ i < bounds[c + 1], and returns what the kernel
   * returned for each. Throws NoughtError when the kernel fails, or a worker dies.
   */
  run({ kernel, args, from }: Task, bounds: ArrayLike<number>, chunks: number): number[] {
    const began = performance.now();
    const calls: Call[] = [];
    for (let c = 0; c < chunks; c++) {
      calls.push(this.offer(kernel, args.with(from, bounds[c]!).with(from + 1, bounds[c + 1]!)));
      if (c === 0) this.wake(chunks - 1); // the others are there by the time that workers are awake
    }
    const times: number[] = [];
    const results = calls.map((call) => this.finish(call, 0, times));
    const each = times.sort((a, b) => a - b)[times.length >> 1] ?? 0; // the median: a thread may be interrupted
    this.#judge(began, each * chunks);
    return results;
  }

  /** Starts the workers, if they were not yet. */
  start(): void {
    const status = this.#status;
    if (!status.isStarted && !status.isEnded) startAll(status, this.#start, this.#size - 1, this.#control);
  }

  /** Offers a call to all threads: one that is awake takes it after those before it in its ring. Throws as `run` does. */
  offer(kernel: number, args: readonly number[], turn: Turn = AWAITED): Call {
    this.#check();
    const number = this.#offered[turn]!++;
    const calls = this.#calls[turn];
    const former = calls[number % MOST_CALLS];
    if (former) this.finish(former);
    const call = { turn, number, result: null };
    this.#control.offer(call, kernel, args);
    calls[number % MOST_CALLS] = call;
    return call;
  }

  /** Wakes workers for so many calls. */
  wake(calls: number): void {
    this.#control.wake(Math.min(calls, this.#size - 1));
  }

  /**
   * Returns what a call returned, on so many entries: until that is known it runs here what is next. `times` gets the
   * milliseconds that each took. Throws as `run` does.
   */
  finish(call: Call, entries = 0, times: number[] = []): number {
    if (call.result !== null) return call.result;
    const [control, kernels] = [this.#control, this.#kernels];
    for (let began = performance.now(); !control.isDone(call) && control.runNext(kernels); ) {
      const now = performance.now();
      times.push(now - began);
      began = now;
    }
    const patience = PATIENCE + PATIENCE_ENTRY * entries;
    const cause = control.awaitDone(call, patience) ? control.failure : `no answer in ${(patience / 1000).toFixed()} s`;
    if (cause !== null) this.#status.failure ??= new NoughtError(`a thread failed: ${cause}`);
    this.#check();
    this.#calls[call.turn][call.number % MOST_CALLS] = null;
    call.result = control.resultOf(call);
    return call.result;
  }

  /** Throws what made the pool useless, if anything did. */
  #check(): void {
    const status = this.#status;
    if (!status.failure) return;
    end(status);
    throw status.failure;
  }

  /** Lets tasks be done alone for a while when sharing one took longer than it would have taken alone. */
  #judge(began: number, alone: number): void {
    const now = performance.now();
    const hasGained = now - began < alone;
    this.#rest = hasGained ? LEAST_REST : Math.min(2 * this.#rest, MOST_REST);
    if (!hasGained) this.#notBefore = now + this.#rest;
  }

  /** Ends the workers. */
  end(): void {
    end(this.#status);
  }
}

function end(status: Status): void {
  status.isEnded = true;
  for (const thread of status.threads) thread.end();
}

function startAll(status: Status, start: WorkerStart, count: number, { words }: Control): void {
  status.isStarted = true;
  for (let i = 0; i < count; i++) {
    let isLost = false;
    const onLost = (cause: Error) => {
      if (isLost || status.isEnded) return;
      isLost = true;
      status.refused++;
      status.refusal ??= `workers were refused (${cause.message})`;
      // One that had started may have left a chunk undone, or half done.
      if (status.refused + Atomics.load(words, STARTED) > count) {
        status.failure ??= new NoughtError(`a thread failed: ${cause.message}`, { cause });
      }
    };
    try {
      status.threads.push(platform().startThread(start, onLost));
    } catch (error) {
      onLost(error as Error);
    }
  }
}
