import { Descent, Matrix } from "../layout";
import { softThreshold } from "../math";
import { dot, PAIR, Values } from "../sparse";

/** How a column's slope is read, X_jᵀq, and what its steps move. Chosen at compile time. */
export abstract class Coordinates {
  abstract slope(indices: usize, values: usize, start: u32, end: u32, model: usize, j: usize): f64;
  abstract move(
    indices: usize,
    values: usize,
    start: u32,
    end: u32,
    model: usize,
    j: usize,
    curvature: f64,
    step: f64,
  ): void;
}

/** A column of X: its steps move the model {q, D} of its rows. */
export class Entries<V extends Values> extends Coordinates {
  // @ts-ignore: decorator
  @inline
  slope(indices: usize, values: usize, start: u32, end: u32, model: usize, _j: usize): f64 {
    return dot<V>(indices, values, start, end, model, PAIR);
  }

  // @ts-ignore: decorator
  @inline
  move(
    indices: usize,
    values: usize,
    start: u32,
    end: u32,
    model: usize,
    _j: usize,
    _curvature: f64,
    step: f64,
  ): void {
    moveModel<V>(indices, values, start, end, model, step);
  }
}

/** Least curvature without the mean, as a share of that with it: below it a column is constant but for rounding. */
const LEAST_CURVATURE: f64 = 1e-6;

/**
 * Visits columns order[0 … count) of x, X (CSC) or H, once and minimises the model over each in turn:
 * w_j ← S(h·w_j − G, l1)/h within the box, with G = Σ_i x_ij·q_i + l2·w_j and h = Σ_i D_i·x_ij² + l2.
 * The intercept follows every step to its own minimum: a column's slope and curvature are those without its mean,
 * G + c_j·shift and h − c_j²/Σ D for c_j = Σ_i D_i·x_ij, and what it has to move, shift, is paid once, at the end.
 * Columns at 0 and well inside their bound, l1 − |G| > slack, leave `order`; the others move up.
 * Writes to o.outcome the violation, Σ h·|Δw_j|, which is 0 exactly at the model's optimum, and how many stay.
 */
export function descendEpoch<C extends Coordinates>(x: Matrix, order: usize, count: u32, o: Descent): void {
  const pointers = x.pointers;
  const indices = x.indices;
  const values = x.values;
  const model = o.model;
  const curvatures = o.curvatures;
  const weights = o.weights;
  const penalties = o.penalties;
  const origin = o.origin;
  const inverseReach = o.inverseReach;
  const radius = o.radius;
  const slack = o.slack;
  const couplings = o.couplings;
  const intercept: usize = o.intercept;
  let inverseMass: f64 = 0.0; // 1 / Σ D
  let shift: f64 = 0.0;
  if (couplings) {
    const first = load<u32>(pointers + (intercept << 2));
    const last = load<u32>(pointers + (intercept << 2), 4);
    inverseMass = 1.0 / load<f64>(curvatures + (intercept << 3));
    shift = -changetype<C>(0).slope(indices, values, first, last, model, intercept) * inverseMass;
  }
  let violation: f64 = 0.0;
  let left = order;
  for (let t = order, end = order + (<usize>count << 2); t < end; t += 4) {
    const j: usize = load<u32>(t);
    const l1 = load<f64>(penalties + (j << 4));
    const l2 = load<f64>(penalties + (j << 4), 8);
    const curvature = load<f64>(curvatures + (j << 3));
    const coupling = couplings ? load<f64>(couplings + (j << 3)) : 0.0;
    const h = max<f64>(curvature - coupling * coupling * inverseMass, LEAST_CURVATURE * curvature) + l2;
    if (h <= 0.0 || (couplings && j == intercept)) continue; // an empty column, or one that moves by itself
    const first = load<u32>(pointers + (j << 2));
    const last = load<u32>(pointers + (j << 2), 4);
    const at = weights + (j << 3);
    const w = load<f64>(at);
    const g = changetype<C>(0).slope(indices, values, first, last, model, j) + coupling * shift + l2 * w;
    if (w == 0.0 && l1 - abs<f64>(g) > slack) continue;
    store<u32>(left, <u32>j);
    left += 4;
    const middle = load<f64>(origin + (j << 3));
    const reach = radius * load<f64>(inverseReach + (j << 3));
    const next = min<f64>(max<f64>(softThreshold(h * w - g, l1) / h, middle - reach), middle + reach);
    const step = next - w;
    if (step == 0.0) continue;
    store<f64>(at, next);
    violation += h * abs<f64>(step);
    changetype<C>(0).move(indices, values, first, last, model, j, curvature, step);
    shift -= coupling * inverseMass * step;
  }
  if (couplings) moveIntercept<C>(x, intercept, shift, o);
  store<f64>(o.outcome, violation);
  store<f64>(o.outcome, <f64>((left - order) >> 2), 8);
}

/** Moves the intercept by what it follows the other columns. */
function moveIntercept<C extends Coordinates>(x: Matrix, j: usize, shift: f64, o: Descent): void {
  const first = load<u32>(x.pointers + (j << 2));
  const last = load<u32>(x.pointers + (j << 2), 4);
  const at = o.weights + (j << 3);
  const curvature = load<f64>(o.curvatures + (j << 3));
  store<f64>(at, load<f64>(at) + shift);
  changetype<C>(0).move(x.indices, x.values, first, last, o.model, j, curvature, shift);
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
