import { transpose } from "../data/columns.js";
import type { Dataset } from "../data/dataset.js";
import type { Matrix } from "../engine/kernels.js";
import type { F64, U32 } from "../engine/memory.js";
import { DataError } from "../errors.js";
import { Random } from "../random.js";
import { dualValue } from "./certificate.js";
import type { BatchOptions } from "./options.js";
import { provenZero } from "./screen.js";

/** What a batch solver found, and the proof of how good it is. */
export interface Certificate {
  /** (1/S) Σ s·loss + l1·‖w‖₁ + (l2/2)·‖w‖² of the weights as they ship. */
  objective: number;
  /** The objective is at most this far above the optimum. */
  gap: number;
  /** The gap as a share of the objective of the best model without features. */
  relativeGap: number;
  /** Whether relativeGap reached the tolerance. */
  converged: boolean;
  /** Newton steps taken. */
  iterations: number;
  /** Columns that a count proved 0 at the optimum before the solve; they cost it nothing. */
  provenZero: number;
}

/** Where a solve stands: weights w, intercept b, margins m = X·w + b and the model of the loss there. */
interface State {
  data: Dataset;
  /** By columns, those proven 0 left empty: the optimum is the same without them. */
  x: Matrix;
  w: F64;
  b: number;
  margins: F64;
  /** {q, D} of each row; follows the inner steps. */
  model: F64;
  /** X_jᵀq, without l2. */
  gradients: F64;
  /** Strengths against the sum of losses. */
  l1: number;
  l2: number;
}

/** Passes over a working set before its model is made anew. */
const MOST_PASSES = 30;
/** Violation left of a model, as a share of its first pass's. */
const INNER_TOLERANCE = 0.1;
const LEAST_WORKING_SET = 500;
/** Share of the promised decrease that a step must bring (Armijo). */
const ARMIJO = 0.01;
const MOST_HALVINGS = 40;
/** Milliseconds between two pauses that let other work run. */
const PAUSE_EVERY = 30;

/**
 * Solves to a certified optimum: prox-Newton steps (Yuan, Ho & Lin, JMLR 2012) on a working set of the columns that
 * violate their optimality most, the quadratic model minimised by coordinate descent, margins moved by a line search.
 * Weights go to `w`, [columns], zeros exactly 0. `report` is called after every step.
 * Throws DataError where no optimum is finite, the signal's reason when aborted.
 */
export async function solveBatch(
  data: Dataset,
  w: F64,
  options: BatchOptions,
  report: (iteration: number, loss: number, w: Float64Array) => void,
): Promise<Certificate & { intercept: number }> {
  const { l1 = 1e-4, l2 = 0, tolerance = 1e-6, iterations: most = 200, intercept = true, seed = 1, signal } = options;
  const { kernels, memory } = data.engine;
  const [total, columns] = [data.totalWeight, data.seen];
  if (intercept) checkTwoClasses(data);
  const screened = provenZero(data, l1 * total, intercept);
  const state: State = {
    data,
    x: transpose(memory, data.rows, columns, screened),
    w,
    b: 0,
    margins: memory.f64(data.count),
    model: memory.f64(2 * data.count),
    gradients: memory.f64(columns),
    l1: l1 * total,
    l2: l2 * total,
  };
  const inner = {
    goal: memory.f64(columns),
    curvatures: memory.f64(columns),
    order: memory.u32(columns),
    direction: memory.f64(data.count),
    trial: memory.f64(data.count),
    random: new Random(seed),
    breathe: pacer(signal),
  };

  const nullObjective = linearizeCentred(state, intercept);
  let loss = nullObjective;
  let iterations = 0;
  for (; ; iterations++) {
    kernels.gradients(state.x, 0, columns, state.model, state.gradients);
    report(iterations, loss / total, w.view);
    await inner.breathe();
    if (gapOf(state, loss) <= tolerance * nullObjective || iterations === most) break;
    if (!(await step(state, inner, loss, intercept))) break; // rounding allows no more
    loss = linearizeCentred(state, intercept);
  }

  // The weights ship in single precision: what ships is certified.
  w.view.set(w.view.map(Math.fround));
  kernels.margins(data.rows, 0, data.count, w, state.b, state.margins);
  loss = linearizeCentred(state, intercept);
  kernels.gradients(state.x, 0, columns, state.model, state.gradients);
  const gap = Math.max(gapOf(state, loss), 0);
  const relativeGap = nullObjective > 0 ? gap / nullObjective : 0;
  return {
    intercept: state.b,
    objective: (loss + penalty(state, w.view)) / total,
    gap: gap / total,
    relativeGap,
    converged: relativeGap <= tolerance,
    iterations,
    provenZero: screened.reduce((sum, it) => sum + it, 0),
  };
}

