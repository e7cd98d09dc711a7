import { MemoryError, NoughtError, OptionError } from "../errors.js";
import { type Build, platform } from "../platform.js";
import { instantiateOn } from "./instantiate.js";
import type { Kernels } from "./kernels.js";
import { HostMemory, LinearMemory, type Memory } from "./memory.js";
import { type Background, backgroundOf, parallelKernels, SHARED } from "./parallel.js";
import { Pool } from "./pool.js";
import { wasmKernels } from "./wasm.js";

const ONE_THREAD = "ftrl and sgd train on one thread where data is in memory";

/** A number that only a slip of the keyboard exceeds. */
const MOST_THREADS = 128;

/** What an engine runs on, and why it is not more. */
export interface Runtime {
  kernels: "wasm" | "wasm-threads" | "baseline";
  simd: boolean;
  /** Whether the memory is shared between threads. */
  shared: boolean;
  /** Threads that kernels may run on; what is too small to share stays on one. */
  threads: number;
  /** Why something asked for is not in use; null when all is. */
  reason: string | null;
}

/** Which kernels do the work, and on how many threads. */
export interface EngineOptions {
  /** "wasm" (the default) falls back to "baseline", plain TypeScript, where WebAssembly is forbidden. */
  kernels?: "wasm" | "baseline";
  /**
   * Threads wanted, 1 to 128; default 1, of streams 2. More than one takes the build for shared memory, which in a
   * browser needs a cross-origin isolated page. Workers start with the first work that is large enough. The result is
   * the same for any number. `fit` with ftrl or sgd uses one of them all the same.
   */
  threads?: number;
}

/** What another thread makes an engine of, on a part of the same memory. */
export interface Lease {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** Addresses; zeros between them. */
  from: number;
  to: number;
}

/** What an engine that others may share its memory with has besides. */
interface Sharing {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  background: Background;
  /** The kernels on the caller's thread alone. */
  alone: Kernels;
}

/** One memory and the kernels that work on it. Data, trainers' state and scratch live in it. */
export class Engine implements Disposable {
  readonly #runtime: Runtime;
  readonly #pool: Pool | null;
  readonly #sharing: Sharing | null;
  #parts: { kernels: Kernels; memory: Memory } | null;

  constructor(
    kernels: Kernels,
    memory: Memory,
    runtime: Runtime,
    pool: Pool | null = null,
    sharing: Sharing | null = null,
  ) {
    this.#parts = { kernels, memory };
    this.#runtime = runtime;
    this.#pool = pool;
    this.#sharing = sharing;
  }

  /** Kernels that a worker runs meanwhile; null where there is none. */
  get background(): Background | null {
    return this.#sharing?.background ?? null;
  }

  /** This engine on one thread, for work that shares out its threads otherwise. */
  get alone(): Engine {
    const { memory } = this;
    return this.#sharing ? new Engine(this.#sharing.alone, memory, { ...this.#runtime, threads: 1 }) : this;
  }

