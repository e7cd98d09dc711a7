import type { Matrix } from "../engine/kernels.js";
import type { Memory } from "../engine/memory.js";

/** Returns the same matrix by columns (CSC), each column's rows ascending; those marked in `skip` are left empty. */
export function transpose(memory: Memory, rows: Matrix, columns: number, skip?: Uint8Array): Matrix {
  const next = new Uint32Array(columns + 1);
  for (const j of rows.indices.view) if (!skip?.[j]) next[j + 1]!++;
  for (let j = 0; j < columns; j++) next[j + 1]! += next[j]!;
  const entries = next[columns]!;
  const out: Matrix = {
    pointers: memory.u32(columns + 1),
    indices: memory.u32(entries),
    values: rows.values && memory.f32(entries),
  };
  out.pointers.view.set(next);
  const [pointers, indices, values] = [rows.pointers.view, rows.indices.view, rows.values?.view];
  const [outIndices, outValues] = [out.indices.view, out.values?.view];
  for (let i = 0; i + 1 < pointers.length; i++) {
    for (let k = pointers[i]!; k < pointers[i + 1]!; k++) {
      const j = indices[k]!;
      if (skip?.[j]) continue;
      const at = next[j]!++;
      outIndices[at] = i;
      if (values && outValues) outValues[at] = values[k]!;
    }
  }
  return out;
}
