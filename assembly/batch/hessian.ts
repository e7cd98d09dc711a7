import { Matrix, NOWHERE } from "../layout";
import { Values } from "../sparse";
import { Coordinates } from "./descent";

// H = XᵀDX written out, where columns that share rows are few. Its pattern lasts as long as the columns, its numbers
// as long as D. A column of H holds, without its diagonal, which are the curvatures:
//
//     ╒═════════════════════════╤══════════════════════════════╕
//     │ t < j, ascending        │ t > j, as the rows name them │
//     ╘═════════════════════════╧══════════════════════════════╛
//      mirrored from columns t    its own half
//
// A Matrix whose values are f64. Rows of X name their columns in ascending order: what is left of row i, from
// cursor[i] on, once the columns before j have been gone through are its columns ≥ j.

/**
 * Writes to out the pattern of each column's own half and returns its entries, or NOWHERE when they are more than
 * `room`. x: by columns, `count` of them; rows: the same by rows. cursor: u32[rows], begins as rows.pointers. stamps:
 * u32[columns], begins as 0. counts: u32[columns], gets the entries of each whole column added.
 */
export function couple(
  x: Matrix,
  rows: Matrix,
  count: u32,
  cursor: usize,
  stamps: usize,
  counts: usize,
  room: u32,
  out: Matrix,
): u32 {
  const pointers = x.pointers;
  const indices = x.indices;
  const rowPointers = rows.pointers;
  const rowIndices = rows.indices;
  const ownPointers = out.pointers;
  const ownIndices = out.indices;
  let at: u32 = 0;
  let k = load<u32>(pointers);
  store<u32>(ownPointers, 0);
  for (let j: u32 = 0; j < count; ++j) {
    const begun = at;
    for (const end = load<u32>(pointers + (<usize>j << 2), 4); k < end; ++k) {
      const row = <usize>load<u32>(indices + (<usize>k << 2)) << 2;
      let next = load<u32>(cursor + row) + 1; // past j itself
      store<u32>(cursor + row, next);
      for (const last = load<u32>(rowPointers + row, 4); next < last; ++next) {
        const t = load<u32>(rowIndices + (<usize>next << 2));
        const stamp = stamps + (<usize>t << 2);
        if (load<u32>(stamp) == j + 1) continue;
        if (at == room) return NOWHERE;
        store<u32>(stamp, j + 1);
        store<u32>(ownIndices + (<usize>at << 2), t);
        ++at;
        const total = counts + (<usize>t << 2);
        store<u32>(total, load<u32>(total) + 1);
      }
    }
    store<u32>(ownPointers + (<usize>j << 2), at, 4);
    const total = counts + (<usize>j << 2);
    store<u32>(total, load<u32>(total) + (at - begun));
  }
  return at;
}

/** Writes the pattern of H from its columns' own halves. `next`: u32[columns], where each column begins; then, ends. */
export function mirror(own: Matrix, count: u32, next: usize, H: Matrix): void {
  const ownPointers = own.pointers;
  const ownIndices = own.indices;
  const indices = H.indices;
  let k: u32 = 0;
  for (let j: u32 = 0; j < count; ++j) {
    let at = load<u32>(next + (<usize>j << 2));
    for (const end = load<u32>(ownPointers + (<usize>j << 2), 4); k < end; ++k, ++at) {
      const t = load<u32>(ownIndices + (<usize>k << 2));
      const slot = next + (<usize>t << 2);
      const mirrored = load<u32>(slot);
      store<u32>(slot, mirrored + 1);
      store<u32>(indices + (<usize>mirrored << 2), j);
      store<u32>(indices + (<usize>at << 2), t);
    }
    store<u32>(next + (<usize>j << 2), at);
  }
}

/**
 * Writes the numbers of H. cursor: u32[rows], begins as rows.pointers; next: u32[columns], begins as H.pointers;
 * sums: f64[columns], 0 before and after.
 */
