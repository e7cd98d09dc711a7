import type { F64 } from "../engine/memory.js";
import { freeSlopes, slackOf } from "./free.js";
import { listed, type State } from "./newton.js";

/** Returns the dual value of c times a_i = −loss′ at the margins: a lower bound of the optimum when that is feasible. */
function dualOf({ engine, loss, rows, count, model, offsets }: State, c: number): number {
  return engine.kernels.dual(loss, rows, 0, count, model, offsets, c);
}

/** What is known of an optimum, as sums. */
export interface Bounds {
  /** The objective at hand. */
  objective: number;
  /** The optimum is at least this; −∞ where it was not worth the work. */
  dual: number;
  /** objective − dual; without a dual, less than that. */
  gap: number;
}

/** Returns the objective at hand. */
export function objectiveOf({ engine, lossSum, design, w, penalties }: State): number {
  return lossSum + engine.kernels.penalty(design.size, penalties, w, null);
}

/**
 * Returns the duality gap against the sum of losses; where that is above `enough` for certain, a cheaper lower bound.
 * −q, scaled until |X_jᵀq| ≤ l1_j for all j, is a dual point. What is above l1_j may stay where l2_j > 0 and costs
 * (|X_jᵀq| − l1_j)²/(2·l2_j). A column without penalties, such as the intercept, wants X_jᵀq = 0, and is there but for
 * rounding and what the solve has left: see slackOf. `listed`: how many columns have a weight or a violation, as
 * state.order lists them. The best dual value yet is remembered.
 */
export function boundsOf(state: State, listed: number, enough: number): Bounds {
  const { engine, count, model, margins, offsets, gradients, w, penalties, order, outcome } = state;
  const { kernels } = engine;
  kernels.scaling(listed, order, w, gradients, penalties, outcome);
  const [penalty, shrink, excess] = outcome.view as unknown as [number, number, number];
  if (Number.isFinite(excess)) {
    const kept = dualOf(state, 1) - excess;
    return bounds(Math.max(kept, dualOf(state, shrink)));
  }
  // The dual is concave in the scale, and its slope at 1 is −Σ q·(m − offset).
  const slope = kernels.tilt(0, count, model, margins) - (offsets ? kernels.tilt(0, count, model, offsets) : 0);
  const least = penalty + shrink * slope;
  return least > enough ? bounds(Number.NEGATIVE_INFINITY, least) : bounds(dualOf(state, shrink));

  function bounds(value: number, least = Number.POSITIVE_INFINITY): Bounds {
    const objective = state.lossSum + penalty;
    if (Number.isFinite(value)) state.dual = Math.max(state.dual, value - slackOf(state));
    return { objective, dual: state.dual, gap: Math.min(least, objective - state.dual) };
  }
}

/**
 * Remembers the dual value of the slopes that a model has at its own minimum, q + D·X·d, if it is the best yet. Those
 * at the new margins are off by what the model missed, and the gap with them; these violate no bound, and their dual
 * value is off only by what the objective is. The model is that of another moment than the state's, and is moved.
 * Returns the gap that is left.
 */
export function improveDual(state: State, model: F64): number {
  const { engine, loss, rows, count, design, gradients } = state;
  freeSlopes(state, model);
  engine.kernels.project(loss, rows, 0, count, model);
  engine.kernels.gradients(design.x, 0, design.size, model, gradients);
  state.isScanned = false;
  const { dual, gap } = boundsOf({ ...state, model }, listed(state), Number.POSITIVE_INFINITY);
  state.dual = dual;
  return gap;
}
