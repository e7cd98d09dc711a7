import { type CsvOptions, csvSource } from "../data/csv.js";
import { checkHoldout, type DatasetOptions, lossOf } from "../data/dataset.js";
import { type NdjsonOptions, ndjsonSource } from "../data/ndjson.js";
import type { TableDatasetOptions } from "../data/read.js";
import { isHeldOut, type RowReader } from "../data/reader.js";
import type { Input } from "../data/source.js";
import { svmlightReader } from "../data/svmlight.js";
import { isLearned, learnSpace, type TableSource, tableReader } from "../data/table.js";
import type { Store } from "../data/text.js";
import { createEngine } from "../engine/engine.js";
import type { Loss } from "../engine/kernels.js";
import { DataError, OptionError } from "../errors.js";
import { evaluateRows } from "../model/evaluate.js";
import { Model } from "../model/model.js";
import type { Metrics } from "../report/metrics.js";
import { diverged, type Fit, summary } from "./fit.js";
import { Learner } from "./learner.js";
import { checkSolver, type SolverOptions, type TableOptions } from "./options.js";
import { tableFor } from "./slots.js";
import { createTrainer } from "./trainer.js";

type Without<T> = Omit<T, "like" | "signal">;
/** What every format takes. */
type StreamOptions = SolverOptions & TableOptions & Without<DatasetOptions>;
export type StreamSvmlightOptions = StreamOptions & { name?: string };
export type StreamCsvOptions = SolverOptions & TableOptions & Without<TableDatasetOptions> & CsvOptions;
export type StreamNdjsonOptions = SolverOptions & TableOptions & Without<TableDatasetOptions> & NdjsonOptions;

/** What a streamed training gave: as Fit, with what was met on the way. */
export interface StreamFit extends Fit {
  /** Bad lines left out, and values not seen when the space was learned. */
  skipped: number;
  /** Measured in a last pass over the rows held out; null without any. */
  holdout: Metrics | null;
}

/**
 * Trains on svmlight text as it is read, in the order of its rows, in memory that grows with the columns seen but
 * not with the rows. More than one epoch, or a holdout, reads the input again: a stream is then kept in memory.
 */
export async function streamSvmlight(input: Input, given: StreamSvmlightOptions = {}): Promise<StreamFit> {
  const options = checkSolver(given, true) as StreamSvmlightOptions;
  const loss = lossOf(options);
  return train(svmlightReader(input, { ...options, loss, keep: isReadAgain(options) }), loss, options);
}

/** As streamSvmlight, for CSV or TSV. A space that has to learn (all kinds but hash) needs a pass of its own first. */
export async function streamCsv(input: Input, given: StreamCsvOptions): Promise<StreamFit> {
  return streamTable((keep) => csvSource(input, { ...given, keep }), given);
}

/** As streamCsv, for NDJSON, an object a line. */
export async function streamNdjson(input: Input, given: StreamNdjsonOptions): Promise<StreamFit> {
  return streamTable((keep) => ndjsonSource(input, { ...given, keep }), given);
}

async function streamTable(
  open: (keep: boolean) => TableSource,
  given: SolverOptions & Without<TableDatasetOptions>,
): Promise<StreamFit> {
  const options = checkSolver(given, true) as typeof given;
  if (options.offset !== undefined) throw new OptionError('a stream takes no offsets: solver "batch" does');
  if (!options.space) throw new OptionError('a table needs a feature space: give "space"');
  const loss = lossOf(options);
  const { holdout = 0, seed = 1 } = options;
  const source = open(isReadAgain(options) || isLearned(options));
  const table = { ...options, loss, holdout: { fraction: holdout, seed } };
  return train(tableReader(source, await learnSpace(source, options.space, table), table), loss, options);
}

function isReadAgain({ epochs = 1, holdout = 0 }: SolverOptions & DatasetOptions): boolean {
  return epochs > 1 || holdout > 0;
}

/** One parses while the other trains. */
const THREADS = 2;

async function train(reader: RowReader, loss: Loss, options: StreamOptions): Promise<StreamFit> {
  const { holdout: fraction = 0, seed = 1, epochs = 1, signal } = options;
  checkHoldout(fraction);
  signal?.throwIfAborted();
  using engine = await createEngine({ ...options, threads: options.threads ?? THREADS });
  const trainer = createTrainer(engine, loss, options, 1);
  const table = tableFor(reader.declared, options);
  const learner = new Learner(engine, trainer, table, { fraction, seed }, options);
  const { monitor, store } = learner;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    monitor.beginEpoch(epoch);
    for await (const _ of readInto(reader, store)) {
      if (!monitor.isDue) continue;
      learner.settle();
      await monitor.breathe();
    }
    learner.finish();
    await monitor.endEpoch();
  }

  if (learner.rows === 0) throw new DataError(`${reader.name}: all rows are held out; none is left to train on`);
  const { space, tally } = reader;
  const declared = Math.max(reader.declared, table?.isFolded ? 0 : (table?.slots ?? 0));
  const slots = table?.isFolded ? table.slots : null;
  const { ids, weights, intercept, seen, seenByFeature } = learner.harvest(slots ? null : space);
  if (!Number.isFinite(weights.reduce((sum, it) => sum + it, intercept))) throw diverged();
  const { skipped } = tally;
  const progressive = monitor.loss;
  const rows = learner.rows / epochs;
  const training = summary(options, rows, { seen, seenByFeature }, { progressive, train: null, validation: null });
  const model = Model.from({ loss, intercept, declared, slots, space, training }, ids, weights);
  const metrics = learner.heldWeight > 0 ? await evaluateRows(model, heldOut(reader, fraction, seed)) : null;
  const validation = metrics && (metrics.logLoss ?? metrics.rmse ** 2 / 2);
  training.loss.validation = validation;
  return {
    model,
    rows,
    columns: { declared, seen, kept: model.kept },
    loss: { progressive, train: null, validation },
    objective: null,
    certificate: null,
    runtime: engine.runtime,
    skipped,
    holdout: metrics,
  };
}

/** Reads all rows into a store, by a kernel where the format has one. */
function readInto(reader: RowReader, store: Store): AsyncIterable<void> {
  if (reader.parse) return reader.parse(store);
  return reader.read((entries, label, weight) => store.addRow(entries, label, weight));
}

/** The rows of a reader that were held out. */
function heldOut(reader: RowReader, fraction: number, seed: number): RowReader {
  return {
    ...reader,
    read: (sink) =>
      reader.read((entries, label, weight, row) => {
        if (isHeldOut(row, fraction, seed)) sink(entries, label, weight, row);
      }),
  };
}
