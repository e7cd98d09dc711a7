import type { Kernels } from "../engine/kernels.js";
import { byBlocks } from "./blocks.js";
import { DATAFITS } from "./datafit.js";

// The kernels of assembly/batch/quadratic.ts.

export const linearize: Kernels["linearize"] = (name, rows, from, to, margins, model) => {
  const datafit = DATAFITS[name];
  const labels = rows.labels.view;
  const weights = rows.weights?.view;
  const m = margins.view;
  return byBlocks(from, to, (start, end) => {
    let sum = 0;
    for (let i = start; i < end; i++) {
      sum += datafit.expand(labels[i]!, m[i]!, weights ? weights[i]! : 1, model.view, 2 * i);
    }
    return sum;
  });
};

export const gradients: Kernels["gradients"] = (x, from, to, o, out) => {
  const pointers = x.pointers.view;
  const indices = x.indices.view;
  const values = x.values?.view;
  const model = o.view;
  const result = out.view;
  for (let j = from; j < to; j++) {
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

export const curvatures: Kernels["curvatures"] = (x, from, to, o, out) => {
  const pointers = x.pointers.view;
  const indices = x.indices.view;
  const values = x.values?.view;
  const model = o.view;
  const result = out.view;
  for (let j = from; j < to; j++) {
    const end = pointers[j + 1]!;
    let sum = 0;
    if (values) {
      for (let k = pointers[j]!; k < end; k++) sum += model[indices[k]! * 2 + 1]! * (values[k]! * values[k]!);
    } else for (let k = pointers[j]!; k < end; k++) sum += model[indices[k]! * 2 + 1]!;
    result[j] = sum;
  }
};

export const spread: Kernels["spread"] = (x, count, d, out) => {
  const pointers = x.pointers.view;
  const indices = x.indices.view;
  const values = x.values?.view;
  const steps = d.view;
  const result = out.view;
  for (let j = 0; j < count; j++) {
    const step = steps[j]!;
    if (step === 0) continue;
    const end = pointers[j + 1]!;
    if (values) for (let k = pointers[j]!; k < end; k++) result[indices[k]!]! += step * values[k]!;
    else for (let k = pointers[j]!; k < end; k++) result[indices[k]!]! += step;
  }
};

export const bend: Kernels["bend"] = (from, to, o, moves) => {
  const model = o.view;
  const v = moves.view;
  return byBlocks(from, to, (start, end) => {
    let sum = 0;
    for (let i = start; i < end; i++) {
      const move = v[i]!;
      const bent = model[2 * i + 1]! * move;
      v[i] = bent;
      sum += bent * move;
    }
    return sum;
  });
};

export const survey: Kernels["survey"] = (count, g, w, penalties, order) => {
  const [slopes, weights, l, columns] = [g.view, w.view, penalties.view, order.view];
  let size = 0;
  for (let j = 0; j < count; j++) {
    if (weights[j] !== 0 || Math.abs(slopes[j]!) > l[2 * j]!) columns[size++] = j;
  }
  return size;
};

export const gram: Kernels["gram"] = (rows, count, columns, o, out) => {
  const pointers = rows.pointers.view;
  const indices = rows.indices.view;
  const values = rows.values?.view;
  const model = o.view;
  const H = out.view;
  for (let i = 0; i < count; i++) {
    const [start, end] = [pointers[i]!, pointers[i + 1]!];
    for (let k = start; k < end; k++) {
      const line = indices[k]! * columns;
      const value = model[2 * i + 1]! * (values ? values[k]! : 1);
      for (let other = start; other <= k; other++) H[line + indices[other]!]! += value * (values ? values[other]! : 1);
    }
  }
  for (let j = 0; j < columns; j++) {
    for (let other = 0; other < j; other++) H[other * columns + j] = H[j * columns + other]!;
  }
};
