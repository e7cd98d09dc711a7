import type { Arrays } from "../data/arrays.js";
import { Dataset, type DatasetOptions } from "../data/dataset.js";
import { readArrays } from "../data/read.js";
import type { Rows } from "../engine/kernels.js";
import type { F64 } from "../engine/memory.js";
import { DataError, OptionError } from "../errors.js";
import type { Model } from "../model/model.js";
import { Random } from "../random.js";
import { BatchProblem, type SolveOptions } from "./batch.js";
import { designOf, type Strengths } from "./design.js";
import { modelOf, seenOf } from "./fit.js";
import { checkPath } from "./options.js";

export interface PathOptions extends SolveOptions {
  /** How many strengths λ, 2 or more. Default 100. */
  lambdas?: number;
  /** The smallest λ as a share of the largest, in (0, 1). Default 1e-3. */
  ratio?: number;
  /** Share of λ that is L1, in (0, 1]: l1 = λ·l1Ratio, l2 = λ·(1 − l1Ratio). glmnet's α. Default 1. */
  l1Ratio?: number;
}

/** The best model at one strength. */
export interface PathPoint {
  lambda: number;
  l1: number;
  l2: number;
  /** Weights that are not 0. */
  kept: number;
  /** Mean training loss, and on the rows held out; null without any. */
  loss: { train: number; validation: number | null };
  /** Share of the loss of the best model without features that is gone (deviance explained, R²). */
  explained: number;
  /** Duality gap as a share of the objective of the best model without features. */
  relativeGap: number;
  converged: boolean;
  model: Model;
}

export interface Path {
  /** From the largest λ, at which no penalised weight is left, down a geometric grid. */
  points: PathPoint[];
  /** Mean training loss of the best model without features. */
  nullLoss: number;
}

/**
 * Fits a path of strengths, from the smallest λ at which every penalised weight is 0 down to `ratio` of it, each
 * started from the one before (Friedman, Hastie & Tibshirani, JSS 2010). Throws what `fit` throws.
 */
export async function fitPath(data: Dataset | Arrays, options: PathOptions & DatasetOptions = {}): Promise<Path> {
  checkPath(options);
  if (!(data instanceof Dataset)) {
    using own = await readArrays(data, options);
    return await pathOf(own, options);
  }
  return data.engine.exclusive(() => pathOf(data, options));
}

async function pathOf(data: Dataset, options: PathOptions): Promise<Path> {
  const { memory } = data.engine;
  const mark = memory.mark();
  try {
    const walk = await walkOf(data, options);
    const points: PathPoint[] = [];
    for (const lambda of walk.lambdas) points.push(await walk.at(lambda));
    return { points, nullLoss: walk.problem.nullLoss };
  } finally {
    memory.release(mark);
  }
}

/** A path in the making: where it may go, and how to get there. */
export interface Walk {
  problem: BatchProblem;
  lambdas: number[];
  /** Solves at a strength no smaller than the last of `lambdas`. */
  at(lambda: number): Promise<PathPoint>;
}

/** Begins a path. What it needs lies in the arena until the caller releases it. */
export async function walkOf(data: Dataset, options: PathOptions): Promise<Walk> {
  const { l1Ratio = 1, lambdas: count = 100, ratio = 1e-3, onProgress } = options;
  const largest = (await lambdaMax(data, options)) / l1Ratio;
  const lambdas = Array.from({ length: count }, (_, k) => largest * ratio ** (k / (count - 1)));
  const problem = new BatchProblem(data, strengthsOf(lambdas.at(-1)!, l1Ratio), options);
  const validate = data.holdout && data.holdout.totalWeight > 0 ? data.holdout : null;
  const seen = seenOf(data);
  let visited = 0;

  const at = async (lambda: number): Promise<PathPoint> => {
    const { l1, l2 } = strengthsOf(lambda, l1Ratio);
    const certificate = await problem.solve(l1, l2);
    const loss = { progressive: null, train: problem.loss, validation: validate && problem.lossOn(validate) };
    const model = modelOf(data, problem, seen, { solver: "batch", l1, l2 }, loss);
    const { kept } = model;
    const { objective } = problem;
    onProgress?.({ rows: data.count, epoch: ++visited, loss: loss.train, kept, bytes: kept * 12, objective });
    return {
      lambda,
      l1,
      l2,
      kept: model.kept,
      loss: { train: loss.train, validation: loss.validation },
      explained: problem.nullLoss > 0 ? 1 - loss.train / problem.nullLoss : 0,
      ...certificate,
      model,
    };
  };
  return { problem, lambdas, at };
}

function strengthsOf(lambda: number, l1Ratio: number): Strengths {
  return { l1: lambda * l1Ratio, l2: lambda * (1 - l1Ratio) };
}

/** Returns the smallest l1 at which every penalised weight is 0: the largest gradient at the best model without them. */
async function lambdaMax(data: Dataset, options: SolveOptions): Promise<number> {
  const { memory, kernels } = data.engine;
  const mark = memory.mark();
  try {
    const problem = new BatchProblem(data, { l1: Number.POSITIVE_INFINITY, l2: 0 }, options);
    await problem.solve(1, 0); // of what is in the problem nothing is penalised
    const [q, gradients] = [memory.f64(data.count), memory.f64(data.seen)];
    const model = problem.state.model.view;
    for (let i = 0, out = q.view; i < out.length; i++) out[i] = model[2 * i]!;
    kernels.spread(data.rows, data.count, q, gradients);
    const factors = problem.design.allFactors;
    let largest = 0;
    for (let j = 0, g = gradients.view; j < g.length; j++) {
      const factor = factors ? factors[j]! : 1;
      if (factor > 0) largest = Math.max(largest, Math.abs(g[j]!) / factor);
    }
    if (largest === 0) throw new DataError("no column has to do with the target: every weight is 0 at any strength");
    return largest / problem.total;
  } finally {
    memory.release(mark);
  }
}

