import { isHeldOut, type RowReader } from "../data/reader.js";
import { until } from "../data/until.js";
import { DataError, OptionError } from "../errors.js";
import type { Model } from "./model.js";

// An optimum checked from outside: nothing here is shared with the solver. Rows are read again, and the objective and a
// lower bound of the optimum are computed in plain double precision from the model's file and the data alone.

/** What a verification found. Sums are means over the rows' weights, as in the objective. */
export interface Verification {
  rows: number;
  /** (1/S) Σ s·loss + l1·‖w‖₁ + (l2/2)·‖w‖² of the model's weights as they are in its file. */
  objective: number;
  /** No weights whatever have an objective below this. */
  bound: number;
  /** objective − bound */
  gap: number;
  /** The least objective that was come upon; the model's own is as good, or at most `gap` above the optimum. */
  least: number;
  /** What the file claims of it; null where it claims nothing. */
  claimed: { objective: number; gap: number } | null;
  /**
   * "confirmed": no more above the optimum than the file claims. "refuted": more, or another objective. "open": the
   * bound found is not good enough to tell, or nothing was claimed.
   */
  verdict: "confirmed" | "refuted" | "open";
}

/** Passes of coordinate descent that a bound is sought for. */
const MOST_PASSES = 2000;
/** Passes between two looks at the bound. */
const EVERY = 10;
/** Milliseconds between two pauses that let other work run. */
const PAUSE_EVERY = 50;
/** What rounding may add up to, as a share of the objective. */
const ROUNDING = 1e-12;

/** Rows as they were trained on, by columns. */
interface Problem {
  labels: number[];
  weights: number[];
  offsets: number[];
  total: number;
  columns: Column[];
}

interface Column {
  id: number;
  rows: number[];
  values: number[];
  l1: number;
  l2: number;
}

/**
 * Recomputes a model's objective and how far it may be above the optimum, by coordinate descent from its weights until
 * the dual value of what it comes to proves what the file claims. `reader`: the training data, held-out rows too; memory
 * goes with its entries. Throws OptionError for models of streaming solvers, DataError where the data is other.
 */
export async function verify(model: Model, reader: RowReader, signal?: AbortSignal): Promise<Verification> {
  const { options, rows, certificate: claimed = null } = model.training;
  if (options.solver !== "batch") throw new OptionError("only models of solver batch have an optimum to be verified");
  const problem = await problemOf(model, reader, signal);
  const { labels, columns } = problem;
  if (labels.length !== rows) {
    throw new DataError(`${reader.name}: ${labels.length} training rows; the model was trained on ${rows}`);
  }
  const w = columns.map(({ id }) => model.weightOf(id));
  const solver = new Descent(model.loss, problem, w, model.intercept, options.intercept !== false);
  const objective = solver.objective();
  const slack = ROUNDING * Math.abs(objective);
  let [bound, least, paused] = [solver.bound(), objective, performance.now()];
  const goal = claimed?.gap ?? 1e-6 * objective;
  for (let pass = 1; pass <= MOST_PASSES && objective - bound > goal && least >= objective - goal - slack; pass++) {
    signal?.throwIfAborted();
    solver.pass(pass % EVERY === 1);
    if (pass % EVERY !== 0) continue;
    bound = Math.max(bound, solver.bound());
    least = Math.min(least, solver.objective());
    if (performance.now() - paused < PAUSE_EVERY) continue;
    await new Promise((resolve) => setTimeout(resolve)); // a signal may have come
    paused = performance.now();
  }
  return { rows, objective, bound, gap: objective - bound, least, claimed, verdict: verdict() };

  function verdict(): Verification["verdict"] {
    if (!claimed) return "open";
    const isOther = Math.abs(objective - claimed.objective) > 1e-9 * Math.abs(objective);
    if (isOther || least < objective - claimed.gap - slack) return "refuted";
    return objective - bound <= claimed.gap + slack ? "confirmed" : "open";
  }
}

async function problemOf(model: Model, reader: RowReader, signal?: AbortSignal): Promise<Problem> {
  const { options } = model.training;
  const { holdout = 0, seed = 1, l1, l2 } = options as Record<string, number>;
  const factors = penaltyFactorsOf(model);
  const places = new Map<number, Column>();
  const [labels, weights, offsets]: [number[], number[], number[]] = [[], [], []];
  const pass = reader.read((entries, label, weight, row, offset = 0) => {
    if (isHeldOut(row, holdout, seed)) return;
    const i = labels.push(label) - 1;
    weights.push(weight);
    offsets.push(offset);
    for (let k = 0; k < entries.length; k++) {
      const id = entries.ids[k]!;
      let column = places.get(id);
      if (!column) {
        const factor = factors?.[model.space!.featureOf(id).name] ?? 1;
        column = { id, rows: [], values: [], l1: factor * l1!, l2: factor * l2! };
        places.set(id, column);
      }
      column.rows.push(i);
      column.values.push(Math.fround(entries.values[k]!));
    }
  });
  for await (const _ of until(signal, pass));
  const total = weights.reduce((sum, s) => sum + s, 0);
  return { labels, weights, offsets, total, columns: [...places.values()] };
}

function penaltyFactorsOf({ training: { options } }: Model): Record<string, number> | null {
  return typeof options.penaltyFactors === "string" ? JSON.parse(options.penaltyFactors) : null;
}

/** Coordinate descent by the largest curvature there can be: slow, and never up. */
class Descent {
  readonly #isLogistic: boolean;
  readonly #problem: Problem;
  readonly #w: number[];
  readonly #margins: number[];
  readonly #intercept: Column | null;
  #b: number;

