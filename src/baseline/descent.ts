import type { Kernels } from "../engine/kernels.js";
import { softThreshold } from "./math.js";
import { dotOnes, dotStored } from "./sparse.js";

/** One epoch of coordinate descent, as in assembly/batch/descent.ts. */
export const descend: Kernels["descend"] = (x, order, count, o) => {
  const pointers = x.pointers.view;
  const indices = x.indices.view;
  const values = x.values?.view;
  const model = o.model.view;
  const curvatures = o.curvatures.view;
  const weights = o.weights.view;
  const columns = order.view;
  const penalties = o.penalties.view;
  const origin = o.origin.view;
  const inverseReach = o.inverseReach.view;
  const { radius, slack } = o;
  let violation = 0;
  let left = 0;
  for (let t = 0; t < count; t++) {
    const j = columns[t]!;
    const l1 = penalties[2 * j]!;
    const l2 = penalties[2 * j + 1]!;
    const h = curvatures[j]! + l2;
    if (h <= 0) continue; // an empty column
    const start = pointers[j]!;
    const end = pointers[j + 1]!;
    const w = weights[j]!;
    const sum = values ? dotStored(indices, values, start, end, model, 2) : dotOnes(indices, start, end, model, 2);
    const g = sum + l2 * w;
    if (w === 0 && l1 - Math.abs(g) > slack) continue;
    columns[left++] = j;
    const middle = origin[j]!;
    const reach = radius * inverseReach[j]!;
    const next = Math.min(Math.max(softThreshold(h * w - g, l1) / h, middle - reach), middle + reach);
    const step = next - w;
    if (step === 0) continue;
    weights[j] = next;
    violation += h * Math.abs(step);
    if (values) {
      for (let k = start; k < end; k++) {
        const i = indices[k]! * 2;
        model[i] = model[i]! + model[i + 1]! * (step * values[k]!);
      }
    } else {
      for (let k = start; k < end; k++) {
        const i = indices[k]! * 2;
        model[i] = model[i]! + model[i + 1]! * step;
      }
    }
  }
  o.outcome.view[0] = violation;
  o.outcome.view[1] = left;
};
