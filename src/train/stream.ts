import { RowBlockBuilder, RowBuffer } from "../data/block.js";
import { type CsvOptions, csvSource } from "../data/csv.js";
import { checkHoldout, type DatasetOptions, longestRow, lossOf } from "../data/dataset.js";
import { Dictionary } from "../data/dictionary.js";
import { type NdjsonOptions, ndjsonSource } from "../data/ndjson.js";
import type { TableDatasetOptions } from "../data/read.js";
import { isHeldOut, type RowReader } from "../data/reader.js";
import type { Input } from "../data/source.js";
import { svmlightReader } from "../data/svmlight.js";
import { isLearned, learnSpace, type TableSource, tableReader } from "../data/table.js";
import { createEngine, type Engine } from "../engine/engine.js";
import type { Loss } from "../engine/kernels.js";
import { DataError, OptionError } from "../errors.js";
import { evaluateRows } from "../model/evaluate.js";
import { Model } from "../model/model.js";
import type { Metrics } from "../report/metrics.js";
import { diverged, type Fit, summary } from "./fit.js";
import { Monitor } from "./monitor.js";
import { checkSolver, type SolverOptions } from "./options.js";
import { createTrainer, type Trainer } from "./trainer.js";

type Without<T> = Omit<T, "like" | "signal">;
export type StreamSvmlightOptions = SolverOptions & Without<DatasetOptions> & { name?: string };
export type StreamCsvOptions = SolverOptions & Without<TableDatasetOptions> & CsvOptions;
export type StreamNdjsonOptions = SolverOptions & Without<TableDatasetOptions> & NdjsonOptions;

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

/** Rows to a block, before rounding to whole batches: blocks fall alike however the input is chunked. */
const BLOCK_ROWS = 2048;

async function train(reader: RowReader, loss: Loss, options: SolverOptions & DatasetOptions): Promise<StreamFit> {
  const { holdout = 0, seed = 1, epochs = 1, signal } = options;
  checkHoldout(holdout);
  signal?.throwIfAborted();
  using engine = await createEngine(options);
  const trainer = createTrainer(engine, loss, options, 1);
  const learner = new BlockTrainer(engine, trainer, options);
  let heldWeight = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    learner.monitor.beginEpoch(epoch);
    const pass = reader.read((entries, label, weight, row) => {
      if (isHeldOut(row, holdout, seed)) {
        heldWeight += weight;
        return;
      }
      const { dictionary, builder } = learner;
      builder.addRow(entries, dictionary, label, weight);
      learner.trainWhenFull();
    });
    for await (const _ of pass) if (learner.monitor.isDue) await learner.monitor.breathe();
    learner.train();
    await learner.monitor.endEpoch();
  }

  if (learner.rows === 0) throw new DataError(`${reader.name}: all rows are held out; none is left to train on`);
  const seen = learner.dictionary.length;
  const weights = engine.memory.f64(seen);
  trainer.weightsInto(weights, seen);
  const w = weights.view.map(Math.fround); // as they ship
  const intercept = trainer.intercept();
  if (!Number.isFinite(w.reduce((sum, it) => sum + it, intercept))) throw diverged();
  const { space, declared, tally } = reader;
  const { skipped } = tally;
  const progressive = learner.monitor.loss;
  const rows = learner.rows / epochs;
  const training = summary(options, rows, learner.dictionary, space, { progressive, train: null, validation: null });
  const model = Model.from({ loss, intercept, declared, space, training }, learner.dictionary.ids, w);
  const metrics = heldWeight > 0 ? await evaluateRows(model, heldOut(reader, holdout, seed)) : null;
  const validation = metrics && (metrics.logLoss ?? metrics.rmse ** 2 / 2);
  training.loss.validation = validation;
  return {
    model,
    rows,
    columns: { declared, seen, kept: model.kept },
    loss: { progressive, train: null, validation },
    objective: null,
    certificate: null,
    runtime: engine.runtimeOnOne,
    skipped,
    holdout: metrics,
  };
}

/** Collects rows into blocks and trains on each as it fills. */
class BlockTrainer {
  readonly dictionary = new Dictionary();
  readonly builder = new RowBlockBuilder();
  readonly monitor: Monitor;
  rows = 0;
  readonly #trainer: Trainer;
  readonly #buffer: RowBuffer;
  readonly #blockRows: number;
  #columns = 0;
  #longestRow = 0;
  #batchRows = 0;
  #batchEntries = 0;
  #weightSum = 0;

  constructor({ memory }: Engine, trainer: Trainer, options: SolverOptions) {
    this.#trainer = trainer;
    this.#buffer = new RowBuffer(memory);
    this.#blockRows = Math.ceil(BLOCK_ROWS / trainer.batch) * trainer.batch;
    this.monitor = new Monitor(trainer, memory, () => this.#columns, options);
  }

  trainWhenFull(): void {
    if (this.builder.rows === this.#blockRows) this.train();
  }

  train(): void {
    const block = this.builder.block();
    if (block.rows === 0) return;
    const rows = this.#buffer.fill(block);
    // Room for columns grows by half at a time, so that it is rarely moved.
    if (this.dictionary.length > this.#columns) this.#columns = Math.ceil(this.dictionary.length * 1.5);
    this.#longestRow = Math.max(this.#longestRow, longestRow(block.pointers));
    this.#batchRows = Math.max(this.#batchRows, Math.min(block.rows, this.#trainer.batch));
    this.#batchEntries = Math.max(this.#batchEntries, block.indices.length);
    this.#trainer.reserve({
      columns: this.#columns,
      longestRow: this.#longestRow,
      batchRows: this.#batchRows,
      batchEntries: this.#batchEntries,
    });
    const weight = block.weights ? block.weights.reduce((sum, s) => sum + s, 0) : block.rows;
    this.#weightSum += weight;
    this.#trainer.weigh?.(this.#weightSum / (this.rows + block.rows) || 1);
    this.monitor.count(this.#trainer.train(rows, null, 0, block.rows), weight, block.rows);
    this.rows += block.rows;
    this.builder.clear();
  }
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
