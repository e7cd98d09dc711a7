import type { Loss } from "../engine/kernels.js";
import { expNegative, log1pExp, log1pUnit, sigmoid } from "./math.js";

const LEAST_CURVATURE = 1e-12;

/** A loss as a function of one margin m and its target y. */
export interface Datafit {
  loss(y: number, m: number): number;
  /** ∂loss/∂m */
  gradient(y: number, m: number): number;
  /** Stores the quadratic model {q, D} = s·{∂loss/∂m, ∂²loss/∂m²} at model[at] and returns s·loss. */
  expand(y: number, m: number, s: number, model: Float64Array, at: number): number;
}

export const DATAFITS: Readonly<Record<Loss, Datafit>> = {
  logistic: {
    loss: (y, m) => log1pExp(-y * m),
    gradient: (y, m) => -y * sigmoid(-y * m),
    expand: (y, m, s, model, at) => {
      const e = expNegative(-Math.abs(m));
      const wrong = -y * m;
      const share = 1 / (1 + e);
      model[at] = s * (-y * ((wrong >= 0 ? 1 : e) * share));
      model[at + 1] = Math.max(s * (e * share * share), LEAST_CURVATURE);
      return s * (Math.max(wrong, 0) + log1pUnit(e));
    },
  },
  squared: {
    loss: (y, m) => 0.5 * (y - m) * (y - m),
    gradient: (y, m) => m - y,
    expand: (y, m, s, model, at) => {
      model[at] = s * (m - y);
      model[at + 1] = Math.max(s, LEAST_CURVATURE);
      return s * (0.5 * (y - m) * (y - m));
    },
  },
};