  constructor(loss: Model["loss"], problem: Problem, w: number[], b: number, hasIntercept: boolean) {
    this.#isLogistic = loss === "logistic";
    this.#problem = problem;
    this.#w = w;
    this.#b = b;
    this.#margins = problem.offsets.map((offset) => offset + b);
    for (const [j, column] of problem.columns.entries()) this.#move(column, w[j]!);
    const rows = problem.labels.map((_, i) => i);
    this.#intercept = hasIntercept ? { id: -1, rows, values: rows.map(() => 1), l1: 0, l2: 0 } : null;
  }

  /** The objective of the weights at hand. */
  objective(): number {
    const { labels, weights, total, columns } = this.#problem;
    let sum = 0;
    for (const [i, m] of this.#margins.entries()) {
      const y = labels[i]!;
      sum +=
        weights[i]! * (this.#isLogistic ? Math.log1p(Math.exp(-Math.abs(m))) + Math.max(-y * m, 0) : (y - m) ** 2 / 2);
    }
    columns.forEach(({ l1, l2 }, j) => {
      const w = this.#w[j]!;
      sum += total * (l1 * Math.abs(w) + (l2 / 2) * w * w);
    });
    return sum / total;
  }

  /** One pass over all columns, or over those with a weight. */
  pass(isWhole: boolean): void {
    this.#centre();
    for (const [j, column] of this.#problem.columns.entries()) {
      if (isWhole || this.#w[j] !== 0) this.#step(column, j);
    }
    this.#centre();
  }

  /**
   * A lower bound of the optimum: the dual value of a_i = −c·loss′(m_i), with the largest c ≤ 1 for which no column
   * violates |Σ s·x_ij·a_i| ≤ S·l1_j; with l2, what is above that costs its square.
   */
  bound(): number {
    this.#centre();
    const { labels, weights, offsets, total, columns } = this.#problem;
    const slopes = this.#margins.map((m, i) => this.#slope(m, labels[i]!));
    const g = columns.map((column) => this.#gradient(column));
    let c = 1;
    columns.forEach(({ l1, l2 }, j) => {
      if (l2 === 0 && Math.abs(g[j]!) > l1 * total) c = Math.min(c, (l1 * total) / Math.abs(g[j]!));
    });
    let sum = 0;
    for (const [i, slope] of slopes.entries()) {
      const a = -c * slope;
      const y = labels[i]!;
      const u = Math.abs(a);
      const conjugate = this.#isLogistic ? entropy(u) + entropy(1 - u) : y * a - (a * a) / 2;
      sum += weights[i]! * (conjugate - a * offsets[i]!);
    }
    columns.forEach(({ l1, l2 }, j) => {
      if (l2 > 0) sum -= Math.max(c * Math.abs(g[j]!) - l1 * total, 0) ** 2 / (2 * l2 * total);
    });
    // What is left of the intercept's slope could move the optimum by no more than this.
    const left = this.#intercept ? Math.abs(this.#gradient(this.#intercept)) * (1 + 2 * Math.abs(this.#b)) : 0;
    return (sum - left) / total;
  }

  /** Moves the intercept, which nothing holds back, to where the slopes add up to 0. */
  #centre(): void {
    if (!this.#intercept) return;
    const { weights, total } = this.#problem;
    for (let step = 0; step < 50; step++) {
      const g = this.#gradient(this.#intercept);
      let curvature = 0;
      for (const [i, m] of this.#margins.entries()) curvature += weights[i]! * this.#curvature(m);
      const move = -g / Math.max(curvature, 1e-12 * total);
      const bounded = Math.min(Math.max(move, -1), 1);
      if (Math.abs(g) < 1e-13 * total) return;
      this.#move(this.#intercept, this.#isLogistic ? bounded : move);
      this.#b += this.#isLogistic ? bounded : move;
    }
  }

  #step(column: Column, j: number): void {
    const { weights, total } = this.#problem;
    const { rows, values, l1, l2 } = column;
    let curvature = total * l2;
    for (let k = 0; k < rows.length; k++) {
      curvature += weights[rows[k]!]! * values[k]! ** 2 * (this.#isLogistic ? 0.25 : 1);
    }
    if (curvature === 0) return;
    const before = this.#w[j]!;
    const aim = before - (this.#gradient(column) + total * l2 * before) / curvature;
    const after = Math.sign(aim) * Math.max(Math.abs(aim) - (total * l1) / curvature, 0);
    this.#w[j] = after;
    this.#move(column, after - before);
  }

  #move({ rows, values }: Column, by: number): void {
    for (let k = 0; by !== 0 && k < rows.length; k++) this.#margins[rows[k]!]! += by * values[k]!;
  }

  #gradient({ rows, values }: Column): number {
    const { labels, weights } = this.#problem;
    let sum = 0;
    for (let k = 0; k < rows.length; k++) {
      const i = rows[k]!;
      sum += weights[i]! * values[k]! * this.#slope(this.#margins[i]!, labels[i]!);
    }
    return sum;
  }

  #slope(m: number, y: number): number {
    return this.#isLogistic ? -y / (1 + Math.exp(y * m)) : m - y;
  }

  #curvature(m: number): number {
    if (!this.#isLogistic) return 1;
    const p = 1 / (1 + Math.exp(-m));
    return p * (1 - p);
  }
}

function entropy(u: number): number {
  return u > 0 ? -u * Math.log(u) : 0;
}
