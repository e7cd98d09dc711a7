import type { Matrix } from "../engine/kernels.js";
import type { State } from "./newton.js";
import type { WorkingSet } from "./working.js";

/** Residual left by conjugate gradients, squared, as a share of the first. */
export const RESIDUAL = 0.01;

/** The model that a Newton step minimises, Σ q·m + ½ Σ D·m² of the margins that a working set's weights move. */
export interface Quadratic {
  /** Visits order[0 … active) once, as the kernel `descend` does: see set.outcome. */
  descend(active: number, radius: number, slack: number): void;
  /** Writes X_jᵀq of every column to set.slopes. */
  slopes(): void;
  /** Bounds of how bold `conjugate` may be. */
  readonly boldness: { least: number; most: number };
  /** Runs conjugate gradients on the face that set.inverse, set.ridge and set.residual say; the result is set.step. */
  conjugate(boldness: number): void;
  /** Returns ‖X·u‖² weighted by D, for u = set.moves. */
  energy(): number;
  /** Moves the model by the u of the last `energy`. */
  advance(): void;
}

/** The model as kernels have it: rows {q, D}, and the set's columns. `conjugate` and `energy` need the set by rows. */
export function sparseQuadratic(state: State, set: WorkingSet): Quadratic {
  const { engine, count, model, direction, outcome } = state;
  const { kernels } = engine;
  const { x, size, curvatures, w: weights, penalties, origin, inverseReach } = set;
  const { inverse, ridge, residual, step, search, slopes: curved } = set;
  return {
    boldness: { least: 10, most: 200 }, // steps at most: the first ones change least about the face
    descend(active, radius, slack) {
      const o = { model, curvatures, weights, penalties, origin, inverseReach, outcome, radius, slack };
      kernels.descend(x, set.order, active, o);
    },
    slopes: () => kernels.gradients(x, 0, size, model, set.slopes),
    conjugate(limit) {
      const vectors = { inverse, ridge, residual, step, search, curved };
      const o = { model, products: direction, ...vectors, columns: size, limit, enough: RESIDUAL };
      kernels.conjugate(x, set.rows as Matrix, count, o);
    },
    energy() {
      kernels.margins(set.rows as Matrix, 0, count, set.moves, 0, direction);
      return kernels.bend(0, count, model, direction);
    },
    advance() {
      const [q, bent] = [model.view, direction.view];
      for (let i = 0; i < bent.length; i++) q[2 * i]! += bent[i]!;
    },
  };
}
