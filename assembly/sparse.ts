import { Datafit } from "./datafit";
import { Matrix, ROW_BLOCK, Rows } from "./layout";

/** Where a matrix has its entries' values. Chosen at compile time, so that implicit ones cost nothing. */
export abstract class Values {
  abstract areStored(): bool;
  abstract at(values: usize, k: u32): f32;
  /** Values k … k+3, and k, k+1 times two factors; only in builds with SIMD. */
  abstract four(values: usize, k: u32): v128;
  abstract scaleTwo(values: usize, k: u32, factors: v128): v128;
  /** {q, D} of a row to {v·q, v²·D}, v the value k; only in builds with SIMD. */
  abstract expand(values: usize, k: u32, model: v128): v128;
  /** Copies `length` values from k on to those of another matrix, from `at` on. */
  abstract copy(values: usize, k: u32, to: usize, at: usize, length: usize): void;
}

/** Values stored as f32[entries]. */
export class Stored extends Values {
  // @ts-ignore: decorator
  @inline
  areStored(): bool {
    return true;
  }

  // @ts-ignore: decorator
  @inline
  at(values: usize, k: u32): f32 {
    return load<f32>(values + (<usize>k << alignof<f32>()));
  }

  // @ts-ignore: decorator
  @inline
  four(values: usize, k: u32): v128 {
    return v128.load(values + (<usize>k << alignof<f32>()));
  }

  // @ts-ignore: decorator
  @inline
  scaleTwo(values: usize, k: u32, factors: v128): v128 {
    const two = f64x2.promote_low_f32x4(v128.load64_zero(values + (<usize>k << alignof<f32>())));
    return f64x2.mul(factors, two);
  }

  // @ts-ignore: decorator
  @inline
  expand(values: usize, k: u32, model: v128): v128 {
    const value: f64 = this.at(values, k);
    return f64x2.mul(model, f64x2.replace_lane(f64x2.splat(value), 1, value * value));
  }

  // @ts-ignore: decorator
  @inline
  copy(values: usize, k: u32, to: usize, at: usize, length: usize): void {
    if (length == 1) store<f32>(to + (at << alignof<f32>()), this.at(values, k));
    else memory.copy(to + (at << alignof<f32>()), values + (<usize>k << alignof<f32>()), length << alignof<f32>());
  }
}

/** Every value is 1 and none is stored. */
export class Ones extends Values {
  // @ts-ignore: decorator
  @inline
  areStored(): bool {
    return false;
  }

  // @ts-ignore: decorator
  @inline
  at(_values: usize, _k: u32): f32 {
    return 1.0;
  }

  // @ts-ignore: decorator
  @inline
  four(_values: usize, _k: u32): v128 {
    return f32x4.splat(1.0);
  }

  // @ts-ignore: decorator
  @inline
  scaleTwo(_values: usize, _k: u32, factors: v128): v128 {
    return factors;
  }

  // @ts-ignore: decorator
  @inline
  expand(_values: usize, _k: u32, model: v128): v128 {
    return model;
  }

  // @ts-ignore: decorator
  @inline
  copy(_values: usize, _k: u32, _to: usize, _at: usize, _length: usize): void {}
}

/** Sizes of what `dot` weighs, as shifts: an f64 alone, or the first of two. */
export const SINGLE: usize = 3;
export const PAIR: usize = 4;

/**
 * Returns Σ w[indices[k]] · values[k] over from ≤ k < to, weights every 1 << size bytes.
 * Four sums in fixed order hide the latency of the additions; the rest is added in order.
 */
// @ts-ignore: decorator
@inline
export function dot<V extends Values>(indices: usize, values: usize, from: u32, to: u32, w: usize, size: usize): f64 {
  let sum: f64 = 0.0;
  let rest: f64 = 0.0;
  let k = from;
  const end = from + ((to - from) & ~3);
  if (ASC_FEATURE_SIMD) {
    let s01 = f64x2.splat(0.0);
    let s23 = f64x2.splat(0.0);
    for (; k < end; k += 4) {
      const i = indices + (<usize>k << 2);
      const w0 = v128.load64_zero(place(w, load<u32>(i), size));
      const w2 = v128.load64_zero(place(w, load<u32>(i, 8), size));
      const w01 = v128.load64_lane(place(w, load<u32>(i, 4), size), w0, 1);
      const w23 = v128.load64_lane(place(w, load<u32>(i, 12), size), w2, 1);
      s01 = f64x2.add(s01, changetype<V>(0).scaleTwo(values, k, w01));
      s23 = f64x2.add(s23, changetype<V>(0).scaleTwo(values, k + 2, w23));
    }
    sum = f64x2.extract_lane(s01, 0) + f64x2.extract_lane(s01, 1);
    sum += f64x2.extract_lane(s23, 0) + f64x2.extract_lane(s23, 1);
  } else {
    let s0: f64 = 0.0;
    let s1: f64 = 0.0;
    let s2: f64 = 0.0;
    let s3: f64 = 0.0;
    for (; k < end; k += 4) {
      const i = indices + (<usize>k << 2);
      s0 += load<f64>(place(w, load<u32>(i), size)) * changetype<V>(0).at(values, k);
      s1 += load<f64>(place(w, load<u32>(i, 4), size)) * changetype<V>(0).at(values, k + 1);
      s2 += load<f64>(place(w, load<u32>(i, 8), size)) * changetype<V>(0).at(values, k + 2);
      s3 += load<f64>(place(w, load<u32>(i, 12), size)) * changetype<V>(0).at(values, k + 3);
    }
    sum = s0 + s1 + (s2 + s3);
  }
  for (; k < to; ++k) {
    rest += load<f64>(place(w, load<u32>(indices + (<usize>k << 2)), size)) * changetype<V>(0).at(values, k);
  }
  return sum + rest;
}

// @ts-ignore: decorator
@inline
function place(w: usize, index: u32, size: usize): usize {
  return w + (<usize>index << size);
}

/** Writes out[i] = bias + x_i · w for rows from ≤ i < to. w: f64[columns], out: f64[rows]. */
export function margins<V extends Values>(rows: Matrix, from: u32, to: u32, w: usize, bias: f64, out: usize): void {
  const pointers = rows.pointers;
  const columns = rows.indices;
  const values = rows.values;
  let start = load<u32>(pointers + (<usize>from << 2));
  for (let i = from; i < to; ++i) {
    const end = load<u32>(pointers + (<usize>i << 2), 4);
    store<f64>(out + (<usize>i << 3), bias + dot<V>(columns, values, start, end, w, SINGLE));
    start = end;
  }
}

/** Returns Σ s_i · loss(y_i, m_i) for rows from ≤ i < to, by blocks. m: f64[rows]. */
export function loss<D extends Datafit>(rows: Rows, from: u32, to: u32, m: usize): f64 {
  let sum: f64 = 0.0;
  for (let i = from; i < to; i += ROW_BLOCK) sum += lossOfBlock<D>(rows, i, min(i + ROW_BLOCK, to), m);
  return sum;
}

function lossOfBlock<D extends Datafit>(rows: Rows, from: u32, to: u32, m: usize): f64 {
  const labels = rows.labels;
  const weights = rows.weights;
  let sum: f64 = 0.0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const s = weights ? load<f64>(weights + at) : 1.0;
    sum += s * changetype<D>(0).loss(load<f64>(labels + at), load<f64>(m + at));
  }
  return sum;
}
