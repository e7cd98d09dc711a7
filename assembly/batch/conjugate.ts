import { Search } from "../layout";

// Conjugate gradients (Hestenes & Stiefel 1952) on a face of ½dᵀ(H + ridge)d − residualᵀd, H = XᵀDX, preconditioned by a
// diagonal. A step begins with a product H·search, which `curve` leaves in pieces; the rest of it is here.

/** Least curvature along a direction, as a share of the preconditioner's. Columns that add up to another have none. */
const FLAT: f64 = 1e-10;

/** Sets out from o.residual: writes the first search, and the squared residual, as preconditioned, to o.outcome. */
export function conjugateBegin(columns: u32, o: Search): void {
  const inverse = o.inverse;
  const residual = o.residual;
  const search = o.search;
  let energy: f64 = 0.0;
  for (let at: usize = 0, end = <usize>columns << 3; at < end; at += 8) {
    const r = load<f64>(residual + at);
    const p = r * load<f64>(inverse + at);
    store<f64>(search + at, p);
    energy += r * p;
  }
  follow(columns, o);
  store<f64>(o.outcome, energy);
  store<f64>(o.outcome, Infinity, 8);
}

/**
 * Goes along o.search to the minimum there, and turns. o.curved: f64[pieces · columns], whose pieces add up to H·search;
 * `curvature`: searchᵀH·search. A direction without curvature is the last that is taken. Writes to o.outcome the squared
 * residual, as preconditioned, and by what share of its l1 the steepest slope is beyond it.
 */
export function conjugateStep(columns: u32, pieces: u32, curvature: f64, o: Search): void {
  const inverse = o.inverse;
  const ridge = o.ridge;
  const weights = o.weights;
  const penalties = o.penalties;
  const residual = o.residual;
  const step = o.step;
  const search = o.search;
  const curved = o.curved;
  const length = <usize>columns << 3;
  const last = curved + <usize>pieces * length;
  let scale: f64 = 0.0;
  for (let at: usize = 0; at < length; at += 8) {
    const preconditioner = load<f64>(inverse + at);
    if (preconditioner == 0.0) continue;
    const p = load<f64>(search + at);
    const damped = load<f64>(ridge + at) * p;
    let sum: f64 = damped;
    for (let piece = curved + at; piece < last; piece += length) sum += load<f64>(piece);
    store<f64>(curved + at, sum);
    curvature += damped * p;
    scale += (p * p) / preconditioner;
  }
  const energy = load<f64>(o.outcome);
  const isFlat = curvature < FLAT * scale;
  const share = energy / (isFlat ? FLAT * scale : curvature);
  let next: f64 = 0.0;
  let excess: f64 = 0.0;
  for (let at: usize = 0; at < length; at += 8) {
    const preconditioner = load<f64>(inverse + at);
    if (preconditioner == 0.0) continue;
    store<f64>(step + at, load<f64>(step + at) + share * load<f64>(search + at));
    const r = load<f64>(residual + at) - share * load<f64>(curved + at);
    store<f64>(residual + at, r);
    next += r * r * preconditioner;
    const l1 = load<f64>(penalties + (at << 1));
    if (l1 > 0.0) excess = max<f64>(excess, (load<f64>(weights + at) > 0.0 ? r : -r) / l1);
  }
  if (o.couplings) {
    const at = <usize>o.intercept << 3;
    store<f64>(step + at, load<f64>(step + at) + share * load<f64>(search + at));
  }
  const turn = next / energy;
  for (let at: usize = 0; at < length; at += 8) {
    store<f64>(search + at, load<f64>(residual + at) * load<f64>(inverse + at) + turn * load<f64>(search + at));
  }
  follow(columns, o);
  store<f64>(o.outcome, isFlat ? 0.0 : next);
  store<f64>(o.outcome, excess, 8);
}

/** Sets what the intercept, which is off the face, moves by along a search, so that Σ D·m of its margins stays 0. */
function follow(columns: u32, o: Search): void {
  const couplings = o.couplings;
  if (!couplings) return;
  const search = o.search;
  const intercept = <usize>o.intercept << 3;
  store<f64>(search + intercept, 0.0);
  let sum: f64 = 0.0;
  for (let at: usize = 0, end = <usize>columns << 3; at < end; at += 8) {
    sum += load<f64>(couplings + at) * load<f64>(search + at);
  }
  store<f64>(search + intercept, -sum / load<f64>(o.curvatures + intercept));
}
