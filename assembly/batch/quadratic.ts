import { Datafit } from "../datafit";
import { Matrix, Rows } from "../layout";
import { Values } from "../sparse";

// The quadratic model of the loss at margins m: {q_i, D_i} = s_i·{loss′(y_i, m_i), loss″(y_i, m_i)}, interleaved.

/** A row whose curvature vanishes still bounds its step (Yuan, Ho & Lin, JMLR 2012). */
const LEAST_CURVATURE: f64 = 1e-12;

/** Writes the model of rows from ≤ i < to at margins m: f64[rows]. Returns Σ s_i·loss(y_i, m_i). */
export function linearize<D extends Datafit>(rows: Rows, from: u32, to: u32, m: usize, model: usize): f64 {
  const labels = rows.labels;
  const weights = rows.weights;
  let sum: f64 = 0.0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const s = weights ? load<f64>(weights + at) : 1.0;
    const y = load<f64>(labels + at);
    const margin = load<f64>(m + at);
    sum += s * changetype<D>(0).loss(y, margin);
    store<f64>(model + (at << 1), s * changetype<D>(0).gradient(y, margin));
    store<f64>(model + (at << 1), max<f64>(s * changetype<D>(0).curvature(y, margin), LEAST_CURVATURE), 8);
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
    let sum: f64 = 0.0;
    for (let k = start; k < end; ++k) {
      sum += load<f64>(model + (<usize>load<u32>(indices + (<usize>k << 2)) << 4)) * changetype<V>(0).at(values, k);
    }
    store<f64>(out + (<usize>j << 3), sum);
    start = end;
  }
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
