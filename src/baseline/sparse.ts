import type { Kernels } from "../engine/kernels.js";
import { byBlocks } from "./blocks.js";
import { DATAFITS } from "./datafit.js";

/** Returns Σ w[stride·indices[k]]·values[k] over from ≤ k < to, in the four sums of assembly/sparse.ts. */
export function dotStored(
  indices: Uint32Array,
  values: Float32Array,
  from: number,
  to: number,
  w: Float64Array,
  stride: number,
): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let rest = 0;
  let k = from;
  for (const end = from + ((to - from) & ~3); k < end; k += 4) {
    s0 += w[indices[k]! * stride]! * values[k]!;
    s1 += w[indices[k + 1]! * stride]! * values[k + 1]!;
    s2 += w[indices[k + 2]! * stride]! * values[k + 2]!;
    s3 += w[indices[k + 3]! * stride]! * values[k + 3]!;
  }
  for (; k < to; k++) rest += w[indices[k]! * stride]! * values[k]!;
  return s0 + s1 + (s2 + s3) + rest;
}

/** As dotStored where every value is 1. */
export function dotOnes(indices: Uint32Array, from: number, to: number, w: Float64Array, stride: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let rest = 0;
  let k = from;
  for (const end = from + ((to - from) & ~3); k < end; k += 4) {
    s0 += w[indices[k]! * stride]!;
    s1 += w[indices[k + 1]! * stride]!;
    s2 += w[indices[k + 2]! * stride]!;
    s3 += w[indices[k + 3]! * stride]!;
  }
  for (; k < to; k++) rest += w[indices[k]! * stride]!;
  return s0 + s1 + (s2 + s3) + rest;
}

export const margins: Kernels["margins"] = (rows, from, to, w, bias, out) => {
  const pointers = rows.pointers.view;
  const indices = rows.indices.view;
  const values = rows.values?.view;
  const weights = w.view;
  const result = out.view;
  for (let i = from; i < to; i++) {
    const start = pointers[i]!;
    const end = pointers[i + 1]!;
    result[i] =
      bias + (values ? dotStored(indices, values, start, end, weights, 1) : dotOnes(indices, start, end, weights, 1));
  }
};

export const loss: Kernels["loss"] = (name, rows, from, to, m) => {
  const datafit = DATAFITS[name];
  const labels = rows.labels.view;
  const weights = rows.weights?.view;
  const margins = m.view;
  return byBlocks(from, to, (start, end) => {
    let sum = 0;
    for (let i = start; i < end; i++) sum += (weights ? weights[i]! : 1) * datafit.loss(labels[i]!, margins[i]!);
    return sum;
  });
};
