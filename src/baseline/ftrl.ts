import type { Ftrl, Kernels, Matrix, Rows } from "../engine/kernels.js";
import type { U32 } from "../engine/memory.js";
import { DATAFITS } from "./datafit.js";
import { softThreshold } from "./math.js";

// The steps of assembly/online/ftrl.ts, in plain TypeScript. `f` rounds to single precision, as the state is
// stored, so that the bits are those of the WASM kernel; without it (in f64) this would be about a third faster.
const f = Math.fround;

/** w = −S(z, λ₁) / ((β+√n)/α + λ₂); `root` is √n. */
function weightAt(z: number, root: number, inverseAlpha: number, ridge: number, lambda1: number): number {
  const size = f(Math.max(f(Math.abs(z) - lambda1), 0) / f(f(root * inverseAlpha) + ridge));
  return z > 0 ? -size : size;
}

/** Takes gradient g into {z, n} at `slot`: σ = (√(n+g²) − √n)/α; z += g − σ·w; n += g². */
function accumulate(state: Float32Array, slot: number, g: number, w: number, root: number, inverseAlpha: number): void {
  const n = f(state[slot + 1]! + f(g * g));
  const sigma = f(f(f(Math.sqrt(n)) - root) * inverseAlpha);
  state[slot] = state[slot]! + f(g - f(sigma * w));
  state[slot + 1] = n;
}

/** Returns x·w of one row and leaves each entry's weight and √n in scratch, for scatter. */
function gather(x: Matrix, start: number, end: number, o: Ftrl): number {
  const indices = x.indices.view;
  const values = x.values?.view;
  const state = o.state.view;
  const scratch = o.scratch.view;
  const inverseAlpha = f(o.inverseAlpha);
  const ridge = f(o.ridge);
  const lambda1 = f(o.lambda1);
  const fours = start + ((end - start) & ~3);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let rest = 0;
  let at = 0;
  for (let k = start; k < end; k++, at += 2) {
    const slot = indices[k]! * 2;
    const root = f(Math.sqrt(state[slot + 1]!));
    const w = weightAt(state[slot]!, root, inverseAlpha, ridge, lambda1);
    scratch[at] = w;
    scratch[at + 1] = root;
    const product = values ? w * values[k]! : w;
    if (k >= fours) rest += product;
    else {
      // Rotating the four sums by name would cost a branch an entry; this keeps their order without one.
      const s = s0 + product;
      s0 = s1;
      s1 = s2;
      s2 = s3;
      s3 = s;
    }
  }
  return s0 + s1 + (s2 + s3) + rest;
}

/** Takes the row's gradient g·x into {z, n} of each entry, with the weights and √n that gather left. */
function scatter(x: Matrix, start: number, end: number, g: number, o: Ftrl): void {
  const indices = x.indices.view;
  const values = x.values?.view;
  const state = o.state.view;
  const scratch = o.scratch.view;
  const inverseAlpha = f(o.inverseAlpha);
  let at = 0;
  for (let k = start; k < end; k++, at += 2) {
    const gx = values ? f(g * values[k]!) : g;
    accumulate(state, indices[k]! * 2, gx, scratch[at]!, scratch[at + 1]!, inverseAlpha);
  }
}

/** Weight of the intercept, whose state is in double precision. */
function biasWeight(o: Ftrl): number {
  const bias = o.bias.view;
  return softThreshold(-bias[0]!, o.biasLambda1) / (Math.sqrt(bias[1]!) * o.inverseAlpha + o.biasRidge);
}

function updateBias(o: Ftrl, g: number): void {
  const bias = o.bias.view;
  const n = bias[1]!;
  const square = n + g * g;
  const sigma = (Math.sqrt(square) - Math.sqrt(n)) * o.inverseAlpha;
  bias[0] = bias[0]! + (g - sigma * biasWeight(o));
  bias[1] = square;
}

export const ftrlRows: Kernels["ftrlRows"] = (name, rows, order, from, to, o) => {
  const datafit = DATAFITS[name];
  const pointers = rows.pointers.view;
  const labels = rows.labels.view;
  const weights = rows.weights?.view;
  const sequence = order?.view;
  const margins = o.margins?.view;
  let sum = 0;
  for (let t = from; t < to; t++) {
    const i = sequence ? sequence[t]! : t;
    const start = pointers[i]!;
    const end = pointers[i + 1]!;
    const y = labels[i]!;
    const s = weights ? weights[i]! : 1;
    const m = biasWeight(o) + gather(rows, start, end, o);
    if (margins) margins[i] = m;
    sum += s * datafit.loss(y, m);
    const g = s * datafit.gradient(y, m);
    scatter(rows, start, end, f(g), o);
    if (o.intercept) updateBias(o, g);
  }
  return sum;
};

