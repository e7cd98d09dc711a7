import { Datafit } from "../datafit";
import { Matrix, ROW_BLOCK, Rows } from "../layout";
import { dot, PAIR, SINGLE, Values } from "../sparse";

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
  let i = from;
  if (ASC_FEATURE_SIMD) {
    for (const pairs = from + ((to - from) & ~1); i < pairs; i += 2) {
      const at = <usize>i << 3;
      const s = weights ? v128.load(weights + at) : f64x2.splat(1.0);
      const two = changetype<D>(0).expandTwo(v128.load(labels + at), v128.load(m + at), s, model + (at << 1));
      sum += f64x2.extract_lane(two, 0);
      sum += f64x2.extract_lane(two, 1);
    }
  }
  for (; i < to; ++i) {
    const at = <usize>i << 3;
    const s = weights ? load<f64>(weights + at) : 1.0;
    sum += changetype<D>(0).expand(load<f64>(labels + at), load<f64>(m + at), s, model + (at << 1));
  }
  return sum;
}

/**
 * Returns Σ s_i·(−loss*(−a_i)) − s_i·a_i·offset_i with a_i = −c·q_i/s_i, rows from ≤ i < to: the dual value of c times
 * the model's slopes, by blocks. offsets: f64[rows], 0 for none.
 */
export function dual<D extends Datafit>(rows: Rows, from: u32, to: u32, model: usize, offsets: usize, c: f64): f64 {
  let sum: f64 = 0.0;
  for (let i = from; i < to; i += ROW_BLOCK) sum += dualBlock<D>(rows, i, min(i + ROW_BLOCK, to), model, offsets, c);
  return sum;
}

function dualBlock<D extends Datafit>(rows: Rows, from: u32, to: u32, model: usize, offsets: usize, c: f64): f64 {
  const labels = rows.labels;
  const weights = rows.weights;
  let sum: f64 = 0.0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const s = weights ? load<f64>(weights + at) : 1.0;
    if (s == 0.0) continue;
    const a = (-c * load<f64>(model + (at << 1))) / s;
    sum += s * changetype<D>(0).dual(load<f64>(labels + at), a);
    if (offsets) sum -= s * a * load<f64>(offsets + at);
  }
  return sum;
}

/**
 * Returns Σ s_i·(−loss*(−a_i)) + q_i·m_i with a_i = −q_i/s_i, rows from ≤ i < to, by blocks; q_i is the nearest to the
 * model's slope that is a dual point, m: f64[rows]. It is Σ s_i·loss(y_i, m_i) where these are the slopes of the loss at m,
 * and else less (Fenchel).
 */
export function touch<D extends Datafit>(rows: Rows, from: u32, to: u32, model: usize, m: usize): f64 {
  let sum: f64 = 0.0;
  for (let i = from; i < to; i += ROW_BLOCK) sum += touchBlock<D>(rows, i, min(i + ROW_BLOCK, to), model, m);
  return sum;
}

function touchBlock<D extends Datafit>(rows: Rows, from: u32, to: u32, model: usize, m: usize): f64 {
  const labels = rows.labels;
  const weights = rows.weights;
  let sum: f64 = 0.0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const s = weights ? load<f64>(weights + at) : 1.0;
    if (s == 0.0) continue;
    const y = load<f64>(labels + at);
    const q = changetype<D>(0).nearest(y, s, load<f64>(model + (at << 1)));
    sum += s * changetype<D>(0).dual(y, -q / s) + q * load<f64>(m + at);
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
    store<f64>(out + (<usize>j << 3), dot<V>(indices, values, start, end, model, PAIR));
    start = end;
  }
}

