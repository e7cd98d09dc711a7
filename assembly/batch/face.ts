import { Search } from "../layout";

// The face that weights are on: the non-zero columns of a working set with their signs, within the trust box. A step of
// conjugate gradients on it is projected back where it leaves it. The intercept is free of both bounds.

/** Least share of a column's curvature that is taken to be left without its mean. As in descent.ts. */
const LEAST_CURVATURE: f64 = 1e-6;
/** What may be added to a curvature, as a share of it. */
const MOST_DAMPING: f64 = 1e6;

/**
 * Writes what each weight may do without a change of sign, within a box of half-width radius·inverseReach around the
 * origin, to o.lower and o.upper, and what it wants to do, by o.slopes, to o.downhill and o.residual. o.inverse becomes
 * 1 / curvature, o.ridge l2, o.step 0. o.damping is what may be added to a curvature beyond that: what ends a step at
 * the bound that its own slope pushes to (Coleman & Li, SIAM J. Optim. 1996), l2, and, to keep the step near, 1 / bold²
 * of it (Marquardt 1963). Off the face, and where held by a bound, inverse, downhill and residual are 0.
 */
export function face(columns: u32, radius: f64, bold: f64, o: Search): void {
  const inverse = o.inverse;
  const ridge = o.ridge;
  const weights = o.weights;
  const penalties = o.penalties;
  const curvatures = o.curvatures;
  const couplings = o.couplings;
  const residual = o.residual;
  const step = o.step;
  const origin = o.origin;
  const inverseReach = o.inverseReach;
  const slopes = o.slopes;
  const damping = o.damping;
  const downhill = o.downhill;
  const lower = o.lower;
  const upper = o.upper;
  const intercept = o.intercept;
  const near = 1.0 / (bold * bold);
  const whole: f64 = couplings ? load<f64>(curvatures + (<usize>intercept << 3)) : 0.0;
  for (let t: u32 = 0; t < columns; ++t) {
    const at = <usize>t << 3;
    store<f64>(inverse + at, 0.0);
    store<f64>(downhill + at, 0.0);
    store<f64>(residual + at, 0.0);
    store<f64>(step + at, 0.0);
    const weight = load<f64>(weights + at);
    const isFree = t == intercept;
    if (weight == 0.0 && !isFree) continue;
    const wall: f64 = isFree ? Infinity : radius * load<f64>(inverseReach + at);
    const middle = load<f64>(origin + at);
    let low = middle - wall;
    let high = middle + wall;
    if (weight > 0.0 && !isFree) low = max<f64>(low, 0.0);
    if (weight < 0.0 && !isFree) high = min<f64>(high, 0.0);
    store<f64>(lower + at, low);
    store<f64>(upper + at, high);
    const l1 = load<f64>(penalties + (at << 1));
    const l2 = load<f64>(penalties + (at << 1), 8);
    store<f64>(ridge + at, l2);
    const way = -(load<f64>(slopes + at) + l2 * weight + (weight > 0.0 ? l1 : -l1));
    if (way > 0.0 ? weight >= high : weight <= low) continue; // held by its bound
    store<f64>(downhill + at, way);
    store<f64>(residual + at, way);
    const h = load<f64>(curvatures + at);
    let own = h;
    if (couplings && !isFree) {
      const c = load<f64>(couplings + at);
      own = max<f64>(h - (c * c) / whole, LEAST_CURVATURE * h);
    }
    store<f64>(inverse + at, 1.0 / (own + l2));
    const room: f64 = way > 0.0 ? high - weight : weight - low;
    store<f64>(damping + at, min<f64>(abs<f64>(way) / room, MOST_DAMPING * h) + (l2 + near * h));
  }
}

/**
 * Writes at what share of o.step each weight meets its bound to o.breakpoints, +∞ where never, and to o.outcome the
 * least of them and −½·Σ downhill·step, by how much the model falls along the whole step if that is its minimum.
 */
export function breakpoints(columns: u32, o: Search): void {
  const weights = o.weights;
  const step = o.step;
  const downhill = o.downhill;
  const lower = o.lower;
  const upper = o.upper;
  const out = o.breakpoints;
  let first: f64 = Infinity;
  let slope: f64 = 0.0;
  for (let at: usize = 0, end = <usize>columns << 3; at < end; at += 8) {
    const d = load<f64>(step + at);
    let share: f64 = Infinity;
    if (d != 0.0) {
      share = (load<f64>((d > 0.0 ? upper : lower) + at) - load<f64>(weights + at)) / d;
      if (share < first) first = share;
      slope += load<f64>(downhill + at) * d;
    }
    store<f64>(out + at, share);
  }
  store<f64>(o.outcome, first);
  store<f64>(o.outcome, -0.5 * slope, 8);
}

/**
 * Writes to o.moves what weights move by at a share of o.step, each up to its bound, and returns Σ ½·ridge·moves² −
 * downhill·moves: by how much the model rises but for the curvature of the loss.
 */
export function stride(columns: u32, share: f64, o: Search): f64 {
  const weights = o.weights;
  const step = o.step;
  const downhill = o.downhill;
  const ridge = o.ridge;
  const lower = o.lower;
  const upper = o.upper;
  const breakpoints = o.breakpoints;
  const moves = o.moves;
  let rise: f64 = 0.0;
  for (let at: usize = 0, end = <usize>columns << 3; at < end; at += 8) {
    const d = load<f64>(step + at);
    let move: f64 = 0.0;
    if (d != 0.0) {
      const isHeld = share >= load<f64>(breakpoints + at);
      move = isHeld ? load<f64>((d > 0.0 ? upper : lower) + at) - load<f64>(weights + at) : share * d;
      rise += (0.5 * load<f64>(ridge + at) * move - load<f64>(downhill + at)) * move;
    }
    store<f64>(moves + at, move);
  }
  return rise;
}

/** Moves the weights by the last `stride`. */
export function land(columns: u32, share: f64, o: Search): void {
  const weights = o.weights;
  const step = o.step;
  const lower = o.lower;
  const upper = o.upper;
  const breakpoints = o.breakpoints;
  const moves = o.moves;
  for (let at: usize = 0, end = <usize>columns << 3; at < end; at += 8) {
    const d = load<f64>(step + at);
    if (d == 0.0) continue;
    const isHeld = share >= load<f64>(breakpoints + at);
    const bound = load<f64>((d > 0.0 ? upper : lower) + at);
    store<f64>(weights + at, isHeld ? bound : load<f64>(weights + at) + load<f64>(moves + at));
  }
}
