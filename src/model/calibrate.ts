import { log, log1pExp, sigmoid } from "../baseline/math.js";
import type { Dataset } from "../data/dataset.js";
import { DataError, OptionError } from "../errors.js";
import { type Judged, marginsOn } from "./evaluate.js";
import { Model } from "./model.js";

/** What makes probabilities of margins that are those observed: slope · margin + intercept. */
export interface Scale {
  slope: number;
  intercept: number;
}

/**
 * Returns a model whose margins are slope · margin + intercept, as fits the rows of a dataset best: Platt scaling (1999).
 * It is linear too, so the scale is in its weights; `training.calibration` has it, of all calibrations so far. Rows should
 * be others than those of the training. Throws OptionError for squared loss or offsets, DataError where rows are of one
 * class.
 */
export function calibrate(model: Model, data: Dataset): Model {
  if (data.offsets) throw new OptionError("calibrate: offsets would be scaled too; leave them out");
  if (model.loss !== "logistic")
    throw new OptionError(`calibrate: a model with ${model.loss} loss has no probabilities`);
  return scaled(model, plattScale(marginsOn(model, data)), data.count);
}

/** Returns a model with other margins, which so many rows told. */
export function scaled(model: Model, { slope, intercept }: Scale, rows: number): Model {
  const { change } = model;
  // What was certified is the optimum of other weights.
  const { certificate: _, ...training } = model.training;
  const before = training.calibration ?? { slope: 1, intercept: 0 };
  const calibration = { slope: slope * before.slope, intercept: slope * before.intercept + intercept, rows };
  const times = (most: number) => Math.abs(slope) * most;
  return Model.from(
    {
      ...model,
      intercept: slope * model.intercept + intercept,
      training: { ...training, calibration },
      change: change && { weight: times(change.weight), margin: change.margin === null ? null : times(change.margin) },
    },
    model.ids,
    Float64Array.from(model.values, (w) => slope * w),
  );
}

/** Newton steps at most; ten do. */
const STEPS = 100;
/** What rounding may hide of a loss, as a share: of a step that brings no more, it cannot be seen whether it does. */
const HIDDEN = 1e-12;
/** Keeps the Hessian from being singular. */
const RIDGE = 1e-12;
/** A step is halved down to this. */
const LEAST_SHARE = 1e-10;

/**
 * Returns the scale that fits labelled rows best. Throws DataError where they are of one class. It minimises the
 * cross-entropy of σ(a·z + c) and targets a little off 0 and 1, which keep a and c finite where the margins part the
 * classes: H.-T. Lin, C.-J. Lin and R. C. Weng, "A note on Platt's probabilistic outputs" (2007). z are the margins from 0
 * to 1. Where all margins are alike, no slope is better than another: it stays 1.
 */
export function plattScale({ margins, labels, weights }: Judged): Scale {
  const weightOf = (i: number) => (weights ? weights[i]! : 1);
  let [positives, negatives, least, most] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < margins.length; i++) {
    if (labels[i]! > 0) positives += weightOf(i);
    else negatives += weightOf(i);
    if (weightOf(i) === 0) continue;
    least = Math.min(least, margins[i]!);
    most = Math.max(most, margins[i]!);
  }
  if (positives === 0 || negatives === 0) {
    throw new DataError(`calibrate: all rows are ${positives > 0 ? '"yes"' : '"no"'}; both classes are needed`);
  }
  const [yes, no] = [(positives + 1) / (positives + 2), 1 / (negatives + 2)];
  const targetOf = (i: number) => (labels[i]! > 0 ? yes : no);
  const range = most - least;
  const z = margins.map((m) => (range > 0 ? (m - least) / range : 0));
  const lossAt = (a: number, c: number) => {
    let loss = 0;
    for (let i = 0; i < z.length; i++) {
      const m = a * z[i]! + c;
      loss += weightOf(i) * (log1pExp(m) - targetOf(i) * m);
    }
    return loss;
  };
  let [a, c] = [0, log((positives + 1) / (negatives + 1))];
  let loss = lossAt(a, c);
  for (let step = 0; step < STEPS; step++) {
    let [ga, gc, haa, hac, hcc] = [0, 0, RIDGE, 0, RIDGE];
    for (let i = 0; i < z.length; i++) {
      const [x, s] = [z[i]!, weightOf(i)];
      const p = sigmoid(a * x + c);
      const [slope, curvature] = [s * (p - targetOf(i)), s * p * (1 - p)];
      ga += slope * x;
      gc += slope;
      haa += curvature * x * x;
      hac += curvature * x;
      hcc += curvature;
    }
    const determinant = haa * hcc - hac * hac;
    const [da, dc] = [(hac * gc - hcc * ga) / determinant, (hac * ga - haa * gc) / determinant];
    const rise = ga * da + gc * dc;
    const isLast = rise > -HIDDEN * loss;
    let share = 1;
    let next = lossAt(a + da, c + dc);
    // Armijo's condition.
    for (; !isLast && next > loss + 1e-4 * share * rise && share > LEAST_SHARE; ) {
      share /= 2;
      next = lossAt(a + share * da, c + share * dc);
    }
    [a, c, loss] = [a + share * da, c + share * dc, next];
    if (isLast) break;
  }
  const slope = range > 0 ? a / range : 1;
  return { slope, intercept: c - slope * least };
}
