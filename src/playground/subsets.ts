import { type Dataset, evaluate, fit, fitPath, type Model, readArrays } from "../browser.js";
import type { Arrays } from "../data/arrays.js";
import { Random } from "../random.js";
import type { Contest, Contestant } from "./protocol.js";
import { normal } from "./synthetic.js";

const ROWS = 60;
const TEST_ROWS = 1000;
/** Effects of the features that matter, the first ones; the rest is noise. */
const EFFECTS = [1, -0.8, 0.6];
/** Standard deviation of what no feature explains. */
const NOISE = 1;
const L1_STRENGTHS = 20;
const L2_STRENGTHS = [0.003, 0.01, 0.03, 0.1, 0.3, 1];

/**
 * Lets best-subset search, L1 and L2 compete on a small problem of squared loss. Each takes of the models that it tries
 * the one of least loss on rows it did not learn from.
 */
export async function contest({ features, seed }: { features: number; seed: number }): Promise<Contest> {
  const random = new Random(seed);
  const train = makeRows(random, ROWS, features);
  const test = makeRows(random, TEST_ROWS, features);
  using data = await readArrays(train, { loss: "squared" });
  using held = await readArrays(test, { like: data });
  return {
    signals: EFFECTS.length,
    l0: bestSubset(train, test),
    l1: await withL1(data, held),
    l2: await withL2(data, held),
  };
}

type Rows = Arrays & { values: number[]; labels: number[] };

/** Makes rows whose means are 0, but for chance: no intercept is needed. */
function makeRows(random: Random, rows: number, features: number): Rows {
  const values = Array.from({ length: rows * features }, () => normal(random));
  const labels = Array.from({ length: rows }, (_, i) =>
    EFFECTS.reduce((sum, effect, j) => sum + effect * values[i * features + j]!, NOISE * normal(random)),
  );
  return {
    rows: Array.from({ length: rows + 1 }, (_, i) => i * features),
    columns: Array.from({ length: rows * features }, (_, k) => k % features),
    ...{ values, labels, dimension: features },
  };
}

interface Subset {
  features: number[];
  w: number[];
  /** The sum of squares that it explains. */
  gain: number;
}

/** Fits every subset of the features by least squares; of each size the best, of sizes that of least loss on the test rows. */
function bestSubset(train: Rows, test: Rows): Contestant {
  const began = performance.now();
  const best = bestOfEachSize(train);
  const losses = best.map((it) => lossOf(test, it));
  const size = losses.indexOf(Math.min(...losses));
  return {
    ...{ tried: 2 ** train.dimension, milliseconds: performance.now() - began, kept: size, loss: losses[size]! },
    right: best[size]!.features.filter((j) => j < EFFECTS.length).length,
  };
}

/** Visits all subsets, depth first: a feature more is a row more of Cholesky's factor of its part of XᵀX. */
function bestOfEachSize(rows: Rows): Subset[] {
  const p = rows.dimension;
  const { gram, moments } = momentsOf(rows);
  const best = Array.from({ length: p + 1 }, (): Subset => ({ features: [], w: [], gain: -1 }));
  const [factor, z] = [new Float64Array(p * p), new Float64Array(p)];
  const chosen: number[] = [];
  const visit = (gain: number, from: number): void => {
    const size = chosen.length;
    if (gain > best[size]!.gain) best[size] = { features: [...chosen], w: backward(factor, z, size, p), gain };
    for (let j = from; j < p; j++) {
      let pivot = gram[j * p + j]!;
      let rest = moments[j]!;
      for (let a = 0; a < size; a++) {
        let entry = gram[j * p + chosen[a]!]!;
        for (let b = 0; b < a; b++) entry -= factor[size * p + b]! * factor[a * p + b]!;
        entry /= factor[a * p + a]!;
        factor[size * p + a] = entry;
        pivot -= entry * entry;
        rest -= entry * z[a]!;
      }
      factor[size * p + size] = Math.sqrt(pivot);
      z[size] = rest / Math.sqrt(pivot);
      chosen.push(j);
      visit(gain + z[size]! ** 2, j + 1);
      chosen.pop();
    }
  };
  visit(0, 0);
  return best;
}

/** Solves Lᵀw = z. */
function backward(factor: Float64Array, z: Float64Array, size: number, p: number): number[] {
  const w = Array.from(z.subarray(0, size));
  for (let a = size - 1; a >= 0; a--) {
    for (let c = a + 1; c < size; c++) w[a]! -= factor[c * p + a]! * w[c]!;
    w[a]! /= factor[a * p + a]!;
  }
  return w;
}

/** XᵀX, by rows, and Xᵀy. */
function momentsOf({ values, labels, dimension: p }: Rows) {
  const gram = new Float64Array(p * p);
  const moments = new Float64Array(p);
  for (let i = 0; i < labels.length; i++) {
    for (let a = 0; a < p; a++) {
      const x = values[i * p + a]!;
      moments[a]! += x * labels[i]!;
      for (let b = 0; b < p; b++) gram[a * p + b]! += x * values[i * p + b]!;
    }
  }
  return { gram, moments };
}

function lossOf({ values, labels, dimension: p }: Rows, { features, w }: Subset): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const margin = features.reduce((sum, j, a) => sum + w[a]! * values[i * p + j]!, 0);
    sum += 0.5 * (margin - labels[i]!) ** 2;
  }
  return sum / labels.length;
}

async function withL1(data: Dataset, test: Dataset): Promise<Contestant> {
  const began = performance.now();
  const { points } = await fitPath(data, { lambdas: L1_STRENGTHS, intercept: false });
  return bestModel(
    points.map(({ model }) => model),
    test,
    began,
  );
}

async function withL2(data: Dataset, test: Dataset): Promise<Contestant> {
  const began = performance.now();
  const models: Model[] = [];
  for (const l2 of L2_STRENGTHS) models.push((await fit(data, { l1: 0, l2, intercept: false })).model);
  return bestModel(models, test, began);
}

function bestModel(models: readonly Model[], test: Dataset, began: number): Contestant {
  const losses = models.map((model) => evaluate(model, test).rmse ** 2 / 2);
  const best = losses.indexOf(Math.min(...losses));
  const { ids, kept } = models[best]!;
  const right = ids.filter((id) => id < EFFECTS.length).length;
  return { tried: models.length, milliseconds: performance.now() - began, kept, right, loss: losses[best]! };
}
