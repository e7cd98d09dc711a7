import { AWAITED, type Kernel, MEANWHILE, MOST_CALLS } from "./control.js";
import { type Kernels, ROW_BLOCK } from "./kernels.js";
import type { LinearMemory } from "./memory.js";
import type { Call, Pool } from "./pool.js";
import { type Exports, wasmKernels } from "./wasm.js";

/** Kernels over a range of a matrix's rows or columns, each with a result of its own: where the range stands. */
const SCANS: Record<string, number> = {
  marginsStored: 1,
  marginsOnes: 1,
  gradientsStored: 1,
  gradientsOnes: 1,
  couplingsStored: 1,
  couplingsOnes: 1,
  derivativesStored: 1,
  derivativesOnes: 1,
};
/** Kernels that return a sum over rows, by blocks: where the range stands, and what a row costs, in nanoseconds. */
const SUMS: Record<string, { at: number; cost: number }> = {
  lossLogistic: { at: 1, cost: 16 },
  lossSquared: { at: 1, cost: 2 },
  dualLogistic: { at: 1, cost: 40 },
  dualSquared: { at: 1, cost: 3 },
  touchLogistic: { at: 1, cost: 40 },
  touchSquared: { at: 1, cost: 3 },
  linearizeLogistic: { at: 1, cost: 14 },
  linearizeSquared: { at: 1, cost: 3 },
  tilt: { at: 0, cost: 0.5 },
  bend: { at: 0, cost: 0.5 },
};

/** Kernels over pieces of a matrix's rows, whose results are added: where the pieces stand, after the matrix and their bounds. */
const PIECES: Record<string, number> = { curveStored: 2, curveOnes: 2 };

/**
 * Kernels that workers run whole while the caller does something else, or shares in it. Blocks are learned one after the
 * other: that is what takes longest to come to its end, so texts are parsed when no block is to be learned.
 */
const LEARNING = ["ftrlRows", "ftrlBatches", "ftrlGradient", "sgdRows"].flatMap((name) =>
  ["Logistic", "Squared"].flatMap((loss) => ["Stored", "Ones"].map((values) => name + loss + values)),
);
const PARSING = ["parseSvmlight", "parseVw", "parseCsv"].flatMap((name) =>
  ["Stored", "Ones"].map((values) => name + values),
);

/** Names of the kernels that threads run, in the order of their numbers in a call. */
export const SHARED: readonly string[] = [
  ...[SCANS, SUMS, PIECES].flatMap((kernels) => Object.keys(kernels)),
  ...LEARNING,
  ...PARSING,
];

/** Nanoseconds that are worth waking a worker for: an entry or a row of a scan takes about one. */
const WORTH_WAKING = 80_000;
/** Of a chunk of a scan, at least: taking one costs a microsecond, or several where the code is not compiled yet. */
const CHUNK = 8_000;
/** Chunks of a scan for each thread: more even them out no further. */
const CHUNKS = 16;

/** Returns the kernels of an instance whose scans of columns and rows run on a pool, with the same bits. */
export function parallelKernels(exports: Exports, memory: LinearMemory, pool: Pool): Kernels {
  const shared: Record<string, unknown> = { ...exports };
  for (const [name, at] of Object.entries(SCANS)) shared[name] = sharedScan(name, at, exports, memory, pool);
  for (const name of Object.keys(SUMS)) shared[name] = sharedSum(name, exports, pool);
  for (const [name, at] of Object.entries(PIECES)) shared[name] = sharedPieces(name, at, exports, memory, pool);
  return wasmKernels(shared as Exports, memory);
}

/** Kernels that run while their caller goes on. */
export interface Background {
  /**
   * Takes so many sets of kernels, each with argument structs of its own at the top of the arena. Those of LEARNING
   * and PARSING note their call and return at once, not a number; one set notes no second before the first is finished.
   */
  lanes(count: number): Kernels[];
  /** Starts the workers ahead of the first call. */
  start(): void;
  /** Lets the workers run the calls that were noted, and returns these. What they were given must stay as it is. */
  launch(): Call[];
  /**
   * Waits for calls, each on so many entries, and returns what each returned; meanwhile it runs others here, in their
   * order. Throws NoughtError when one failed.
   */
  finish(calls: readonly Call[], entries?: number): number[];
}

