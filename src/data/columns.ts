import type { Engine } from "../engine/engine.js";
import type { Matrix } from "../engine/kernels.js";
import type { U32 } from "../engine/memory.js";

/**
 * Returns a matrix of `count` rows by columns (CSC), each column's rows ascending; or the other way round. Column j
 * goes to places[j] < size, or nowhere. `spare`: entries that room is left for in one more column at the end.
 */
export function transpose(
  engine: Engine,
  rows: Matrix,
  count: number,
  size: number,
  places: U32 | null = null,
  spare = 0,
): Matrix {
  const { pointers } = pointersOf(engine, rows, count, size, places, spare);
  return transposeTo(pointers, engine, rows, count, size, places, spare);
}

/** Returns where each column of a transposed matrix begins, and the products of two entries of the same column. */
export function pointersOf(
  { kernels, memory }: Engine,
  rows: Matrix,
  count: number,
  size: number,
  places: U32 | null = null,
  spare = 0,
): { pointers: U32; products: number } {
  const pointers = memory.u32(size + 1 + Number(spare > 0));
  const mark = memory.mark();
  try {
    const counts = memory.u32(size);
    kernels.countIndices(rows, count, places, counts);
    return { pointers, products: kernels.layOut(size, counts, pointers) };
  } finally {
    memory.release(mark);
  }
}

/** As `transpose`, where it is known where each column begins: `pointers`, which become the matrix's. */
export function transposeTo(
  pointers: U32,
  { kernels, memory }: Engine,
  rows: Matrix,
  count: number,
  size: number,
  places: U32 | null,
  spare: number,
): Matrix {
  const room = pointers.view[size]! + spare;
  const out = { pointers, indices: memory.u32(room, "raw"), values: rows.values && memory.f32(room, "raw") };
  const mark = memory.mark();
  try {
    const next = memory.u32(size, "raw");
    next.view.set(pointers.view.subarray(0, size));
    kernels.transpose(rows, count, places, next, out);
  } finally {
    memory.release(mark);
  }
  return out;
}

/** Appends a column of ones; `transpose` left room for it. */
export function addOnes({ pointers, indices, values }: Matrix, size: number, count: number): void {
  const start = pointers.view[size]!;
  pointers.view[size + 1] = start + count;
  const rows = indices.view;
  for (let i = 0; i < count; i++) rows[start + i] = i;
  values?.view.fill(1, start, start + count);
}
