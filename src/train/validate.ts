import type { Arrays } from "../data/arrays.js";
import { Dataset, type DatasetOptions } from "../data/dataset.js";
import { readArrays } from "../data/read.js";
import { OptionError } from "../errors.js";
import { Random } from "../random.js";
import { checkPath } from "./check.js";
import { legsOf, solveLegs, tourOf } from "./legs.js";
import { type PathOptions, type PathPoint, pathFrom, planOf } from "./path.js";

/** As of a path, and in how many parts the rows are cut. */
export interface CrossValidationOptions extends Omit<PathOptions, "onPoint"> {
  /** How many parts the rows are put in, 2 or more; each is held out once. Default 10. */
  folds?: number;
}

/** A strength with its loss on rows held out. */
export interface CrossValidatedPoint extends PathPoint {
  /** Mean over the folds of the mean loss on the rows held out, and its standard error. */
  cv: { mean: number; standardError: number };
}

/** A path with the loss of each strength on rows that its models were not trained on, and two choices of it. */
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
  const { folds: count = 10, seed = 1 } = options;
  if (count > data.count) throw new OptionError(`folds ${count}: there are ${data.count} rows`);
  const { memory } = data.engine;
  const mark = memory.mark();
  try {
    const parts = memory.u32(data.count);
    dealInto(parts.view, data, count, seed);
    const left = Array.from({ length: count }, (_, fold) => weightOutside(data, parts.view, fold));
    // A column that a count of all rows proves 0 at the smallest fold's strength is 0 in every fold.
    const { design, lambdas, strengths } = await planOf(data, options, Math.min(...left));
    const folds = left.map((_, fold) => ({ from: 0, to: lambdas.length, fold }));
    const tour = tourOf(data, design, strengths, [...legsOf(design, lambdas), ...folds], parts, options);
    const { path, add } = pathFrom(data, lambdas, options);
    const losses = lambdas.map(() => new Float64Array(count));
    await solveLegs(tour, data.engine, options.signal, ({ fold }, k, found) => {
      if (typeof found === "number") losses[k]![fold] = found;
      else add(k, found);
    });
    const shares = left.map((weight) => (data.totalWeight - weight) / data.totalWeight);
    const points = path.points.map((point, k) => ({ ...point, cv: meanOf(losses[k]!, shares) }));
    return { points, nullLoss: path.nullLoss, ...chosen(points) };
  } finally {
    memory.release(mark);
  }
}

/** Deals rows to parts: shuffled, those of each class round. */
function dealInto(parts: Uint32Array, { rows, count, loss }: Dataset, folds: number, seed: number): void {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  new Random(seed).shuffle(order);
  const labels = rows.labels.view;
  const isPositive = (i: number) => loss === "logistic" && labels[i]! > 0;
  let next = 0;
  for (const wanted of [true, false]) for (const i of order) if (isPositive(i) === wanted) parts[i] = next++ % folds;
}

function weightOutside({ rows, count }: Dataset, parts: Uint32Array, fold: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) if (parts[i] !== fold) sum += rows.weights ? rows.weights.view[i]! : 1;
  return sum;
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