  /**
   * Sets bytes of the arena aside for an engine on another thread, as `engineOn` makes it; null where the memory is not
   * shared, or has not room for `spare` bytes more. They are the other thread's until the arena is released below them.
   */
  lend(bytes: number, spare: number): Lease | null {
    if (!this.#sharing) return null;
    const { module, memory } = this.#sharing;
    const mark = this.memory.mark();
    try {
      const from = this.memory.u8(bytes).pointer;
      const to = this.memory.mark();
      this.memory.u8(spare, "raw");
      this.memory.release(to);
      return { module, memory, from, to: from + bytes };
    } catch (error) {
      this.memory.release(mark);
      if (error instanceof MemoryError) return null;
      throw error;
    }
  }

  /** What this engine runs on, as far as is known: workers start late, and may be refused then. */
  get runtime(): Readonly<Runtime> {
    const pool = this.#pool;
    return pool?.refusal ? { ...this.#runtime, threads: pool.threads, reason: pool.refusal } : this.#runtime;
  }

  /** As `runtime`, for the solvers that run on one thread whatever there is. */
  get runtimeOnOne(): Readonly<Runtime> {
    const { runtime } = this;
    return runtime.threads === 1 ? runtime : { ...runtime, threads: 1, reason: ONE_THREAD };
  }

  get kernels(): Kernels {
    return this.#inUse.kernels;
  }

  get memory(): Memory {
    return this.#inUse.memory;
  }

  /** Ends the workers and lets go of the memory. All that lives in it is gone; using the engine again is an error. */
  dispose(): void {
    this.#pool?.end();
    this.#parts = null;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Gives the arena from `from` to `to` back if nothing has been taken since; else it stays taken. */
  reclaim(from: number, to: number): void {
    const memory = this.#parts?.memory;
    if (memory?.mark() === to) memory.release(from);
  }

  #last: Promise<unknown> = Promise.resolve();

  /** Runs work that allocates across pauses when all such work before it is done: the arena is a stack. */
  exclusive<T>(work: () => Promise<T> | T): Promise<T> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => {});
    return run;
  }

  get #inUse() {
    if (!this.#parts) throw new NoughtError("this engine is disposed of, and the data in it");
    return this.#parts;
  }
}

/**
 * Creates an engine on the best kernels that this machine allows: a build that it refuses gives way to the next, at
 * last to plain TypeScript. Throws OptionError on an unknown option, and what reading the kernels' file throws.
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  checkEngine(options);
  const { kernels = "wasm", threads = 1 } = options;
  if (kernels === "baseline") return baselineEngine(null);
  const unshared = threads > 1 ? whyUnshared() : null;
  const builds: Build[] = threads > 1 && !unshared ? ["threads", "simd", "scalar"] : ["simd", "scalar"];
  let refusal = "";
  for (const build of builds) {
    try {
      return await wasmEngine(build, threads, unshared || refusal || null);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refusal = `the ${build} build of the kernels was refused (${(error as Error).message})`;
    }
  }
  return baselineEngine(refusal);
}

/** Throws OptionError on an unknown option. */
export function checkEngine({ kernels = "wasm", threads = 1 }: EngineOptions): void {
  if (kernels !== "wasm" && kernels !== "baseline") {
    throw new OptionError(`kernels "${kernels}": expected "wasm" or "baseline"`);
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new OptionError(`threads ${threads}: expected a whole number from 1 to ${MOST_THREADS}`);
  }
}

/** Whether an error says that WebAssembly, or this much of it, is not to be had here; all others are failures. */
function isRefusal(error: unknown): boolean {
  if (typeof WebAssembly === "undefined") return true;
  const refusals = [WebAssembly.CompileError, WebAssembly.LinkError, RangeError, EvalError];
  return refusals.some((type) => error instanceof type);
}

/** Creates an engine on one build, or throws what the platform throws. Only the build for threads runs on several. */
export async function wasmEngine(build: Build, threads = 1, reason: string | null = null): Promise<Engine> {
  const module = await platform().compile(build);
  const shared = build === "threads";
  const memory = shared ? sharedMemory() : new WebAssembly.Memory({ initial: 1 });
  const exports = await instantiateOn(module, memory);
  const arena = new LinearMemory(memory, exports.HEAP_BASE?.value);
  const pool = shared && threads > 1 ? new Pool(module, exports, arena, threads, SHARED) : null;
  const alone = wasmKernels(exports, arena);
  const kernels = pool ? parallelKernels(exports, arena, pool) : alone;
  const runtime: Runtime = {
    kernels: shared ? "wasm-threads" : "wasm",
    simd: build !== "scalar",
    shared,
    threads: pool ? threads : 1,
    reason,
  };
  if (!pool) return new Engine(kernels, arena, runtime);
  const background = backgroundOf(exports, arena, pool);
  return new Engine(kernels, arena, runtime, pool, { module, memory, alone, background });
}

/** Returns an engine on the memory that another lent, for the thread that runs this. */
export async function engineOn({ module, memory, from, to }: Lease): Promise<Engine> {
  const exports = await instantiateOn(module, memory);
  const arena = new LinearMemory(memory, from, to);
  const runtime: Runtime = { kernels: "wasm-threads", simd: true, shared: true, threads: 1, reason: null };
  return new Engine(wasmKernels(exports, arena), arena, runtime);
}

/** The TypeScript kernels are loaded where they are needed. */
async function baselineEngine(reason: string | null): Promise<Engine> {
  const { BASELINE } = await import("../baseline/index.js");
  const runtime: Runtime = { kernels: "baseline", simd: false, shared: false, threads: 1, reason };
  return new Engine(BASELINE, new HostMemory(), runtime);
}

/** A shared memory reserves its maximum at once, which phones refuse: ask for all, then for half. */
function sharedMemory(): WebAssembly.Memory {
  for (let maximum = 65536; ; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial: 1, maximum, shared: true });
    } catch (error) {
      if (maximum <= 1024) throw error;
    }
  }
}

function whyUnshared(): string | null {
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated ?? true;
  if (!isolated) return "page is not cross-origin isolated (COOP/COEP headers missing)";
  return typeof SharedArrayBuffer === "undefined" ? "this engine has no SharedArrayBuffer" : null;
}
