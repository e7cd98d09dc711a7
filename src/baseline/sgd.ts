import type { Kernels, Sgd } from "../engine/kernels.js";
import { DATAFITS } from "./datafit.js";

// The steps of assembly/online/sgd.ts, in plain TypeScript.

const SMALLEST_SCALE = 1e-150;
const MOST_STEPS_OWED = 1048576;

function weightOf(u: number, scale: number, debt: number): number {
  const size = Math.abs(u) - debt;
  if (size <= 0) return 0;
  return u > 0 ? scale * size : -scale * size;
}

export const sgdRows: Kernels["sgdRows"] = (name, rows, order, from, to, o) => {
  const datafit = DATAFITS[name];
  const pointers = rows.pointers.view;
  const indices = rows.indices.view;
  const values = rows.values?.view;
  const labels = rows.labels.view;
  const weights = rows.weights?.view;
  const sequence = order?.view;
  const state = o.state.view;
  const scratch = o.scratch.view;
  const ledger = o.ledger.view;
  const margins = o.margins?.view;
  let [step, scale, debt, bias] = ledger as unknown as [number, number, number, number];
  let sum = 0;
  for (let t = from; t < to; t++) {
    const i = sequence ? sequence[t]! : t;
    const start = pointers[i]!;
    const end = pointers[i + 1]!;
    const y = labels[i]!;
    const s = weights ? weights[i]! : 1;

    let even = 0;
    let odd = 0;
    for (let k = start; k < end; k++) {
      const w = weightOf(state[indices[k]!]!, scale, debt);
      scratch[k - start] = w;
      const product = values ? w * values[k]! : w;
      if ((k - start) & 1) odd += product;
      else even += product;
    }
    const m = bias + (even + odd);
    if (margins) margins[i] = m;
    if (s === 0) continue; // a row without weight is no step
    sum += s * datafit.loss(y, m);

    const eta = o.rate / Math.sqrt(1 + o.decay * step);
    const move = eta * s * o.weightScale * datafit.gradient(y, m);
    const inverseScale = 1 / scale;
    for (let k = start; k < end; k++) {
      const w = scratch[k - start]! - (values ? move * values[k]! : move);
      const u = Math.abs(w) * inverseScale + debt;
      state[indices[k]!] = w < 0 ? -u : u;
    }
    if (o.intercept) bias -= move;
    const owed = (eta * o.l1) / scale;
    debt += owed;
    scale /= 1 + eta * o.l2;
    step++;
    if (scale < SMALLEST_SCALE || debt / owed > MOST_STEPS_OWED) {
      for (let j = 0; j < o.columns; j++) state[j] = weightOf(state[j]!, scale, debt);
      scale = 1;
      debt = 0;
    }
  }
  ledger.set([step, scale, debt, bias]);
  return sum;
};

export const sgdWeights: Kernels["sgdWeights"] = (o: Sgd, from, to, out) => {
  const [, scale, debt] = o.ledger.view as unknown as [number, number, number];
  const state = o.state.view;
  const result = out.view;
  for (let j = from; j < to; j++) result[j - from] = weightOf(state[j]!, scale, debt);
};
