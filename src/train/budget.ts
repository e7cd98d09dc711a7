import type { Arrays } from "../data/arrays.js";
import { Dataset, type DatasetOptions } from "../data/dataset.js";
import { readArrays } from "../data/read.js";
import { OptionError } from "../errors.js";
import { type EncodeOptions, encodeModel } from "../model/codec.js";
import type { Model } from "../model/model.js";
import { BatchProblem } from "./batch.js";
import { checkPath } from "./check.js";
import { type BatchFit, fitDatasetBatch } from "./fit.js";
import { type PathOptions, type PathPoint, planOf, pointMaker, strengthsOf } from "./path.js";

/** With how the model will be written, which its bytes depend on. */
export interface BudgetOptions extends Omit<PathOptions, "lambdas" | "onPoint">, EncodeOptions {
  /** Weights that are not 0, at most. */
  maxWeights?: number;
  /** Bytes of the model's file, at most. */
  maxBytes?: number;
  /** Mean loss, at most: on the rows held out where there are some, else on the training rows. */
  maxLoss?: number;
}

/** The best model within a budget, the path that was searched for it, and whether the budget was met. */
export interface BudgetFit extends BatchFit {
  /** Whether the model is within the budget. If not, it is the nearest miss: within the size, with the least loss. */
  met: boolean;
  /** Those of the model. */
  strengths: { l1: number; l2: number };
  /** How many were tried. */
  tried: number;
  /** Those of the search, from the largest λ; it asks less of the last digits. */
  points: PathPoint[];
}

/** Steps of λ on the way down: four halve it. */
const STEP = Math.sqrt(Math.sqrt(1 / 2));
/** The search needs no more than this of every solve; the model that is found is solved to the tolerance asked for. */
const SEARCH_TOLERANCE = 1e-4;
/** The search may have been off by a weight or by the last digits of a loss: how λ then moves, and how often. */
const NUDGE = 1.002;
const MOST_NUDGES = 20;
/** Halvings of the last step's length, where the size was passed on it. */
const MOST_HALVINGS = 8;
/** Steps down without a lower loss after which the least is behind. */
const PATIENCE = 4;

/**
 * Searches the path for the best model within a budget: with a size, the one of the least loss within it; with a loss
 * alone, the one of the fewest weights that reaches it. `ratio` ends the search. Throws what `fit` throws.
 */
export async function fitToBudget(data: Dataset | Arrays, options: BudgetOptions & DatasetOptions): Promise<BudgetFit> {
  checkPath(options);
  const { maxWeights, maxBytes, maxLoss } = options;
  if (maxWeights === undefined && maxBytes === undefined && maxLoss === undefined) {
    throw new OptionError("a budget needs maxWeights, maxBytes or maxLoss");
  }
  if (!(data instanceof Dataset)) {
    using own = await readArrays(data, options);
    return await search(own, options);
  }
  return data.engine.exclusive(() => search(data, options));
}

async function search(data: Dataset, options: BudgetOptions): Promise<BudgetFit> {
  const { maxLoss = Number.POSITIVE_INFINITY, ratio = 1e-4, tolerance = 1e-6 } = options;
  const bySize = options.maxWeights !== undefined || options.maxBytes !== undefined;
  const { memory } = data.engine;
  const mark = memory.mark();
  let best: PathPoint;
  const points: PathPoint[] = [];
  try {
    const searching = { ...options, ratio, lambdas: 2, tolerance: Math.max(tolerance, SEARCH_TOLERANCE) };
    const { design, lambdas } = await planOf(data, searching);
    const [largest, smallest] = lambdas as [number, number];
    const problem = new BatchProblem(data, design, searching);
    const pointOf = pointMaker(data, searching);
    const at = async (lambda: number) => {
      const { l1, l2 } = strengthsOf(lambda, options.l1Ratio);
      await problem.solve(l1, l2);
      const point = pointOf(lambda, problem.solution);
      points.push(point);
      return point;
    };
    best = await at(largest);
    let [lambda, idle] = [largest, 0];
    while (lambda > smallest && idle < PATIENCE && (bySize || lossOf(best) > maxLoss)) {
      const next = Math.max(lambda * STEP, smallest);
      const point = await at(next);
      if (!fits(point.model, options)) {
        best = await narrow(at, best, lambda, next, options);
        break;
      }
      idle = lossOf(point) < lossOf(best) ? 0 : idle + 1;
      if (idle === 0) best = point;
      lambda = next;
    }
    // By loss alone: the sparsest model that reaches it lies within the last step.
    if (!bySize && lossOf(best) <= maxLoss) best = await sparsest(at, best, maxLoss);
  } finally {
    memory.release(mark);
  }
  points.sort((a, b) => b.lambda - a.lambda);
  for (let nudges = 0, scale = 1; ; nudges++) {
    const strengths = { l1: best.l1 * scale, l2: best.l2 * scale };
    const found = await fitDatasetBatch(data, { ...options, solver: "batch", ...strengths });
    const isSmall = fits(found.model, options);
    const isGood = (found.loss.validation ?? (found.loss.train as number)) <= maxLoss;
    const wasGood = lossOf(best) <= maxLoss;
    if (nudges === MOST_NUDGES || (isSmall && (isGood || !wasGood))) {
      return { ...found, strengths, met: isSmall && isGood, tried: points.length + nudges + 1, points };
    }
    scale *= isSmall ? 1 / NUDGE : NUDGE;
  }
}

function lossOf({ loss }: PathPoint): number {
  return loss.validation ?? loss.train;
}

function fits(model: Model, { maxWeights, maxBytes, ...writing }: BudgetOptions): boolean {
  if (maxWeights !== undefined && model.kept > maxWeights) return false;
  return maxBytes === undefined || encodeModel(model, writing).length <= maxBytes;
}

/** Bisects between a λ that fits and one that does not; returns the best that fits. */
async function narrow(
  at: (lambda: number) => Promise<PathPoint>,
  best: PathPoint,
  from: number,
  to: number,
  options: BudgetOptions,
): Promise<PathPoint> {
  let [found, high, low] = [best, from, to];
  for (let halving = 0; halving < MOST_HALVINGS; halving++) {
    const middle = Math.sqrt(high * low);
    const point = await at(middle);
    if (fits(point.model, options)) {
      high = middle;
      if (lossOf(point) < lossOf(found)) found = point;
    } else low = middle;
  }
  return found;
}

/** Bisects within the step that reached a loss; returns the largest λ that does. */
async function sparsest(
  at: (lambda: number) => Promise<PathPoint>,
  reached: PathPoint,
  maxLoss: number,
): Promise<PathPoint> {
  let [found, high, low] = [reached, reached.lambda / STEP, reached.lambda];
  for (let halving = 0; halving < MOST_HALVINGS; halving++) {
    const middle = Math.sqrt(high * low);
    const point = await at(middle);
    if (lossOf(point) <= maxLoss) {
      low = middle;
      if (point.kept <= found.kept) found = point;
    } else high = middle;
  }
  return found;
}
