import { log } from "../baseline/math.js";
import type { Dataset } from "../data/dataset.js";
import type { Engine } from "../engine/engine.js";
import { type Loss, NOWHERE, type Rows } from "../engine/kernels.js";
import type { F64 } from "../engine/memory.js";
import { DataError, DivergenceError, ModelError } from "../errors.js";
import { addOffsets, evaluate } from "../model/evaluate.js";
import type { Model } from "../model/model.js";
import { pause } from "../pause.js";
import { boundsOf, objectiveOf } from "./certificate.js";
import { type Design, designOf, type Strengths } from "./design.js";
import { centre, linearize, listed, penalize, type State, type Steering, solve, stateOf, survey } from "./newton.js";
import type { BatchOptions } from "./options.js";
import { covers, roomFor } from "./working.js";

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
  /** Columns that another stands for: it holds the same, or a larger entry where they have their only one. */
  merged: number;
  /** The objective of the model that the solve started from, and how far above the optimum that was at most. */
  start: { objective: number; above: number } | null;
}

/** The weights that a problem came to, as far as single precision has them, in which they ship. */
export interface Kept {
  /** The dataset's columns whose weights are not 0. */
  columns: Uint32Array;
  weights: Float64Array;
  intercept: number;
}

/** What a problem came to at one strength. */
export interface Solution extends Kept {
  /** Mean loss, and that of the best model without features. */
  loss: number;
  nullLoss: number;
  objective: number;
  relativeGap: number;
  converged: boolean;
}

/** What every batch solve takes, whatever its strengths. */
export type SolveOptions = Omit<BatchOptions, "solver" | "l1" | "l2">;

/** Rows to be fitted. */
export interface Posed {
  engine: Engine;
  loss: Loss;
  rows: Rows;
  count: number;
  offsets: F64 | null;
}

/** How a problem is solved, whatever it is. */
export type Steer = Pick<SolveOptions, "tolerance" | "iterations" | "seed"> & {
  signal?: Pick<AbortSignal, "throwIfAborted"> | undefined;
};

/** How much further than the last step a path may go on by itself. */
const MOST_SHARE = 1.5;

/** By what share of the strong rule's bound the columns of a path's working set are chosen. */
const AHEAD = 0.9;

/** What the rounding of an objective and of its bound may hide, as a share of the objective. */
const ROUNDING = 2 ** -50;

/** Milliseconds between two pauses that let other work run. */
const PAUSE_EVERY = 30;

/** A dataset, or some of its rows, ready to be solved at one strength after another, each from where the last ended. */
export class BatchProblem {
  readonly design: Design;
  readonly state: State;
  /** Σ s of the rows at hand. */
  readonly total: number;
  readonly #steering: Omit<Steering, "report">;
  #iterations = 0;
  #objective = Number.NaN;
  #relativeGap = Number.NaN;
  /** Where a path was before: a strength and its weights. */
  #before: { l1: number; weights: Float64Array } | null = null;
  #l1 = 0;
  /** What the optimum is at least, as a sum; it holds for whatever weights ship. */
  #dual = Number.NEGATIVE_INFINITY;

  /** Sample weights are those of `rows`: several problems can share one design. Throws DataError where no optimum is finite. */
  constructor({ engine, loss, rows, count, offsets }: Posed, design: Design, options: Steer) {
    const { tolerance = 1e-6, iterations = 1000, seed = 1, signal } = options;
    const weights = rows.weights?.view.subarray(0, count);
    this.total = weights ? weights.reduce((sum, s) => sum + s, 0) : count;
    if (design.intercept) checkTwoClasses(loss, rows, count);
    this.design = design;
    this.state = stateOf(engine, loss, rows, count, design, offsets);
    if (!Number.isFinite(this.state.nullObjective)) {
      throw new DivergenceError(
        "the loss is beyond double precision before anything is learned: scale the labels down",
      );
    }
    this.#steering = { tolerance, iterations, seed, breathe: pacer(signal) };
  }

  /**
   * Poses the problem of a whole dataset. `strengths`: the smallest that will be asked for, l2 = 0 only if it always is.
   * Throws DataError where no optimum is finite.
   */
  static of(data: Dataset, { l1, l2 }: Strengths, options: SolveOptions): BatchProblem {
    return new BatchProblem(data, designOf(data, { l1: l1 * data.totalWeight, l2 }, options), options);
  }

  /** Mean loss at hand. */
  get loss(): number {
    return this.state.lossSum / this.total;
  }

  /** The weights at hand. */
  get kept(): Kept {
    const { design, state } = this;
    const all = this.#weights;
    let count = 0;
    for (let t = 0; t < all.length; t++) if (Math.fround(all[t]!) !== 0) count++;
    const [columns, weights] = [new Uint32Array(count), new Float64Array(count)];
    for (let t = 0, k = 0; k < count; t++) {
      if (Math.fround(all[t]!) === 0) continue;
      columns[k] = design.columns[t]!;
      weights[k++] = all[t]!;
    }
    return { columns, weights, intercept: design.intercept ? state.w.view[design.size - 1]! : 0 };
  }

