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
export function objectiveOf({ lossSum, w, penalties }: State): number {
  let sum = 0;
  for (let j = 0, [weights, l] = [w.view, penalties.view]; j < weights.length; j++) {
    const weight = Math.abs(weights[j]!);
    if (weight > 0) sum += l[2 * j]! * weight + 0.5 * l[2 * j + 1]! * weight * weight;
  }
  return lossSum + sum;
}

/**
 * Returns the duality gap against the sum of losses; where that is above `enough` for certain, a cheaper lower bound.
 * −q, scaled until |X_jᵀq| ≤ l1_j for all j, is a dual point. What is above l1_j may stay where l2_j > 0 and costs
 * (|X_jᵀq| − l1_j)²/(2·l2_j). A column without penalties, such as the intercept, wants X_jᵀq = 0, and is there but for
 * rounding and what the solve has left: see slackOf. `listed`: all columns with a weight or a violation. The best dual value
 * yet is remembered.
 */
export function boundsOf(state: State, listed: Uint32Array, enough: number): Bounds {
  const { count, model, margins, offsets, gradients, w, penalties } = state;
  const [g, weights, l] = [gradients.view, w.view, penalties.view];
  let [shrink, excess, penalty] = [1, 0, 0];
  for (let k = 0; k < listed.length; k++) {
    const j = listed[k]!;
    const size = Math.abs(g[j]!);
    const weight = Math.abs(weights[j]!);
    const l1 = l[2 * j]!;
    const l2 = l[2 * j + 1]!;
    penalty += l1 * weight + 0.5 * l2 * weight * weight;
    if (size > l1 && (l1 > 0 || l2 > 0)) {
      excess += ((size - l1) * (size - l1)) / (2 * l2);
      shrink = Math.min(shrink, l1 / size);
    }
  }
  if (Number.isFinite(excess)) {
    const kept = dualOf(state, 1) - excess;
    return bounds(Math.max(kept, dualOf(state, shrink)));
  }
  // The dual is concave in the scale, and its slope at 1 is −Σ q·(m − offset).
  const { kernels } = state.engine;
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
 */
export function improveDual(state: State, model: F64): void {
  const { engine, loss, rows, count, design, gradients } = state;
  freeSlopes(state, model);
  engine.kernels.project(loss, rows, 0, count, model);
  engine.kernels.gradients(design.x, 0, design.size, model, gradients);
  state.isScanned = false;
  state.dual = boundsOf({ ...state, model }, listed(state), Number.POSITIVE_INFINITY).dual;
}
