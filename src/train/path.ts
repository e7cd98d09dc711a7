import { expNegative, log } from "../baseline/math.js";
import type { Arrays } from "../data/arrays.js";
import { Dataset, type DatasetOptions } from "../data/dataset.js";
import { readArrays } from "../data/read.js";
import { DataError } from "../errors.js";
import type { Model } from "../model/model.js";
import { BatchProblem, type SolveOptions } from "./batch.js";
import { checkPath } from "./check.js";
import { designOf, type Strengths } from "./design.js";
import { modelOf, seenOf } from "./fit.js";
import { NOT_STREAMED } from "./options.js";

/** Which strengths a path visits, and how each is solved. */
export interface PathOptions extends SolveOptions {
  /** How many strengths λ, 2 or more. Default 100. */
  lambdas?: number;
  /** The smallest λ as a share of the largest, in (0, 1). Default 1e-3. */
  ratio?: number;
  /** Share of λ that is L1, in (0, 1]: l1 = λ·l1Ratio, l2 = λ·(1 − l1Ratio). glmnet's α. Default 1. */
  l1Ratio?: number;
  /** Called with each model of `fitPath` as soon as it is found, from the largest λ down. */
  onPoint?: (point: PathPoint) => void;
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

/** Models from the largest strength down. */
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
    for (const lambda of walk.lambdas) {
      const point = await walk.at(lambda);
      points.push(point);
      options.onPoint?.(point);
    }
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

/**
 * Begins a path. What it needs lies in the arena until the caller releases it. `least`: of the weights of rows that other
 * problems are to have of the same design, the smallest sum.
 */
export async function walkOf(data: Dataset, options: PathOptions, least = data.totalWeight): Promise<Walk> {
  const { l1Ratio = 1, lambdas: count = 100, ratio = 1e-3, onProgress } = options;
  const largest = (await lambdaMax(data, options)) / l1Ratio;
  const lambdas = Array.from({ length: count }, (_, k) => largest * expNegative((k / (count - 1)) * log(ratio)));
  const { l1, l2 } = strengthsOf(lambdas.at(-1)!, l1Ratio);
  const problem = new BatchProblem(data, designOf(data, { l1: l1 * least, l2 }, options), options);
  const validate = data.holdout && data.holdout.totalWeight > 0 ? data.holdout : null;
  const seen = seenOf(data);
  let visited = 0;

  const at = async (lambda: number): Promise<PathPoint> => {
    const { l1, l2 } = strengthsOf(lambda, l1Ratio);
    const certificate = await problem.solve(l1, l2);
    const loss = { progressive: null, train: problem.loss, validation: validate && problem.lossOn(validate) };
    const model = modelOf(data, problem, seen, { ...options, solver: "batch", l1, l2 }, loss);
    const { kept } = model;
    const { objective } = problem;
    onProgress?.({
      rows: data.count,
      epoch: ++visited,
      loss: loss.train,
      kept,
      bytes: kept * 12,
      objective,
      ...NOT_STREAMED,
    });
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

/** Returns what λ is of L1 and of L2. */
export function strengthsOf(lambda: number, l1Ratio: number): Strengths {
  return { l1: lambda * l1Ratio, l2: lambda * (1 - l1Ratio) };
}

/** Returns the smallest l1 at which every penalised weight is 0: the largest gradient at the best model without them. */
export async function lambdaMax(data: Dataset, options: SolveOptions): Promise<number> {
  const { memory, kernels } = data.engine;
  const mark = memory.mark();
  try {
    const problem = BatchProblem.of(data, { l1: Number.POSITIVE_INFINITY, l2: 0 }, options);
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
