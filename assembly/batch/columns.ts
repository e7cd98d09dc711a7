import { Matrix, NOWHERE } from "../layout";
import { Values } from "../sparse";

// Moving a sparse matrix between its two orders, and what can be said of its columns before a solve.

/** 2³² / φ, odd: spreads what it multiplies (Knuth, TAOCP 3, §6.4). */
const HASH: u32 = 0x9e3779b1;

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
 * Writes to pointers, u32[rows + 1], where each row begins that has as many entries as counts, u32[rows], says. Returns
 * the products of two entries of the same row, Σ n·(n − 1)/2.
 */
export function layOut(rows: u32, counts: usize, pointers: usize): f64 {
  let products: f64 = 0.0;
  let at: u32 = 0;
  store<u32>(pointers, 0);
  for (let i: u32 = 0; i < rows; ++i) {
    const count = load<u32>(counts + (<usize>i << 2));
    at += count;
    store<u32>(pointers + (<usize>i << 2), at, 4);
    products += 0.5 * <f64>count * (<f64>count - 1.0);
  }
  return products;
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

/**
 * Writes to out the entries of x's rows 0 ≤ i < count whose places[j] is not NOWHERE, in its place; if `extra` is not
 * NOWHERE, each row ends with a 1 there. out has room for an entry more than it gets.
 */
export function pick<V extends Values>(x: Matrix, count: u32, places: usize, extra: u32, out: Matrix): void {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  const outPointers = out.pointers;
  const outIndices = out.indices;
  const outValues = out.values;
  let at: usize = 0;
  let k = load<u32>(pointers);
  store<u32>(outPointers, 0);
  for (let i: u32 = 0; i < count; ++i) {
    for (const end = load<u32>(pointers + (<usize>i << 2), 4); k < end; ++k) {
      const place = load<u32>(places + (<usize>load<u32>(indices + (<usize>k << 2)) << 2));
      store<u32>(outIndices + (at << 2), place);
      changetype<V>(0).copy(values, k, outValues, at, 1);
      at += usize(place != NOWHERE);
    }
    if (extra != NOWHERE) {
      store<u32>(outIndices + (at << 2), extra);
      if (changetype<V>(0).areStored()) store<f32>(outValues + (at << 2), 1.0);
      ++at;
    }
    store<u32>(outPointers + (<usize>i << 2), <u32>at, 4);
  }
}

/**
 * Keeps one of columns that can stand for each other and closes the gaps in place: columns 0 ≤ j < count of x (CSC)
 * that hold the same, or one entry each in the same row, of which the largest stands for all. Their factors,
 * f64[columns], must be equal too; 0 for all 1. `ids`, u32[columns], say which they are; places[id] becomes each one's
 * place among those kept, and ids and factors become theirs. `table`: u32[slots], scratch, a power of 2 above twice the
 * columns; `alone`: u32[rows], begins as 0, gets which of those kept, from 1, has an entry in that row and no other.
 * Returns how many are kept.
 */
export function mergeColumns<V extends Values>(
  x: Matrix,
  count: u32,
  ids: usize,
  factors: usize,
  table: usize,
  slots: u32,
  alone: usize,
  places: usize,
): u32 {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  // Most columns of crosses have one entry: they are found by its row, and the table of the others is as small as can be.
  let hashed: u32 = 1;
  for (let j: u32 = 0; j < count; ++j) {
    const at = pointers + (<usize>j << 2);
    hashed += u32(factors != 0 || load<u32>(at, 4) - load<u32>(at) != 1);
  }
  while (slots > 4 * hashed) slots >>= 1;
  memory.fill(table, 0, <usize>slots << 2);
  let kept: u32 = 0;
  let top = load<u32>(pointers);
  let start = top;
  for (let j: u32 = 0; j < count; ++j) {
    const end = load<u32>(pointers + (<usize>j << 2), 4);
    const length = end - start;
    const id = load<u32>(ids + (<usize>j << 2));
    const factor = factors ? load<f64>(factors + (<usize>j << 3)) : 1.0;
    let home: usize;
    let other: u32;
    if (length == 1 && !factors) {
      home = alone + (<usize>load<u32>(indices + (<usize>start << 2)) << 2);
      other = load<u32>(home);
    } else {
      for (let slot = hashOf<V>(indices, values, start, end); ; ++slot) {
        home = table + (<usize>(slot & (slots - 1)) << 2);
        other = load<u32>(home);
        if (!other) break;
        const at = load<u32>(pointers + (<usize>(other - 1) << 2));
        const isEqual =
          load<u32>(pointers + (<usize>other << 2)) - at == length &&
          (!factors || load<f64>(factors + (<usize>(other - 1) << 3)) == factor) &&
          holdsSame<V>(indices, values, at, start, length);
        if (isEqual) break;
      }
    }
    if (!other) {
      if (top != start) {
        memory.copy(indices + (<usize>top << 2), indices + (<usize>start << 2), <usize>length << 2);
        changetype<V>(0).copy(values, start, values, top, length);
      }
      top += length;
      store<u32>(ids + (<usize>kept << 2), id);
      if (factors) store<f64>(factors + (<usize>kept << 3), factor);
      store<u32>(pointers + (<usize>++kept << 2), top);
      store<u32>(home, kept);
      other = kept;
    } else if (length == 1) {
      const at = load<u32>(pointers + (<usize>(other - 1) << 2));
      if (abs<f32>(changetype<V>(0).at(values, start)) > abs<f32>(changetype<V>(0).at(values, at))) {
        changetype<V>(0).copy(values, start, values, at, 1);
        store<u32>(ids + (<usize>(other - 1) << 2), id);
      }
    }
    store<u32>(places + (<usize>id << 2), other - 1);
    start = end;
  }
  return kept;
}

/** Entries that a hash looks at, about. */
const HASHED: u32 = 8;

/** A hash of a column's length and some of its entries; of one alone, of its row. */
// @ts-ignore: decorator
@inline
function hashOf<V extends Values>(indices: usize, values: usize, start: u32, end: u32): u32 {
  let hash: u32 = end - start;
  for (let k = start, stride = max<u32>((end - start) / HASHED, 1); k < end; k += stride) {
    hash = rotl<u32>((hash ^ load<u32>(indices + (<usize>k << 2))) * HASH, 15);
    if (end - start > 1) hash += reinterpret<u32>(changetype<V>(0).at(values, k));
  }
  return (hash ^ (hash >>> 15)) * HASH;
}

/** Whether columns of `length` entries from a and from b on can stand for each other. */
// @ts-ignore: decorator
@inline
function holdsSame<V extends Values>(indices: usize, values: usize, a: u32, b: u32, length: u32): bool {
  for (let k: u32 = 0; k < length; ++k) {
    if (load<u32>(indices + (<usize>(a + k) << 2)) != load<u32>(indices + (<usize>(b + k) << 2))) return false;
    if (length > 1 && changetype<V>(0).at(values, a + k) != changetype<V>(0).at(values, b + k)) return false;
  }
  return true;
}

/** Writes out[j] = 1 / max_i |x_ij|, 0 for an empty column, for columns 0 ≤ j < count of x (CSC). */
export function inverseReach<V extends Values>(x: Matrix, count: u32, out: usize): void {
  const pointers = x.pointers;
  const values = x.values;
  let k = load<u32>(pointers);
  for (let j: u32 = 0; j < count; ++j) {
    let reach: f32 = 0.0;
    for (const end = load<u32>(pointers + (<usize>j << 2), 4); k < end; ++k) {
      const size = abs<f32>(changetype<V>(0).at(values, k));
      if (size > reach) reach = size;
    }
    store<f64>(out + (<usize>j << 3), reach > 0.0 ? 1.0 / <f64>reach : 0.0);
  }
}
