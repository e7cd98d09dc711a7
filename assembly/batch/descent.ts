import { Descent, Matrix } from "../layout";
import { softThreshold } from "../math";
import { Values } from "../sparse";

/**
 * Visits columns order[0 … count) of x (CSC) once and minimises the model over each in turn:
 * w_j ← S(h·w_j − G, l1)/h with G = Σ_i x_ij·q_i + l2·w_j and h = Σ_i D_i·x_ij² + l2.
 * Returns the largest h·|Δw_j|: 0 exactly at the model's optimum over these columns.
 */
export function descendEpoch<V extends Values>(x: Matrix, order: usize, count: u32, o: Descent): f64 {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  const model = o.model;
  const curvatures = o.curvatures;
  const weights = o.weights;
  const l1 = o.l1;
  const l2 = o.l2;
  let violation: f64 = 0.0;
  for (let t: u32 = 0; t < count; ++t) {
    const j: usize = load<u32>(order + (<usize>t << 2));
    const h = load<f64>(curvatures + (j << 3)) + l2;
    if (h <= 0.0) continue; // an empty column
    const start = load<u32>(pointers + (j << 2));
    const end = load<u32>(pointers + (j << 2), 4);
    const at = weights + (j << 3);
    const w = load<f64>(at);
    const g = modelGradient<V>(indices, values, start, end, model) + l2 * w;
    const next = softThreshold(h * w - g, l1) / h;
    const step = next - w;
    if (step == 0.0) continue;
    store<f64>(at, next);
    const moved = h * abs<f64>(step);
    if (moved > violation) violation = moved;
    moveModel<V>(indices, values, start, end, model, step);
  }
  return violation;
}

/** Returns Σ x_ij·q_i of one column, in two sums. */
// @ts-ignore: decorator
@inline
function modelGradient<V extends Values>(indices: usize, values: usize, start: u32, end: u32, model: usize): f64 {
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

/** q_i += D_i·x_ij·step for one column. */
// @ts-ignore: decorator
@inline
function moveModel<V extends Values>(
  indices: usize,
  values: usize,
  start: u32,
  end: u32,
  model: usize,
  step: f64,
): void {
  let k = start;
  if (ASC_FEATURE_SIMD) {
    const steps = f64x2.splat(step);
    for (const pairs = start + ((end - start) & ~1); k < pairs; k += 2) {
      const i = indices + (<usize>k << 2);
      const a = model + (<usize>load<u32>(i) << 4);
      const b = model + (<usize>load<u32>(i, 4) << 4);
      const moves = changetype<V>(0).scaleTwo(values, k, steps);
      store<f64>(a, load<f64>(a) + load<f64>(a, 8) * f64x2.extract_lane(moves, 0));
      store<f64>(b, load<f64>(b) + load<f64>(b, 8) * f64x2.extract_lane(moves, 1));
    }
  }
  for (; k < end; ++k) {
    const at = model + (<usize>load<u32>(indices + (<usize>k << 2)) << 4);
    store<f64>(at, load<f64>(at) + load<f64>(at, 8) * (step * changetype<V>(0).at(values, k)));
  }
}
