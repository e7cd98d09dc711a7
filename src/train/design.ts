import { addOnes, transposeTo } from "../data/columns.js";
import type { Dataset } from "../data/dataset.js";
import type { Matrix } from "../engine/kernels.js";
import type { F64, U32 } from "../engine/memory.js";
import { OptionError } from "../errors.js";
import type { BatchOptions } from "./options.js";
import { screen } from "./screen.js";

/** The design matrix of a batch fit: the columns that may have a weight, and what holds for each at every strength. */
export interface Design {
  /** By columns; with an intercept the last is all ones. */
  x: Matrix;
  /** Columns of x, and its entries. */
  size: number;
  entries: number;
  intercept: boolean;
  /** The dataset's column of each of x's, the intercept left out. */
  columns: Uint32Array;
  /** [seen], the column of x that stands for each of the dataset's; NOWHERE when its weight is proven 0. */
  places: U32;
  /** [size], what the strengths count times for each column; 0 for the intercept. */
  factors: Float64Array;
  /** Columns whose factor is 0. */
  free: number[];
  /** As `factors`, of every column of the dataset; null when all are 1. */
  allFactors: Float64Array | null;
  /** [size], 1 / max_i |x_ij|. */
  inverseReach: F64;
  /** Columns left out because a bound proves their weight 0, and because another stands for them. */
  provenZero: number;
  merged: number;
}

/** Strengths, mean loss or sum as the user says. */
export interface Strengths {
  l1: number;
  l2: number;
}

/**
 * Takes a dataset's columns but for those proven 0 at strength l1, against the sum of losses, and at all above. Without
 * l2, of columns that hold the same only the first needs a weight; of those with one entry in the same row the largest.
 * The columns come in no order.
 * Throws OptionError on a penalty factor that is not a number ≥ 0.
 */
export function designOf(
  data: Dataset,
  { l1, l2 }: Strengths,
  options: Pick<BatchOptions, "intercept" | "penaltyFactors">,
): Design {
  const { intercept = true } = options;
  const { engine, seen } = data;
  const { memory } = engine;
  const allFactors = factorsOf(data, options.penaltyFactors);
  const { places, pointers, columns: ids, left } = screen(data, l1, allFactors, intercept);
  const spare = intercept ? data.count : 0;
  const x = transposeTo(pointers, engine, data.rows, data.count, left, places, spare);
  const kept = l2 === 0 ? merge(data, x, ids, left, places, allFactors) : left;
  const columns = ids.view.slice(0, kept);
  const size = columns.length + Number(intercept);
  if (intercept) addOnes(x, columns.length, data.count);
  const factors = new Float64Array(size).fill(1);
  const free: number[] = [];
  if (allFactors) {
    for (let t = 0; t < columns.length; t++) {
      factors[t] = allFactors[columns[t]!]!;
      if (factors[t] === 0) free.push(t);
    }
  }
  if (intercept) {
    factors[columns.length] = 0;
    free.push(columns.length);
  }
  const inverseReach = memory.f64(size);
  engine.kernels.inverseReach(x, size, inverseReach);
  return {
    entries: x.pointers.view[size]!,
    ...{ x, size, intercept, columns, places, factors, free, allFactors, inverseReach },
    provenZero: seen - left,
    merged: left - kept,
  };
}

/** Leaves one of x's columns that can stand for each other, in `ids` too, and returns how many stay. */
function merge(
  { engine, count: rows }: Dataset,
  x: Matrix,
  ids: U32,
  count: number,
  places: U32,
  allFactors: Float64Array | null,
): number {
  const { kernels, memory } = engine;
  const mark = memory.mark();
  try {
    const table = memory.u32(2 ** Math.ceil(Math.log2(2 * count + 1)), "raw");
    const alone = memory.u32(rows);
    const factors = allFactors && memory.f64(count);
    if (factors) for (let t = 0, [view, id] = [factors.view, ids.view]; t < count; t++) view[t] = allFactors[id[t]!]!;
    return kernels.mergeColumns(x, count, ids, factors, table, alone, places);
  } finally {
    memory.release(mark);
  }
}

/** Returns the penalty factor of each column of a dataset; null when all are 1. */
function factorsOf({ dictionary, space }: Dataset, given: BatchOptions["penaltyFactors"]): Float64Array | null {
  if (!given) return null;
  const factors = new Float64Array(dictionary.length);
  if (typeof given !== "function") {
    const names = space?.features.map(({ name }) => name) ?? [];
    const unknown = Object.keys(given).find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw new OptionError(`penaltyFactors: there is no feature "${unknown}" (${names.join(", ") || "no names"})`);
    }
  }
  const factorOf = (name: string) => (Object.hasOwn(given, name) ? (given as Record<string, number>)[name]! : 1);
  dictionary.ids.forEach((id, j) => {
    const factor = typeof given === "function" ? given(id) : factorOf(space!.featureOf(id).name);
    if (!(factor >= 0 && factor < Number.POSITIVE_INFINITY)) {
      throw new OptionError(`penaltyFactors: ${factor} for ${space?.nameOf(id) ?? `index ${id + 1}`}: expected ≥ 0`);
    }
    factors[j] = factor;
  });
  return factors;
}
