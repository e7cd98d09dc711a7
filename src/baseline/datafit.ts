import type { Loss } from "../engine/kernels.js";
import { log1pExp, sigmoid } from "./math.js";

/** A loss as a function of one margin m and its target y. */
export interface Datafit {
  loss(y: number, m: number): number;
  /** ∂loss/∂m */
  gradient(y: number, m: number): number;
  /** ∂²loss/∂m² */
  curvature(y: number, m: number): number;
}

export const DATAFITS: Readonly<Record<Loss, Datafit>> = {
  logistic: {
    loss: (y, m) => log1pExp(-y * m),
    gradient: (y, m) => -y * sigmoid(-y * m),
    curvature: (_y, m) => sigmoid(m) * sigmoid(-m),
  },
  squared: {
    loss: (y, m) => 0.5 * (y - m) * (y - m),
    gradient: (y, m) => m - y,
    curvature: () => 1,
  },
};
