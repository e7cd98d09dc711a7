import { Datafit } from "../datafit";
import { Matrix, Rows } from "../layout";
import { Values } from "../sparse";

// The quadratic model of the loss at margins m: {q_i, D_i} = s_i·{loss′(y_i, m_i), loss″(y_i, m_i)}, interleaved.
// Arrays that belong to columns are indexed by column; `order` lists those at hand.

/** Writes the model of rows from ≤ i < to at margins m: f64[rows]. Returns Σ s_i·loss(y_i, m_i). */
export function linearize<D extends Datafit>(rows: Rows, from: u32, to: u32, m: usize, model: usize): f64 {
  const labels = rows.labels;
  const weights = rows.weights;
  let sum: f64 = 0.0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const s = weights ? load<f64>(weights + at) : 1.0;
    sum += changetype<D>(0).expand(load<f64>(labels + at), load<f64>(m + at), s, model + (at << 1));
  }
  return sum;
}

/** Writes out[j] = Σ_i x_ij·q_i for columns j = order[from … to) of x (CSC); without an order for from ≤ j < to. */
export function gradients<V extends Values>(
  x: Matrix,
  order: usize,
  from: u32,
  to: u32,
  model: usize,
  out: usize,
): void {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  for (let t = from; t < to; ++t) {
    const j: usize = order ? load<u32>(order + (<usize>t << 2)) : t;
    const start = load<u32>(pointers + (j << 2));
    const end = load<u32>(pointers + (j << 2), 4);
    store<f64>(out + (j << 3), modelGradient<V>(indices, values, start, end, model));
  }
}

/** Returns Σ x_ij·q_i of one column, in two sums. */
// @ts-ignore: decorator
@inline
export function modelGradient<V extends Values>(
  indices: usize,
  values: usize,
  start: u32,
  end: u32,
  model: usize,
): f64 {
  let even: f64 = 0.0;
  let odd: f64 = 0.0;
  let k = start;
  if (ASC_FEATURE_SIMD) {
    let sums = f64x2.splat(0.0);
    for (const pairs = start + ((end - start) & ~1); k < pairs; k += 2) {
      const i = indices + (<usize>k << 2);
      const q0 = v128.load64_zero(model + (<usize>load<u32>(i) << 4));
      const q01 = v128.load64_lane(model + (<usize>load<u32>(i, 4) << 4), q0, 1);
      sums = f64x2.add(sums, changetype<V>(0).scaleTwo(values, k, q01));
    }
    even = f64x2.extract_lane(sums, 0);
    odd = f64x2.extract_lane(sums, 1);
  } else {
    for (const pairs = start + ((end - start) & ~1); k < pairs; k += 2) {
      const i = indices + (<usize>k << 2);
      even += load<f64>(model + (<usize>load<u32>(i) << 4)) * changetype<V>(0).at(values, k);
      odd += load<f64>(model + (<usize>load<u32>(i, 4) << 4)) * changetype<V>(0).at(values, k + 1);
    }
  }
  if (k < end) {
    even += load<f64>(model + (<usize>load<u32>(indices + (<usize>k << 2)) << 4)) * changetype<V>(0).at(values, k);
  }
  return even + odd;
}

/** Writes out[j] = Σ_i D_i·x_ij² for columns j = order[0 … count) of x (CSC). */
export function curvatures<V extends Values>(x: Matrix, order: usize, count: u32, model: usize, out: usize): void {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  for (let t: u32 = 0; t < count; ++t) {
    const j: usize = load<u32>(order + (<usize>t << 2));
    const end = load<u32>(pointers + (j << 2), 4);
    let sum: f64 = 0.0;
    for (let k = load<u32>(pointers + (j << 2)); k < end; ++k) {
      const value: f64 = changetype<V>(0).at(values, k);
      sum += load<f64>(model + (<usize>load<u32>(indices + (<usize>k << 2)) << 4), 8) * (value * value);
    }
    store<f64>(out + (j << 3), sum);
  }
}

/** Adds x_ij·d_j to out[i], f64[rows], for columns j = order[0 … count) of x (CSC). d: f64[columns]. */
export function spread<V extends Values>(x: Matrix, order: usize, count: u32, d: usize, out: usize): void {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  for (let t: u32 = 0; t < count; ++t) {
    const j: usize = load<u32>(order + (<usize>t << 2));
    const end = load<u32>(pointers + (j << 2), 4);
    const step = load<f64>(d + (j << 3));
    for (let k = load<u32>(pointers + (j << 2)); k < end; ++k) {
      const at = out + (<usize>load<u32>(indices + (<usize>k << 2)) << 3);
      store<f64>(at, load<f64>(at) + step * changetype<V>(0).at(values, k));
    }
  }
}

/** Writes out[2i] = D_i·v_i for rows from ≤ i < to and returns Σ D_i·v_i². out: f64[2 · rows], laid out as a model. */
export function bend(from: u32, to: u32, model: usize, v: usize, out: usize): f64 {
  let sum: f64 = 0.0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 4;
    const move = load<f64>(v + (at >> 1));
    const q = load<f64>(model + at, 8) * move;
    store<f64>(out + at, q);
    sum += q * move;
  }
  return sum;
}