/** Writes gradients[j] = Σ_i x_ij·q_i and curvatures[j] = Σ_i D_i·x_ij² for columns from ≤ j < to of x (CSC). */
export function derivatives<V extends Values>(
  x: Matrix,
  from: u32,
  to: u32,
  model: usize,
  gradients: usize,
  curvatures: usize,
): void {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  let k = load<u32>(pointers + (<usize>from << 2));
  for (let j = from; j < to; ++j) {
    const end = load<u32>(pointers + (<usize>j << 2), 4);
    const pairs = k + ((end - k) & ~1);
    let g0: f64 = 0.0;
    let g1: f64 = 0.0;
    let h0: f64 = 0.0;
    let h1: f64 = 0.0;
    if (ASC_FEATURE_SIMD) {
      let even = f64x2.splat(0.0);
      let odd = f64x2.splat(0.0);
      for (; k < pairs; k += 2) {
        const i = indices + (<usize>k << 2);
        even = f64x2.add(even, changetype<V>(0).expand(values, k, v128.load(model + (<usize>load<u32>(i) << 4))));
        odd = f64x2.add(odd, changetype<V>(0).expand(values, k + 1, v128.load(model + (<usize>load<u32>(i, 4) << 4))));
      }
      g0 = f64x2.extract_lane(even, 0);
      h0 = f64x2.extract_lane(even, 1);
      g1 = f64x2.extract_lane(odd, 0);
      h1 = f64x2.extract_lane(odd, 1);
    }
    for (; k < pairs; k += 2) {
      const i = indices + (<usize>k << 2);
      const a = model + (<usize>load<u32>(i) << 4);
      const b = model + (<usize>load<u32>(i, 4) << 4);
      const u: f64 = changetype<V>(0).at(values, k);
      const v: f64 = changetype<V>(0).at(values, k + 1);
      g0 += load<f64>(a) * u;
      h0 += load<f64>(a, 8) * (u * u);
      g1 += load<f64>(b) * v;
      h1 += load<f64>(b, 8) * (v * v);
    }
    if (k < end) {
      const at = model + (<usize>load<u32>(indices + (<usize>k << 2)) << 4);
      const value: f64 = changetype<V>(0).at(values, k);
      g0 += load<f64>(at) * value;
      h0 += load<f64>(at, 8) * (value * value);
      ++k;
    }
    store<f64>(gradients + (<usize>j << 3), g0 + g1);
    store<f64>(curvatures + (<usize>j << 3), h0 + h1);
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

/** Moves the model's slopes q_i of rows from ≤ i < to to the nearest that are a dual point. */
export function project<D extends Datafit>(rows: Rows, from: u32, to: u32, model: usize): void {
  const labels = rows.labels;
  const weights = rows.weights;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const s = weights ? load<f64>(weights + at) : 1.0;
    const slope = model + (at << 1);
    store<f64>(slope, changetype<D>(0).nearest(load<f64>(labels + at), s, load<f64>(slope)));
  }
}

/** Writes out[i] = m_i + share·v_i, f64[rows], for rows from ≤ i < to. */
export function along(from: u32, to: u32, m: usize, v: usize, share: f64, out: usize): void {
  const end = <usize>to << 3;
  for (let at = <usize>from << 3; at < end; at += 8) {
    store<f64>(out + at, load<f64>(m + at) + share * load<f64>(v + at));
  }
}

/** Adds D_i·v_i, v: f64[rows], to the model's slopes q_i of rows from ≤ i < to. */
export function advance(from: u32, to: u32, model: usize, v: usize): void {
  for (let i = from; i < to; ++i) {
    const at = model + (<usize>i << 4);
    store<f64>(at, load<f64>(at) + load<f64>(at, 8) * load<f64>(v + (<usize>i << 3)));
  }
}

/** Returns Σ q_i·v_i, v: f64[rows], for rows from ≤ i < to, by blocks. */
export function tilt(from: u32, to: u32, model: usize, v: usize): f64 {
  let sum: f64 = 0.0;
  for (let i = from; i < to; i += ROW_BLOCK) sum += tiltBlock(i, min(i + ROW_BLOCK, to), model, v);
  return sum;
}

function tiltBlock(from: u32, to: u32, model: usize, v: usize): f64 {
  let sum: f64 = 0.0;
  for (let i = from; i < to; ++i) sum += load<f64>(model + (<usize>i << 4)) * load<f64>(v + (<usize>i << 3));
  return sum;
}

/** Returns Σ D_i·v_i², v: f64[rows], for rows from ≤ i < to, by blocks. */
export function bend(from: u32, to: u32, model: usize, v: usize): f64 {
  let sum: f64 = 0.0;
  for (let i = from; i < to; i += ROW_BLOCK) sum += bendBlock(i, min(i + ROW_BLOCK, to), model, v);
  return sum;
}

function bendBlock(from: u32, to: u32, model: usize, v: usize): f64 {
  let sum: f64 = 0.0;
  for (let i = from; i < to; ++i) {
    const move = load<f64>(v + (<usize>i << 3));
    sum += load<f64>(model + (<usize>i << 4), 8) * move * move;
  }
  return sum;
}

/**
 * Writes XᵀDX·u over pieces from ≤ p < to of the rows, each of which has f64[columns] of `out` for itself, and returns
 * Σ D_i·(x_i·u)². Piece p is rows bounds[p] ≤ i < bounds[p + 1]. Each row is read once for both products.
 */
export function curve<V extends Values>(
  rows: Matrix,
  bounds: usize,
  from: u32,
  to: u32,
  columns: u32,
  model: usize,
  u: usize,
  out: usize,
): f64 {
  let sum: f64 = 0.0;
  for (let p = from; p < to; ++p) {
    const bound = bounds + (<usize>p << 2);
    sum += curvePiece<V>(rows, load<u32>(bound), load<u32>(bound, 4), columns, model, u, out + (<usize>(p * columns) << 3));
  }
  return sum;
}

function curvePiece<V extends Values>(
  rows: Matrix,
  from: u32,
  to: u32,
  columns: u32,
  model: usize,
  u: usize,
  out: usize,
): f64 {
  const pointers = rows.pointers;
  const indices = rows.indices;
  const values = rows.values;
  memory.fill(out, 0, <usize>columns << 3);
  let sum: f64 = 0.0;
  let start = load<u32>(pointers + (<usize>from << 2));
  for (let i = from; i < to; ++i) {
    const end = load<u32>(pointers + (<usize>i << 2), 4);
    const move = dot<V>(indices, values, start, end, u, SINGLE);
    const force = load<f64>(model + (<usize>i << 4), 8) * move;
    sum += force * move;
    addRow<V>(indices, values, start, end, force, out);
    start = end;
  }
  return sum;
}

/** out[index] += value·factor for each entry from ≤ k < to. */
// @ts-ignore: decorator
@inline
function addRow<V extends Values>(indices: usize, values: usize, from: u32, to: u32, factor: f64, out: usize): void {
  let k = from;
  if (ASC_FEATURE_SIMD) {
    const factors = f64x2.splat(factor);
    for (const pairs = from + ((to - from) & ~1); k < pairs; k += 2) {
      const i = indices + (<usize>k << 2);
      const a = out + (<usize>load<u32>(i) << 3);
      const b = out + (<usize>load<u32>(i, 4) << 3);
      const moves = changetype<V>(0).scaleTwo(values, k, factors);
      store<f64>(a, load<f64>(a) + f64x2.extract_lane(moves, 0));
      store<f64>(b, load<f64>(b) + f64x2.extract_lane(moves, 1));
    }
  }
  for (; k < to; ++k) {
    const at = out + (<usize>load<u32>(indices + (<usize>k << 2)) << 3);
    store<f64>(at, load<f64>(at) + factor * changetype<V>(0).at(values, k));
  }
}

/**
 * Writes H = XᵀDX without its diagonal, f64[columns · (columns − 1)], from the rows (CSR) 0 ≤ i < count of a matrix
 * whose indices ascend in each row. H begins as 0.
 */
export function gram<V extends Values>(rows: Matrix, count: u32, columns: u32, model: usize, out: usize): void {
  const pointers = rows.pointers;
  const indices = rows.indices;
  const values = rows.values;
  const width = <usize>(columns - 1) << 3;
  for (let i: u32 = 0; i < count; ++i) {
    const start = load<u32>(pointers + (<usize>i << 2));
    const end = load<u32>(pointers + (<usize>i << 2), 4);
    const D = load<f64>(model + (<usize>i << 4), 8);
    for (let k = start; k < end; ++k) {
      const line = out + <usize>load<u32>(indices + (<usize>k << 2)) * width;
      const value: f64 = D * changetype<V>(0).at(values, k);
      for (let other = start; other < k; ++other) {
        const at = line + (<usize>load<u32>(indices + (<usize>other << 2)) << 3);
        store<f64>(at, load<f64>(at) + value * changetype<V>(0).at(values, other));
      }
    }
  }
  for (let j: usize = 1; j < columns; ++j) {
    for (let other: usize = 0; other < j; ++other) {
      store<f64>(out + other * width + ((j - 1) << 3), load<f64>(out + j * width + (other << 3)));
    }
  }
}
