import { type Kernels, NOWHERE } from "../engine/kernels.js";
import { DATAFITS } from "./datafit.js";

// The kernels of assembly/batch/screen.ts.

export const tally: Kernels["tally"] = (loss, rows, count, tallies) => {
  const { bound } = DATAFITS[loss];
  const pointers = rows.pointers.view;
  const indices = rows.indices.view;
  const values = rows.values?.view;
  const labels = rows.labels.view;
  const weights = rows.weights?.view;
  const counts = tallies.counts.view;
  const sums = tallies.sums?.view;
  let k = pointers[0]!;
  for (let i = 0; i < count; i++) {
    const s = weights ? weights[i]! : 1;
    for (const end = pointers[i + 1]!; k < end; k++) {
      const x = values ? values[k]! : 1;
      const side = 2 * indices[k]! + (labels[i]! * x > 0 ? 0 : 1);
      counts[side]!++;
      if (sums) sums[side]! += s * bound(x);
    }
  }
};

export const screen: Kernels["screen"] = (loss, columns, tallies, factors, l1, residuals, places, kept, pointers) => {
  const { steepest } = DATAFITS[loss];
  const counts = tallies.counts.view;
  const bounds = tallies.sums?.view ?? counts;
  const factor = factors?.view;
  const [place, which, starts] = [places.view, kept.view, pointers.view];
  let [next, at] = [0, 0];
  starts[0] = 0;
  for (let j = 0; j < columns; j++) {
    if (steepest(bounds[2 * j]!, bounds[2 * j + 1]!, residuals) <= l1 * (factor ? factor[j]! : 1)) {
      place[j] = NOWHERE;
      continue;
    }
    place[j] = next;
    which[next] = j;
    at += counts[2 * j]! + counts[2 * j + 1]!;
    starts[++next] = at;
  }
  return next;
};
