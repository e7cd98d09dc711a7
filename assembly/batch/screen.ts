import { Datafit } from "../datafit";
import { NOWHERE, Rows } from "../layout";
import { Values } from "../sparse";

// What rows say of their columns before a solve.

/**
 * Adds to counts, u32[2 · columns], the entries of each column where x_ij·y_i is above 0, and the others; and to sums,
 * f64[2 · columns], what the loss bounds their gradient by, Σ s·bound(x_ij). `sums` may be 0 where all of it are counts.
 */
export function tally<D extends Datafit, V extends Values>(rows: Rows, count: u32, counts: usize, sums: usize): void {
  const pointers = rows.pointers;
  const indices = rows.indices;
  const values = rows.values;
  const labels = rows.labels;
  const weights = rows.weights;
  let k = load<u32>(pointers);
  for (let i: u32 = 0; i < count; ++i) {
    const s = weights ? load<f64>(weights + (<usize>i << 3)) : 1.0;
    const y = load<f64>(labels + (<usize>i << 3));
    for (const end = load<u32>(pointers + (<usize>i << 2), 4); k < end; ++k) {
      const x: f64 = changetype<V>(0).at(values, k);
      const side = (<usize>load<u32>(indices + (<usize>k << 2)) << 1) | usize(!(y * x > 0.0));
      const slot = counts + (side << 2);
      store<u32>(slot, load<u32>(slot) + 1);
      if (!sums) continue;
      const sum = sums + (side << 3);
      store<f64>(sum, load<f64>(sum) + s * changetype<D>(0).bound(x));
    }
  }
}

/**
 * Parts the columns 0 ≤ j < columns of a tally into those whose weight is 0 for certain at the strength l1 times their
 * factor, f64[columns] (0: all 1), and the others: writes to places, u32[columns], which one of the others each is, or
 * NOWHERE; to kept, u32[columns], which columns they are; to pointers, u32[columns + 1], where the entries of each begin.
 * `residuals`: Σ s·r² of the best model without features, as far as the loss wants it. Returns how many are kept.
 */
export function screen<D extends Datafit>(
  columns: u32,
  counts: usize,
  sums: usize,
  factors: usize,
  l1: f64,
  residuals: f64,
  places: usize,
  kept: usize,
  pointers: usize,
): u32 {
  let next: u32 = 0;
  let at: u32 = 0;
  store<u32>(pointers, 0);
  for (let j: u32 = 0; j < columns; ++j) {
    const up = load<u32>(counts + (<usize>j << 3));
    const down = load<u32>(counts + (<usize>j << 3), 4);
    const a = sums ? load<f64>(sums + (<usize>j << 4)) : <f64>up;
    const b = sums ? load<f64>(sums + (<usize>j << 4), 8) : <f64>down;
    const factor = factors ? load<f64>(factors + (<usize>j << 3)) : 1.0;
    const place = places + (<usize>j << 2);
    if (changetype<D>(0).steepest(a, b, residuals) <= l1 * factor) {
      store<u32>(place, NOWHERE);
      continue;
    }
    store<u32>(place, next);
    store<u32>(kept + (<usize>next << 2), j);
    at += up + down;
    store<u32>(pointers + (<usize>++next << 2), at);
  }
  return next;
}
