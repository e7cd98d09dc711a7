import type { State } from "./newton.js";
import { type SetRows, searchOf } from "./rows.js";
import type { WorkingSet } from "./working.js";

/** When conjugate gradients end: as soon as one of these holds. Where H is written out only the first counts. */
export interface Enough {
  /** The residual, squared and as preconditioned, is no more than this share of the first. */
  residual: number;
  /** No slope of the face is as far beyond its l1 as by this share of it; 0 for never. */
  excess: number;
}

/** The model that a Newton step minimises, Σ q·m + ½ Σ D·m² of the margins that a working set's weights move. */
export interface Quadratic {
  /** Visits order[0 … active) once, as the kernel `descend` does: see set.outcome. */
  descend(active: number, radius: number, slack: number): void;
  /** Writes X_jᵀq of every column to set.slopes. */
  slopes(): void;
  /** Bounds of how bold `conjugate` may be. */
  readonly boldness: { least: number; most: number };
  /** Runs conjugate gradients on the face that set.search says; the result is its step. */
  conjugate(boldness: number, enough: Enough, breathe: () => Promise<void>): Promise<void>;
  /** Returns ‖X·u‖² weighted by D, for u = set.moves. */
  energy(): number;
  /** Moves the model by the u of the last `energy`. */
  advance(): void;
  /** Moves the slopes of rows, state.model, to where the weights are. */
  settle(): void;
}

/** The model as kernels have it: rows {q, D}, and the set's columns. `conjugate` and `energy` need the set by rows. */
export function sparseQuadratic(state: State, set: WorkingSet): Quadratic {
  const { engine, count, model, direction, outcome } = state;
  const { kernels } = engine;
  const { x, size, curvatures, w: weights, penalties, origin, inverseReach, couplings, intercept } = set;
  return {
    boldness: { least: 10, most: 1000 }, // steps at most: the first ones change least about the face
    descend(active, radius, slack) {
      const o = { model, curvatures, weights, penalties, origin, inverseReach, outcome, radius, slack };
      kernels.descend(x, set.order, active, { ...o, couplings, intercept });
    },
    slopes: () => kernels.gradients(x, 0, size, model, set.slopes),
    conjugate: (boldness, enough, breathe) => conjugate(state, set, boldness, enough, breathe),
    energy() {
      kernels.margins((set.rows as SetRows).matrix, 0, count, set.moves, 0, direction);
      return kernels.bend(0, count, model, direction);
    },
    advance: () => kernels.advance(0, count, model, direction),
    settle: () => {}, // they follow every step
  };
}

/**
 * Writes to set.search.step the approximate minimum of ½dᵀHd − residualᵀd on the face, H = XᵀDX + ridge, by conjugate
 * gradients. The intercept is no part of it, but follows every direction to its own minimum.
 */
async function conjugate(
  { engine, model, outcome }: State,
  set: WorkingSet,
  limit: number,
  { residual, excess }: Enough,
  breathe: () => Promise<void>,
): Promise<void> {
  const { kernels } = engine;
  const { size } = set;
  const { matrix, bounds, curved } = set.rows as SetRows;
  const pieces = bounds.length - 1;
  const o = searchOf(set);
  if (o.couplings) o.inverse.view[o.intercept] = 0;
  kernels.conjugateBegin(size, o);
  const enough = residual * outcome.view[0]!;
  for (let left = limit; left > 0; left--) {
    const [energy, beyond] = outcome.view as unknown as [number, number];
    if (energy <= enough || beyond < excess) break;
    const curvature = kernels.curve(matrix, bounds, 0, pieces, size, model, o.search, curved);
    kernels.conjugateStep(size, pieces, curvature, o);
    await breathe();
  }
}
