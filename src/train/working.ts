import { type Matrix, NOWHERE, type Search } from "../engine/kernels.js";
import type { F64, U32 } from "../engine/memory.js";
import type { Random } from "../random.js";
import type { Coupled } from "./hessian.js";
import type { State } from "./newton.js";
import type { Quadratic } from "./quadratic.js";
import type { SetRows } from "./rows.js";

/** The columns that are worked on, gathered side by side: a small problem of its own. */
export interface WorkingSet {
  /** Where it begins in the arena. */
  below: number;
  size: number;
  /** The design's columns, in the order of this set. */
  columns: U32;
  /** [the design's columns], 1 for those in this set. */
  places: Uint8Array;
  x: Matrix;
  /** x by rows, made when they are first needed. */
  rows: SetRows | null;
  /** The model of the Newton step at hand. */
  quadratic: Quadratic | null;
  /** XᵀDX: null where it is not worth it, undefined as long as nobody asked. */
  hessian: Coupled | null | undefined;
  /** [size], as in State, and the strengths [2 · size]. */
  w: F64;
  penalties: F64;
  inverseReach: F64;
  gradients: F64;
  curvatures: F64;
  /** [size], Σ_i D_i·x_ij, by which each column leans on the intercept; null without one. */
  couplings: F64 | null;
  /** The intercept's place; −1 without one. */
  intercept: number;
  /** Weights where the Newton step begins. */
  origin: F64;
  /** Steps, and slopes along them. */
  moves: F64;
  slopes: F64;
  /** Of steps on the face that the weights are on; curved is that of the rows. */
  search: Omit<Search, "curved">;
  /** Columns that are visited. */
  order: U32;
}

const LEAST_SIZE = 4000;
/** Columns of a set that is used again, for each that is wanted. */
const MOST_COVER = 1.5;

/**
 * Copies columns of a state, the first `count` of state.chosen, and its intercept side by side, at random. They lie in
 * the arena until the caller releases it.
 */
export function gather(state: State, count: number, random: Random): WorkingSet {
  const { engine, design, chosen, outcome } = state;
  const { kernels, memory } = engine;
  const below = memory.mark();
  const size = count + Number(design.intercept);
  const columns = memory.u32(size, "raw");
  const members = columns.view;
  members.set(chosen.view.subarray(0, count));
  if (design.intercept) members[count] = design.size - 1;
  random.shuffle(members);
  const intercept = design.intercept ? members.indexOf(design.size - 1) : -1;
  const places = new Uint8Array(design.size);
  for (let t = 0; t < size; t++) places[members[t]!] = 1;

  const entries = kernels.countEntries(design.x.pointers, columns, size);
  const x: Matrix = {
    pointers: memory.u32(size + 1, "raw"),
    indices: memory.u32(entries, "raw"),
    values: design.x.values && memory.f32(entries, "raw"),
  };
  kernels.select(design.x, columns, size, x);
  const numbers = () => memory.f64(size, "raw"); // all are written before they are read
  const [w, penalties, curvatures] = [numbers(), memory.f64(2 * size, "raw"), numbers()];
  const [origin, inverseReach, slopes, moves] = [numbers(), numbers(), numbers(), numbers()];
  const couplings = design.intercept ? numbers() : null;
  kernels.take(design.inverseReach, 1, columns, size, inverseReach);
  return {
    ...{ below, size, columns, places, x, rows: null, quadratic: null, hessian: undefined },
    ...{ w, penalties, inverseReach, gradients: numbers(), curvatures, couplings, intercept },
    ...{ origin, moves, slopes, order: memory.u32(size, "raw") },
    search: {
      ...{ weights: w, penalties, curvatures, couplings, intercept, origin, inverseReach, slopes, moves, outcome },
      ...{ inverse: numbers(), ridge: numbers(), damping: numbers(), residual: numbers(), downhill: numbers() },
      ...{ lower: numbers(), upper: numbers(), breakpoints: numbers(), step: numbers(), search: numbers() },
    },
  };
}

