import type { Matrix } from "../engine/kernels.js";
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
  columns: Uint32Array;
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
  /** [size] each, of conjugate gradients. */
  inverse: F64;
  ridge: F64;
  damping: F64;
  residual: F64;
  downhill: F64;
  lower: F64;
  upper: F64;
  breakpoints: F64;
  search: F64;
  step: F64;
  /** Columns that are visited. */
  order: U32;
}

const LEAST_SIZE = 4000;
/** Columns of a set that is used again, for each that is wanted. */
const MOST_COVER = 1.5;

/** Copies columns of a state and its intercept side by side, at random. They lie in the arena until the caller releases it. */
export function gather(state: State, chosen: Uint32Array, random: Random): WorkingSet {
  const { engine, design } = state;
  const columns = new Uint32Array(chosen.length + Number(design.intercept));
  columns.set(chosen);
  if (design.intercept) columns[chosen.length] = design.size - 1;
  random.shuffle(columns);
  const { kernels, memory } = engine;
  const below = memory.mark();
  const size = columns.length;
  const order = memory.u32(size);
  order.view.set(columns);
  const starts = design.x.pointers.view;
  let entries = 0;
  for (let t = 0; t < size; t++) entries += starts[columns[t]! + 1]! - starts[columns[t]!]!;
  const x: Matrix = {
    pointers: memory.u32(size + 1),
    indices: memory.u32(entries, "raw"),
    values: design.x.values && memory.f32(entries, "raw"),
  };
  kernels.select(design.x, order, size, x);
  const set: WorkingSet = {
    below,
    size,
    columns,
    places: new Uint8Array(design.size),
    x,
    rows: null,
    quadratic: null,
    hessian: undefined,
    w: memory.f64(size),
    penalties: memory.f64(2 * size),
    inverseReach: memory.f64(size),
    gradients: memory.f64(size),
    curvatures: memory.f64(size),
    couplings: design.intercept ? memory.f64(size) : null,
    intercept: design.intercept ? columns.indexOf(design.size - 1) : -1,
    origin: memory.f64(size),
    moves: memory.f64(size),
    slopes: memory.f64(size),
    inverse: memory.f64(size),
    ridge: memory.f64(size),
    damping: memory.f64(size),
    residual: memory.f64(size),
    downhill: memory.f64(size),
    lower: memory.f64(size),
    upper: memory.f64(size),
    breakpoints: memory.f64(size),
    search: memory.f64(size),
    step: memory.f64(size),
    order,
  };
  const [reach, allReach, { places }] = [set.inverseReach.view, design.inverseReach.view, set];
  for (let t = 0; t < size; t++) {
    reach[t] = allReach[columns[t]!]!;
    places[columns[t]!] = 1;
  }
  return set;
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
  const [w, l] = [set.w.view, set.penalties.view];
  const [allW, allL] = [state.w.view, state.penalties.view];
  for (let t = 0, { columns, size } = set; t < size; t++) {
    const j = columns[t]!;
    w[t] = allW[j]!;
    l[2 * t] = allL[2 * j]!;
    l[2 * t + 1] = allL[2 * j + 1]!;
  }
}

/** Writes what a model says of a set's columns. */
export function derive({ engine }: State, { x, size, ...set }: WorkingSet, model: F64): void {
  engine.kernels.derivatives(x, 0, size, model, set.gradients, set.curvatures);
  if (set.couplings) engine.kernels.couplings(x, 0, size, model, set.couplings);
}

/** Least share of a column's curvature that is taken to be left without its mean. As in assembly/batch/descent.ts. */
const LEAST_CURVATURE = 1e-6;

/** Returns a column's curvature where the intercept follows it to its own minimum. */
export function curvatureOf({ curvatures, couplings, intercept }: WorkingSet, t: number): number {
  const h = curvatures.view[t]!;
  if (!couplings) return h;
  const c = couplings.view[t]!;
  return Math.max(h - (c * c) / curvatures.view[intercept]!, LEAST_CURVATURE * h);
}