/** With an intercept and one class the loss falls for ever. */
function checkTwoClasses({ loss, rows, count }: Dataset): void {
  if (loss !== "logistic") return;
  const labels = rows.labels.view.subarray(0, count);
  const weights = rows.weights?.view;
  const [first] = labels.filter((_, i) => !weights || weights[i]! > 0);
  if (labels.some((y, i) => y !== first && (!weights || weights[i]! > 0))) return;
  throw new DataError("every label is the same: no intercept is the best; use intercept: false (--no-intercept)");
}

/** Returns a function that lets other work run when that is due. It throws the signal's reason when it is aborted. */
function pacer(signal: AbortSignal | undefined): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= PAUSE_EVERY) {
      await new Promise((resolve) => setTimeout(resolve));
      last = performance.now();
    }
    signal?.throwIfAborted();
  };
}

/** Largest step of the intercept under logistic loss, whose curvature misleads far from the optimum. */
const MOST_INTERCEPT_STEP = 1;
const MOST_CENTRING = 200;

/** Minimises over b alone (Newton), leaves the model at the margins there and returns Σ s·loss. Then Σ q = 0. */
function linearizeCentred(state: State, intercept: boolean): number {
  const { data, margins, model } = state;
  const bound = data.loss === "logistic" ? MOST_INTERCEPT_STEP : Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; ; round++) {
    const loss = data.engine.kernels.linearize(data.loss, data.rows, 0, data.count, margins, model);
    if (!intercept) return loss;
    const [q, D] = sums(model.view);
    // Rounding ends what Newton could still gain.
    if (Math.abs(q) >= least || q === 0 || round === MOST_CENTRING) return loss;
    if (Math.abs(q) < 1e-6 * D) least = Math.abs(q);
    const delta = Math.min(Math.max(-q / D, -bound), bound);
    state.b += delta;
    const m = margins.view;
    for (let i = 0; i < m.length; i++) m[i]! += delta;
  }
}

/** Σ q and Σ D of a model. */
function sums(model: Float64Array): [q: number, D: number] {
  let [q, D] = [0, 0];
  for (let i = 0; i < model.length; i += 2) {
    q += model[i]!;
    D += model[i + 1]!;
  }
  return [q, D];
}

function penalty({ l1, l2 }: State, w: Float64Array): number {
  let [norm, square] = [0, 0];
  for (const it of w) {
    norm += Math.abs(it);
    square += it * it;
  }
  return l1 * norm + 0.5 * l2 * square;
}

/**
 * Duality gap against the sum of losses. −q, scaled until |X_jᵀq| ≤ l1 for all j, is a dual point; with l2 > 0 what is
 * above l1 may stay and costs (|X_jᵀq| − l1)²/(2·l2). Σ q is 0 but for rounding, which |b|·|Σ q| covers.
 */
