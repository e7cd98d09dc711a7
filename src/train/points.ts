import type { Table } from "../data/blocktypes.js";
import type { RowReader } from "../data/reader.js";
import type { Loss } from "../engine/kernels.js";
import { evaluateEach, type Running } from "../model/evaluate.js";
import { Model } from "../model/model.js";
import { type Metrics, meanLossOf } from "../report/metrics.js";
import type { Ranking } from "../report/ranking.js";
import { diverged, type Fit, summary } from "./fit.js";
import type { Learner } from "./learner.js";
import type { SweepPoint } from "./options.js";
import type { ProgressiveReport } from "./progressive.js";
import type { ResumeOptions } from "./session.js";

/** One model of a streamed training, and how well it predicts. */
export interface StreamPoint {
  /** What it has of its own in a sweep. */
  point: SweepPoint;
  model: Model;
  columns: Fit["columns"];
  loss: Fit["loss"];
  progressive: ProgressiveReport;
  /** Ids that training met, zero or not, in no order; null unless `keepSeen` asked for them, and where ids share slots. */
  seen: Float64Array | null;
  /** Measured in a last pass over the rows held out; null without any. */
  holdout: Metrics | null;
  /** Of the same rows, what reliability and ROC come from; null without any, and with squared loss. */
  ranking: Ranking | null;
}

/** What all models of a stream have in common. */
interface Base {
  reader: RowReader;
  table: Table;
  loss: Loss;
  declared: number;
  rows: number;
}

/** Makes a model of what one of a learner's trainers learned; `options` are those that shaped it. */
export function finishPoint(
  learner: Learner,
  i: number,
  { reader, table, loss, declared: known, rows }: Base,
  options: object,
  point: SweepPoint,
): StreamPoint {
  const { space, vwBits = null } = reader;
  const declared = Math.max(known, table.beyond === "refused" ? table.slots : 0);
  const slots = table.beyond === "folded" ? table.slots : null;
  const { keepSeen = false } = options as ResumeOptions;
  const found = learner.harvest(i, slots ? null : space, keepSeen && slots === null);
  const { ids, weights, intercept, seen, seenByFeature, seenIds } = found;
  if (!Number.isFinite(weights.reduce((sum, it) => sum + it, intercept))) throw diverged();
  const progressive = learner.progressives[i]!.report();
  const losses = { progressive: progressive.loss, train: null, validation: null };
  const training = summary(options, rows, { seen, seenByFeature }, losses);
  const model = Model.from({ loss, intercept, declared, slots, space, vwBits, training }, ids, weights);
  const columns = { declared, seen, kept: model.kept };
  return { point, model, columns, loss: { ...losses }, progressive, seen: seenIds, holdout: null, ranking: null };
}

/** Measures models on rows, in one pass. */
export async function validate(points: readonly StreamPoint[], rows: RowReader, options: Running): Promise<void> {
  const models = points.map(({ model }) => model);
  const measured = await evaluateEach(models, rows, options);
  points.forEach((it, i) => {
    const { metrics, ranking } = measured[i]!;
    it.holdout = metrics;
    it.ranking = ranking;
    it.loss.validation = meanLossOf(metrics);
    it.model.training.loss.validation = it.loss.validation;
  });
}

/** Returns the model of least loss: on rows held out if there are any, else progressive. Of equals the first. */
export function bestOf(points: readonly StreamPoint[]): StreamPoint {
  const lossOf = ({ loss, progressive }: StreamPoint) =>
    loss.validation ?? progressive.holdout?.loss ?? progressive.loss;
  return points.reduce((best, it) => (lossOf(it) < lossOf(best) ? it : best));
}
