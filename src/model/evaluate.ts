import type { Dataset } from "../data/dataset.js";
import type { RowReader } from "../data/reader.js";
import type { EngineOptions } from "../engine/engine.js";
import type { F64 } from "../engine/memory.js";
import { DataError } from "../errors.js";
import { type Assessment, assess, type Metrics } from "../report/metrics.js";
import { Spread } from "../report/spread.js";
import { Growing } from "./growing.js";
import type { Model } from "./model.js";
import { scoreRows } from "./score.js";

/** Measures a model on a dataset in memory. */
export function evaluate(model: Model, data: Dataset): Metrics {
  return assessOn(model, data).metrics;
}

/** As evaluate, with the ranking of the rows. */
export function assessOn(model: Model, data: Dataset): Assessment {
  return assessed(model, marginsOn(model, data));
}

function assessed({ loss }: Model, { margins, labels, weights }: Judged): Assessment {
  return assess(loss, margins, labels, weights);
}

/** What models say of labelled rows, and what they are. */
export interface Judged {
  /** Of each row, by the model. */
  margins: Float64Array;
  /** −1/+1 for logistic loss. */
  labels: Float64Array;
  /** Sample weights; null when every one is 1. */
  weights: Float64Array | null;
}

/** Computes a model's margins on a dataset in memory. */
export function marginsOn(model: Model, data: Dataset): Judged {
  const { kernels, memory } = data.engine;
  const mark = memory.mark();
  try {
    const w = memory.f64(data.seen);
    const margins = memory.f64(data.count);
    w.view.set(data.dictionary.ids.map((id) => model.weightOf(id)));
    kernels.margins(data.rows, 0, data.count, w, model.intercept, margins);
    addOffsets(data, margins);
    const own = (slice: F64) => slice.view.slice(0, data.count);
    const { labels, weights } = data.rows;
    return { margins: own(margins), labels: own(labels), weights: weights && own(weights) };
  } finally {
    memory.release(mark);
  }
}

/** Adds a dataset's offsets to margins. */
export function addOffsets({ offsets, count }: Dataset, margins: F64): void {
  if (!offsets) return;
  const [m, o] = [margins.view, offsets.view];
  for (let i = 0; i < count; i++) m[i]! += o[i]!;
}

/** Returns the mean loss of the best constant prediction for a dataset: of the mean, or of the share of "yes". */
export function constantLoss({ rows, count, loss, totalWeight }: Dataset): number {
  const [y, s] = [rows.labels.view, rows.weights?.view];
  if (loss === "squared") {
    const spread = new Spread();
    for (let i = 0; i < count; i++) spread.add(y[i]!, s ? s[i]! : 1);
    return spread.loss;
  }
  let positive = 0;
  for (let i = 0; i < count; i++) if (y[i]! > 0) positive += s ? s[i]! : 1;
  const entropy = (p: number) => (p > 0 ? -p * Math.log(p) : 0);
  return entropy(positive / totalWeight) + entropy(1 - positive / totalWeight);
}

/** What scoring runs on, and what ends it. */
export type Running = EngineOptions & { signal?: AbortSignal | undefined };

/** Scores labelled rows by several models in one pass; keeps three numbers a row. Throws DataError when all weigh 0. */
export async function judge(models: readonly Model[], reader: RowReader, options: Running = {}): Promise<Judged[]> {
  const margins = models.map(() => new Growing(Float64Array));
  const [labels, weights] = [new Growing(Float64Array), new Growing(Float64Array)];
  const isWeight = (s: number) => s !== 1;
  let [isWeighted, isCounted] = [false, false];
  for await (const scored of scoreRows(models, reader, { text: null, isLabelled: true }, options)) {
    for (const [i, own] of scored.margins.entries()) margins[i]!.push(own);
    labels.push(scored.labels);
    weights.push(scored.weights);
    isWeighted ||= scored.weights.some(isWeight);
    isCounted ||= scored.weights.some((s) => s > 0);
  }
  if (!isCounted) throw new DataError(`${reader.name}: every row's weight is 0`);
  return margins.map((own) => ({
    margins: own.numbers,
    labels: labels.numbers,
    weights: isWeighted ? weights.numbers : null,
  }));
}

/** Measures several models on rows as they come, in one pass. Throws as judge does. */
export async function evaluateEach(
  models: readonly Model[],
  reader: RowReader,
  options?: Running,
): Promise<Assessment[]> {
  const judged = await judge(models, reader, options);
  return judged.map((own, i) => assessed(models[i]!, own));
}
