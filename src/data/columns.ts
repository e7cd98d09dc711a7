import type { Engine } from "../engine/engine.js";
import type { Matrix } from "../engine/kernels.js";
import type { U32 } from "../engine/memory.js";

/**
 * Returns a matrix of `count` rows by columns (CSC), each column's rows ascending; or the other way round. Column j
 * goes to places[j] < size, or nowhere. With `ones`, one more column follows whose values are all 1.
 */
export function transpose(
  { kernels, memory }: Engine,
  rows: Matrix,
  count: number,
  size: number,
  places: U32 | null = null,
  ones = false,
): Matrix {
  const pointers = memory.u32(size + 1 + Number(ones));
  const next = memory.u32(size + Number(ones));
  kernels.countIndices(rows, count, places, next);
  if (ones) next.view[size] = count;
  const starts = pointers.view;
  next.view.forEach((length, j) => {
    starts[j + 1] = starts[j]! + length;
  });
  const entries = starts[next.length]!;
  next.view.set(starts.subarray(0, next.length));
  const out = { pointers, indices: memory.u32(entries, "raw"), values: rows.values && memory.f32(entries, "raw") };
  kernels.transpose(rows, count, places, next, out);
  if (ones) {
    const column = out.indices.view.subarray(pointers.view[size]!);
    for (let i = 0; i < count; i++) column[i] = i;
    out.values?.view.fill(1, pointers.view[size]!);
  }
  return out;
}
