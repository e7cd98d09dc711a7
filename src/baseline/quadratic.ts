import type { Kernels } from "../engine/kernels.js";
import { DATAFITS } from "./datafit.js";

// The kernels of assembly/batch/quadratic.ts.

export const linearize: Kernels["linearize"] = (name, rows, from, to, margins, model) => {
  const datafit = DATAFITS[name];
  const labels = rows.labels.view;
  const weights = rows.weights?.view;
  const m = margins.view;
  let sum = 0;
  for (let i = from; i < to; i++) {
    sum += datafit.expand(labels[i]!, m[i]!, weights ? weights[i]! : 1, model.view, 2 * i);
  }
  return sum;
};

export const gradients: Kernels["gradients"] = (x, order, from, to, o, out) => {
  const pointers = x.pointers.view;
  const indices = x.indices.view;
  const values = x.values?.view;
  const model = o.view;
  const result = out.view;
  const columns = order?.view;
  for (let t = from; t < to; t++) {
    const j = columns ? columns[t]! : t;
    const [start, end] = [pointers[j]!, pointers[j + 1]!];
    result[j] = values ? gradientStored(indices, values, start, end, model) : gradientOnes(indices, start, end, model);
  }
};

export function gradientStored(
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

export function gradientOnes(indices: Uint32Array, from: number, to: number, model: Float64Array): number {
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

export const curvatures: Kernels["curvatures"] = (x, order, count, o, out) => {
  const pointers = x.pointers.view;
  const indices = x.indices.view;
  const values = x.values?.view;
  const columns = order.view;
  const model = o.view;
  const result = out.view;
  for (let t = 0; t < count; t++) {
    const j = columns[t]!;
    const end = pointers[j + 1]!;
    let sum = 0;
    if (values) {
      for (let k = pointers[j]!; k < end; k++) sum += model[indices[k]! * 2 + 1]! * (values[k]! * values[k]!);
    } else for (let k = pointers[j]!; k < end; k++) sum += model[indices[k]! * 2 + 1]!;
    result[j] = sum;
  }
};

export const spread: Kernels["spread"] = (x, order, count, d, out) => {
  const pointers = x.pointers.view;
  const indices = x.indices.view;
  const values = x.values?.view;
  const columns = order.view;
  const steps = d.view;
  const result = out.view;
  for (let t = 0; t < count; t++) {
    const j = columns[t]!;
    const end = pointers[j + 1]!;
    const step = steps[j]!;
    if (values) for (let k = pointers[j]!; k < end; k++) result[indices[k]!]! += step * values[k]!;
    else for (let k = pointers[j]!; k < end; k++) result[indices[k]!]! += step;
  }
};

export const bend: Kernels["bend"] = (from, to, o, moves, out) => {
  const model = o.view;
  const v = moves.view;
  const result = out.view;
  let sum = 0;
  for (let i = from; i < to; i++) {
    const q = model[2 * i + 1]! * v[i]!;
    result[2 * i] = q;
    sum += q * v[i]!;
  }
  return sum;
};