function gapOf(state: State, loss: number): number {
  const { data, model, gradients, l1, l2 } = state;
  let [largest, excess] = [0, 0];
  for (const g of gradients.view) {
    const size = Math.abs(g);
    if (size > largest) largest = size;
    if (size > l1) excess += (size - l1) * (size - l1);
  }
  const dual = (c: number) => dualValue(data.loss, data.rows, data.count, model.view, c);
  let best = dual(largest > l1 ? l1 / largest : 1);
  if (l2 > 0 && excess > 0) best = Math.max(best, dual(1) - excess / (2 * l2));
  const [q] = sums(model.view);
  return loss + penalty(state, state.w.view) - best + Math.abs(state.b * q);
}

interface Inner {
  /** Weights that the model wants. */
  goal: F64;
  curvatures: F64;
  order: U32;
  /** Margins of the step, and at its end. */
  direction: F64;
  trial: F64;
  random: Random;
  breathe: () => Promise<void>;
}

/** Takes one Newton step on a working set. Returns false when no step brings the objective down. */
async function step(state: State, inner: Inner, loss: number, intercept: boolean): Promise<boolean> {
  const { data, x, w, margins, model, gradients, l1, l2 } = state;
  const { goal, curvatures, order, direction, trial, random } = inner;
  const { kernels } = data.engine;
  const count = workingSet(state, order);
  const rounding = sums(model.view)[0];
  kernels.curvatures(x, order, count, model, curvatures);
  goal.view.set(w.view);

  let shift = 0;
  let first = 0;
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    random.shuffle(order.view.subarray(0, count));
    const violation = kernels.descend(x, order, count, { model, curvatures, weights: goal, l1, l2 });
    if (intercept) shift += centreModel(model.view);
    if (pass === 0) first = violation;
    else if (violation <= INNER_TOLERANCE * first) break;
    await inner.breathe();
  }

  // d = goal − w; the margins it moves, and the decrease that its slope and the penalty promise.
  const before = penalty(state, w.view);
  const start = w.view.slice();
  const d = goal.view;
  let promised = penalty(state, d) - before + rounding * shift;
  for (let j = 0; j < d.length; j++) {
    d[j]! -= start[j]!;
    promised += gradients.view[j]! * d[j]!;
  }
  if (!(promised < 0)) return false;
  kernels.margins(data.rows, 0, data.count, goal, shift, direction);

  for (let halvings = 0, t = 1; halvings < MOST_HALVINGS; halvings++, t /= 2) {
    const [m, v, out, next] = [margins.view, direction.view, trial.view, w.view];
    for (let i = 0; i < m.length; i++) out[i] = m[i]! + t * v[i]!;
    for (let j = 0; j < next.length; j++) next[j] = start[j]! + t * d[j]!;
    const now = kernels.loss(data.loss, data.rows, 0, data.count, trial) + penalty(state, next);
    if (now - (loss + before) <= ARMIJO * t * promised) {
      margins.view.set(out);
      state.b += t * shift;
      return true;
    }
  }
  w.view.set(start);
  return false;
}

/** Moves the model's intercept to its best and returns by how much. */
function centreModel(model: Float64Array): number {
  const [q, D] = sums(model);
  const shift = -q / D;
  for (let i = 0; i < model.length; i += 2) model[i]! += model[i + 1]! * shift;
  return shift;
}

/** Writes the columns to work on into `order`, all non-zeros and the worst violators, and returns how many they are. */
function workingSet({ w, gradients, l1 }: State, order: U32): number {
  const [weights, g] = [w.view, gradients.view];
  const support: number[] = [];
  const violators: number[] = [];
  for (let j = 0; j < weights.length; j++) {
    if (weights[j] !== 0) support.push(j);
    else if (Math.abs(g[j]!) > l1) violators.push(j);
  }
  violators.sort((a, b) => Math.abs(g[b]!) - Math.abs(g[a]!));
  const room = Math.max(LEAST_WORKING_SET, 2 * support.length) - support.length;
  const set = [...support, ...violators.slice(0, room)];
  order.view.set(set);
  return set.length;
}