/** Whether all of some columns are in a set, and not too much else. */
export function covers({ columns, places }: WorkingSet, wanted: Uint32Array): boolean {
  if (columns.length > MOST_COVER * wanted.length) return false;
  for (let t = 0; t < wanted.length; t++) if (places[wanted[t]!] === 0) return false;
  return true;
}

/** Puts a set where its state stands: weights, strengths, gradients and curvatures. */
export function place(state: State, set: WorkingSet): void {
  if (!state.isDerived) derive(state, set, state.model);
  state.isDerived = true;
  const { kernels } = state.engine;
  kernels.take(state.w, 1, set.columns, set.size, set.w);
  kernels.take(state.penalties, 2, set.columns, set.size, set.penalties);
}

/** Writes what a model says of a set's columns. */
export function derive({ engine }: State, { x, size, ...set }: WorkingSet, model: F64): void {
  engine.kernels.derivatives(x, 0, size, model, set.gradients, set.curvatures);
  if (set.couplings) engine.kernels.couplings(x, 0, size, model, set.couplings);
}

/** Gives a set's weights to its state. */
export function giveBack({ engine, w }: State, set: WorkingSet): void {
  engine.kernels.give(set.w, set.columns, set.size, w);
}

/**
 * Lists in state.chosen the columns to work on but the intercept: all that are not 0 and the worst violators. Returns
 * how many.
 */
export function choose(state: State, listed: number): number {
  const { engine, design, w, gradients, penalties, scores, order, chosen } = state;
  const skipped = design.intercept ? design.size - 1 : NOWHERE;
  return engine.kernels.choose(listed, order, w, gradients, penalties, skipped, LEAST_SIZE, scores, chosen);
}

/** Returns how many columns a set may have where so many are not 0. */
export function roomFor(kept: number): number {
  return Math.max(LEAST_SIZE, 2 * kept);
}

/** What the slopes of a set's model miss as a dual point, to first order. */
export interface Missed {
  /** By how much the objective exceeds its dual value, once they are scaled down to their bounds. */
  gap: number;
  /** What of that would be left if no slope exceeded its bound. */
  slack: number;
  /** By what share of its l1 the steepest, that of l2 with it, exceeds that. */
  excess: number;
}

/** Returns what the slopes of a set's model miss as a dual point. */
export function gapOf({ w, slopes, penalties, size }: WorkingSet): Missed {
  const [weights, g, l] = [w.view, slopes.view, penalties.view];
  let [excess, penalty, slack] = [0, 0, 0];
  for (let t = 0; t < size; t++) {
    const [l1, l2] = [l[2 * t]!, l[2 * t + 1]!];
    const slope = g[t]! + l2 * weights[t]!;
    if (l1 > 0) {
      excess = Math.max(excess, Math.abs(slope) / l1 - 1);
      penalty += l1 * Math.abs(weights[t]!);
      slack += l1 * Math.abs(weights[t]!) + slope * weights[t]!;
    } else if (l2 > 0) slack += (slope * slope) / (2 * l2); // of a free column nothing is known: see free.ts
  }
  return { gap: slack + excess * penalty, slack, excess };
}

/** Lists in set.order the columns whose slopes exceed their l1 by more than a share of it. Returns how many. */
export function listSteep({ order, w, slopes, penalties, size }: WorkingSet, excess: number): number {
  const [list, weights, g, l] = [order.view, w.view, slopes.view, penalties.view];
  let count = 0;
  for (let t = 0; t < size; t++) {
    const l1 = l[2 * t]!;
    if (l1 > 0 && Math.abs(g[t]! + l[2 * t + 1]! * weights[t]!) > (1 + excess) * l1) list[count++] = t;
  }
  return count;
}

/** Returns Σ |violation of optimality| of a set's columns by some slopes of theirs. */
export function violationOf({ engine }: State, { size, w, penalties }: WorkingSet, slopes: F64): number {
  return engine.kernels.violation(size, null, w, slopes, penalties);
}
