import type { F64 } from "../engine/memory.js";
import type { State } from "./newton.js";

/** Returns the dual value of c times a_i = −loss′ at the margins: a lower bound of the optimum when that is feasible. */
function dualOf({ engine, loss, rows, count, model, offsets }: State, c: number): number {
  return engine.kernels.dual(loss, rows, 0, count, model, offsets, c);
}

/** Unpenalised columns that are judged together. More are judged each alone. */
const MOST_TOGETHER = 64;
/** Least pivot, as a share of the diagonal: below it a column adds up from others but for rounding. */
const LEAST_PIVOT = 1e-14;

/**
 * Returns gᵀH⁻¹g of some columns, H = XᵀDX and g = Xᵀq: twice what a joint Newton step of theirs promises. Of columns
 * that nearly add up to others each alone would promise far too little.
 */
function promiseOf(state: State, columns: number[]): number {
  if (columns.length > MOST_TOGETHER) return columns.reduce((sum, j) => sum + promiseOf(state, [j]), 0);
  const { design, model, gradients, direction } = state;
  const { pointers, indices, values } = design.x;
  const [starts, rows, x] = [pointers.view, indices.view, values?.view];
  const [D, v, g] = [model.view, direction.view, gradients.view];
  const factor: Float64Array[] = [];
  const solved: number[] = [];
  let promise = 0;
  columns.forEach((j, t) => {
    v.fill(0);
    for (let k = starts[j]!; k < starts[j + 1]!; k++) v[rows[k]!] = D[2 * rows[k]! + 1]! * (x ? x[k]! : 1);
    const line = new Float64Array(t + 1); // of the Cholesky factor of H
    for (let s = 0; s <= t; s++) {
      const other = columns[s]!;
      let sum = 0;
      for (let k = starts[other]!; k < starts[other + 1]!; k++) sum += v[rows[k]!]! * (x ? x[k]! : 1);
      const own = sum;
      for (let r = 0; r < s; r++) sum -= line[r]! * (s < t ? factor[s]![r]! : line[r]!);
      line[s] = s < t ? sum / factor[s]![s]! : Math.sqrt(Math.max(sum, LEAST_PIVOT * own));
    }
    let left = g[j]!;
    for (let r = 0; r < t; r++) left -= line[r]! * solved[r]!;
    factor.push(line);
    solved.push(line[t]! > 0 ? left / line[t]! : 0);
    promise += solved[t]! * solved[t]!;
  });
  return promise;
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
 * rounding and what the solve has left: that is covered by |X_jᵀq| times twice its weight and their joint Newton step.
 * `listed`: all columns with a weight or a violation. The best dual value yet is remembered.
 */
export function boundsOf(state: State, listed: Uint32Array, enough: number): Bounds {
  const { count, design, model, margins, offsets, gradients, w, penalties } = state;
  const [g, weights, l] = [gradients.view, w.view, penalties.view];
  let [shrink, excess, penalty, slack] = [1, 0, 0, 0];
  const free = new Set(design.free); // also those that are neither listed nor moved: others may lean on them
  for (const j of listed) {
    const size = Math.abs(g[j]!);
    const weight = Math.abs(weights[j]!);
    const l1 = l[2 * j]!;
    const l2 = l[2 * j + 1]!;
    penalty += l1 * weight + 0.5 * l2 * weight * weight;
    if (l1 === 0 && l2 === 0) {
      free.add(j);
      slack += 2 * size * weight;
    } else if (size > l1) {
      excess += ((size - l1) * (size - l1)) / (2 * l2);
      shrink = Math.min(shrink, l1 / size);
    }
  }
  slack += promiseOf(state, [...free]);
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
  return least > enough ? bounds(Number.NEGATIVE_INFINITY, least) : bounds(dualOf(state, shrink));

  function bounds(value: number, least = Number.POSITIVE_INFINITY): Bounds {
    const objective = state.lossSum + penalty;
    state.dual = Math.max(state.dual, value - slack);
    return { objective, dual: state.dual, gap: Math.min(least, objective - state.dual) };
  }
}

/**
 * Remembers the dual value of the slopes that a model has at its own minimum, q + D·X·d, if it is the best yet. Those
 * at the new margins are off by what the model missed, and the gap with them; these violate no bound, and their dual
 * value is off only by what the objective is. The model is that of another moment than the state's, and is moved.
 */
export function improveDual(state: State, model: F64): void {
  const { engine, loss, rows, count, design, scores, w, penalties, order } = state;
  const { kernels } = engine;
  kernels.project(loss, rows, 0, count, model);
  kernels.gradients(design.x, 0, design.size, model, scores);
  const listed = order.view.subarray(0, kernels.survey(design.size, scores, w, penalties, order));
  state.dual = boundsOf({ ...state, model, gradients: scores }, listed, Number.POSITIVE_INFINITY).dual;
}
