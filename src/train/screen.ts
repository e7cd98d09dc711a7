import type { Dataset } from "../data/dataset.js";
import type { U32 } from "../engine/memory.js";

/** Which columns of a dataset a solve is about. */
export interface Screened {
  /** The columns that a bound does not prove 0, and how many they are. */
  columns: U32;
  left: number;
  /** [seen], which of those each column is; NOWHERE when its weight is proven 0. */
  places: U32;
  /** [seen + 2], where the entries of each of those begin, put by columns; it ends where they end. */
  pointers: U32;
}

/**
 * Leaves out columns whose weight is 0 at the optimum for certain, by a bound on their gradient that counts give (see
 * datafit.ts); l1, times the factor of a column, counts against the sum of losses.
 */
export function screen(data: Dataset, l1: number, factors: Float64Array | null, intercept: boolean): Screened {
  const { rows, count, seen, loss, engine } = data;
  const { kernels, memory } = engine;
  // So that l1 = 1/n, times n rows, does prove columns of one row: what it lets in is below the rounding of a gradient.
  const most = l1 * (1 + 1e-12);
  const [places, columns] = [memory.u32(seen, "raw"), memory.u32(seen, "raw")];
  const pointers = memory.u32(seen + 2, "raw");
  const mark = memory.mark();
  try {
    const areCounts = !rows.values && !rows.weights;
    const tallies = { counts: memory.u32(2 * seen), sums: areCounts ? null : memory.f64(2 * seen) };
    kernels.tally(loss, rows, count, tallies);
    const own = factors && memory.f64(seen);
    if (factors) own?.view.set(factors);
    const residuals = loss === "squared" ? residualsOf(data, intercept) : 0;
    const left = kernels.screen(loss, seen, tallies, own, most, residuals, places, columns, pointers);
    return { columns, left, places, pointers };
  } finally {
    memory.release(mark);
  }
}

/** Σ s·r² of the best model without features, around the mean first: labels may be far from 0. Never too small. */
function residualsOf({ rows, count, offsets }: Dataset, intercept: boolean): number {
  const [labels, weights] = [rows.labels.view, rows.weights?.view];
  const target = (i: number) => labels[i]! - (offsets ? offsets.view[i]! : 0);
  let [mean, total, largest] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const s = weights ? weights[i]! : 1;
    total += s;
    if (intercept && s > 0) mean += (s / total) * (target(i) - mean);
    largest = Math.max(largest, Math.abs(target(i)));
  }
  // What a target, and so a gradient, is off by.
  const blur = largest * 2 ** -50;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (weights ? weights[i]! : 1) * (Math.abs(target(i) - mean) + blur) ** 2;
  return squares;
}
