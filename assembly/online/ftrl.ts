import { Datafit } from "../datafit";
import { Ftrl, Rows } from "../layout";
import { softThreshold } from "../math";
import { Values } from "../sparse";

// FTRL-Proximal, McMahan et al., "Ad click prediction: a view from the trenches" (KDD 2013), Algorithm 1, in
// single precision as its state is stored. The SIMD path holds four features a vector; the scalar path does
// the same operations in the same lanes, so both give the same bits.

/** w = −S(z, λ₁) / ((β+√n)/α + λ₂), without a branch. `root` is √n. */
// @ts-ignore: decorator
@inline
export function weightAt(z: f32, root: f32, inverseAlpha: f32, ridge: f32, lambda1: f32): f32 {
  return copysign<f32>(max<f32>(abs<f32>(z) - lambda1, 0.0) / (root * inverseAlpha + ridge), -z);
}

/** Takes gradient g into {z, n}: σ = (√(n+g²) − √n)/α; z += g − σ·w; n += g². */
// @ts-ignore: decorator
@inline
export function accumulate(slot: usize, g: f32, w: f32, root: f32, inverseAlpha: f32): void {
  const n = load<f32>(slot, 4) + g * g;
  const sigma = (sqrt<f32>(n) - root) * inverseAlpha;
  store<f32>(slot, load<f32>(slot) + (g - sigma * w));
  store<f32>(slot, n, 4);
}

// @ts-ignore: decorator
@inline
export function slotOf(state: usize, columns: usize, k: u32): usize {
  return state + (<usize>load<u32>(columns + (<usize>k << 2)) << 3);
}

/**
 * Updates on rows order[from … to) one at a time (rows from … to when order is 0).
 * Returns Σ s·loss of each row at the weights before its update: the progressive validation loss.
 */
export function ftrlRows<D extends Datafit, V extends Values>(
  rows: Rows,
  order: usize,
  from: u32,
  to: u32,
  o: Ftrl,
): f64 {
  const pointers = rows.pointers;
  const columns = rows.indices;
  const values = rows.values;
  const labels = rows.labels;
  const weights = rows.weights;
  const margins = o.margins;
  let sum: f64 = 0.0;
  for (let t = from; t < to; ++t) {
    const i: usize = order ? load<u32>(order + (<usize>t << 2)) : t;
    const start = load<u32>(pointers + (i << 2));
    const end = load<u32>(pointers + (i << 2), 4);
    const y = load<f64>(labels + (i << 3));
    const s = weights ? load<f64>(weights + (i << 3)) : 1.0;
    const m = biasWeight(o) + gatherWeights<V>(columns, values, start, end, o);
    if (margins) store<f64>(margins + (i << 3), m);
    sum += s * changetype<D>(0).loss(y, m);
    const g = s * changetype<D>(0).gradient(y, m);
    scatterGradient<V>(columns, values, start, end, <f32>g, o);
    if (o.intercept) updateBias(o, g);
  }
  return sum;
}

/** Loads {z, n} of two features side by side. */
// @ts-ignore: decorator
@inline
function twoSlots(state: usize, a: u32, b: u32): v128 {
  return v128.load64_lane(state + (<usize>b << 3), v128.load64_zero(state + (<usize>a << 3)), 1);
}

