import type { State } from "./newton.js";

/** Returns the dual value of c times a_i = −loss′ at the margins: a lower bound of the optimum when that is feasible. */
function dualOf({ engine, loss, rows, count, model, offsets }: State, c: number): number {
  return engine.kernels.dual(loss, rows, 0, count, model, offsets, c);
}

/** Σ_i D_i·x_ij² of one column. */
function curvatureOf({ engine, design, model, gradients, scores }: State, j: number): number {
  engine.kernels.derivatives(design.x, j, j + 1, model, gradients, scores);
  return scores.view[j]!;
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

/**
 * Returns the duality gap against the sum of losses; where that is above `enough` for certain, a cheaper lower bound.
 * −q, scaled until |X_jᵀq| ≤ l1_j for all j, is a dual point. What is above l1_j may stay where l2_j > 0 and costs
 * (|X_jᵀq| − l1_j)²/(2·l2_j). A column without penalties, such as the intercept, wants X_jᵀq = 0, and is there but for
 * rounding and what the solve has left: that is covered by |X_jᵀq| times twice its weight and its own Newton step. `listed`: all columns with a
 * weight or a violation.
 */
export function boundsOf(state: State, listed: Uint32Array, enough: number): Bounds {
  const { count, model, margins, offsets, gradients, w, penalties } = state;
  const [g, weights, l] = [gradients.view, w.view, penalties.view];
  let [shrink, excess, penalty, slack] = [1, 0, 0, 0];
  for (const j of listed) {
    const size = Math.abs(g[j]!);
    const weight = Math.abs(weights[j]!);
    const l1 = l[2 * j]!;
    const l2 = l[2 * j + 1]!;
    penalty += l1 * weight + 0.5 * l2 * weight * weight;
    if (l1 === 0 && l2 === 0) slack += size * (2 * weight + size / curvatureOf(state, j));
    else if (size > l1) {
      excess += ((size - l1) * (size - l1)) / (2 * l2);
      shrink = Math.min(shrink, l1 / size);
    }
  }
  if (Number.isFinite(excess)) {
    const kept = dualOf(state, 1) - excess;
    return bounds(Math.max(kept, dualOf(state, shrink)));
  }
  // The dual is concave in the scale, and its slope at 1 is −Σ q·(m − offset).
  let slope = 0;
  for (let i = 0, [q, m, o] = [model.view, margins.view, offsets?.view]; i < count; i++) {
    slope += q[2 * i]! * (m[i]! - (o ? o[i]! : 0));
  }
  const least = penalty + shrink * slope;
  if (least > enough) return { objective: state.lossSum + penalty, dual: Number.NEGATIVE_INFINITY, gap: least };
  return bounds(dualOf(state, shrink));

  function bounds(value: number): Bounds {
    const [objective, dual] = [state.lossSum + penalty, value - slack];
    return { objective, dual, gap: objective - dual };
  }
}
