import { Matrix, Rows } from "../layout";
import { Values } from "../sparse";

// Moving a sparse matrix between its two orders, and what can be said of its columns before a solve.

/** What `places` says of a column that is left out. */
const NOWHERE: u32 = 0xffffffff;

/** Adds to counts[places[j]], u32[places kept], the entries of each index j of x. places: u32[indices], 0 for as they are. */
export function countIndices(x: Matrix, count: u32, places: usize, counts: usize): void {
  const indices = x.indices;
  const end = indices + (<usize>load<u32>(x.pointers + (<usize>count << 2)) << 2);
  for (let at = indices; at < end; at += 4) {
    let j: usize = load<u32>(at);
    if (places) j = load<u32>(places + (j << 2));
    if (<u32>j == NOWHERE) continue;
    const slot = counts + (j << 2);
    store<u32>(slot, load<u32>(slot) + 1);
  }
}

/**
 * Writes x's entries by their indices: entry (i, j) goes to row i of column places[j] of out. `next`: u32[columns],
 * where each column begins; afterwards, where it ends. Rows of a column ascend.
 */
export function transpose<V extends Values>(x: Matrix, count: u32, places: usize, next: usize, out: Matrix): void {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  const outIndices = out.indices;
  const outValues = out.values;
  let k = load<u32>(pointers);
  for (let i: u32 = 0; i < count; ++i) {
    for (const end = load<u32>(pointers + (<usize>i << 2), 4); k < end; ++k) {
      let j: usize = load<u32>(indices + (<usize>k << 2));
      if (places) j = load<u32>(places + (j << 2));
      if (<u32>j == NOWHERE) continue;
      const slot = next + (j << 2);
      const at: usize = load<u32>(slot);
      store<u32>(slot, <u32>at + 1);
      store<u32>(outIndices + (at << 2), i);
      changetype<V>(0).copy(values, k, outValues, at, 1);
    }
  }
}

/** Copies columns order[0 … count) of x to out, one after the other. */
export function select<V extends Values>(x: Matrix, order: usize, count: u32, out: Matrix): void {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  const outPointers = out.pointers;
  const outIndices = out.indices;
  const outValues = out.values;
  let at: u32 = 0;
  store<u32>(outPointers, 0);
  for (let t: u32 = 0; t < count; ++t) {
    const j: usize = load<u32>(order + (<usize>t << 2));
    const start = load<u32>(pointers + (j << 2));
    const length = load<u32>(pointers + (j << 2), 4) - start;
    memory.copy(outIndices + (<usize>at << 2), indices + (<usize>start << 2), <usize>length << 2);
    changetype<V>(0).copy(values, start, outValues, at, length);
    at += length;
    store<u32>(outPointers + (<usize>t << 2), at, 4);
  }
}

/** Adds s·|x_ij| to up[j] where x_ij pulls towards the label +1, else to down[j]; up, down: f64[columns]. */
export function pulls<V extends Values>(rows: Rows, count: u32, up: usize, down: usize): void {
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
      const pull: f64 = y * changetype<V>(0).at(values, k);
      const slot = (pull > 0.0 ? up : down) + (<usize>load<u32>(indices + (<usize>k << 2)) << 3);
      store<f64>(slot, load<f64>(slot) + s * abs<f64>(pull));
    }
  }
}

/** Adds s·x_ij² to sums[j], f64[columns]. */
export function squares<V extends Values>(rows: Rows, count: u32, sums: usize): void {
  const pointers = rows.pointers;
  const indices = rows.indices;
  const values = rows.values;
  const weights = rows.weights;
  let k = load<u32>(pointers);
  for (let i: u32 = 0; i < count; ++i) {
    const s = weights ? load<f64>(weights + (<usize>i << 3)) : 1.0;
    for (const end = load<u32>(pointers + (<usize>i << 2), 4); k < end; ++k) {
      const x: f64 = changetype<V>(0).at(values, k);
      const slot = sums + (<usize>load<u32>(indices + (<usize>k << 2)) << 3);
      store<f64>(slot, load<f64>(slot) + s * x * x);
    }
  }
}