/** Returns kernels of an instance that a pool's workers run in the background. */
export function backgroundOf(exports: Exports, memory: LinearMemory, pool: Pool): Background {
  let calls: Call[] = [];
  const noting: Record<string, unknown> = { ...exports };
  for (const name of [...LEARNING, ...PARSING]) {
    const kernel = SHARED.indexOf(name);
    const turn = PARSING.includes(name) ? MEANWHILE : AWAITED;
    noting[name] = (...args: number[]) => {
      calls.push(pool.offer(kernel, args, turn));
      return Number.NaN;
    };
  }
  return {
    lanes: (count) => Array.from({ length: count }, () => wasmKernels(noting as Exports, memory)),
    start: () => pool.start(),
    launch() {
      const launched = calls;
      calls = [];
      pool.wake(launched.length);
      return launched;
    },
    finish: (calls, entries) => calls.map((call) => pool.finish(call, entries)),
  };
}

/** Whether a task of a cost had better be shared. */
function isShared(pool: Pool, cost: number): boolean {
  return cost >= WORTH_WAKING && pool.isWilling(cost);
}

/** Returns a kernel whose range, of rows or columns of a matrix, is shared out. */
function sharedScan(name: string, at: number, exports: Exports, memory: LinearMemory, pool: Pool): Kernel {
  const alone = exports[name] as Kernel;
  const kernel = SHARED.indexOf(name);
  const pointersAt = exports.MATRIX_POINTERS?.value as number;
  return (...args) => {
    const [from, to] = [args[at]!, args[at + 1]!];
    const { buffer } = memory;
    const pointers = new DataView(buffer).getUint32(args[0]! + pointersAt, true);
    const starts = new Uint32Array(buffer, pointers, to + 1);
    const cost = starts[to]! - starts[from]! + to - from;
    if (!isShared(pool, cost)) return alone(...args);
    const chunks = Math.min(Math.ceil(cost / CHUNK), CHUNKS * pool.threads, MOST_CALLS);
    return pool.run({ kernel, args, from: at }, cutEvenly(chunks, starts, from, to), chunks)[0]!;
  };
}

/** Returns a kernel whose blocks of rows are shared out, and their sums added in order. */
function sharedSum(name: string, exports: Exports, pool: Pool): Kernel {
  const alone = exports[name] as Kernel;
  const kernel = SHARED.indexOf(name);
  const { at, cost } = SUMS[name]!;
  return (...args) => {
    const [from, to] = [args[at]!, args[at + 1]!];
    if (to - from <= ROW_BLOCK || !isShared(pool, (to - from) * cost)) return alone(...args);
    const chunks = Math.ceil((to - from) / ROW_BLOCK);
    const bounds = Array.from({ length: chunks + 1 }, (_, c) => Math.min(from + c * ROW_BLOCK, to));
    return pool.run({ kernel, args, from: at }, bounds, chunks).reduce((sum, it) => sum + it, 0);
  };
}

/** Returns a kernel whose pieces are shared out, and their results added in order. */
function sharedPieces(name: string, at: number, exports: Exports, memory: LinearMemory, pool: Pool): Kernel {
  const alone = exports[name] as Kernel;
  const kernel = SHARED.indexOf(name);
  const pointersAt = exports.MATRIX_POINTERS?.value as number;
  return (...args) => {
    const [from, to] = [args[at]!, args[at + 1]!];
    const view = new DataView(memory.buffer);
    const startOf = (piece: number) =>
      view.getUint32(
        view.getUint32(args[0]! + pointersAt, true) + 4 * view.getUint32(args[at - 1]! + 4 * piece, true),
        true,
      );
    if (to - from < 2 || !isShared(pool, 2 * (startOf(to) - startOf(from)))) return alone(...args);
    const bounds = Array.from({ length: to - from + 1 }, (_, p) => from + p);
    return pool.run({ kernel, args, from: at }, bounds, to - from).reduce((sum, it) => sum + it, 0);
  };
}

/** Cuts a range into chunks of about as many entries and rows each: where they end. `starts`: where each row's entries begin. */
function cutEvenly(chunks: number, starts: Uint32Array, from: number, to: number): number[] {
  const bounds: number[] = [];
  const first = starts[from]!;
  const cost = starts[to]! - first + to - from;
  let low = from;
  for (let c = 0; c < chunks; c++) {
    const wanted = (cost * c) / chunks;
    for (let high = to; low < high; ) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! - first + middle - from < wanted) low = middle + 1;
      else high = middle;
    }
    bounds.push(low);
  }
  bounds.push(to);
  return bounds;
}
