import type { State } from "./newton.js";

/** Residual left, squared, as a share of the first. */
const RESIDUAL = 0.01;
/** Bounds of how many steps one call takes at most. */
export const LEAST_STEPS = 10;
export const MOST_STEPS = 200;

/**
 * Minimises the quadratic model by conjugate gradients on the face that the weights are on: the non-zero columns of
 * order[0 … count) with their signs, within the trust box, preconditioned by their curvatures (Jacobi). A minimum
 * beyond the face is projected back as far as the model falls there; at worst the step ends where the first weight
 * meets 0 or the box. Takes at most `limit` steps and returns the limit for the next call.
 */
export function conjugate(state: State, count: number, radius: number, limit: number): number {
  const { engine, design, model, moves, slopes, face, direction, probe } = state;
  const { kernels } = engine;
  const size = faceInto(state, count, radius);
  if (size === 0) return limit;
  const columns = face.view.subarray(0, size);
  const [w, h, l] = [state.w.view, state.curvatures.view, state.penalties.view];
  const [slope, move, v] = [slopes.view, moves.view, direction.view];

  /** Writes D∘(X·u) to `probe` and returns uᵀHu. */
  const bend = (u: Float64Array): number => {
    let ridge = 0;
    for (let t = 0; t < size; t++) {
      const j = columns[t]!;
      move[j] = u[t]!;
      ridge += l[2 * j + 1]! * u[t]! * u[t]!;
    }
    v.fill(0);
    kernels.spread(design.x, face, size, moves, direction);
    return kernels.bend(0, v.length, model, direction, probe) + ridge;
  };

  // Hestenes & Stiefel, preconditioned: d → −H⁻¹·slope.
  const descent = Float64Array.from(columns, (j) => -slope[j]!);
  const residual = descent.slice();
  const search = Float64Array.from(columns, (j, t) => residual[t]! / (h[j]! + l[2 * j + 1]!));
  const d = new Float64Array(size);
  let energy = dot(residual, search);
  const enough = RESIDUAL * energy;
  for (let step = 0; step < limit && energy > enough; step++) {
    const alpha = energy / bend(search);
    kernels.gradients(design.x, face, 0, size, probe, slopes);
    let next = 0;
    for (let t = 0; t < size; t++) {
      const j = columns[t]!;
      d[t]! += alpha * search[t]!;
      residual[t]! -= alpha * (slope[j]! + l[2 * j + 1]! * search[t]!);
      next += (residual[t]! * residual[t]!) / (h[j]! + l[2 * j + 1]!);
    }
    for (let t = 0; t < size; t++) {
      const j = columns[t]!;
      search[t] = residual[t]! / (h[j]! + l[2 * j + 1]!) + (next / energy) * search[t]!;
    }
    energy = next;
  }

  // Along w + t·d each weight stops at its bound, where its breakpoint is.
  const bounds = new Float64Array(size);
  const breakpoints = new Float64Array(size);
  let first = Number.POSITIVE_INFINITY;
  for (let t = 0; t < size; t++) {
    const j = columns[t]!;
    const [lower, upper] = boundsOf(state, j, radius);
    bounds[t] = d[t]! > 0 ? upper : lower;
    breakpoints[t] = d[t] === 0 ? Number.POSITIVE_INFINITY : (bounds[t]! - w[j]!) / d[t]!;
    if (breakpoints[t]! < first) first = breakpoints[t]!;
  }
  const u = new Float64Array(size);
  let share = 1;
  for (; ; share /= 2) {
    if (share <= first) share = Math.min(first, 1);
    for (let t = 0; t < size; t++) {
      u[t] = share >= breakpoints[t]! ? bounds[t]! - w[columns[t]!]! : share * d[t]!;
    }
    const change = 0.5 * bend(u) - dot(descent, u);
    if (share <= first || change < 0) break;
  }
  for (let t = 0; t < size; t++) {
    const j = columns[t]!;
    w[j] = share >= breakpoints[t]! ? bounds[t]! : w[j]! + u[t]!;
  }
  const [q, bent] = [model.view, probe.view];
  for (let i = 0; i < q.length; i += 2) q[i]! += bent[i]!;
  return first > 1 ? Math.min(2 * limit, MOST_STEPS) : Math.max(limit >> 1, LEAST_STEPS);
}

/** Lists the columns of the face in state.face, writes their slopes to state.slopes and returns how many they are. */
function faceInto(state: State, count: number, radius: number): number {
  const { engine, design, order, face, slopes, w, penalties, model } = state;
  let size = 0;
  for (const j of order.view.subarray(0, count)) if (w.view[j] !== 0) face.view[size++] = j;
  engine.kernels.gradients(design.x, face, 0, size, model, slopes);
  const [weights, slope, l, columns] = [w.view, slopes.view, penalties.view, face.view];
  let kept = 0;
  for (const j of columns.subarray(0, size)) {
    const weight = weights[j]!;
    slope[j]! += l[2 * j + 1]! * weight + l[2 * j]! * Math.sign(weight);
    const [lower, upper] = boundsOf(state, j, radius);
    if (slope[j]! < 0 ? weight < upper : weight > lower) columns[kept++] = j;
  }
  return kept;
}

/** How far a non-zero weight may go: to 0 and to the walls of the trust box. */
function boundsOf({ w, origin, design }: State, j: number, radius: number): [lower: number, upper: number] {
  const reach = radius * design.inverseReach.view[j]!;
  const [lower, upper] = [origin.view[j]! - reach, origin.view[j]! + reach];
  return w.view[j]! > 0 ? [Math.max(lower, 0), upper] : [lower, Math.min(upper, 0)];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < a.length; t++) sum += a[t]! * b[t]!;
  return sum;
}
