import { transpose } from "../data/columns.js";
import type { Dataset } from "../data/dataset.js";
import { type Matrix, NOWHERE } from "../engine/kernels.js";
import { OptionError } from "../errors.js";
import type { BatchOptions } from "./options.js";
import { provenZero } from "./screen.js";

/** The design matrix of a batch fit: the columns that may have a weight, and what holds for each at every strength. */
export interface Design {
  /** By columns; with an intercept the last is all ones. */
  x: Matrix;
  /** Columns of x. */
  size: number;
  intercept: boolean;
  /** The dataset's column of each of x's, the intercept left out. */
  columns: Uint32Array;
  /** [size], what the strengths count times for each column; 0 for the intercept. */
  factors: Float64Array;
  /** As `factors`, of every column of the dataset; null when all are 1. */
  allFactors: Float64Array | null;
  /** [size], 1 / max_i |x_ij|. */
  inverseReach: Float64Array;
  /** Columns left out because a bound proves their weight 0. */
  provenZero: number;
}

/**
 * Takes a dataset's columns but for those proven 0 at `l1`, a strength against the sum of losses, and at all above.
 * Throws OptionError on a penalty factor that is not a number ≥ 0.
 */
export function designOf(
  data: Dataset,
  l1: number,
  options: Pick<BatchOptions, "intercept" | "penaltyFactors">,
): Design {
  const { intercept = true } = options;
  const { memory } = data.engine;
  const factors = factorsOf(data, options.penaltyFactors);
  const screened = provenZero(data, l1, factors, intercept);
  const places = memory.u32(data.seen);
  const columns = new Uint32Array(data.seen);
  let kept = 0;
  for (let j = 0, place = places.view; j < screened.length; j++) {
    if (screened[j]) place[j] = NOWHERE;
    else {
      columns[kept] = j;
      place[j] = kept++;
    }
  }
  const x = transpose(data.engine, data.rows, data.count, kept, places, intercept);
  const size = kept + Number(intercept);
  const own = new Float64Array(size).fill(1);
  if (factors) for (let t = 0; t < kept; t++) own[t] = factors[columns[t]!]!;
  if (intercept) own[kept] = 0;
  return {
    x,
    size,
    intercept,
    columns: columns.slice(0, kept),
    factors: own,
    allFactors: factors,
    inverseReach: inverseReachOf(x),
    provenZero: data.seen - kept,
  };
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
  dictionary.ids.forEach((id, j) => {
    const factor = typeof given === "function" ? given(id) : (given[space!.featureOf(id).name] ?? 1);
    if (!(factor >= 0 && factor < Number.POSITIVE_INFINITY)) {
      throw new OptionError(`penaltyFactors: ${factor} for ${space?.nameOf(id) ?? `index ${id + 1}`}: expected ≥ 0`);
    }
    factors[j] = factor;
  });
  return factors;
}

function inverseReachOf({ pointers, values }: Matrix): Float64Array {
  const out = new Float64Array(pointers.length - 1).fill(1);
  if (!values) return out;
  const [starts, x] = [pointers.view, values.view];
  for (let j = 0; j < out.length; j++) {
    let reach = 0;
    for (let k = starts[j]!; k < starts[j + 1]!; k++) reach = Math.max(reach, Math.abs(x[k]!));
    out[j] = reach > 0 ? 1 / reach : 0;
  }
  return out;
}