/** Returns x·w of one row and leaves each entry's weight and √n in scratch, for scatterGradient. */
// @ts-ignore: decorator
@inline
function gatherWeights<V extends Values>(columns: usize, values: usize, start: u32, end: u32, o: Ftrl): f64 {
  const state = o.state;
  const inverseAlpha = <f32>o.inverseAlpha;
  const ridge = o.ridge;
  const lambda1 = o.lambda1;
  let scratch = o.scratch;
  let k = start;
  const fours = start + ((end - start) & ~3);
  let head: f64;
  if (ASC_FEATURE_SIMD) {
    let even = f64x2.splat(0.0);
    let odd = f64x2.splat(0.0);
    for (; k < fours; k += 4) {
      const c = columns + (<usize>k << 2);
      const zn01 = twoSlots(state, load<u32>(c), load<u32>(c, 4));
      const zn23 = twoSlots(state, load<u32>(c, 8), load<u32>(c, 12));
      const z = v128.shuffle<i32>(zn01, zn23, 0, 2, 4, 6);
      const root = f32x4.sqrt(v128.shuffle<i32>(zn01, zn23, 1, 3, 5, 7));
      const shrunk = f32x4.max(f32x4.sub(f32x4.abs(z), f32x4.splat(lambda1)), f32x4.splat(0.0));
      const size = f32x4.div(shrunk, f32x4.add(f32x4.mul(root, f32x4.splat(inverseAlpha)), f32x4.splat(ridge)));
      const w = v128.bitselect(v128.not(z), size, i32x4.splat(i32.MIN_VALUE));
      v128.store(scratch, w);
      v128.store(scratch, root, 16);
      scratch += 32;
      const x = changetype<V>(0).four(values, k);
      even = f64x2.add(even, f64x2.mul(f64x2.promote_low_f32x4(w), f64x2.promote_low_f32x4(x)));
      const w23 = v128.shuffle<i32>(w, w, 2, 3, 2, 3);
      const x23 = v128.shuffle<i32>(x, x, 2, 3, 2, 3);
      odd = f64x2.add(odd, f64x2.mul(f64x2.promote_low_f32x4(w23), f64x2.promote_low_f32x4(x23)));
    }
    head = f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1);
    head += f64x2.extract_lane(odd, 0) + f64x2.extract_lane(odd, 1);
  } else {
    let s0: f64 = 0.0;
    let s1: f64 = 0.0;
    let s2: f64 = 0.0;
    let s3: f64 = 0.0;
    for (; k < fours; k += 4) {
      s0 += gatherOne<V>(state, columns, values, k, scratch, inverseAlpha, ridge, lambda1);
      s1 += gatherOne<V>(state, columns, values, k + 1, scratch + 4, inverseAlpha, ridge, lambda1);
      s2 += gatherOne<V>(state, columns, values, k + 2, scratch + 8, inverseAlpha, ridge, lambda1);
      s3 += gatherOne<V>(state, columns, values, k + 3, scratch + 12, inverseAlpha, ridge, lambda1);
      scratch += 32;
    }
    head = s0 + s1 + (s2 + s3);
  }
  let rest: f64 = 0.0;
  for (; k < end; ++k, scratch += 4) rest += gatherOne<V>(state, columns, values, k, scratch, inverseAlpha, ridge, lambda1);
  return head + rest;
}

/** Returns w·x of entry k; leaves its weight at `scratch` and its √n 16 bytes further. */
// @ts-ignore: decorator
@inline
function gatherOne<V extends Values>(
  state: usize, columns: usize, values: usize, k: u32, scratch: usize, inverseAlpha: f32, ridge: f32, lambda1: f32,
): f64 {
  const slot = slotOf(state, columns, k);
  const root = sqrt<f32>(load<f32>(slot, 4));
  const w = weightAt(load<f32>(slot), root, inverseAlpha, ridge, lambda1);
  store<f32>(scratch, w);
  store<f32>(scratch, root, 16);
  return <f64>w * <f64>changetype<V>(0).at(values, k);
}

