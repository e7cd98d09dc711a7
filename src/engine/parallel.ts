import { conjugateOver } from "../baseline/conjugate.js";
import { type Kernel, MOST_CHUNKS } from "./control.js";
import { type Kernels, ROW_BLOCK } from "./kernels.js";
import type { LinearMemory } from "./memory.js";
import type { Pool } from "./pool.js";
import { type Exports, wasmKernels } from "./wasm.js";

/** Kernels over a range of a matrix's rows or columns, each with a result of its own: where the range stands. */
const SCANS: Record<string, number> = {
  marginsStored: 1,
  marginsOnes: 1,
  gradientsStored: 1,
  gradientsOnes: 1,
  curvaturesStored: 1,
  curvaturesOnes: 1,
};
/** Kernels that return a sum over rows, by blocks: where the range stands, and the blocks that are worth waking for. */
const SUMS: Record<string, { at: number; least: number }> = {
  lossLogistic: { at: 1, least: 3 },
  lossSquared: { at: 1, least: 16 },
  linearizeLogistic: { at: 1, least: 3 },
  linearizeSquared: { at: 1, least: 8 },
  bend: { at: 0, least: 32 },
};

/** Names of the kernels that threads share, in the order of their numbers in a task. */
export const SHARED: readonly string[] = [...Object.keys(SCANS), ...Object.keys(SUMS)];

/** Entries and rows of a scan, about a nanosecond each, that are worth waking a worker for; or one that is awake. */
const WORTH_WAKING = 80_000;
const WORTH_SHARING = 20_000;
/** Of a chunk, at least: taking one costs a microsecond, or several where the code is not compiled yet. */
const CHUNK = 8_000;
/** Chunks for each thread: more even them out no further. */
const CHUNKS = 16;

/** Bytes to parse, or entries, from which on a pool had better be started: larger work is to come. */
const LARGE = 250_000;

/** Returns the kernels of an instance whose scans of columns and rows run on a pool, with the same bits. */
export function parallelKernels(exports: Exports, memory: LinearMemory, pool: Pool): Kernels {
  const shared: Record<string, unknown> = { ...exports };
  for (const [name, at] of Object.entries(SCANS)) shared[name] = sharedScan(name, at, exports, memory, pool);
  for (const name of Object.keys(SUMS)) shared[name] = sharedSum(name, exports, pool);
  const kernels = wasmKernels(shared as Exports, memory);
  const conjugate = conjugateOver(kernels);
  const startIf = (isLarge: boolean) => {
    if (isLarge) pool.start();
  };
  return {
    ...kernels,
    conjugate(x, rows, count, o) {
      if (x.indices.length + count < WORTH_WAKING || !pool.isWilling) kernels.conjugate(x, rows, count, o);
      else pool.keepAwake(() => conjugate(x, rows, count, o));
    },
    parseSvmlight(bytes, from, to, o) {
      startIf(to - from >= LARGE);
      return kernels.parseSvmlight(bytes, from, to, o);
    },
    countIndices(x, count, places, counts) {
      startIf(x.indices.length >= LARGE);
      kernels.countIndices(x, count, places, counts);
    },
  };
}

/** Returns a kernel whose range, of rows or columns of a matrix, is shared out. */
function sharedScan(name: string, at: number, exports: Exports, memory: LinearMemory, pool: Pool): Kernel {
  const alone = exports[name] as Kernel;
  const kernel = SHARED.indexOf(name);
  const pointersAt = exports.MATRIX_POINTERS?.value as number;
  return (...args) => {
    const [from, to] = [args[at]!, args[at + 1]!];
    const { buffer } = memory.memory;
    const pointers = new DataView(buffer).getUint32(args[0]! + pointersAt, true);
    const starts = new Uint32Array(buffer, pointers, to + 1);
    const units = starts[to]! - starts[from]! + to - from;
    if (units < (pool.isAwake ? WORTH_SHARING : WORTH_WAKING) || !pool.isWilling) return alone(...args);
    const chunks = Math.min(Math.ceil(units / CHUNK), CHUNKS * pool.threads, MOST_CHUNKS);
    cutEvenly(pool.bounds, chunks, starts, from, to);
    return pool.run({ kernel, args, from: at }, chunks)[0]!;
  };
}

/** Returns a kernel whose blocks of rows are shared out, and their sums added in order. */
function sharedSum(name: string, exports: Exports, pool: Pool): Kernel {
  const alone = exports[name] as Kernel;
  const kernel = SHARED.indexOf(name);
  const { at, least } = SUMS[name]!;
  return (...args) => {
    const [from, to] = [args[at]!, args[at + 1]!];
    if (to - from < ROW_BLOCK * (pool.isAwake ? 2 : least) || !pool.isWilling) return alone(...args);
    let sum = 0;
    for (let start = from; start < to; start += MOST_CHUNKS * ROW_BLOCK) {
      const chunks = Math.min(Math.ceil((to - start) / ROW_BLOCK), MOST_CHUNKS);
      const { bounds } = pool;
      for (let c = 0; c <= chunks; c++) bounds[c] = Math.min(start + c * ROW_BLOCK, to);
      const sums = pool.run({ kernel, args, from: at }, chunks);
      for (let c = 0; c < chunks; c++) sum += sums[c]!;
    }
    return sum;
  };
}

/** Cuts a range into chunks of about as many entries and rows each. `starts`: where each row's entries begin. */
function cutEvenly(bounds: Uint32Array, chunks: number, starts: Uint32Array, from: number, to: number): void {
  const first = starts[from]!;
  const units = starts[to]! - first + to - from;
  let low = from;
  for (let c = 0; c < chunks; c++) {
    const wanted = (units * c) / chunks;
    for (let high = to; low < high; ) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! - first + middle - from < wanted) low = middle + 1;
      else high = middle;
    }
    bounds[c] = low;
  }
  bounds[chunks] = to;
}
