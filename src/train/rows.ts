import { pointersOf, transposeTo } from "../data/columns.js";
import { type Matrix, NOWHERE, type Search } from "../engine/kernels.js";
import type { F64, U32 } from "../engine/memory.js";
import { isWorth } from "./hessian.js";
import type { State } from "./newton.js";
import type { WorkingSet } from "./working.js";

/** A working set by rows, in pieces that threads may share out. */
export interface SetRows {
  matrix: Matrix;
  /** [pieces + 1], the rows where each begins. */
  bounds: U32;
  /** [pieces · columns], scratch: what each adds to H·u. */
  curved: F64;
  /** Products of a row's entries that H takes. */
  products: number;
}

/** Pieces of a set's rows at most, and entries of one for each column, at least: each has a sum of its own to add up. */
const MOST_PIECES = 4;
const LEAST_PIECE = 16;
/** Entries of all rows for each of a set's, up to which its own are quicker picked from them than made of its columns. */
const MOST_PICKED = 4;

/** Makes a set's rows. Where H may be worth it their indices ascend. */
export function rowsOf(state: State, set: WorkingSet): SetRows {
  const { engine, count } = state;
  const { memory } = engine;
  const { x, size } = set;
  const entries = x.indices.length;
  const { pointers, products } = pointersOf(engine, x, size, count);
  const mayPick = !isWorth(products, size, entries) && state.rows.pointers.view[count]! <= MOST_PICKED * entries;
  const matrix = mayPick ? picked(state, set, pointers) : transposeTo(pointers, engine, x, size, count, null, 0);
  const pieces = Math.max(1, Math.min(MOST_PIECES, Math.floor(entries / (LEAST_PIECE * size))));
  const bounds = memory.u32(pieces + 1);
  for (let p = 1, [cut, starts] = [bounds.view, pointers.view]; p <= pieces; p++) {
    cut[p] = p < pieces ? firstFrom(starts, (entries * p) / pieces) : count;
  }
  return { matrix, bounds, curved: memory.f64(pieces * size), products };
}

/** Returns what kernels are given of steps on the face, of a set that has its rows. */
export function searchOf({ search, rows }: WorkingSet): Search {
  return { ...search, curved: (rows as SetRows).curved };
}

/** Picks a set's entries from all rows. */
function picked({ engine, design, rows, count }: State, set: WorkingSet, pointers: U32): Matrix {
  const { kernels, memory } = engine;
  const { x, size, columns, intercept } = set;
  const room = x.indices.length + 1;
  const matrix = { pointers, indices: memory.u32(room, "raw"), values: x.values && memory.f32(room, "raw") };
  const mark = memory.mark();
  const places = memory.u32(design.places.length, "raw");
  const [view, members] = [places.view.fill(NOWHERE), columns.view];
  for (let t = 0; t < size; t++) if (t !== intercept) view[design.columns[members[t]!]!] = t;
  kernels.pick(rows, count, places, intercept < 0 ? NOWHERE : intercept, matrix);
  memory.release(mark);
  return matrix;
}

/** Returns the place of the first number that is not below `least`, of numbers that ascend. */
function firstFrom(numbers: Uint32Array, least: number): number {
  let [from, to] = [0, numbers.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (numbers[middle]! < least) from = middle + 1;
    else to = middle;
  }
  return from;
}
