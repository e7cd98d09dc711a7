import type { Arrays } from "../data/arrays.js";
import { Dataset, type DatasetOptions } from "../data/dataset.js";
import { readArrays } from "../data/read.js";
import type { Runtime } from "../engine/engine.js";
import type { F64, U32 } from "../engine/memory.js";
import { DivergenceError, OptionError } from "../errors.js";
import { addOffsets } from "../model/evaluate.js";
import { Model, type Training } from "../model/model.js";
import { Random } from "../random.js";
import { BatchProblem, type Certificate, type Kept, lossOn } from "./batch.js";
import { checkSolver, SOLVER_OPTIONS } from "./check.js";
import { Monitor } from "./monitor.js";
import type { Steering } from "./newton.js";
import { type BatchOptions, NOT_STREAMED, type OrderOptions, type SolverOptions } from "./options.js";
import { Progressive } from "./progressive.js";
import { createTrainer, type Trainer } from "./trainer.js";

/** What `fit` takes: options of one of its solvers, which `solver` or they themselves tell. */
export type FitOptions = (SolverOptions & OrderOptions) | BatchOptions;
type StreamingOptions = SolverOptions & OrderOptions;

/** What a training gave. */
export interface Fit {
  model: Model;
  /** Rows in the training data. */
  rows: number;
  /** Declared dimension, columns seen in training (see Training), weights that are not 0. */
  columns: { declared: number; seen: number; kept: number };
  loss: {
    /** Mean loss of the last epoch's rows, each predicted before it was learned; null for the batch solver. */
    progressive: number | null;
    /** Mean loss of the finished model on the training rows; null when they were not kept (`stream`). */
    train: number | null;
    /** On the rows held out; null without any. */
    validation: number | null;
  };
  /** (1/S) Σ s·loss + l1·‖w‖₁ + (l2/2)·‖w‖² of the finished model; null where the solver has another objective. */
  objective: number | null;
  /** How near the optimum a batch solver came; null for streaming solvers. */
  certificate: Certificate | null;
  runtime: Runtime;
}

/** Rows trained on between two looks at the clock and at `signal`. */
const BLOCK_ROWS = 8192;

/**
 * Trains a model on data in memory. Arrays are copied into an engine of their own first.
 * Throws OptionError; DivergenceError when a loss or weight leaves the finite range; the signal's reason.
 */
export async function fit(data: Dataset | Arrays, options: FitOptions & DatasetOptions = {}): Promise<Fit> {
  const solving = checkSolver(options) as FitOptions;
  if (!(data instanceof Dataset)) {
    using own = await readArrays(data, options);
    return await fitDataset(own, solving);
  }
  return data.engine.exclusive(() => fitDataset(data, solving));
}

async function fitDataset(data: Dataset, options: FitOptions): Promise<Fit> {
  options.signal?.throwIfAborted();
  const { memory } = data.engine;
  const mark = memory.mark();
  try {
    if (options.solver === "batch") return await fitBatch(data, options as BatchOptions);
    const streaming = options as StreamingOptions;
    if (data.offsets) throw new OptionError(`solver "${options.solver}" takes no offsets: solver "batch" does`);
    const trainer = createTrainer(data.engine, data.loss, streaming, data.totalWeight / data.count || 1);
    trainer.reserve({
      columns: data.seen,
      longestRow: data.longestRow,
      batchEntries: Math.min(data.entries, trainer.batch * data.longestRow),
    });
    const weights = memory.f64(data.seen); // before the work: memory that is not to be had should not cost it
    const progressive = await run(data, trainer, streaming);
    trainer.weightsInto(weights, 0, data.seen);
    return finish(data, weights, trainer.intercept(), streaming, progressive);
  } finally {
    memory.release(mark);
  }
}

/** A fit with its certificate. */
export interface BatchFit extends Fit {
  objective: number;
  certificate: Certificate;
}

/** As `fit` with solver "batch", for callers that have the engine to themselves. */
export async function fitDatasetBatch(data: Dataset, options: BatchOptions): Promise<BatchFit> {
  const { memory } = data.engine;
  const mark = memory.mark();
  try {
    return (await fitBatch(data, options)) as BatchFit;
  } finally {
    memory.release(mark);
  }
}