  /** What the last solve came to. */
  get solution(): Solution {
    const { state, total } = this;
    const nullLoss = state.nullObjective / total;
    const [objective, relativeGap] = [this.#objective, this.#relativeGap];
    const converged = relativeGap <= this.#steering.tolerance;
    return { ...this.kept, loss: this.loss, nullLoss, objective, relativeGap, converged };
  }

  /** The weights at hand, one for each of design.columns. A view: see Slice. */
  get #weights(): Float64Array {
    return this.state.w.view.subarray(0, this.design.columns.length);
  }

  /**
   * Begins at a model's weights and returns its objective, a mean. Weights of columns that the data does not have are
   * left out. Throws ModelError when its loss or features are others.
   */
  startFrom(model: Model, data: Dataset, l1: number, l2: number): number {
    checkFits(model, data);
    const { state, design } = this;
    const { allFactors: factors, columns } = design;
    const { ids } = data.dictionary;
    let penalty = 0;
    for (let j = 0; j < ids.length; j++) {
      const weight = model.weightOf(ids[j]!);
      penalty += (factors ? factors[j]! : 1) * (l1 * Math.abs(weight) + 0.5 * l2 * weight * weight);
    }
    const w = state.w.view;
    // The weights of columns that hold the same add up on the one that stands for them; an entry alone may be another.
    const [place, starts] = [design.places.view, design.x.pointers.view];
    for (let j = 0; j < ids.length; j++) {
      const t = place[j]!;
      if (t === NOWHERE) continue;
      const isSame = columns[t] === j || !design.x.values || starts[t + 1]! - starts[t]! > 1;
      if (isSame) w[t]! += model.weightOf(ids[j]!);
    }
    if (design.intercept) w[columns.length] = model.intercept;
    this.#place();
    const { logLoss, rmse } = evaluate(model, data);
    return (logLoss ?? rmse ** 2 / 2) + penalty;
  }