/** Takes the row's gradient g·x into {z, n} of each entry, with the weights and √n that gatherWeights left. */
// @ts-ignore: decorator
@inline
function scatterGradient<V extends Values>(columns: usize, values: usize, start: u32, end: u32, g: f32, o: Ftrl): void {
  const state = o.state;
  const inverseAlpha = <f32>o.inverseAlpha;
  let scratch = o.scratch;
  let k = start;
  const fours = start + ((end - start) & ~3);
  if (ASC_FEATURE_SIMD) {
    for (; k < fours; k += 4) {
      const c = columns + (<usize>k << 2);
      const p0 = state + (<usize>load<u32>(c) << 3);
      const p1 = state + (<usize>load<u32>(c, 4) << 3);
      const p2 = state + (<usize>load<u32>(c, 8) << 3);
      const p3 = state + (<usize>load<u32>(c, 12) << 3);
      const zn01 = v128.load64_lane(p1, v128.load64_zero(p0), 1);
      const zn23 = v128.load64_lane(p3, v128.load64_zero(p2), 1);
      const w = v128.load(scratch);
      const root = v128.load(scratch, 16);
      scratch += 32;
      const gx = f32x4.mul(f32x4.splat(g), changetype<V>(0).four(values, k));
      const n = f32x4.add(v128.shuffle<i32>(zn01, zn23, 1, 3, 5, 7), f32x4.mul(gx, gx));
      const sigma = f32x4.mul(f32x4.sub(f32x4.sqrt(n), root), f32x4.splat(inverseAlpha));
      const z = f32x4.add(v128.shuffle<i32>(zn01, zn23, 0, 2, 4, 6), f32x4.sub(gx, f32x4.mul(sigma, w)));
      const new01 = v128.shuffle<i32>(z, n, 0, 4, 1, 5);
      const new23 = v128.shuffle<i32>(z, n, 2, 6, 3, 7);
      v128.store64_lane(p0, new01, 0);
      v128.store64_lane(p1, new01, 1);
      v128.store64_lane(p2, new23, 0);
      v128.store64_lane(p3, new23, 1);
    }
  } else {
    for (; k < fours; k += 4, scratch += 32) {
      for (let lane: u32 = 0; lane < 4; ++lane) {
        const at = scratch + (<usize>lane << 2);
        const gx = g * changetype<V>(0).at(values, k + lane);
        accumulate(slotOf(state, columns, k + lane), gx, load<f32>(at), load<f32>(at, 16), inverseAlpha);
      }
    }
  }
  for (; k < end; ++k, scratch += 4) {
    const gx = g * changetype<V>(0).at(values, k);
    accumulate(slotOf(state, columns, k), gx, load<f32>(scratch), load<f32>(scratch, 16), inverseAlpha);
  }
}

// The intercept is in every row. In single precision its n would stop growing once a row's g² is below half an
// ulp of it, and z would drift: on a class of 1 in 2000 the mean prediction was off by half. So its state is f64.

/** Weight of the intercept. */
// @ts-ignore: decorator
@inline
export function biasWeight(o: Ftrl): f64 {
  const z = load<f64>(o.bias);
  const root = sqrt<f64>(load<f64>(o.bias, 8));
  return softThreshold(-z, o.biasLambda1) / (root * o.inverseAlpha + o.biasRidge);
}

export function updateBias(o: Ftrl, g: f64): void {
  const n = load<f64>(o.bias, 8);
  const square = n + g * g;
  const sigma = (sqrt<f64>(square) - sqrt<f64>(n)) * o.inverseAlpha;
  store<f64>(o.bias, load<f64>(o.bias) + (g - sigma * biasWeight(o)));
  store<f64>(o.bias, square, 8);
}

/** Writes the weights of columns from ≤ j < to into out: f64[to − from]. Zeros are +0. */
export function ftrlWeights(o: Ftrl, from: u32, to: u32, out: usize): void {
  for (let j = from; j < to; ++j) {
    const slot = o.state + (<usize>j << 3);
    const w = weightAt(load<f32>(slot), sqrt<f32>(load<f32>(slot, 4)), <f32>o.inverseAlpha, o.ridge, o.lambda1);
    store<f64>(out + (<usize>(j - from) << 3), <f64>w + 0.0);
  }
}

/** Lists the columns from ≤ j < to whose {z, n} is not the {0, begin} of all at first in out: u32[to − from]. Returns how many. */
export function ftrlTouched(o: Ftrl, from: u32, to: u32, begin: f32, out: usize): u32 {
  const state = o.state;
  let count: u32 = 0;
  for (let j = from; j < to; ++j) {
    const slot = state + (<usize>j << 3);
    if (load<f32>(slot) == 0.0 && load<f32>(slot, 4) == begin) continue;
    store<u32>(out + (<usize>count << 2), j);
    ++count;
  }
  return count;
}

/** Returns the weight of the intercept. */
export function ftrlIntercept(o: Ftrl): f64 {
  return biasWeight(o);
}