/** Gives a set's weights to its state. */
export function giveBack({ w }: State, set: WorkingSet): void {
  for (let t = 0, [own, all] = [set.w.view, w.view]; t < set.size; t++) all[set.columns[t]!] = own[t]!;
}

/** Returns the n-th largest of some numbers, 1 ≤ n, and leaves them in another order (quickselect; Hoare 1961). */
export function largest(items: Float64Array, n: number): number {
  let [from, to] = [0, items.length - 1];
  while (from < to) {
    const pivot = items[(from + to) >> 1]!;
    let [i, j] = [from, to];
    while (i <= j) {
      while (items[i]! > pivot) i++;
      while (items[j]! < pivot) j--;
      if (i > j) break;
      const item = items[i]!;
      items[i++] = items[j]!;
      items[j--] = item;
    }
    if (n - 1 <= j) to = j;
    else if (n - 1 >= i) from = i;
    else break;
  }
  return items[n - 1]!;
}

/**
 * Returns the columns to work on but the intercept: all that are not 0 and the worst violators, at most as many again or
 * 4,000 in all. `listed`: columns with a weight or a violation.
 */
export function choose({ design, scores: all, ...state }: State, listed: Uint32Array): Uint32Array {
  const [w, g, l] = [state.w.view, state.gradients.view, state.penalties.view];
  const last = design.size - Number(design.intercept);
  const scores = all.view;
  let [kept, violators] = [0, 0];
  for (let k = 0; k < listed.length; k++) {
    const j = listed[k]!;
    if (j === last) continue;
    if (w[j] !== 0) kept++;
    else scores[violators++] = Math.abs(g[j]!) - l[2 * j]!;
  }
  const room = roomFor(kept) - kept;
  const least = violators > room ? largest(scores.subarray(0, violators), room) : 0;
  const chosen = new Uint32Array(Math.min(kept + room, kept + violators));
  let left = chosen.length - kept;
  for (let k = 0, t = 0; k < listed.length; k++) {
    const j = listed[k]!;
    if (j === last) continue;
    if (w[j] !== 0 || (Math.abs(g[j]!) - l[2 * j]! >= least && left-- > 0)) chosen[t++] = j;
  }
  return chosen;
}

/** Returns how many columns a set may have where so many are not 0. */
export function roomFor(kept: number): number {
  return Math.max(LEAST_SIZE, 2 * kept);
}

/**
 * Returns by how much a set's objective exceeds the dual value of the slopes of its model, scaled down to their bounds, to
 * first order; and by what share of its l1 the steepest of them, that of l2 with it, exceeds that.
 */
export function gapOf({ w, slopes, penalties, size }: WorkingSet): { gap: number; excess: number } {
  const [weights, g, l] = [w.view, slopes.view, penalties.view];
  let [excess, penalty, slack] = [0, 0, 0];
  for (let t = 0; t < size; t++) {
    const [l1, l2] = [l[2 * t]!, l[2 * t + 1]!];
    const slope = g[t]! + l2 * weights[t]!;
    if (l1 > 0) excess = Math.max(excess, Math.abs(slope) / l1 - 1);
    penalty += l1 * Math.abs(weights[t]!);
    if (l1 > 0) slack += l1 * Math.abs(weights[t]!) + slope * weights[t]!;
    else if (l2 > 0) slack += (slope * slope) / (2 * l2); // of a free column nothing is known: see free.ts
  }
  return { gap: slack + excess * penalty, excess };
}

/** Returns Σ |violation of optimality| over some columns (null: all), from the last gradients. */
export function violationOf(
  { w, gradients, penalties }: Pick<State, "w" | "gradients" | "penalties">,
  columns: Uint32Array | null,
): number {
  const [weights, g, l] = [w.view, gradients.view, penalties.view];
  let sum = 0;
  for (let t = 0, count = columns ? columns.length : g.length; t < count; t++) {
    const j = columns ? columns[t]! : t;
    const weight = weights[j]!;
    const slope = g[j]! + l[2 * j + 1]! * weight;
    sum += weight === 0 ? Math.max(Math.abs(slope) - l[2 * j]!, 0) : Math.abs(slope + l[2 * j]! * Math.sign(weight));
  }
  return sum;
}