async function fitBatch(data: Dataset, options: BatchOptions): Promise<Fit> {
  const { l1 = 1e-4, l2 = 0, onProgress } = options;
  const problem = BatchProblem.of(data, { l1, l2 }, options);
  const start = options.from ? problem.startFrom(options.from, data, l1, l2) : null;
  const report: Steering["report"] =
    onProgress &&
    ((iteration, kept, sum) =>
      onProgress({
        ...{ rows: data.count, epoch: iteration, loss: problem.loss, kept, bytes: kept * 12 },
        objective: sum / problem.total,
        ...NOT_STREAMED,
      }));
  await problem.solve(l1, l2, report);
  const certificate = problem.certify(start);
  const { holdout, declared, seen } = data;
  const { kept } = problem;
  const validation = holdout && holdout.totalWeight > 0 ? lossOn(holdout, kept) : null;
  const loss = { progressive: null, train: problem.loss, validation };
  const model = modelOf(data, kept, seenOf(data), { ...options, l1, l2 }, loss, certificate);
  return {
    ...{ model, rows: data.count, columns: { declared, seen, kept: model.kept }, loss },
    ...{ objective: certificate.objective, certificate, runtime: data.engine.runtime },
  };
}

/** Makes a model of the weights that a solve came to. Throws DivergenceError where they are beyond single precision. */
export function modelOf(
  data: Dataset,
  { columns, weights, intercept }: Kept,
  seen: Pick<Training, "seen" | "seenByFeature">,
  options: object,
  loss: Training["loss"],
  certificate: Certificate | null = null,
): Model {
  const { ids: all } = data.dictionary;
  const ids = Float64Array.from(columns, (j) => all[j]!);
  const values = Float32Array.from(weights);
  const sum = values.reduce((sum, it) => sum + it, intercept);
  if (!Number.isFinite(sum)) throw diverged();
  const training = summary(options, data.count, seen, loss);
  if (certificate) training.certificate = { objective: certificate.objective, gap: certificate.gap };
  const { declared, space, vwBits } = data;
  const parts = { loss: data.loss, intercept, declared, space, vwBits, training };
  return Model.from(parts, ids, values);
}

/** Visits the rows as the options say and returns the progressive loss of the last epoch. */
async function run(data: Dataset, trainer: Trainer, options: StreamingOptions): Promise<number> {
  const { epochs = 1, seed = 1, order: kind = "shuffle", steps = 0 } = options;
  const random = new Random(seed);
  const isBatches = kind === "batches";
  const { memory, kernels } = data.engine;
  const order = kind === "file" ? null : memory.u32(data.count, "raw");
  if (order) kernels.enumerate(data.count, order);
  if (isBatches && order) random.shuffle(order.view);
  const progressive = new Progressive(data.loss);
  const total = epochs * (isBatches ? steps * trainer.batch : data.count);
  const done = () => ({ read: null, share: Math.min(progressive.rows / total, 1) });
  const monitor = new Monitor({ trainer, memory, progressive, columns: () => data.seen, done }, options);
  const block = Math.max(1, Math.round(BLOCK_ROWS / trainer.batch)) * trainer.batch;

  for (let epoch = 1; epoch <= epochs; epoch++) {
    monitor.beginEpoch(epoch);
    progressive.beginEpoch();
    if (order && !isBatches) random.shuffle(order.view);
    const length = isBatches ? steps : Math.ceil(data.count / block);
    for (let i = 0; i < length; i++) {
      const from = isBatches ? random.below(Math.ceil(data.count / trainer.batch)) * trainer.batch : i * block;
      const to = Math.min(from + (isBatches ? trainer.batch : block), data.count);
      progressive.count(trainer.train(data.rows, order, from, to), weightOf(data, order, from, to), to - from);
      if (monitor.isDue) await monitor.breathe();
    }
    await monitor.endEpoch();
  }
  return progressive.loss;
}

