import type { Kernels, Matrix } from "../engine/kernels.js";
import type { F64 } from "../engine/memory.js";
import { byBlocks } from "./blocks.js";
import { DATAFITS } from "./datafit.js";
import { dotOnes, dotStored } from "./sparse.js";

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

export const dual: Kernels["dual"] = (name, rows, from, to, o, offsets, c) => {
  const datafit = DATAFITS[name];
  const [labels, weights, model, shifts] = [rows.labels.view, rows.weights?.view, o.view, offsets?.view];
  return byBlocks(from, to, (start, end) => {
    let sum = 0;
    for (let i = start; i < end; i++) {
      const s = weights ? weights[i]! : 1;
      if (s === 0) continue;
      const a = (-c * model[2 * i]!) / s;
      sum += s * datafit.dual(labels[i]!, a);
      if (shifts) sum -= s * a * shifts[i]!;
    }
    return sum;
  });
};

export const touch: Kernels["touch"] = (name, rows, from, to, o, margins) => {
  const datafit = DATAFITS[name];
  const [labels, weights, model, m] = [rows.labels.view, rows.weights?.view, o.view, margins.view];
  return byBlocks(from, to, (start, end) => {
    let sum = 0;
    for (let i = start; i < end; i++) {
      const s = weights ? weights[i]! : 1;
      if (s === 0) continue;
      const q = datafit.nearest(labels[i]!, s, model[2 * i]!);
      sum += s * datafit.dual(labels[i]!, -q / s) + q * m[i]!;
    }
    return sum;
  });
};

export const gradients: Kernels["gradients"] = (x, from, to, o, out) => scan(x, from, to, o.view, out.view);

export const couplings: Kernels["couplings"] = (x, from, to, o, out) => scan(x, from, to, o.view.subarray(1), out.view);

/** Writes out[j] = Σ_i x_ij·model[2i]. */
function scan(x: Matrix, from: number, to: number, model: Float64Array, out: Float64Array): void {
  const pointers = x.pointers.view;
  const indices = x.indices.view;
  const values = x.values?.view;
  for (let j = from; j < to; j++) {
    const [start, end] = [pointers[j]!, pointers[j + 1]!];
    out[j] = values ? dotStored(indices, values, start, end, model, 2) : dotOnes(indices, start, end, model, 2);
  }
}

export const derivatives: Kernels["derivatives"] = (x, from, to, o, gradients, curvatures) => {
  const [pointers, indices, values] = [x.pointers.view, x.indices.view, x.values?.view];
  const [model, slopes, bends] = [o.view, gradients.view, curvatures.view];
  for (let j = from; j < to; j++) {
    const end = pointers[j + 1]!;
    let [g0, g1, h0, h1, k] = [0, 0, 0, 0, pointers[j]!];
    for (const pairs = k + ((end - k) & ~1); k < pairs; k += 2) {
      const [a, b] = [2 * indices[k]!, 2 * indices[k + 1]!];
      const [u, v] = values ? [values[k]!, values[k + 1]!] : [1, 1];
      g0 += model[a]! * u;
      h0 += model[a + 1]! * (u * u);
      g1 += model[b]! * v;
      h1 += model[b + 1]! * (v * v);
    }
    if (k < end) {
      const at = 2 * indices[k]!;
      const value = values ? values[k]! : 1;
      g0 += model[at]! * value;
      h0 += model[at + 1]! * (value * value);
    }
    slopes[j] = g0 + g1;
    bends[j] = h0 + h1;
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

export const curve: Kernels["curve"] = (rows, bounds, from, to, columns, o, u, out) => {
  let sum = 0;
  for (let p = from; p < to; p++) {
    const piece = out.view.subarray(p * columns, (p + 1) * columns);
    sum += curvePiece(rows, bounds.view[p]!, bounds.view[p + 1]!, o, u, piece.fill(0));
  }
  return sum;
};

function curvePiece(rows: Matrix, from: number, to: number, o: F64, u: F64, result: Float64Array): number {
  const [pointers, indices, values] = [rows.pointers.view, rows.indices.view, rows.values?.view];
  const [model, along] = [o.view, u.view];
  let sum = 0;
  for (let i = from; i < to; i++) {
    const [start, end] = [pointers[i]!, pointers[i + 1]!];
    const move = values ? dotStored(indices, values, start, end, along, 1) : dotOnes(indices, start, end, along, 1);
    const force = model[2 * i + 1]! * move;
    sum += force * move;
    for (let k = start; k < end; k++) result[indices[k]!]! += values ? force * values[k]! : force;
  }
  return sum;
}

export const project: Kernels["project"] = (name, rows, from, to, o) => {
  const datafit = DATAFITS[name];
  const [labels, weights, model] = [rows.labels.view, rows.weights?.view, o.view];
  for (let i = from; i < to; i++) {
    model[2 * i] = datafit.nearest(labels[i]!, weights ? weights[i]! : 1, model[2 * i]!);
  }
};

export const along: Kernels["along"] = (from, to, margins, direction, share, out) => {
  const [m, v, result] = [margins.view, direction.view, out.view];
  for (let i = from; i < to; i++) result[i] = m[i]! + share * v[i]!;
};

export const advance: Kernels["advance"] = (from, to, o, direction) => {
  const [model, v] = [o.view, direction.view];
  for (let i = from; i < to; i++) model[2 * i]! += model[2 * i + 1]! * v[i]!;
};

export const tilt: Kernels["tilt"] = (from, to, o, moves) => {
  const [model, v] = [o.view, moves.view];
  return byBlocks(from, to, (start, end) => {
    let sum = 0;
    for (let i = start; i < end; i++) sum += model[2 * i]! * v[i]!;
    return sum;
  });
};

export const bend: Kernels["bend"] = (from, to, o, moves) => {
  const model = o.view;
  const v = moves.view;
  return byBlocks(from, to, (start, end) => {
    let sum = 0;
    for (let i = start; i < end; i++) {
      sum += model[2 * i + 1]! * v[i]! * v[i]!;
    }
    return sum;
  });
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
      const line = indices[k]! * (columns - 1);
      const value = model[2 * i + 1]! * (values ? values[k]! : 1);
      for (let other = start; other < k; other++) H[line + indices[other]!]! += value * (values ? values[other]! : 1);
    }
  }
  for (let j = 1; j < columns; j++) {
    for (let other = 0; other < j; other++) H[other * (columns - 1) + j - 1] = H[j * (columns - 1) + other]!;
  }
};
