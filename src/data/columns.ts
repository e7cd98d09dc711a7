import type { Matrix } from "../engine/kernels.js";
import type { Memory } from "../engine/memory.js";

/** What `places` says of a column that is left out. */
export const NOWHERE = 0xffffffff;

/**
 * Returns a matrix by columns (CSC), each column's rows ascending. Column j goes to places[j]; without `places` all of
 * them stay where they are. With `ones`, one more column follows whose values are all 1.
 */
export function transpose(memory: Memory, rows: Matrix, size: number, places?: Uint32Array, ones = false): Matrix {
  const place = places ?? Uint32Array.from({ length: size }, (_, j) => j);
  const count = rows.pointers.length - 1;
  const next = new Uint32Array(size + 1 + Number(ones));
  for (const j of rows.indices.view) if (place[j] !== NOWHERE) next[place[j]! + 1]!++;
  if (ones) next[size + 1] = count;
  for (let j = 1; j < next.length; j++) next[j]! += next[j - 1]!;
  const entries = next[next.length - 1]!;
  const out: Matrix = {
    pointers: memory.u32(next.length),
    indices: memory.u32(entries),
    values: rows.values && memory.f32(entries),
  };
  out.pointers.view.set(next);
  const [pointers, indices, values] = [rows.pointers.view, rows.indices.view, rows.values?.view];
  const [outIndices, outValues] = [out.indices.view, out.values?.view];
  for (let i = 0; i < count; i++) {
    for (let k = pointers[i]!; k < pointers[i + 1]!; k++) {
      const j = place[indices[k]!]!;
      if (j === NOWHERE) continue;
      const at = next[j]!++;
      outIndices[at] = i;
      if (values && outValues) outValues[at] = values[k]!;
    }
  }
  if (ones) {
    const from = next[size]!;
    for (let i = 0; i < count; i++) outIndices[from + i] = i;
    outValues?.fill(1, from);
  }
  return out;
}