  /** Makes margins and model anew from the weights. */
  #place(): void {
    const { state, design } = this;
    const { engine, margins, offsets, w } = state;
    if (offsets) margins.view.set(offsets.view.subarray(0, state.count));
    else margins.view.fill(0);
    engine.kernels.spread(design.x, design.size, w, margins);
    linearize(state);
  }

  /**
   * Solves to the tolerance, from where the last solve ended. On the way down a path, columns that the sequential
   * strong rule keeps (Tibshirani et al., JRSS-B 2012) are worked on first. Throws the signal's reason when aborted.
   */
  async solve(l1: number, l2: number, report?: Steering["report"]): Promise<void> {
    const { state, total } = this;
    let likely: Uint32Array | undefined;
    const before = this.#before;
    this.#before = null;
    if (l1 < this.#l1 && l1 > this.#l1 / 2) {
      const share = (2 * l1) / this.#l1 - 1;
      likely = this.#likely(share);
      // A set is made for some strengths to come: to make one costs more than to have a few columns too many.
      if (likely && !(state.set && covers(state.set, likely))) likely = this.#likely(AHEAD * share) ?? likely;
      this.#before = { l1: this.#l1, weights: state.w.view.slice() };
    }
    this.#l1 = l1;
    penalize(state, l1 * total, l2 * total);
    if (before && this.#before) this.#extrapolate(before, this.#before.l1, l1);
    const { iterations, objective, gap, dual } = await solve(state, { ...this.#steering, likely, report });
    this.#iterations = iterations;
    this.#objective = objective / total;
    this.#dual = dual;
    this.#relativeGap = state.nullObjective > 0 ? Math.max(gap, 0) / state.nullObjective : 0;
  }

  /**
   * Returns the columns with a weight or, at the last scan, a gradient above a share of the last l1; undefined when they
   * are too many.
   */
  #likely(share: number): Uint32Array | undefined {
    const { state, design } = this;
    const last = design.size - Number(design.intercept);
    const columns = state.order.view.subarray(0, listed(state, share)).filter((j) => j !== last);
    const { view: w } = state.w;
    return columns.length <= roomFor(columns.filter((j) => w[j] !== 0).length) ? columns : undefined;
  }

  /**
   * Goes on along the path from the weights of the last two strengths, as they change with log l1, where that lowers
   * the objective.
   */
  #extrapolate(before: { l1: number; weights: Float64Array }, last: number, l1: number): void {
    const { state, design } = this;
    const { kernels } = state.engine;
    const share = log(l1 / last) / log(last / before.l1);
    if (!(share > 0 && share < MOST_SHARE)) return;
    const [w, d, l] = [state.w.view, state.scores.view, state.penalties.view];
    const kept = state.order.view.subarray(0, listed(state, Number.POSITIVE_INFINITY));
    let change = 0;
    d.fill(0);
    for (const j of kept) {
      const to = w[j]! + share * (w[j]! - before.weights[j]!);
      if (before.weights[j] === 0 || Math.sign(to) !== Math.sign(w[j]!)) continue;
      d[j] = to - w[j]!;
      change += l[2 * j]! * (Math.abs(to) - Math.abs(w[j]!)) + 0.5 * l[2 * j + 1]! * (to * to - w[j]! * w[j]!);
    }
    const { trial, margins, count } = state;
    trial.view.set(margins.view);
    kernels.spread(design.x, design.size, state.scores, trial);
    if (kernels.loss(state.loss, state.rows, 0, count, trial) + change >= state.lossSum) return;
    for (const j of kept) w[j]! += d[j]!;
    [state.margins, state.trial] = [trial, margins];
    linearize(state);
  }

  /** Σ s·loss, with the weights of `all`, over the rows that have no weight in this problem. */
  heldOutLoss(all: Rows): number {
    const { state } = this;
    const { kernels } = state.engine;
    const whole = kernels.loss(state.loss, all, 0, state.count, state.margins);
    return whole - kernels.loss(state.loss, state.rows, 0, state.count, state.margins);
  }

  /** Rounds the weights to single precision, in which they ship, and certifies what ships. `start`: of startFrom. */
  certify(start: number | null = null): Certificate {
    const { state, design, total } = this;
    const weights = this.#weights;
    for (let j = 0; j < weights.length; j++) weights[j] = Math.fround(weights[j]!);
    this.#place();
    centre(state);
    const objective = objectiveOf(state);
    // The dual point of the unrounded weights holds, and is the better one: another look at all columns is seldom due.
    let dual = this.#dual;
    if (!(objective - dual <= this.#steering.tolerance * state.nullObjective)) {
      dual = Math.max(dual, boundsOf(state, survey(state), Number.POSITIVE_INFINITY).dual);
    }
    const gap = Math.max(objective - dual, 0) + ROUNDING * objective;
    const relativeGap = state.nullObjective > 0 ? gap / state.nullObjective : 0;
    return {
      objective: objective / total,
      gap: gap / total,
      relativeGap,
      converged: relativeGap <= this.#steering.tolerance,
      iterations: this.#iterations,
      provenZero: design.provenZero,
      merged: design.merged,
      start: start === null ? null : { objective: start, above: start - (objective - gap) / total },
    };
  }
}

/** Mean loss of some weights on other rows of the same columns. */
export function lossOn(other: Dataset, { columns, weights, intercept }: Kept): number {
  const { kernels, memory } = other.engine;
  const mark = memory.mark();
  try {
    const [w, margins] = [memory.f64(other.seen), memory.f64(other.count)];
    for (let k = 0, out = w.view; k < columns.length; k++) out[columns[k]!] = weights[k]!;
    kernels.margins(other.rows, 0, other.count, w, intercept, margins);
    addOffsets(other, margins);
    return kernels.loss(other.loss, other.rows, 0, other.count, margins) / other.totalWeight;
  } finally {
    memory.release(mark);
  }
}

function checkFits(model: Model, data: Dataset): void {
  if (model.loss !== data.loss)
    throw new ModelError(`the model to start from has ${model.loss} loss, not ${data.loss}`);
  if (model.space?.isStripped)
    throw new ModelError("the model to start from was written without names: they cannot be compared with the data's");
  const spaceOf = (it: Model | Dataset) => JSON.stringify([it.space?.state ?? null, it.vwBits]);
  if (spaceOf(model) !== spaceOf(data))
    throw new ModelError("the model to start from has other features than the data");
}

/** With an intercept and one class the loss falls for ever. */
function checkTwoClasses(loss: Loss, { labels, weights }: Rows, count: number): void {
  if (loss !== "logistic") return;
  const [y, s] = [labels.view, weights?.view];
  let [positive, negative] = [false, false];
  for (let i = 0; i < count; i++) {
    if (s && s[i] === 0) continue;
    if (y[i]! > 0) positive = true;
    else negative = true;
  }
  if (positive && negative) return;
  const only = positive ? "yes (1)" : "no (0 or −1)";
  throw new DataError(
    `every label is the same, ${only}: no intercept is the best; use intercept: false (--no-intercept)`,
  );
}

/** Returns a function that lets other work run when that is due. It throws the signal's reason when it is aborted. */
function pacer(signal: Steer["signal"]): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= PAUSE_EVERY) {
      await pause();
      last = performance.now();
    }
    signal?.throwIfAborted();
  };
}
