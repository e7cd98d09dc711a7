import { Datafit } from "../datafit";
import { Matrix, ROW_BLOCK, Rows } from "../layout";
import { Values } from "../sparse";

// The quadratic model of the loss at margins m: {q_i, D_i} = s_i·{loss′(y_i, m_i), loss″(y_i, m_i)}, interleaved.

/** Writes the model of rows from ≤ i < to at margins m: f64[rows]. Returns Σ s_i·loss(y_i, m_i), by blocks. */
export function linearize<D extends Datafit>(rows: Rows, from: u32, to: u32, m: usize, model: usize): f64 {
  let sum: f64 = 0.0;
  for (let i = from; i < to; i += ROW_BLOCK) sum += linearizeBlock<D>(rows, i, min(i + ROW_BLOCK, to), m, model);
  return sum;
}

function linearizeBlock<D extends Datafit>(rows: Rows, from: u32, to: u32, m: usize, model: usize): f64 {
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

/** Writes out[j] = Σ_i x_ij·q_i for columns from ≤ j < to of x (CSC). */
export function gradients<V extends Values>(x: Matrix, from: u32, to: u32, model: usize, out: usize): void {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  let start = load<u32>(pointers + (<usize>from << 2));
  for (let j = from; j < to; ++j) {
    const end = load<u32>(pointers + (<usize>j << 2), 4);
    store<f64>(out + (<usize>j << 3), modelGradient<V>(indices, values, start, end, model));
    start = end;
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

/** Writes out[j] = Σ_i D_i·x_ij² for columns from ≤ j < to of x (CSC). */
export function curvatures<V extends Values>(x: Matrix, from: u32, to: u32, model: usize, out: usize): void {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  let k = load<u32>(pointers + (<usize>from << 2));
  for (let j = from; j < to; ++j) {
    let sum: f64 = 0.0;
    for (const end = load<u32>(pointers + (<usize>j << 2), 4); k < end; ++k) {
      const value: f64 = changetype<V>(0).at(values, k);
      sum += load<f64>(model + (<usize>load<u32>(indices + (<usize>k << 2)) << 4), 8) * (value * value);
    }
    store<f64>(out + (<usize>j << 3), sum);
  }
}

/** Adds x_ij·d_j to out[i], f64[rows], for columns 0 ≤ j < count of x (CSC). d: f64[columns]. */
export function spread<V extends Values>(x: Matrix, count: u32, d: usize, out: usize): void {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  for (let j: usize = 0; j < count; ++j) {
    const step = load<f64>(d + (j << 3));
    if (step == 0.0) continue;
    const end = load<u32>(pointers + (j << 2), 4);
    for (let k = load<u32>(pointers + (j << 2)); k < end; ++k) {
      const at = out + (<usize>load<u32>(indices + (<usize>k << 2)) << 3);
      store<f64>(at, load<f64>(at) + step * changetype<V>(0).at(values, k));
    }
  }
}

/** Multiplies v_i, f64[rows], by D_i for rows from ≤ i < to and returns Σ D_i·v_i², by blocks. */
export function bend(from: u32, to: u32, model: usize, v: usize): f64 {
  let sum: f64 = 0.0;
  for (let i = from; i < to; i += ROW_BLOCK) sum += bendBlock(i, min(i + ROW_BLOCK, to), model, v);
  return sum;
}

function bendBlock(from: u32, to: u32, model: usize, v: usize): f64 {
  let sum: f64 = 0.0;
  for (let i = from; i < to; ++i) {
    const at = v + (<usize>i << 3);
    const move = load<f64>(at);
    const bent = load<f64>(model + (<usize>i << 4), 8) * move;
    store<f64>(at, bent);
    sum += bent * move;
  }
  return sum;
}

/** Lists in order, u32[columns], the columns 0 ≤ j < count with a weight or with |g_j| > l1_j. Returns how many. */
export function survey(count: u32, gradients: usize, weights: usize, penalties: usize, order: usize): u32 {
  let size: u32 = 0;
  for (let j: u32 = 0; j < count; ++j) {
    const at = <usize>j << 3;
    store<u32>(order + (<usize>size << 2), j);
    const isZero = load<f64>(weights + at) == 0.0;
    size += u32(!isZero || abs<f64>(load<f64>(gradients + at)) > load<f64>(penalties + (at << 1)));
  }
  return size;
}

/**
 * Writes H = XᵀDX, f64[columns²], from the rows (CSR) 0 ≤ i < count of a matrix whose indices ascend in each row. H
 * begins as 0.
 */
export function gram<V extends Values>(rows: Matrix, count: u32, columns: u32, model: usize, out: usize): void {
  const pointers = rows.pointers;
  const indices = rows.indices;
  const values = rows.values;
  const width = <usize>columns << 3;
  for (let i: u32 = 0; i < count; ++i) {
    const start = load<u32>(pointers + (<usize>i << 2));
    const end = load<u32>(pointers + (<usize>i << 2), 4);
    const D = load<f64>(model + (<usize>i << 4), 8);
    for (let k = start; k < end; ++k) {
      const line = out + <usize>load<u32>(indices + (<usize>k << 2)) * width;
      const value: f64 = D * changetype<V>(0).at(values, k);
      for (let other = start; other <= k; ++other) {
        const at = line + (<usize>load<u32>(indices + (<usize>other << 2)) << 3);
        store<f64>(at, load<f64>(at) + value * changetype<V>(0).at(values, other));
      }
    }
  }
  for (let j: usize = 0; j < columns; ++j) {
    for (let other: usize = 0; other < j; ++other) {
      store<f64>(out + other * width + (j << 3), load<f64>(out + j * width + (other << 3)));
    }
  }
}
