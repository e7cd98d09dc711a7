import type { Kernels } from "../engine/kernels.js";
import { DATAFITS } from "./datafit.js";

// The kernels of assembly/batch/quadratic.ts.
const LEAST_CURVATURE = 1e-12;

export const linearize: Kernels["linearize"] = (name, rows, from, to, margins, o) => {
  const datafit = DATAFITS[name];
  const labels = rows.labels.view;
  const weights = rows.weights?.view;
  const m = margins.view;
  const model = o.view;
  let sum = 0;
  for (let i = from; i < to; i++) {
    const s = weights ? weights[i]! : 1;
    const y = labels[i]!;
    sum += s * datafit.loss(y, m[i]!);
    model[2 * i] = s * datafit.gradient(y, m[i]!);
    model[2 * i + 1] = Math.max(s * datafit.curvature(y, m[i]!), LEAST_CURVATURE);
  }
  return sum;
};

export const gradients: Kernels["gradients"] = (x, from, to, o, out) => {
  const pointers = x.pointers.view;
  const indices = x.indices.view;
  const values = x.values?.view;
  const model = o.view;
  const result = out.view;
  for (let j = from; j < to; j++) {
    const end = pointers[j + 1]!;
    let sum = 0;
    if (values) for (let k = pointers[j]!; k < end; k++) sum += model[indices[k]! * 2]! * values[k]!;
    else for (let k = pointers[j]!; k < end; k++) sum += model[indices[k]! * 2]!;
    result[j] = sum;
  }
};

export const curvatures: Kernels["curvatures"] = (x, order, count, o, out) => {
  const pointers = x.pointers.view;
  const indices = x.indices.view;
  const values = x.values?.view;
  const model = o.view;
  const result = out.view;
  for (let t = 0; t < count; t++) {
    const j = order.view[t]!;
    const end = pointers[j + 1]!;
    let sum = 0;
    if (values) {
      for (let k = pointers[j]!; k < end; k++) sum += model[indices[k]! * 2 + 1]! * (values[k]! * values[k]!);
    } else for (let k = pointers[j]!; k < end; k++) sum += model[indices[k]! * 2 + 1]!;
    result[j] = sum;
  }
};
