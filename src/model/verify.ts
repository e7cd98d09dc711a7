import { isHeldOut, type RowReader } from "../data/reader.js";
import { until } from "../data/until.js";
import { DataError, OptionError } from "../errors.js";
import { pause } from "../pause.js";
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
/** What rounding may add up to, as a share of the objective or of what a sum is made of, and what a step leaves of that. */
const ROUNDING = 1e-12;
const SETTLED = 1e-14;

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
  const { labels } = problem;
  if (labels.length !== rows) {
    throw new DataError(`${reader.name}: ${labels.length} training rows; the model was trained on ${rows}`);
  }
  const hasIntercept = options.intercept !== false || model.intercept !== 0;
  const solver = new Descent(model.loss, problem, hasIntercept, model);
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
    await pause(); // a signal may have come
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
  const { holdout = 0, seed = 1 } = options as Record<string, number>;
  const places = new Map<number, Column>();
  const columnOf = columnsOf(model);
  // Also those with a weight that no row has: they are in the objective.
  for (const id of model.ids) places.set(id, columnOf(id));
  const [labels, weights, offsets]: [number[], number[], number[]] = [[], [], []];
  const pass = reader.read((entries, label, weight, row, offset = 0) => {
    if (isHeldOut(row, holdout, seed)) return;
    const i = labels.push(label) - 1;
    weights.push(weight);
    offsets.push(offset);
    for (let k = 0; k < entries.length; k++) {
      const id = entries.ids[k]!;
      const column = places.get(id) ?? columnOf(id);
      places.set(id, column);
      column.rows.push(i);
      column.values.push(Math.fround(entries.values[k]!));
    }
  });
  for await (const _ of until(signal, pass));
  const total = weights.reduce((sum, s) => sum + s, 0);
  return { labels, weights, offsets, total, columns: [...places.values()] };
}

/** Makes the column of an id, yet without rows, by what the model's file says of the penalties. */
function columnsOf({ space, training: { options } }: Model): (id: number) => Column {
  const { l1, l2, penaltyFactors } = options as { l1: number; l2: number; penaltyFactors?: string };
  if (penaltyFactors === "function") throw new OptionError("penaltyFactors were a function, which is not in the file");
  const factors = new Map<string, number>(Object.entries(JSON.parse(penaltyFactors ?? "{}")));
  return (id) => {
    const factor = factors.size > 0 ? (factors.get(space!.featureOf(id).name) ?? 1) : 1;
    return { id, rows: [], values: [], l1: factor * l1, l2: factor * l2 };
  };
}

/**
 * Coordinate descent by the largest curvature there can be: slow, and never up. What nothing holds back, the intercept
 * and columns without penalties, takes Newton steps together, and is not told apart: margins are all that is known of it.
 */
class Descent {
  readonly #isLogistic: boolean;
  readonly #problem: Problem;
  /** Columns with a penalty, their weights, and columns without. */
  readonly #columns: Column[];
  readonly #w: number[];
  readonly #free: Column[];
  readonly #margins: number[];

  constructor(
    loss: Model["loss"],
    problem: Problem,
    hasIntercept: boolean,
    model: Pick<Model, "intercept" | "weightOf">,
  ) {
    this.#isLogistic = loss === "logistic";
    this.#problem = problem;
    const isFree = ({ l1, l2 }: Column) => l1 === 0 && l2 === 0;
    this.#columns = problem.columns.filter((column) => !isFree(column));
    this.#free = problem.columns.filter(isFree);
    this.#w = this.#columns.map(({ id }) => model.weightOf(id));
    this.#margins = problem.offsets.map((offset) => offset + model.intercept);
    for (const column of problem.columns) addTo(this.#margins, column, model.weightOf(column.id));
    const rows = problem.labels.map((_, i) => i);
    if (hasIntercept) this.#free.push({ id: -1, rows, values: rows.map(() => 1), l1: 0, l2: 0 });
  }

  /** The objective of the weights at hand. */
  objective(): number {
    const { labels, weights, total } = this.#problem;
    let sum = 0;
    for (const [i, m] of this.#margins.entries()) {
      const y = labels[i]!;
      sum +=
        weights[i]! * (this.#isLogistic ? Math.log1p(Math.exp(-Math.abs(m))) + Math.max(-y * m, 0) : (y - m) ** 2 / 2);
    }
    this.#columns.forEach(({ l1, l2 }, j) => {
      const w = this.#w[j]!;
      sum += total * (l1 * Math.abs(w) + (l2 / 2) * w * w);
    });
    return sum / total;
  }

