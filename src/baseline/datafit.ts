import type { Loss } from "../engine/kernels.js";
import { entropy, expNegative, log1pExp, log1pUnit, sigmoid } from "./math.js";

const LEAST_CURVATURE = 1e-12;

/** A loss as a function of one margin m and its target y. */
export interface Datafit {
  loss(y: number, m: number): number;
  /** ∂loss/∂m */
  gradient(y: number, m: number): number;
  /** −loss*(−a): what a row adds to the dual value at a = −∂loss/∂m. */
  dual(y: number, a: number): number;
  /** The nearest to a slope q = −s·a whose dual value is finite: 0 for a row that weighs nothing. */
  nearest(y: number, s: number, q: number): number;
  /** Stores the quadratic model {q, D} = s·{∂loss/∂m, ∂²loss/∂m²} at model[at] and returns s·loss. */
  expand(y: number, m: number, s: number, model: Float64Array, at: number): number;
  /** What an entry adds, times s, to its column's bound on the side that it pulls to. */
  bound(x: number): number;
  /** What the gradient of a column is at most at an optimum, from its bounds and Σ s·r² without features. */
  steepest(up: number, down: number, residuals: number): number;
}

export const DATAFITS: Readonly<Record<Loss, Datafit>> = {
  logistic: {
    loss: (y, m) => log1pExp(-y * m),
    gradient: (y, m) => -y * sigmoid(-y * m),
    dual: (_y, a) => entropy(Math.min(Math.abs(a), 1)),
    nearest: (y, s, q) => -y * Math.min(Math.max(-y * q, 0), s),
    expand: (y, m, s, model, at) => {
      const e = expNegative(-Math.abs(m));
      const wrong = -y * m;
      const share = 1 / (1 + e);
      model[at] = s * (-y * ((wrong >= 0 ? 1 : e) * share));
      model[at + 1] = Math.max(s * (e * share * share), LEAST_CURVATURE);
      return s * (Math.max(wrong, 0) + log1pUnit(e));
    },
    bound: (x) => Math.abs(x),
    steepest: (up, down) => Math.max(up, down),
  },
  squared: {
    loss: (y, m) => 0.5 * (y - m) * (y - m),
    gradient: (y, m) => m - y,
    dual: (y, a) => y * a - 0.5 * a * a,
    nearest: (_y, s, q) => (s > 0 ? q : 0),
    expand: (y, m, s, model, at) => {
      model[at] = s * (m - y);
      model[at + 1] = Math.max(s, LEAST_CURVATURE);
      return s * (0.5 * (y - m) * (y - m));
    },
    bound: (x) => x * x,
    steepest: (up, down, residuals) => Math.sqrt(up + down) * Math.sqrt(residuals),
  },
};
