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
  let sum = 0;
  for (let first = from; first < to; first += o.batch) {
    sum += ftrlGradient(name, rows, order, first, Math.min(first + o.batch, to), o);
    ftrlStep(o);
  }
  return sum;
};

export const ftrlGradient: Kernels["ftrlGradient"] = (name, rows, order, from, to, o) => {
  const datafit = DATAFITS[name];
  const pointers = rows.pointers.view;
  const values = rows.values?.view;
  const weights = rows.weights?.view;
  const gradient = o.gradient!.view;
  const spots = o.spots!.view;
  const count = locate(rows, order, from, to, o);
  weighTouched(count, o);
  const bias = biasWeight(o);
  let sum = 0;
  let biasGradient = 0;
  let spot = 0;
  for (let t = from; t < to; t++) {
    const i = order ? order.view[t]! : t;
    const start = pointers[i]!;
    const end = pointers[i + 1]!;
    const y = rows.labels.view[i]!;
    const s = weights ? weights[i]! : 1;
    const m = bias + dotTouched(spots, spot, values, start, end, o.scratch.view);
    if (o.margins) o.margins.view[i] = m;
    sum += s * datafit.loss(y, m);
    const g = s * datafit.gradient(y, m);
    biasGradient += g;
    for (let k = start; k < end; k++) gradient[spots[spot++]!]! += values ? g * values[k]! : g;
  }
  o.outcome!.view.set([count, o.intercept ? biasGradient : 0]);
  return sum;
};

/** Lists the columns of rows in o.touched, and in o.spots where each entry's stands there. Returns how many they are. */
function locate(rows: Rows, order: U32 | null, from: number, to: number, o: Ftrl): number {
  const pointers = rows.pointers.view;
  const indices = rows.indices.view;
  const gradient = o.gradient!.view;
  const touched = o.touched!.view;
  const spots = o.spots!.view;
  const places = new Map<number, number>();
  let spot = 0;
  for (let t = from; t < to; t++) {
    const i = order ? order.view[t]! : t;
    for (let k = pointers[i]!, end = pointers[i + 1]!; k < end; k++) {
      const j = indices[k]!;
      let place = places.get(j);
      if (place === undefined) {
        place = places.size;
        places.set(j, place);
        touched[place] = j;
        gradient[place] = 0;
      }
      spots[spot++] = place;
    }
  }
  return places.size;
}

/** Writes the weight of each touched column to scratch. */
function weighTouched(count: number, o: Ftrl): void {
  const touched = o.touched!.view;
  const state = o.state.view;
  const inverseAlpha = f(o.inverseAlpha);
  for (let q = 0; q < count; q++) {
    const slot = touched[q]! * 2;
    const root = f(Math.sqrt(state[slot + 1]!));
    o.scratch.view[q] = weightAt(state[slot]!, root, inverseAlpha, f(o.ridge), f(o.lambda1));
  }
}

/** Returns x·w of one row, whose entries' columns stand at `spots` in the list of touched ones. Sums as `gather` does. */
function dotTouched(
  spots: Uint32Array,
  spot: number,
  values: Float32Array | undefined,
  start: number,
  end: number,
  w: Float32Array,
): number {
  const fours = start + ((end - start) & ~3);
  const sums = [0, 0, 0, 0];
  let rest = 0;
  for (let k = start; k < end; k++) {
    const product = w[spots[spot++]!]! * (values ? values[k]! : 1);
    if (k < fours) sums[(k - start) & 3]! += product;
    else rest += product;
  }
  return sums[0]! + sums[1]! + (sums[2]! + sums[3]!) + rest;
}

export const ftrlStep: Kernels["ftrlStep"] = (o) => {
  const [count, biasGradient] = o.outcome!.view as unknown as [number, number];
  const gradient = o.gradient!.view;
  const touched = o.touched!.view;
  const state = o.state.view;
  const inverseAlpha = f(o.inverseAlpha);
  const shrink = clipFactor(count, biasGradient, o);
  for (let q = 0; q < count; q++) {
    const slot = touched[q]! * 2;
    const root = f(Math.sqrt(state[slot + 1]!));
    const w = weightAt(state[slot]!, root, inverseAlpha, f(o.ridge), f(o.lambda1));
    accumulate(state, slot, f(gradient[q]! * shrink), w, root, inverseAlpha);
  }
  if (o.intercept) updateBias(o, biasGradient * shrink);
};

/** Factor that shortens the summed gradient to the norm o.clip; 1 when it is no longer than that. */
function clipFactor(count: number, biasGradient: number, o: Ftrl): number {
  if (o.clip === Infinity) return 1;
  const gradient = o.gradient!.view;
  let square = biasGradient * biasGradient;
  for (let q = 0; q < count; q++) square += gradient[q]! * gradient[q]!;
  return Math.min(1, o.clip / Math.sqrt(square));
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