  /** One pass over all columns, or over those with a weight. */
  pass(isWhole: boolean): void {
    const step = this.#freeStep();
    const longest = step.reduce((most, it) => Math.max(most, Math.abs(it)), 0);
    // A logistic loss is no more than 0.72 of its curvature off its model where margins move by 1: this is never up.
    const share = this.#isLogistic ? Math.min(1, 1 / longest) : 1;
    for (const [i, it] of step.entries()) this.#margins[i]! += share * it;
    for (const [j, column] of this.#columns.entries()) if (isWhole || this.#w[j] !== 0) this.#step(column, j);
  }

  /**
   * A lower bound of the optimum: the dual value of c times a_i = −loss′(m_i), or what that is after a Newton step of the
   * free columns, for these demand Σ s·x_ij·a_i = 0; with the largest c ≤ 1 for which no other column violates
   * |Σ s·x_ij·a_i| ≤ S·l1_j. With l2, what is above that costs its square. −∞ where a is no dual point.
   */
  bound(): number {
    const { labels, weights, offsets, total } = this.#problem;
    const step = this.#freeStep();
    const a = this.#margins.map((m, i) => -this.#slope(m, labels[i]!) - this.#curvature(m) * step[i]!);
    const isOff = (column: Column) => Math.abs(this.#sum(column, (i) => a[i]!)) > ROUNDING * this.#sizeOf(column);
    if (this.#free.some(isOff)) return Number.NEGATIVE_INFINITY;
    const g = this.#columns.map((column) => Math.abs(this.#sum(column, (i) => a[i]!)));
    let c = 1;
    this.#columns.forEach(({ l1, l2 }, j) => {
      if (l2 === 0 && g[j]! > l1 * total) c = Math.min(c, (l1 * total) / g[j]!);
    });
    let sum = 0;
    for (const [i, y] of labels.entries()) {
      const own = c * a[i]!;
      const u = own * y;
      const conjugate = this.#isLogistic ? entropy(u) + entropy(1 - u) : u - (own * own) / 2;
      sum += weights[i]! * (conjugate - own * offsets[i]!);
    }
    this.#columns.forEach(({ l1, l2 }, j) => {
      if (l2 > 0) sum -= Math.max(c * g[j]! - l1 * total, 0) ** 2 / (2 * l2 * total);
    });
    return sum / total;
  }

  /** How far a Newton step of the free columns moves each margin: by conjugate gradients, as they may lean on each other. */
  #freeStep(): Float64Array {
    const { labels } = this.#problem;
    const free = this.#free;
    const curvatures = this.#margins.map((m) => this.#curvature(m));
    const moved = new Float64Array(labels.length);
    const scales = free.map((column) => {
      const own = this.#sum(column, (i, x) => curvatures[i]! * x);
      return own > 0 ? 1 / own : 0;
    });
    const left = free.map((column) => -this.#sum(column, (i) => this.#slope(this.#margins[i]!, labels[i]!)));
    const enough = free.map((column) => SETTLED * this.#sizeOf(column));
    const isLeft = () => left.some((it, j) => Math.abs(it) > enough[j]!);
    const sizeOf = () => left.reduce((sum, it, j) => sum + it * it * scales[j]!, 0);
    const direction = new Float64Array(free.length);
    for (let size = sizeOf(), k = 0, share = 0; isLeft() && k < 4 * free.length + 4; k++) {
      for (const [j, it] of left.entries()) direction[j] = it * scales[j]! + share * direction[j]!;
      const way = new Float64Array(labels.length);
      for (const [j, column] of free.entries()) addTo(way, column, direction[j]!);
      const bent = free.map((column) => this.#sum(column, (i) => curvatures[i]! * way[i]!));
      const curvature = bent.reduce((sum, it, j) => sum + it * direction[j]!, 0);
      if (!(curvature > 0)) break; // what is left is rounding, along columns that add up to nothing
      const length = size / curvature;
      for (const [i, it] of way.entries()) moved[i]! += length * it;
      for (const [j, it] of bent.entries()) left[j]! -= length * it;
      share = sizeOf() / size;
      size *= share;
    }
    return moved;
  }

  #step(column: Column, j: number): void {
    const { labels, total } = this.#problem;
    const { l1, l2 } = column;
    const curvature = total * l2 + this.#sum(column, (_, x) => x * (this.#isLogistic ? 0.25 : 1));
    const before = this.#w[j]!;
    const slope = this.#sum(column, (i) => this.#slope(this.#margins[i]!, labels[i]!)) + total * l2 * before;
    const aim = before - slope / curvature;
    // Nothing but the penalty has to do with a column that no row has.
    const after = curvature > 0 ? Math.sign(aim) * Math.max(Math.abs(aim) - (total * l1) / curvature, 0) : 0;
    this.#w[j] = after;
    addTo(this.#margins, column, after - before);
  }

  /** Σ s·x_ij·v_i */
  #sum({ rows, values }: Column, v: (i: number, x: number) => number): number {
    const { weights } = this.#problem;
    let sum = 0;
    for (let k = 0; k < rows.length; k++) sum += weights[rows[k]!]! * values[k]! * v(rows[k]!, values[k]!);
    return sum;
  }

  /** What Σ s·x_ij·loss′ is made of: Σ s·|x_ij|·size of what loss′ is the difference of. */
  #sizeOf(column: Column): number {
    const { labels } = this.#problem;
    const sizeAt = (i: number) => (this.#isLogistic ? 1 : Math.abs(labels[i]!) + Math.abs(this.#margins[i]!));
    return this.#sum(column, (i, x) => Math.sign(x) * sizeAt(i));
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

/** Adds a multiple of a column to numbers, one a row. */
function addTo(numbers: number[] | Float64Array, { rows, values }: Column, by: number): void {
  for (let k = 0; by !== 0 && k < rows.length; k++) numbers[rows[k]!]! += by * values[k]!;
}

/** −∞ where u is not what the dual of the logistic loss takes. */
function entropy(u: number): number {
  return u > 0 ? -u * Math.log(u) : u === 0 ? 0 : Number.NEGATIVE_INFINITY;
}
