import { expNegative, log } from "../baseline/math.js";
import type { Arrays } from "../data/arrays.js";
import { Dataset, type DatasetOptions } from "../data/dataset.js";
import { readArrays } from "../data/read.js";
import { DataError } from "../errors.js";
import type { Model } from "../model/model.js";
import { BatchProblem, lossOn, type Solution, type SolveOptions } from "./batch.js";
import { checkPath } from "./check.js";
import { type Design, designOf, type Strengths } from "./design.js";
import { modelOf, seenOf } from "./fit.js";
import { legsOf, solveLegs, tourOf } from "./legs.js";
import { NOT_STREAMED } from "./options.js";

/** Which strengths a path visits, and how each is solved. */
export interface PathOptions extends SolveOptions {
  /** How many strengths λ, 2 or more. Default 100. */
  lambdas?: number;
  /** The smallest λ as a share of the largest, in (0, 1). Default 1e-3. */
  ratio?: number;
  /** Share of λ that is L1, in (0, 1]: l1 = λ·l1Ratio, l2 = λ·(1 − l1Ratio). glmnet's α. Default 1. */
  l1Ratio?: number;
  /** Called with each model of `fitPath`, from the largest λ down, as soon as it and those before it are found. */
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
 * started from the one before (Friedman, Hastie & Tibshirani, JSS 2010). A path that takes seconds is cut in three legs,
 * whatever the threads, each of which starts from nothing: threads solve them side by side. Throws what `fit` throws.
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
    const { design, lambdas, strengths } = await planOf(data, options);
    const tour = tourOf(data, design, strengths, legsOf(design, lambdas), null, options);
    const { path, add } = pathFrom(data, lambdas, options);
    await solveLegs(tour, data.engine, options.signal, (_, k, found) => add(k, found as Solution));
    return path;
  } finally {
    memory.release(mark);
  }
}

/** What a path is made of: its λ, what they are of L1 and L2, and the columns that may have a weight at any of them. */
export interface Plan {
  lambdas: number[];
  strengths: Strengths[];
  design: Design;
}

/**
 * Plans a path. The design lies in the arena until the caller releases it. `least`: of the weights of rows that other
 * problems are to have of the same design, the smallest sum.
 */
export async function planOf(data: Dataset, options: PathOptions, least = data.totalWeight): Promise<Plan> {
  const { l1Ratio = 1, lambdas: count = 100, ratio = 1e-3 } = options;
  const largest = (await lambdaMax(data, options)) / l1Ratio;
  const lambdas = Array.from({ length: count }, (_, k) => largest * expNegative((k / (count - 1)) * log(ratio)));
  const strengths = lambdas.map((lambda) => strengthsOf(lambda, l1Ratio));
  const { l1, l2 } = strengths.at(-1)!;
  return { lambdas, strengths, design: designOf(data, { l1: l1 * least, l2 }, options) };
}

/**
 * Returns a path without points, and a function that adds the solution at lambdas[k]: they may come in any order, and
 * again; each makes its point once all before it have.
 */
export function pathFrom(
  data: Dataset,
  lambdas: number[],
  options: PathOptions,
): { path: Path; add: (k: number, solution: Solution) => void } {
  const path: Path = { points: [], nullLoss: Number.NaN };
  const { points } = path;
  const pointOf = pointMaker(data, options);
  const early = new Map<number, Solution>();
  const add = (k: number, solution: Solution) => {
    path.nullLoss = solution.nullLoss;
    if (k >= points.length) early.set(k, solution);
    for (let next = early.get(points.length); next; next = early.get(points.length)) {
      early.delete(points.length);
      const point = pointOf(lambdas[points.length]!, next);
      points.push(point);
      options.onPoint?.(point);
    }
  };
  return { path, add };
}

/** Returns a function that makes points of solutions, and reports them to `onProgress`. */
export function pointMaker(
  data: Dataset,
  { onProgress, ...options }: PathOptions,
): (lambda: number, solution: Solution) => PathPoint {
  const validate = data.holdout && data.holdout.totalWeight > 0 ? data.holdout : null;
  const seen = seenOf(data);
  let visited = 0;
  return (lambda, solution) => {
    const { objective, nullLoss, relativeGap, converged } = solution;
    const strengths = strengthsOf(lambda, options.l1Ratio);
    const loss = { train: solution.loss, validation: validate && lossOn(validate, solution) };
    const training = { ...options, solver: "batch", ...strengths };
    const model = modelOf(data, solution, seen, training, { progressive: null, ...loss });
    const { kept } = model;
    const sizes = { rows: data.count, kept, bytes: kept * 12 };
    onProgress?.({ ...sizes, epoch: ++visited, loss: loss.train, objective, ...NOT_STREAMED });
    const explained = nullLoss > 0 ? 1 - loss.train / nullLoss : 0;
    return { lambda, ...strengths, kept, loss, explained, relativeGap, converged, model };
  };
}

/** Returns what λ is of L1 and of L2. */
export function strengthsOf(lambda: number, l1Ratio = 1): Strengths {
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
