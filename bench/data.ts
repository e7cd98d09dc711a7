import type { Rows } from "../src/engine/kernels.js";
import type { Memory } from "../src/engine/memory.js";
import { Random } from "../src/random.js";

/** Makes seeded rows: `perRow` entries each at ids drawn evenly from `columns`, values in [−1, 1) or implicit ones. */
export function randomRows(
  memory: Memory,
  { rows, columns, perRow, ones }: { rows: number; columns: number; perRow: number; ones: boolean },
): Rows {
  const random = new Random(1);
  const pointers = memory.u32(rows + 1);
  const indices = memory.u32(rows * perRow);
  const values = ones ? null : memory.f32(rows * perRow);
  const labels = memory.f64(rows);
  const seen = new Set<number>();
  let k = 0;
  for (let i = 0; i < rows; i++) {
    seen.clear();
    while (seen.size < perRow) seen.add(random.below(columns));
    for (const j of [...seen].sort((a, b) => a - b)) {
      indices.view[k] = j;
      const value = random.unit() * 2 - 1; // drawn either way: the ids are the same with implicit ones
      if (values) values.view[k] = value;
      k++;
    }
    pointers.view[i + 1] = k;
    labels.view[i] = random.unit() < 0.3 ? 1 : -1;
  }
  return { pointers, indices, values, labels, weights: null };
}
