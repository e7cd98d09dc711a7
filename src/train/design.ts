import { NOWHERE, transpose } from "../data/columns.js";
import type { Dataset } from "../data/dataset.js";
import type { Matrix } from "../engine/kernels.js";
import type { F64 } from "../engine/memory.js";
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
  /** [size], 1 / max_i |x_ij|. */
  inverseReach: F64;
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
  const screened = provenZero(
    data,
    factors.map((it) => l1 * it),
    intercept,
  );
  const places = new Uint32Array(data.seen).fill(NOWHERE);
  let kept = 0;
  for (let j = 0; j < places.length; j++) if (!screened[j]) places[j] = kept++;
  const columns = new Uint32Array(kept);
  places.forEach((place, j) => {
    if (place !== NOWHERE) columns[place] = j;
  });

  const size = kept + Number(intercept);
  const x = transpose(memory, data.rows, kept, places, intercept);
  const inverseReach = memory.f64(size);
  reachInto(inverseReach.view, x);
  const own = new Float64Array(size);
  columns.forEach((j, place) => {
    own[place] = factors[j]!;
  });
  return { x, size, intercept, columns, factors: own, inverseReach, provenZero: places.length - kept };
}

/** Returns the penalty factor of each column of a dataset. */
function factorsOf({ dictionary, space }: Dataset, given: BatchOptions["penaltyFactors"]): Float64Array {
  const factors = new Float64Array(dictionary.length).fill(1);
  if (!given) return factors;
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

function reachInto(out: Float64Array, { pointers, values }: Matrix): void {
  if (!values) {
    out.fill(1);
    return;
  }
  const [starts, x] = [pointers.view, values.view];
  for (let j = 0; j < out.length; j++) {
    let reach = 0;
    for (let k = starts[j]!; k < starts[j + 1]!; k++) reach = Math.max(reach, Math.abs(x[k]!));
    out[j] = reach > 0 ? 1 / reach : 0;
  }
}
