import type { Enough, Quadratic } from "./quadratic.js";
import type { Effort } from "./step.js";
import { curvatureOf, type WorkingSet } from "./working.js";

/** Share of the decrease without bounds that a good step brings in spite of them. */
const GOOD = 0.5;
/** What may be added to a curvature, as a share of it. */
const MOST_DAMPING = 1e6;

/**
 * Minimises the quadratic model by conjugate gradients on the face that the weights are on: the non-zero columns of a
 * working set with their signs, within the trust box, preconditioned as the model knows. A minimum beyond
 * the face is projected back as far as the model falls there; at worst the step ends where the first weight meets 0
 * or the box. effort.boldness: how far to trust that the minimum is on the face. set.damping says what curvature ends a
 * step at the bound that its own slope pushes to (Coleman & Li, SIAM J. Optim. 1996). set.slopes are the model's.
 * Returns the decrease as a share of what there would be without bounds.
 */
export async function conjugate(
  model: Quadratic,
  set: WorkingSet,
  effort: Effort,
  enough: Enough,
  breathe: () => Promise<void>,
): Promise<number> {
  const { least, most } = model.boldness;
  const bold = Math.min(Math.max(effort.boldness, least), most);
  face(set, effort.radius);
  await model.conjugate(bold, enough, breathe);

  const { size } = set;
  const [w, d, descent] = [set.w.view, set.step.view, set.downhill.view];
  const [u, breakpoints, ridge] = [set.moves.view, set.breakpoints.view, set.ridge.view];
  const [lower, upper] = [set.lower.view, set.upper.view];
  // Along w + share·d each weight stops at its bound, where its breakpoint is.
  breakpoints.fill(Number.POSITIVE_INFINITY);
  let first = Number.POSITIVE_INFINITY;
  for (let t = 0; t < size; t++) {
    if (d[t] === 0) continue;
    breakpoints[t] = ((d[t]! > 0 ? upper[t]! : lower[t]!) - w[t]!) / d[t]!;
    if (breakpoints[t]! < first) first = breakpoints[t]!;
  }
  const hoped = -0.5 * dot(descent, d);
  let [share, change] = [1, 0];
  for (; ; share /= 2) {
    if (share <= first) share = Math.min(first, 1);
    for (let t = 0; t < size; t++) {
      const bound = d[t]! > 0 ? upper[t]! : lower[t]!;
      u[t] = share >= breakpoints[t]! ? bound - w[t]! : share * d[t]!;
    }
    change = 0.5 * model.energy() - dot(descent, u);
    for (let t = 0; t < size; t++) change += 0.5 * ridge[t]! * u[t]! * u[t]!;
    if (share <= first || change < 0) break;
  }
  effort.boldness = least;
  if (!(change < 0)) return 0; // rounding allows no more
  for (let t = 0; t < size; t++) {
    if (share < breakpoints[t]!) w[t]! += u[t]!;
    else w[t] = d[t]! > 0 ? upper[t]! : lower[t]!;
  }
  model.advance();
  effort.boldness = change <= GOOD * hoped ? Math.min(2 * bold, most) : Math.max(bold >> 1, least);
  return change / hoped;
}

/** Writes what each weight of a set may do without a change of sign, within the box, and what it wants to do. */
function face(set: WorkingSet, radius: number): void {
  const [w, origin, reach, slope] = [set.w.view, set.origin.view, set.inverseReach.view, set.slopes.view];
  const [l, h, ridge] = [set.penalties.view, set.curvatures.view, set.ridge.view];
  const [inverse, damping, descent] = [set.inverse.view, set.damping.view, set.downhill.view];
  const [lower, upper] = [set.lower.view, set.upper.view];
  inverse.fill(0);
  descent.fill(0);
  set.step.view.fill(0);
  for (let t = 0; t < set.size; t++) {
    const weight = w[t]!;
    const isFree = t === set.intercept;
    if (weight === 0 && !isFree) continue;
    const wall = isFree ? Number.POSITIVE_INFINITY : radius * reach[t]!;
    lower[t] = weight > 0 && !isFree ? Math.max(origin[t]! - wall, 0) : origin[t]! - wall;
    upper[t] = weight < 0 && !isFree ? Math.min(origin[t]! + wall, 0) : origin[t]! + wall;
    ridge[t] = l[2 * t + 1]!;
    const downhill = -(slope[t]! + ridge[t]! * weight + (weight > 0 ? l[2 * t]! : -l[2 * t]!));
    if (downhill > 0 ? weight >= upper[t]! : weight <= lower[t]!) continue; // held by its bound
    descent[t] = downhill;
    inverse[t] = 1 / ((isFree ? h[t]! : curvatureOf(set, t)) + ridge[t]!);
    const room = downhill > 0 ? upper[t]! - weight : weight - lower[t]!;
    damping[t] = Math.min(Math.abs(downhill) / room, MOST_DAMPING * h[t]!);
  }
  set.residual.view.set(descent);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < a.length; t++) sum += a[t]! * b[t]!;
  return sum;
}
