import type { Kernels } from "../engine/kernels.js";
import { softThreshold } from "./math.js";

/** One epoch of coordinate descent, as in assembly/batch/descent.ts. */
export const descend: Kernels["descend"] = (x, order, count, o) => {
  const pointers = x.pointers.view;
  const indices = x.indices.view;
  const values = x.values?.view;
  const model = o.model.view;
  const curvatures = o.curvatures.view;
  const weights = o.weights.view;
  const columns = order.view;
  const { l1, l2 } = o;
  let violation = 0;
  for (let t = 0; t < count; t++) {
    const j = columns[t]!;
    const h = curvatures[j]! + l2;
    if (h <= 0) continue; // an empty column
    const start = pointers[j]!;
    const end = pointers[j + 1]!;
    const w = weights[j]!;
    const sum = values ? gradientStored(indices, values, start, end, model) : gradientOnes(indices, start, end, model);
    const next = softThreshold(h * w - (sum + l2 * w), l1) / h;
    const step = next - w;
    if (step === 0) continue;
    weights[j] = next;
    violation = Math.max(violation, h * Math.abs(step));
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
  return violation;
};

function gradientStored(
  indices: Uint32Array,
  values: Float32Array,
  from: number,
  to: number,
  model: Float64Array,
): number {
  let even = 0;
  let odd = 0;
  let k = from;
  for (const pairs = from + ((to - from) & ~1); k < pairs; k += 2) {
    even += model[indices[k]! * 2]! * values[k]!;
    odd += model[indices[k + 1]! * 2]! * values[k + 1]!;
  }
  if (k < to) even += model[indices[k]! * 2]! * values[k]!;
  return even + odd;
}

function gradientOnes(indices: Uint32Array, from: number, to: number, model: Float64Array): number {
  let even = 0;
  let odd = 0;
  let k = from;
  for (const pairs = from + ((to - from) & ~1); k < pairs; k += 2) {
    even += model[indices[k]! * 2]!;
    odd += model[indices[k + 1]! * 2]!;
  }
  if (k < to) even += model[indices[k]! * 2]!;
  return even + odd;
}