export interface CrossValidationOptions extends PathOptions {
  /** How many parts the rows are put in, 2 or more; each is held out once. Default 10. */
  folds?: number;
}

/** A strength with its loss on rows held out. */
export interface CrossValidatedPoint extends PathPoint {
  /** Mean over the folds of the mean loss on the rows held out, and its standard error. */
  cv: { mean: number; standardError: number };
}

export interface CrossValidation {
  points: CrossValidatedPoint[];
  nullLoss: number;
  /** The λ of the least loss, and the largest λ whose loss is within one standard error of it. */
  minimum: CrossValidatedPoint;
  oneStandardError: CrossValidatedPoint;
}

/**
 * Fits the path on all rows and on all but one part of them, for each part; the parts share one copy of the data. Rows
 * are dealt to the parts at random, each class evenly. Throws what `fit` throws, OptionError with fewer rows than folds.
 */
export async function crossValidate(
  data: Dataset | Arrays,
  options: CrossValidationOptions & DatasetOptions = {},
): Promise<CrossValidation> {
  checkPath(options);
  if (!(data instanceof Dataset)) {
    using own = await readArrays(data, options);
    return await validated(own, options);
  }
  return data.engine.exclusive(() => validated(data, options));
}

async function validated(data: Dataset, options: CrossValidationOptions): Promise<CrossValidation> {
  const { folds = 10, seed = 1, l1Ratio = 1 } = options;
  if (folds > data.count) throw new OptionError(`folds ${folds}: there are ${data.count} rows`);
  const { memory } = data.engine;
  const mark = memory.mark();
  try {
    const walk = await walkOf(data, options);
    const points: PathPoint[] = [];
    for (const lambda of walk.lambdas) points.push(await walk.at(lambda));

    // A column that a count of all rows proves 0 at the smallest fold's strength is 0 in every fold.
    const parts = dealt(data, folds, seed);
    const weights = memory.f64(data.count);
    const left = Array.from({ length: folds }, (_, fold) => weightOutside(data, parts, fold));
    const smallest = strengthsOf(walk.lambdas.at(-1)! * Math.min(...left), l1Ratio);
    const design = designOf(data, smallest, options);
    const losses = points.map(() => new Float64Array(folds));
    for (let fold = 0; fold < folds; fold++) {
      const top = memory.mark();
      const rows: Rows = { ...data.rows, weights };
      withoutPart(weights, data, parts, fold);
      const problem = new BatchProblem(data, smallest, options, { design, rows });
      const held = data.totalWeight - problem.total;
      for (const [k, { l1, l2 }] of points.entries()) {
        await problem.solve(l1, l2);
        losses[k]![fold] = held > 0 ? problem.heldOutLoss(data.rows) / held : 0;
      }
      memory.release(top);
    }
    const shares = left.map((weight) => (data.totalWeight - weight) / data.totalWeight);
    const judged = points.map((point, k) => ({ ...point, cv: meanOf(losses[k]!, shares) }));
    return { points: judged, nullLoss: walk.problem.nullLoss, ...chosen(judged) };
  } finally {
    memory.release(mark);
  }
}

/** Returns the part of each row: rows shuffled, those of each class dealt round. */
function dealt({ rows, count, loss }: Dataset, folds: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  new Random(seed).shuffle(order);
  const labels = rows.labels.view;
  const isPositive = (i: number) => loss === "logistic" && labels[i]! > 0;
  const parts = new Uint32Array(count);
  let next = 0;
  for (const wanted of [true, false]) for (const i of order) if (isPositive(i) === wanted) parts[i] = next++ % folds;
  return parts;
}

function weightOutside({ rows, count }: Dataset, parts: Uint32Array, fold: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) if (parts[i] !== fold) sum += rows.weights ? rows.weights.view[i]! : 1;
  return sum;
}

function withoutPart(out: F64, { rows, count }: Dataset, parts: Uint32Array, fold: number): void {
  for (let i = 0; i < count; i++) out.view[i] = parts[i] === fold ? 0 : rows.weights ? rows.weights.view[i]! : 1;
}

/** Mean of the folds' losses, each with its share of the weight, and the mean's standard error. */
function meanOf(losses: Float64Array, shares: number[]): { mean: number; standardError: number } {
  const mean = losses.reduce((sum, it, k) => sum + it * shares[k]!, 0);
  const variance = losses.reduce((sum, it, k) => sum + shares[k]! * (it - mean) * (it - mean), 0);
  return { mean, standardError: Math.sqrt(variance / (losses.length - 1)) };
}

function chosen(points: CrossValidatedPoint[]): Pick<CrossValidation, "minimum" | "oneStandardError"> {
  const minimum = points.reduce((best, it) => (it.cv.mean < best.cv.mean ? it : best));
  const most = minimum.cv.mean + minimum.cv.standardError;
  return { minimum, oneStandardError: points.find((it) => it.cv.mean <= most) as CrossValidatedPoint };
}
