import type { Matrix } from "../engine/kernels.js";
import type { State } from "./newton.js";
import type { WorkingSet } from "./working.js";

/** Least curvature along a direction, as a share of the preconditioner's. Columns that add up to another have none. */
const FLAT = 1e-10;

/** The model that a Newton step minimises, Σ q·m + ½ Σ D·m² of the margins that a working set's weights move. */
export interface Quadratic {
  /** Visits order[0 … active) once, as the kernel `descend` does: see set.outcome. */
  descend(active: number, radius: number, slack: number): void;
  /** Writes X_jᵀq of every column to set.slopes. */
  slopes(): void;
  /** Bounds of how bold `conjugate` may be. */
  readonly boldness: { least: number; most: number };
  /**
   * Runs conjugate gradients on the face that set.inverse, set.ridge and set.residual say; the result is set.step.
   * `enough`: residual to leave, squared and as preconditioned, as a share of the first.
   */
  conjugate(boldness: number, enough: number, breathe: () => Promise<void>): Promise<void>;
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
      kernels.margins(set.rows as Matrix, 0, count, set.moves, 0, direction);
      return kernels.bend(0, count, model, direction);
    },
    advance: () => kernels.advance(0, count, model, direction),
    settle: () => {}, // they follow every step
  };
}

/**
 * Adds to set.step the approximate minimum of ½dᵀHd − residualᵀd on the face, H = XᵀDX + ridge, by preconditioned
 * conjugate gradients (Hestenes & Stiefel 1952). A direction without curvature is the last that is taken. The
 * intercept is no part of it, but follows every direction to its own minimum.
 */
async function conjugate(
  { engine, count, model }: State,
  set: WorkingSet,
  limit: number,
  share: number,
  breathe: () => Promise<void>,
): Promise<void> {
  const { size } = set;
  if (set.couplings) set.inverse.view[set.intercept] = 0;
  let energy = 0;
  for (let t = 0, [p, r, inverse] = [set.search.view, set.residual.view, set.inverse.view]; t < size; t++) {
    p[t] = r[t]! * inverse[t]!;
    energy += r[t]! * p[t]!;
  }
  const enough = share * energy;
  for (let left = limit; left > 0 && energy > enough; left--) {
    follow(set);
    set.curved.view.fill(0);
    let bent = engine.kernels.curve(set.rows as Matrix, count, model, set.search, set.curved);
    const [p, Hp, r, d] = [set.search.view, set.curved.view, set.residual.view, set.step.view];
    const [inverse, ridge] = [set.inverse.view, set.ridge.view];
    let scale = 0;
    for (let t = 0; t < size; t++) {
      if (inverse[t] === 0) continue;
      Hp[t]! += ridge[t]! * p[t]!;
      bent += ridge[t]! * p[t]! * p[t]!;
      scale += (p[t]! * p[t]!) / inverse[t]!;
    }
    const isFlat = bent < FLAT * scale;
    const alpha = energy / (isFlat ? FLAT * scale : bent);
    let next = 0;
    for (let t = 0; t < size; t++) {
      if (inverse[t] === 0) continue;
      d[t]! += alpha * p[t]!;
      r[t]! -= alpha * Hp[t]!;
      next += r[t]! * r[t]! * inverse[t]!;
    }
    if (set.couplings) d[set.intercept]! += alpha * p[set.intercept]!;
    const beta = next / energy;
    for (let t = 0; t < size; t++) p[t] = r[t]! * inverse[t]! + beta * p[t]!;
    energy = isFlat ? 0 : next;
    await breathe();
  }
}

/** Sets what the intercept moves by along a search, so that Σ D·m of its margins stays 0. */
function follow({ search, couplings, curvatures, intercept, size }: WorkingSet): void {
  if (!couplings) return;
  const [p, c] = [search.view, couplings.view];
  p[intercept] = 0;
  let sum = 0;
  for (let t = 0; t < size; t++) sum += c[t]! * p[t]!;
  p[intercept] = -sum / curvatures.view[intercept]!;
}