/** Sum of the sample weights of rows order[from … to). */
function weightOf({ rows }: Dataset, order: U32 | null, from: number, to: number): number {
  if (!rows.weights) return to - from;
  const weights = rows.weights.view;
  let sum = 0;
  for (let t = from; t < to; t++) sum += weights[order ? order.view[t]! : t]!;
  return sum;
}

/** Makes the model of a streaming solver and measures it. */
function finish(
  data: Dataset,
  weights: F64,
  intercept: number,
  options: StreamingOptions,
  progressive: number | null,
): Fit {
  const { engine, seen, dictionary } = data;
  // What ships is single precision, and what ships is measured.
  let sum = intercept;
  for (let j = 0, view = weights.view; j < seen; j++) {
    if (view[j] === 0) continue;
    view[j] = Math.fround(view[j]!);
    sum += view[j]!;
  }
  if (!Number.isFinite(sum)) throw diverged();

  const train = meanLoss(data, weights, intercept);
  const validation = data.holdout && data.holdout.totalWeight > 0 ? meanLoss(data.holdout, weights, intercept) : null;
  const loss = { progressive, train, validation };
  const training = summary(options, data.count, seenOf(data), loss);
  const { declared, space, vwBits } = data;
  const parts = { loss: data.loss, intercept, declared, space, vwBits, training };
  const model = Model.from(parts, dictionary.ids, weights.view);
  const columns = { declared: data.declared, seen, kept: model.kept };
  return {
    model,
    rows: data.count,
    columns,
    loss,
    objective: objective(options, train, model.values),
    certificate: null,
    runtime: engine.runtimeOnOne,
  };
}

export function diverged(): DivergenceError {
  return new DivergenceError(
    "a weight left the finite range of single precision: lower the learning rate (alpha, rate), or scale large values " +
      "or labels down",
  );
}

/** The options that shape a model. How it was computed (kernels, threads) does not change it, and is not recorded. */
const SHAPING = new Set([
  ...SOLVER_OPTIONS,
  ..."target positive weight offset holdout holdoutEvery inclusion hogwild replicas".split(" "),
]);

/** What a model's file records of its training. */
export function summary(
  options: object,
  rows: number,
  seen: Pick<Training, "seen" | "seenByFeature">,
  loss: Training["loss"],
): Training {
  // In one order, so that a file does not tell in which they were given.
  const plain: Training["options"] = {};
  for (const name of SHAPING) {
    const value = (options as Record<string, unknown>)[name];
    if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") plain[name] = value;
  }
  const { penaltyFactors: factors } = options as { penaltyFactors?: unknown };
  if (factors) plain.penaltyFactors = typeof factors === "object" ? JSON.stringify(factors) : typeof factors;
  return { options: plain, rows, ...seen, loss };
}

/** Counts the columns of a dataset, in all and by feature. */
export function seenOf({ dictionary: { ids }, space }: Dataset): Pick<Training, "seen" | "seenByFeature"> {
  const places = new Map(space?.features.map(({ name }, i) => [name, i]));
  const seenByFeature = Array<number>(places.size).fill(0);
  if (space) for (const id of ids) seenByFeature[places.get(space.featureOf(id).name)!]!++;
  return { seen: ids.length, seenByFeature };
}

/** Mean loss of weights over a dataset's columns. */
export function meanLoss(data: Dataset, weights: F64, intercept: number): number {
  const { kernels, memory } = data.engine;
  const mark = memory.mark();
  try {
    const margins = memory.f64(data.count);
    kernels.margins(data.rows, 0, data.count, weights, intercept, margins);
    addOffsets(data, margins);
    return kernels.loss(data.loss, data.rows, 0, data.count, margins) / data.totalWeight;
  } finally {
    memory.release(mark);
  }
}

function objective(options: FitOptions, loss: number, w: Float32Array): number | null {
  if (options.solver !== "sgd") return null;
  const { l1 = 1e-4, l2 = 0 } = options;
  let penalty = 0;
  for (const it of w) penalty += l1 * Math.abs(it) + 0.5 * l2 * it * it;
  return loss + penalty;
}
