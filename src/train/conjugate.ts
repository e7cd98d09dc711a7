import type { Quadratic } from "./quadratic.js";
import type { WorkingSet } from "./working.js";

/** Bounds of how many steps one call takes at most. */
export const LEAST_STEPS = 10;
export const MOST_STEPS = 1000;
/** Residual left, squared and as preconditioned, as a share of the first. */
const RESIDUAL = 0.01;
/** Least curvature along a direction, as a share of the preconditioner's. Columns that add up to another have none. */
const FLAT = 1e-10;
/** Share of the decrease without bounds that a good step brings in spite of them. */
const GOOD = 0.5;

/** The face that weights are on: what each may still do. Vectors over a working set's columns. */
interface Face {
  /** Between these each weight keeps its sign and stays in the trust box. */
  lower: Float64Array;
  upper: Float64Array;
  /** Minus the gradient; 0 off the face and where a bound holds the weight. */
  descent: Float64Array;
  /** Of the curvatures; 0 where descent is. */
  inverse: Float64Array;
  /** l2 of each column. */
  ridge: Float64Array;
}

/**
 * Minimises the quadratic model by conjugate gradients on the face that the weights are on: the non-zero columns of a
 * working set with their signs, within the trust box, preconditioned by their curvatures (Jacobi). A minimum beyond
 * the face is projected back as far as the model falls there; at worst the step ends where the first weight meets 0
 * or the box. Takes at most `limit` steps and returns whether the bounds let through a good part of what they gained.
 */
export async function conjugate(
  model: Quadratic,
  set: WorkingSet,
  radius: number,
  limit: number,
  breathe: () => Promise<void>,
): Promise<boolean> {
  model.slopes();
  const face = faceOf(set, radius);
  const { lower, upper, descent, ridge } = face;
  const d = await minimum(model, set, face, limit, breathe);

  // Along w + share·d each weight stops at its bound, where its breakpoint is.
  const [w, u] = [set.w.view, set.moves.view];
  const breakpoints = new Float64Array(set.size).fill(Number.POSITIVE_INFINITY);
  let first = Number.POSITIVE_INFINITY;
  for (let t = 0; t < d.length; t++) {
    if (d[t] === 0) continue;
    breakpoints[t] = ((d[t]! > 0 ? upper[t]! : lower[t]!) - w[t]!) / d[t]!;
    if (breakpoints[t]! < first) first = breakpoints[t]!;
  }
  const hoped = -0.5 * dot(descent, d);
  let [share, change] = [1, 0];
  for (; ; share /= 2) {
    if (share <= first) share = Math.min(first, 1);
    for (let t = 0; t < d.length; t++) {
      const bound = d[t]! > 0 ? upper[t]! : lower[t]!;
      u[t] = share >= breakpoints[t]! ? bound - w[t]! : share * d[t]!;
    }
    change = 0.5 * model.bend(set.moves) - dot(descent, u);
    for (let t = 0; t < d.length; t++) change += 0.5 * ridge[t]! * u[t]! * u[t]!;
    if (share <= first || change < 0) break;
  }
  if (!(change < 0)) return false; // rounding allows no more
  for (let t = 0; t < d.length; t++) {
    if (share < breakpoints[t]!) w[t]! += u[t]!;
    else w[t] = d[t]! > 0 ? upper[t]! : lower[t]!;
  }
  model.advance();
  return change <= GOOD * hoped;
}

/** The face at the weights and the model's slopes. */
function faceOf(set: WorkingSet, radius: number): Face {
  const { size } = set;
  const [w, origin, reach, slope] = [set.w.view, set.origin.view, set.inverseReach.view, set.slopes.view];
  const [l, h] = [set.penalties.view, set.curvatures.view];
  const face: Face = {
    lower: new Float64Array(size),
    upper: new Float64Array(size),
    descent: new Float64Array(size),
    inverse: new Float64Array(size),
    ridge: new Float64Array(size),
  };
  for (let t = 0; t < size; t++) {
    const weight = w[t]!;
    if (weight === 0) continue;
    const wall = radius * reach[t]!;
    const lower = weight > 0 ? Math.max(origin[t]! - wall, 0) : origin[t]! - wall;
    const upper = weight < 0 ? Math.min(origin[t]! + wall, 0) : origin[t]! + wall;
    const ridge = l[2 * t + 1]!;
    const downhill = -(slope[t]! + ridge * weight + (weight > 0 ? l[2 * t]! : -l[2 * t]!));
    face.lower[t] = lower;
    face.upper[t] = upper;
    face.ridge[t] = ridge;
    if (downhill > 0 ? weight >= upper : weight <= lower) continue;
    face.descent[t] = downhill;
    face.inverse[t] = 1 / (h[t]! + ridge);
  }
  return face;
}

/**
 * Returns the approximate minimum of ½dᵀHd − descentᵀd on the face, H = XᵀDX + ridge, by preconditioned conjugate
 * gradients (Hestenes & Stiefel 1952). A direction without curvature is the last that is taken.
 */
async function minimum(
  model: Quadratic,
  set: WorkingSet,
  { descent, inverse, ridge }: Face,
  limit: number,
  breathe: () => Promise<void>,
): Promise<Float64Array> {
  const { size, search, curved } = set;
  const residual = descent.slice();
  const d = new Float64Array(size);
  let energy = 0;
  for (let t = 0, p = search.view; t < size; t++) {
    p[t] = residual[t]! * inverse[t]!;
    energy += residual[t]! * p[t]!;
  }
  const enough = RESIDUAL * energy;
  for (let left = limit; left > 0 && energy > enough; left--) {
    let bent = model.curve(search, curved);
    const [p, Hp] = [search.view, curved.view];
    let scale = 0;
    for (let t = 0; t < size; t++) {
      Hp[t]! += ridge[t]! * p[t]!;
      bent += ridge[t]! * p[t]! * p[t]!;
      if (inverse[t] !== 0) scale += (p[t]! * p[t]!) / inverse[t]!;
    }
    const isFlat = bent < FLAT * scale;
    const alpha = energy / (isFlat ? FLAT * scale : bent);
    let next = 0;
    for (let t = 0; t < size; t++) {
      if (inverse[t] === 0) continue;
      d[t]! += alpha * p[t]!;
      residual[t]! -= alpha * Hp[t]!;
      next += residual[t]! * residual[t]! * inverse[t]!;
    }
    const beta = next / energy;
    for (let t = 0; t < size; t++) p[t] = residual[t]! * inverse[t]! + beta * p[t]!;
    energy = isFlat ? 0 : next;
    await breathe();
  }
  return d;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < a.length; t++) sum += a[t]! * b[t]!;
  return sum;
}