export function weigh<V extends Values>(
  x: Matrix,
  rows: Matrix,
  count: u32,
  model: usize,
  cursor: usize,
  next: usize,
  sums: usize,
  H: Matrix,
): void {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  const rowPointers = rows.pointers;
  const rowIndices = rows.indices;
  const rowValues = rows.values;
  const ends = H.pointers;
  const neighbours = H.indices;
  const numbers = H.values;
  let k = load<u32>(pointers);
  for (let j: u32 = 0; j < count; ++j) {
    for (const end = load<u32>(pointers + (<usize>j << 2), 4); k < end; ++k) {
      const i: usize = load<u32>(indices + (<usize>k << 2));
      let other = load<u32>(cursor + (i << 2)) + 1; // past j itself
      store<u32>(cursor + (i << 2), other);
      const bent = load<f64>(model + (i << 4), 8) * changetype<V>(0).at(values, k);
      for (const last = load<u32>(rowPointers + (i << 2), 4); other < last; ++other) {
        const sum = sums + (<usize>load<u32>(rowIndices + (<usize>other << 2)) << 3);
        store<f64>(sum, load<f64>(sum) + bent * changetype<V>(0).at(rowValues, other));
      }
    }
    let at = load<u32>(next + (<usize>j << 2));
    for (const end = load<u32>(ends + (<usize>j << 2), 4); at < end; ++at) {
      const t: usize = load<u32>(neighbours + (<usize>at << 2));
      const number = load<f64>(sums + (t << 3));
      store<f64>(sums + (t << 3), 0.0);
      store<f64>(numbers + (<usize>at << 3), number);
      const mirrored = load<u32>(next + (t << 2));
      store<u32>(next + (t << 2), mirrored + 1);
      store<f64>(numbers + (<usize>mirrored << 3), number);
    }
  }
}

/** Returns the product of one column with u, in two sums. */
// @ts-ignore: decorator
@inline
export function couplingOf(indices: usize, numbers: usize, start: u32, end: u32, u: usize): f64 {
  let even: f64 = 0.0;
  let odd: f64 = 0.0;
  let k = start;
  const pairs = start + ((end - start) & ~1);
  if (ASC_FEATURE_SIMD) {
    let sums = f64x2.splat(0.0);
    for (; k < pairs; k += 2) {
      const i = indices + (<usize>k << 2);
      const first = v128.load64_zero(u + (<usize>load<u32>(i) << 3));
      const two = v128.load64_lane(u + (<usize>load<u32>(i, 4) << 3), first, 1);
      sums = f64x2.add(sums, f64x2.mul(two, v128.load(numbers + (<usize>k << 3))));
    }
    even = f64x2.extract_lane(sums, 0);
    odd = f64x2.extract_lane(sums, 1);
  } else {
    for (; k < pairs; k += 2) {
      const i = indices + (<usize>k << 2);
      even += load<f64>(u + (<usize>load<u32>(i) << 3)) * load<f64>(numbers + (<usize>k << 3));
      odd += load<f64>(u + (<usize>load<u32>(i, 4) << 3)) * load<f64>(numbers + (<usize>k << 3), 8);
    }
  }
  if (k < end) {
    even += load<f64>(u + (<usize>load<u32>(indices + (<usize>k << 2)) << 3)) * load<f64>(numbers + (<usize>k << 3));
  }
  return even + odd;
}

/** Writes H·u, f64[columns], and returns uᵀHu. */
export function curveByHessian(H: Matrix, count: u32, curvatures: usize, u: usize, out: usize): f64 {
  const pointers = H.pointers;
  const indices = H.indices;
  const numbers = H.values;
  let energy: f64 = 0.0;
  let start = load<u32>(pointers);
  for (let j: u32 = 0; j < count; ++j) {
    const end = load<u32>(pointers + (<usize>j << 2), 4);
    const at = <usize>j << 3;
    const own = load<f64>(u + at);
    const bent = load<f64>(curvatures + at) * own + couplingOf(indices, numbers, start, end, u);
    store<f64>(out + at, bent);
    energy += own * bent;
    start = end;
  }
  return energy;
}

/** A column of H: what a step of its weight does to every slope. `model`: f64[columns], the slopes X_jᵀq. */
export class Coupled extends Coordinates {
  // @ts-ignore: decorator
  @inline
  slope(_indices: usize, _values: usize, _start: u32, _end: u32, model: usize, j: usize): f64 {
    return load<f64>(model + (j << 3));
  }

  // @ts-ignore: decorator
  @inline
  move(
    indices: usize,
    values: usize,
    start: u32,
    end: u32,
    model: usize,
    j: usize,
    curvature: f64,
    step: f64,
  ): void {
    const own = model + (j << 3);
    store<f64>(own, load<f64>(own) + curvature * step);
    for (let k = start; k < end; ++k) {
      const at = model + (<usize>load<u32>(indices + (<usize>k << 2)) << 3);
      store<f64>(at, load<f64>(at) + load<f64>(values + (<usize>k << 3)) * step);
    }
  }
}
