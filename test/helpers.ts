import type { Dataset } from "../src/data/dataset.js";
import { type Engine, wasmEngine } from "../src/engine/engine.js";
import type { Rows } from "../src/engine/kernels.js";
import type { Memory } from "../src/engine/memory.js";
import { type Arrays, createEngine } from "../src/node.js";
import { platform, providePlatform } from "../src/platform.js";
import { Random } from "../src/random.js";

/** Every implementation of the kernels; the last is the plain TypeScript one. */
export const ENGINES: Record<"scalar" | "simd" | "threads" | "baseline", () => Promise<Engine>> = {
  scalar: () => wasmEngine("scalar"),
  simd: () => wasmEngine("simd"),
  threads: () => wasmEngine("threads"),
  baseline: () => createEngine({ kernels: "baseline" }),
};

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Feeds bytes cut at the given places, as a stream that can be read once. */
export async function* cut(bytes: Uint8Array, ...places: number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const to of [...places, bytes.length]) {
    yield bytes.slice(from, to);
    from = to;
  }
}

/** Returns what a promise or a function throws; fails when it throws nothing. */
export async function errorOf(work: Promise<unknown> | (() => unknown)): Promise<Error> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected an error, got none");
}

/** Does work where the kernels with SIMD do not compile. */
export async function withoutSimd(work: () => Promise<void>): Promise<void> {
  const given = platform();
  providePlatform({
    ...given,
    compile: async (build) => {
      if (build !== "scalar") throw new WebAssembly.CompileError("refused");
      return given.compile(build);
    },
  });
  try {
    await work();
  } finally {
    providePlatform(given);
  }
}

/** Does work, and counts the threads that it starts. */
export async function threadsOf<T>(work: () => Promise<T>): Promise<{ result: T; started: number }> {
  const given = platform();
  let started = 0;
  const startThread: typeof given.startThread = (...args) => {
    started++;
    return given.startThread(...args);
  };
  providePlatform({ ...given, startThread });
  try {
    return { result: await work(), started };
  } finally {
    providePlatform(given);
  }
}

/** The bits of numbers: +0 and −0 differ. */
export function bitsOf(numbers: ArrayLike<number>): BigUint64Array {
  return new BigUint64Array(Float64Array.from(numbers).buffer);
}

export interface Row {
  label: number;
  weight: number;
  /** [id, value] */
  entries: [number, number][];
}

/** Lists what a dataset holds, by the ids of its data. */
export function rowsOf({ rows, count, dictionary }: Dataset): Row[] {
  const { pointers, indices, values, labels, weights } = rows;
  return Array.from({ length: count }, (_, i) => {
    const entries: [number, number][] = [];
    for (let k = pointers.view[i]!; k < pointers.view[i + 1]!; k++) {
      entries.push([dictionary.ids[indices.view[k]!]!, values ? values.view[k]! : 1]);
    }
    return { label: labels.view[i]!, weight: weights ? weights.view[i]! : 1, entries };
  });
}

export interface Shape {
  rows: number;
  columns: number;
  ones: boolean;
  weighted: boolean;
  seed?: number;
}

/** Makes seeded rows of 0 to 9 entries each, and some of 40. */
export function raggedRows(memory: Memory, { rows, columns, ones, weighted, seed = 7 }: Shape): Rows {
  const random = new Random(seed);
  const lists = Array.from({ length: rows }, (_, i) => {
    const length = i % 17 === 16 ? 40 : i % 10;
    const ids = new Set<number>();
    while (ids.size < length) ids.add(random.below(columns));
    return [...ids].sort((a, b) => a - b);
  });
  const pointers = memory.u32(rows + 1);
  const indices = memory.u32(lists.flat().length);
  const values = ones ? null : memory.f32(indices.length);
  const labels = memory.f64(rows);
  const weights = weighted ? memory.f64(rows) : null;
  indices.view.set(lists.flat());
  lists.forEach((list, i) => {
    pointers.view[i + 1] = pointers.view[i]! + list.length;
    labels.view[i] = random.unit() < 0.4 ? 1 : -1;
    if (weights) weights.view[i] = random.below(4) / 2;
  });
  if (values) for (let k = 0; k < values.length; k++) values.view[k] = random.unit() * 4 - 2;
  return { pointers, indices, values, labels, weights };
}

/** A sparse two-class problem whose label depends on columns 0 … 3 of 200 alone. */
export function problem({ rows = 3000, seed = 3 } = {}): Arrays & { support: number[] } {
  const random = new Random(seed);
  const effect = [2, -2, 1.5, -1.5];
  const [pointers, columns, labels] = [[0], [] as number[], [] as number[]];
  for (let i = 0; i < rows; i++) {
    let margin = 0;
    for (let j = 0; j < 200; j++) {
      if (random.unit() >= (j < 4 ? 0.5 : 0.03)) continue;
      columns.push(j);
      margin += effect[j] ?? 0;
    }
    pointers.push(columns.length);
    labels.push(random.unit() < 1 / (1 + Math.exp(-margin)) ? 1 : -1);
  }
  return { rows: pointers, columns, labels, dimension: 200, support: [0, 1, 2, 3] };
}

/** Writes arrays of ones as svmlight text. */
export function svmlightOf({ rows, columns, labels }: Arrays): string {
  let text = "";
  for (let i = 0; i < labels.length; i++) {
    text += String(labels[i]);
    for (let k = rows[i]!; k < rows[i + 1]!; k++) text += ` ${columns[k]! + 1}:1`;
    text += "\n";
  }
  return text;
}
