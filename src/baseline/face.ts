import type { Kernels } from "../engine/kernels.js";

// The kernels of assembly/batch/face.ts.

const LEAST_CURVATURE = 1e-6;
const MOST_DAMPING = 1e6;

export const face: Kernels["face"] = (columns, radius, bold, o) => {
  const [w, origin, reach, slope] = [o.weights.view, o.origin.view, o.inverseReach.view, o.slopes.view];
  const [l, h, c, ridge] = [o.penalties.view, o.curvatures.view, o.couplings?.view, o.ridge.view];
  const [inverse, damping, downhill] = [o.inverse.view, o.damping.view, o.downhill.view];
  const [lower, upper] = [o.lower.view, o.upper.view];
  const near = 1 / (bold * bold);
  for (const it of [o.inverse, o.downhill, o.step]) it.view.fill(0, 0, columns);
  for (let t = 0; t < columns; t++) {
    const weight = w[t]!;
    const isFree = t === o.intercept;
    if (weight === 0 && !isFree) continue;
    const wall = isFree ? Number.POSITIVE_INFINITY : radius * reach[t]!;
    lower[t] = weight > 0 && !isFree ? Math.max(origin[t]! - wall, 0) : origin[t]! - wall;
    upper[t] = weight < 0 && !isFree ? Math.min(origin[t]! + wall, 0) : origin[t]! + wall;
    const [l1, l2] = [l[2 * t]!, l[2 * t + 1]!];
    ridge[t] = l2;
    const way = -(slope[t]! + l2 * weight + (weight > 0 ? l1 : -l1));
    if (way > 0 ? weight >= upper[t]! : weight <= lower[t]!) continue;
    downhill[t] = way;
    const own = c && !isFree ? Math.max(h[t]! - (c[t]! * c[t]!) / h[o.intercept]!, LEAST_CURVATURE * h[t]!) : h[t]!;
    inverse[t] = 1 / (own + l2);
    const room = way > 0 ? upper[t]! - weight : weight - lower[t]!;
    damping[t] = Math.min(Math.abs(way) / room, MOST_DAMPING * h[t]!) + (l2 + near * h[t]!);
  }
  o.residual.view.set(downhill);
};

export const breakpoints: Kernels["breakpoints"] = (columns, o) => {
  const [w, d, downhill, out] = [o.weights.view, o.step.view, o.downhill.view, o.breakpoints.view];
  const [lower, upper] = [o.lower.view, o.upper.view];
  let [first, slope] = [Number.POSITIVE_INFINITY, 0];
  for (let t = 0; t < columns; t++) {
    out[t] = Number.POSITIVE_INFINITY;
    if (d[t] === 0) continue;
    out[t] = ((d[t]! > 0 ? upper[t]! : lower[t]!) - w[t]!) / d[t]!;
    if (out[t]! < first) first = out[t]!;
    slope += downhill[t]! * d[t]!;
  }
  o.outcome.view.set([first, -0.5 * slope]);
};

export const stride: Kernels["stride"] = (columns, share, o) => {
  const [w, d, downhill, ridge] = [o.weights.view, o.step.view, o.downhill.view, o.ridge.view];
  const [lower, upper, ends, moves] = [o.lower.view, o.upper.view, o.breakpoints.view, o.moves.view];
  let rise = 0;
  for (let t = 0; t < columns; t++) {
    moves[t] = 0;
    if (d[t] === 0) continue;
    const bound = d[t]! > 0 ? upper[t]! : lower[t]!;
    moves[t] = share >= ends[t]! ? bound - w[t]! : share * d[t]!;
    rise += (0.5 * ridge[t]! * moves[t]! - downhill[t]!) * moves[t]!;
  }
  return rise;
};

export const land: Kernels["land"] = (columns, share, o) => {
  const [w, d, ends, moves] = [o.weights.view, o.step.view, o.breakpoints.view, o.moves.view];
  const [lower, upper] = [o.lower.view, o.upper.view];
  for (let t = 0; t < columns; t++) {
    if (d[t] === 0) continue;
    const bound = d[t]! > 0 ? upper[t]! : lower[t]!;
    w[t] = share >= ends[t]! ? bound : w[t]! + moves[t]!;
  }
};
