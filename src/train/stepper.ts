import type { Dataset } from "../data/dataset.js";
import type { Rows } from "../engine/kernels.js";
import type { F64, U32 } from "../engine/memory.js";
import { OptionError } from "../errors.js";
import { Random } from "../random.js";
import { checkSolver } from "./check.js";
import { diverged, meanLoss } from "./fit.js";
import type { SgdOptions } from "./options.js";

/** Strengths, rate and batch of single gradient steps. */
export interface StepperOptions extends Pick<SgdOptions, "l1" | "l2" | "rate" | "seed" | "intercept"> {
  /** Rows a step at most, whose gradients are averaged: an epoch's rows are parted evenly. Default: all. */
  batch?: number;
  /** The weights to begin with, one for each of `data.dictionary.ids`. Default: all 0. */
  start?: ArrayLike<number>;
}

/**
 * Trains a model by one proximal gradient step after another (Duchi & Singer, JMLR 2009), for those who want to look on,
 * or to change strengths on the way. With g the gradient of a batch's mean loss a step is
 *
 *     v = w − rate·g,   then   w = sgn(v)·max(|v| − rate·l1, 0) / (1 + rate·l2)
 *
 * Rows come in a new random order each epoch, the same for equal seeds. A step visits every column: for wide data `fit`
 * is quicker. Steppers of one dataset share its engine, and are gone with it.
 */
export class Stepper {
  /** Strengths and learning rate of the next step. */
  l1: number;
  l2: number;
  rate: number;
  readonly #data: Dataset;
  readonly #random: Random;
  readonly #learnsIntercept: boolean;
  /** All rows in the order of this epoch. */
  readonly #order: Uint32Array;
  /** Steps an epoch. */
  readonly #parts: number;
  #steps = 0;
  #intercept = 0;
  readonly #w: F64;
  readonly #gradient: F64;
  readonly #batch: Batch;

  /** Throws OptionError on an option that cannot be used as given; MemoryError. */
  constructor(data: Dataset, options: StepperOptions = {}) {
    const { batch = data.count, start, ...rest } = options;
    const { l1 = 1e-4, l2 = 0, rate = 0.1, seed = 1, intercept = true } = checkSolver({ ...rest, solver: "sgd" });
    if (!Number.isInteger(batch) || batch < 1) throw new OptionError(`batch ${batch}: expected a whole number ≥ 1`);
    if (start && start.length !== data.seen) {
      throw new OptionError(`start: ${start.length} weights for ${data.seen} columns`);
    }
    if (data.offsets) throw new OptionError("a stepper takes no offsets: solver batch does");
    [this.l1, this.l2, this.rate] = [l1, l2, rate];
    this.#data = data;
    this.#random = new Random(seed);
    this.#learnsIntercept = intercept;
    this.#order = Uint32Array.from({ length: data.count }, (_, i) => i);
    this.#parts = Math.ceil(data.count / batch);
    this.#batch = batchOf(data, Math.min(batch, data.count));
    this.#gradient = data.engine.memory.f64(data.seen);
    this.#w = data.engine.memory.f64(data.seen);
    if (start) this.#w.view.set(start);
  }

  /** Steps taken. */
  get steps(): number {
    return this.#steps;
  }

  get intercept(): number {
    return this.#intercept;
  }

  /** One for each of `data.dictionary.ids`; zeros are exactly 0. A view: copy what is to last. */
  get weights(): Float64Array {
    return this.#w.view;
  }

  /** Of the last step's batch, as `weights`. */
  get gradient(): Float64Array {
    return this.#gradient.view;
  }

  /** Returns the mean loss of the weights at hand on a dataset with the same columns: the training rows, or its `holdout`. */
  lossOn(data: Dataset): number {
    return meanLoss(data, this.#w, this.#intercept);
  }

  /** Takes a step and returns its rows' mean loss before it. Throws DivergenceError when that is not finite. */
  step(): number {
    const { engine, loss } = this.#data;
    const { rows, margins, model, slopes } = this.#batch;
    const gradient = this.#gradient;
    const count = this.#take();
    engine.kernels.margins(rows, 0, count, this.#w, this.#intercept, margins);
    const sum = engine.kernels.linearize(loss, rows, 0, count, margins, model);
    if (!Number.isFinite(sum)) throw diverged();
    const total = rows.weights ? rows.weights.view.subarray(0, count).reduce((sum, s) => sum + s, 0) || 1 : count;
    let slope = 0;
    for (let i = 0, q = model.view, out = slopes.view; i < count; i++) {
      out[i] = q[2 * i]! / total;
      slope += out[i]!;
    }
    gradient.view.fill(0);
    engine.kernels.spread(rows, count, slopes, gradient); // by rows: Xᵀq
    this.#move();
    if (this.#learnsIntercept) this.#intercept -= this.rate * slope;
    this.#steps++;
    return sum / total;
  }

  /** Copies the next rows of the epoch, or the first of a new one, to the batch and returns how many. */
  #take(): number {
    const order = this.#order;
    const part = this.#steps % this.#parts;
    if (part === 0) this.#random.shuffle(order);
    const { rows, chosen } = this.#batch;
    const next = order.subarray(
      Math.floor((part * order.length) / this.#parts),
      Math.floor(((part + 1) * order.length) / this.#parts),
    );
    const all = this.#data.rows;
    chosen.view.set(next);
    this.#data.engine.kernels.select(all, chosen, next.length, rows);
    for (let t = 0; t < next.length; t++) {
      rows.labels.view[t] = all.labels.view[next[t]!]!;
      if (rows.weights && all.weights) rows.weights.view[t] = all.weights.view[next[t]!]!;
    }
    return next.length;
  }

  #move(): void {
    const { l1, l2, rate } = this;
    const [w, g] = [this.#w.view, this.#gradient.view];
    for (let j = 0; j < w.length; j++) {
      const v = w[j]! - rate * g[j]!;
      const size = Math.abs(v) - rate * l1;
      w[j] = size > 0 ? (Math.sign(v) * size) / (1 + rate * l2) : 0;
    }
  }
}

/** The rows of a step, and scratch: a number each, of `model` two. */
interface Batch {
  rows: Rows;
  /** Which rows they are. */
  chosen: U32;
  margins: F64;
  model: F64;
  slopes: F64;
}

function batchOf({ rows, engine: { memory }, longestRow }: Dataset, length: number): Batch {
  const entries = Math.min(length * longestRow, rows.indices.length);
  return {
    rows: {
      pointers: memory.u32(length + 1),
      indices: memory.u32(entries),
      values: rows.values && memory.f32(entries),
      labels: memory.f64(length),
      weights: rows.weights && memory.f64(length),
    },
    chosen: memory.u32(length),
    margins: memory.f64(length),
    model: memory.f64(2 * length),
    slopes: memory.f64(length),
  };
}
