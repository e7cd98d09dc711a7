import type { F64 } from "../engine/memory.js";
import { centre, linearize, type State, sumsOf } from "./newton.js";

// Columns without a penalty, the intercept among them. A dual point wants X_jᵀq = 0 of each: what is off counts times
// whatever their weights at the optimum are, which nobody knows.

/**
 * Residual that conjugate gradients leave, squared and as preconditioned, as a share of the first: for slopes that are
 * to be a dual point, and for a step that others follow.
 */
const LEAST_RESIDUAL = 1e-20;
const ENOUGH_RESIDUAL = 1e-8;
/** Least curvature of a direction, as a share of what its columns have each: below it they add up to nothing but rounding. */
const FLAT = 1e-14;
const MOST_ROUNDS = 200;

/** Returns Σ x_ij·v_i of a design's column, of v's every `stride`-th number from `first` on. */
function dot({ x }: State["design"], j: number, v: Float64Array, stride = 1, first = 0): number {
  const [starts, rows, values] = [x.pointers.view, x.indices.view, x.values?.view];
  let sum = 0;
  for (let k = starts[j]!; k < starts[j + 1]!; k++) sum += (values ? values[k]! : 1) * v[stride * rows[k]! + first]!;
  return sum;
}

/** Whether nothing but the intercept is free, as mostly: it has every row, and no system to solve. */
function isInterceptAlone({ free, intercept }: State["design"]): boolean {
  return intercept && free.length === 1;
}

/** Returns the slopes of a model along the free columns, X_jᵀq, and its curvatures, Σ D_i·x_ij². */
function derivativesOf({ design }: State, model: F64): { slopes: number[]; curvatures: number[] } {
  if (isInterceptAlone(design)) {
    const { q, D } = sumsOf(model);
    return { slopes: [q], curvatures: [D] };
  }
  const [starts, rows, values] = [design.x.pointers.view, design.x.indices.view, design.x.values?.view];
  const D = model.view;
  const curvatures = design.free.map((j) => {
    let sum = 0;
    for (let k = starts[j]!; k < starts[j + 1]!; k++) sum += D[2 * rows[k]! + 1]! * (values ? values[k]! ** 2 : 1);
    return sum;
  });
  return { slopes: design.free.map((j) => dot(design, j, D, 2)), curvatures };
}

/** Returns Σ a_j²/h_j; columns of nothing but rows that weigh nothing count as none. */
function sizeOf(a: readonly number[], h: readonly number[]): number {
  return a.reduce((sum, it, t) => sum + (h[t]! > 0 ? (it * it) / h[t]! : 0), 0);
}

/**
 * Returns how much at most the dual value of a model's slopes exceeds the optimum for what the free columns still demand:
 * Σ g_j·w_j of weights w at the optimum. That is no more than ‖g‖ in H⁻¹ times the margins that lie between, in H, and
 * losses between 0 and that without features keep these below 2·√(2·that).
 */
export function slackOf(state: State): number {
  const { slopes, curvatures } = derivativesOf(state, state.model);
  const w = state.w.view;
  const own = state.design.free.reduce((sum, j, t) => sum + 2 * Math.abs(slopes[t]! * w[j]!), 0);
  return own + Math.sqrt(8 * sizeOf(slopes, curvatures)) * Math.sqrt(state.nullObjective);
}

/** Moves a model's slopes to where a Newton step of the free columns takes them: they demand nothing more then. */
export function freeSlopes(state: State, model: F64): void {
  const { engine, count, direction } = state;
  newtonStep(state, model, LEAST_RESIDUAL);
  engine.kernels.advance(0, count, model, direction);
}

/**
 * Minimises over the free columns together (Newton) until what they demand is at most `enough`, or as rounding allows.
 * `breathe`: as in Steering.
 */
export async function settle(state: State, enough: number, breathe: () => Promise<void>): Promise<void> {
  const { design, loss, margins, w, count, engine } = state;
  if (design.free.length === 0) return;
  if (isInterceptAlone(design)) {
    centre(state, enough);
    return;
  }
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { slopes, curvatures } = derivativesOf(state, state.model);
    const size = sizeOf(slopes, curvatures);
    let D = 0;
    for (let i = 1, model = state.model.view; i < model.length; i += 2) D += model[i]!;
    if (size * D <= enough * enough || size >= least) return;
    if (size < 1e-12 * D) least = size; // from here on Newton only gains until rounding ends it
    const moves = newtonStep(state, state.model, ENOUGH_RESIDUAL);
    const longest = state.direction.view.reduce((most, it) => Math.max(most, Math.abs(it)), 0);
    // A logistic loss is off its model by no more than 0.72 of the curvature where margins move by 1: it never rises.
    const share = loss === "logistic" ? Math.min(1, 1 / longest) : 1;
    for (const [t, j] of design.free.entries()) w.view[j]! += share * moves[t]!;
    engine.kernels.along(0, count, margins, state.direction, share, margins);
    linearize(state);
    await breathe();
  }
}

/**
 * Returns the Newton step of the free columns' weights by a model, and writes what it moves margins by to
 * state.direction: by conjugate gradients, for the columns may lean on each other.
 */
function newtonStep(state: State, model: F64, residual: number): Float64Array {
  const { design, direction } = state;
  const { free, x } = design;
  const { slopes, curvatures } = derivativesOf(state, model);
  if (isInterceptAlone(design)) {
    const move = curvatures[0]! > 0 ? -slopes[0]! / curvatures[0]! : 0;
    direction.view.fill(move);
    return Float64Array.of(move);
  }
  const [starts, rows, values, D] = [x.pointers.view, x.indices.view, x.values?.view, model.view];
  const left = slopes.map((it) => -it);
  const [moves, search] = [new Float64Array(free.length), new Float64Array(free.length)];
  const bent = new Float64Array(direction.length);
  const out = direction.view.fill(0);
  const first = sizeOf(left, curvatures);
  // Without rounding they end after as many steps as H has rank.
  const most = 2 * Math.min(free.length, state.count) + 4;
  for (let size = first, k = 0, share = 0; size > residual * first && k < most; k++) {
    bent.fill(0);
    for (const [t, j] of free.entries()) {
      search[t] = (curvatures[t]! > 0 ? left[t]! / curvatures[t]! : 0) + share * search[t]!;
      for (let e = starts[j]!; e < starts[j + 1]!; e++) bent[rows[e]!]! += search[t]! * (values ? values[e]! : 1);
    }
    let curvature = 0;
    for (let i = 0; i < bent.length; i++) curvature += D[2 * i + 1]! * bent[i]! * bent[i]!;
    if (!(curvature > FLAT * search.reduce((sum, it, t) => sum + it * it * curvatures[t]!, 0))) break;
    const length = size / curvature;
    for (let i = 0; i < bent.length; i++) {
      out[i]! += length * bent[i]!;
      bent[i]! *= D[2 * i + 1]!;
    }
    for (const [t, j] of free.entries()) {
      moves[t]! += length * search[t]!;
      left[t]! -= length * dot(design, j, bent);
    }
    share = sizeOf(left, curvatures) / size;
    size *= share;
  }
  return moves;
}