export const ftrlBatches: Kernels["ftrlBatches"] = (name, rows, order, from, to, o) => {
  const datafit = DATAFITS[name];
  const pointers = rows.pointers.view;
  const weights = rows.weights?.view;
  const residuals = o.residuals!.view;
  let sum = 0;
  for (let first = from; first < to; first += o.batch) {
    const last = Math.min(first + o.batch, to);
    const bias = biasWeight(o);
    let batchSum = 0;
    let biasGradient = 0;
    for (let t = first; t < last; t++) {
      const i = order ? order.view[t]! : t;
      const y = rows.labels.view[i]!;
      const s = weights ? weights[i]! : 1;
      const m = bias + gather(rows, pointers[i]!, pointers[i + 1]!, o);
      if (o.margins) o.margins.view[i] = m;
      batchSum += s * datafit.loss(y, m);
      const g = s * datafit.gradient(y, m);
      residuals[t - first] = g;
      biasGradient += g;
    }
    sum += batchSum;
    const touched = sumGradient(rows, order, first, last, o);
    const shrink = clipFactor(touched, o.intercept ? biasGradient : 0, o);
    updateTouched(touched, shrink, o);
    if (o.intercept) updateBias(o, biasGradient * shrink);
  }
  return sum;
};

/** Sums the rows' gradients by column into o.touched and o.gradient; o.places is a sparse set. Returns their number. */
function sumGradient(rows: Rows, order: U32 | null, from: number, to: number, o: Ftrl): number {
  const pointers = rows.pointers.view;
  const indices = rows.indices.view;
  const values = rows.values?.view;
  const gradient = o.gradient!.view;
  const touched = o.touched!.view;
  const places = o.places!.view;
  let count = 0;
  for (let t = from; t < to; t++) {
    const i = order ? order.view[t]! : t;
    const g = o.residuals!.view[t - from]!;
    for (let k = pointers[i]!, end = pointers[i + 1]!; k < end; k++) {
      const j = indices[k]!;
      let place = places[j]!;
      if (place >= count || touched[place] !== j) {
        place = count++;
        places[j] = place;
        touched[place] = j;
        gradient[place] = 0;
      }
      gradient[place]! += values ? g * values[k]! : g;
    }
  }
  return count;
}

/** Factor that shortens the summed gradient to the norm o.clip; 1 when it is no longer than that. */
function clipFactor(count: number, biasGradient: number, o: Ftrl): number {
  if (o.clip === Infinity) return 1;
  const gradient = o.gradient!.view;
  let square = biasGradient * biasGradient;
  for (let q = 0; q < count; q++) square += gradient[q]! * gradient[q]!;
  return Math.min(1, o.clip / Math.sqrt(square));
}

/** Takes the summed gradient of each touched column into {z, n}. */
function updateTouched(count: number, shrink: number, o: Ftrl): void {
  const gradient = o.gradient!.view;
  const touched = o.touched!.view;
  const state = o.state.view;
  const inverseAlpha = f(o.inverseAlpha);
  for (let q = 0; q < count; q++) {
    const j = touched[q]!;
    const root = f(Math.sqrt(state[j * 2 + 1]!));
    const w = weightAt(state[j * 2]!, root, inverseAlpha, f(o.ridge), f(o.lambda1));
    accumulate(state, j * 2, f(gradient[q]! * shrink), w, root, inverseAlpha);
  }
}

export const ftrlWeights: Kernels["ftrlWeights"] = (o, from, to, out) => {
  const state = o.state.view;
  const result = out.view;
  for (let j = from; j < to; j++) {
    const root = f(Math.sqrt(state[j * 2 + 1]!));
    result[j - from] = weightAt(state[j * 2]!, root, f(o.inverseAlpha), f(o.ridge), f(o.lambda1)) + 0;
  }
};

export const ftrlTouched: Kernels["ftrlTouched"] = (o, from, to, begin, out) => {
  const [state, list] = [o.state.view, out.view];
  let count = 0;
  for (let j = from; j < to; j++) if (state[2 * j] !== 0 || state[2 * j + 1] !== f(begin)) list[count++] = j;
  return count;
};

export const ftrlIntercept: Kernels["ftrlIntercept"] = biasWeight;
