import type { Kernels, Search } from "../engine/kernels.js";

// The kernels of assembly/batch/conjugate.ts.

const FLAT = 1e-10;

export const conjugateBegin: Kernels["conjugateBegin"] = (columns, o) => {
  const [inverse, r, p] = [o.inverse.view, o.residual.view, o.search.view];
  let energy = 0;
  for (let t = 0; t < columns; t++) {
    p[t] = r[t]! * inverse[t]!;
    energy += r[t]! * p[t]!;
  }
  follow(columns, o);
  o.outcome.view.set([energy, Number.POSITIVE_INFINITY]);
};

export const conjugateStep: Kernels["conjugateStep"] = (columns, pieces, curvature, o) => {
  const [inverse, ridge, w, l] = [o.inverse.view, o.ridge.view, o.weights.view, o.penalties.view];
  const [r, d, p, Hp] = [o.residual.view, o.step.view, o.search.view, o.curved.view];
  let [bent, scale] = [curvature, 0];
  for (let t = 0; t < columns; t++) {
    if (inverse[t] === 0) continue;
    const damped = ridge[t]! * p[t]!;
    let sum = damped;
    for (let piece = 0; piece < pieces; piece++) sum += Hp[piece * columns + t]!;
    Hp[t] = sum;
    bent += damped * p[t]!;
    scale += (p[t]! * p[t]!) / inverse[t]!;
  }
  const energy = o.outcome.view[0]!;
  const isFlat = bent < FLAT * scale;
  const share = energy / (isFlat ? FLAT * scale : bent);
  let [next, excess] = [0, 0];
  for (let t = 0; t < columns; t++) {
    if (inverse[t] === 0) continue;
    d[t]! += share * p[t]!;
    r[t]! -= share * Hp[t]!;
    next += r[t]! * r[t]! * inverse[t]!;
    const l1 = l[2 * t]!;
    if (l1 > 0) excess = Math.max(excess, (w[t]! > 0 ? r[t]! : -r[t]!) / l1);
  }
  if (o.couplings) d[o.intercept]! += share * p[o.intercept]!;
  const turn = next / energy;
  for (let t = 0; t < columns; t++) p[t] = r[t]! * inverse[t]! + turn * p[t]!;
  follow(columns, o);
  o.outcome.view.set([isFlat ? 0 : next, excess]);
};

function follow(columns: number, { couplings, curvatures, search, intercept }: Search): void {
  if (!couplings) return;
  const [c, p] = [couplings.view, search.view];
  p[intercept] = 0;
  let sum = 0;
  for (let t = 0; t < columns; t++) sum += c[t]! * p[t]!;
  p[intercept] = -sum / curvatures.view[intercept]!;
}
