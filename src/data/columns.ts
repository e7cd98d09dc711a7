import type { Matrix } from "../engine/kernels.js";
import type { Memory } from "../engine/memory.js";

/** Returns the same matrix by columns (CSC), each column's rows ascending. */
export function transpose(memory: Memory, rows: Matrix, columns: number): Matrix {
  const entries = rows.indices.length;
  const out: Matrix = {
    pointers: memory.u32(columns + 1),
    indices: memory.u32(entries),
    values: rows.values && memory.f32(entries),
  };
  const next = out.pointers.view.slice();
  const [pointers, indices, values] = [rows.pointers.view, rows.indices.view, rows.values?.view];
  const [outIndices, outValues] = [out.indices.view, out.values?.view];
  for (const j of indices) next[j + 1]!++;
  for (let j = 0; j < columns; j++) next[j + 1]! += next[j]!;
  out.pointers.view.set(next);
  for (let i = 0; i + 1 < pointers.length; i++) {
    for (let k = pointers[i]!; k < pointers[i + 1]!; k++) {
      const at = next[indices[k]!]!++;
      outIndices[at] = i;
      if (values && outValues) outValues[at] = values[k]!;
    }
  }
  return out;
}
