import { Cache, type CacheReport, readerOver } from "../data/cache.js";
import { type CsvOptions, csvSource } from "../data/csv.js";
import { checkHoldout, type DatasetOptions, lossOf } from "../data/dataset.js";
import { type NdjsonOptions, ndjsonSource } from "../data/ndjson.js";
import type { TableDatasetOptions } from "../data/read.js";
import { isHeldOut, type RowReader } from "../data/reader.js";
import type { TableSource } from "../data/records.js";
import type { Input } from "../data/source.js";
import { svmlightReader } from "../data/svmlight.js";
import { isLearned, learnSpace, tableReader } from "../data/table.js";
import { stoppable, until } from "../data/until.js";
import { vwReader } from "../data/vw.js";
import { createEngine } from "../engine/engine.js";
import type { Loss } from "../engine/kernels.js";
import { DataError, OptionError } from "../errors.js";
import type { SpaceDefinition } from "../features/define.js";
import { checkSolver, checkStream } from "./check.js";
import { checksumOf } from "./checkpoint.js";
import type { Fit } from "./fit.js";
import { Learner } from "./learner.js";
import type {
  CacheOptions,
  Progress,
  ProgressiveOptions,
  SliceOptions,
  SolverOptions,
  TableOptions,
} from "./options.js";
import { bestOf, finishPoint, type StreamPoint, validate } from "./points.js";
import { Keeper, openSession, type ResumeOptions, type Session } from "./session.js";
import { tableFor } from "./slots.js";
import { createTrainer } from "./trainer.js";

type Without<T> = Omit<T, "like" | "signal">;
/** What every format takes. */
type Streaming = SolverOptions & TableOptions & CacheOptions & ProgressiveOptions & ResumeOptions;
type StreamOptions = Streaming & Without<DatasetOptions>;
type StreamTableOptions = Streaming & SliceOptions & Without<TableDatasetOptions>;
export type StreamSvmlightOptions = StreamOptions & { name?: string };
/** `bits`: of the hashes, and of the table that solver ftrl trains in. */
export type StreamVwOptions = StreamSvmlightOptions;
export type StreamCsvOptions = StreamTableOptions & CsvOptions;
export type StreamNdjsonOptions = StreamTableOptions & NdjsonOptions;

/** What a streamed training gave: as Fit, with what was met on the way. Of a sweep, all is that of the best model. */
export interface StreamFit extends Fit, StreamPoint {
  /** Bad lines left out, and values not seen when the space was learned. */
  skipped: number;
  /** All models, in the order of `sweep`. */
  points: StreamPoint[];
  /** The training state, to save and to `update` with new data; null unless `keepState` asked for it. */
  state: Uint8Array | null;
  /** What became of the cache; null where none was asked for. */
  cache: CacheReport | null;
}

/**
 * Trains on svmlight text as it is read, in the order of its rows, in memory that grows with the columns seen but
 * not with the rows. More than one epoch, or a holdout, reads the input again: a stream is then kept in memory.
 */
export async function streamSvmlight(input: Input, given: StreamSvmlightOptions = {}): Promise<StreamFit> {
  const options = checkSolver(given, true) as StreamSvmlightOptions;
  const loss = lossOf(options);
  checkStream(options);
  const session = await openSession("svmlight", input, options);
  const reader = svmlightReader(input, { ...options, loss, keep: isReadAgain(options) });
  return withCache(input, "svmlight", options, (cache) => train(reader, loss, options, session, cache));
}

/** As streamSvmlight, for the text format of Vowpal Wabbit. */
export async function streamVw(input: Input, given: StreamVwOptions = {}): Promise<StreamFit> {
  const options = checkSolver(given, true) as StreamVwOptions;
  const loss = lossOf(options);
  const reader = vwReader(input, { ...options, loss, keep: isReadAgain(options) });
  checkStream(options);
  const session = await openSession("vw", input, options);
  // Hashes of 29 bits, those for sgd, and those that are admitted by chance, are numbered as they are met.
  const { bits, ...others } = options;
  const isNumbered = bits === 29 || options.solver === "sgd" || options.inclusion !== undefined;
  const trained = isNumbered ? others : options;
  return withCache(input, "vw", options, (cache) => train(reader, loss, trained, session, cache));
}

/** As streamSvmlight, for CSV or TSV. A space that has to learn (all kinds but hash) needs a pass of its own first. */
export async function streamCsv(input: Input, given: StreamCsvOptions): Promise<StreamFit> {
  return streamTable(input, "csv", (keep) => csvSource(input, { ...given, keep }), given);
}

/** As streamCsv, for NDJSON, an object a line. */
export async function streamNdjson(input: Input, given: StreamNdjsonOptions): Promise<StreamFit> {
  return streamTable(input, "ndjson", (keep) => ndjsonSource(input, { ...given, keep }), given);
}

async function streamTable(
  input: Input,
  format: string,
  open: (keep: boolean) => TableSource,
  given: StreamTableOptions,
): Promise<StreamFit> {
  const options = checkSolver(given, true) as typeof given;
  if (options.offset !== undefined) throw new OptionError('a stream takes no offsets: solver "batch" does');
  if (!options.space) throw new OptionError('a table needs a feature space: give "space"');
  const loss = lossOf(options);
  const { holdout = 0, seed = 1, holdoutEvery: every = 0 } = options;
  checkStream(options);
  const session = await openSession("table", input, options);
  const known = session.start?.space;
  const source = open(isReadAgain(options) || (!known && isLearned(options)));
  const table = { ...options, loss, holdout: { fraction: holdout, seed, every } };
  return withCache(input, format, options, async (cache) => {
    const learn = () => learnSpace(stoppable(source, options.signal), options.space as SpaceDefinition, table);
    const space = known ?? cache?.space ?? (await learn());
    return train(tableReader(source, space, table), loss, options, session, cache);
  });
}

/** Calls `run` with the cache that is asked for, null where that is none. */
async function withCache(
  input: Input,
  format: string,
  options: StreamOptions & SliceOptions & Partial<TableDatasetOptions>,
  run: (cache: Cache | null) => Promise<StreamFit>,
): Promise<StreamFit> {
  const cache = await Cache.open(options.cache, input, shapingOf(format, options));
  try {
    return await run(cache);
  } finally {
    await cache?.close();
  }
}

/** Options that shape the rows of a stream, or its blocks. */
const SHAPING = "loss positive skipBad name target weight delimiter header bits dense".split(" ");

function shapingOf(format: string, options: StreamOptions & SliceOptions & Partial<TableDatasetOptions>): object {
  const { space, solver, holdout = 0, holdoutEvery = 0, seed = 1, target, update } = options;
  if (options.cache !== undefined && options.slices?.length) {
    throw new OptionError("cache: it holds no texts of columns, which slices need: give one of both");
  }
  if (options.cache !== undefined && options.inclusion !== undefined) {
    throw new OptionError("cache: it holds rows without the ids left out by inclusion, which later passes may admit");
  }
  if (options.cache !== undefined && typeof target === "function") {
    throw new OptionError("cache: a target that is a function cannot be told from another; give an expression");
  }
  return {
    format,
    ...Object.fromEntries(SHAPING.map((name) => [name, options[name as keyof typeof options]])),
    batch: (solver !== "sgd" && options.batch) || 1,
    replicas: options.replicas ?? 1,
    space,
    ...(space && isLearned({ space }) && { holdout, holdoutEvery, seed }),
    // What is updated has numbered columns, and its space has learned.
    ...(update && { base: checksumOf(update) }),
  };
}

function isReadAgain({ epochs = 1, holdout = 0 }: SolverOptions & DatasetOptions): boolean {
  return epochs > 1 || holdout > 0;
}

/** Both parse, and one trains meanwhile. */
const THREADS = 2;

async function train(
  given: RowReader,
  loss: Loss,
  options: StreamOptions & SliceOptions,
  session: Session,
  cache: Cache | null,
): Promise<StreamFit> {
  const reader = cache ? readerOver(cache, given) : given;
  const { holdout: fraction = 0, seed = 1, holdoutEvery: every = 0, epochs = 1, signal, keepState = false } = options;
  checkHoldout(fraction);
  const points = checkStream(options);
  if (options.slices && !reader.space) throw new OptionError("slices are of a table: this data has no columns by name");
  signal?.throwIfAborted();
  using engine = await createEngine({ ...options, threads: options.threads ?? THREADS });
  const trainers = points.map((point) => createTrainer(engine, loss, { ...options, ...point }, 1));
  const table = tableFor(reader.declared, options);
  const passes = epochs - (session.isResumed ? session.start!.counts.epoch - 1 : 0);
  const done = await progressOf(reader, passes);
  const learner = new Learner(engine, trainers, loss, table, { fraction, seed, every }, options, done);
  learner.store.reach(reader.declared);
  const keeper = new Keeper(session, learner, reader, options.checkpoint);
  try {
    await runEpochs(reader, learner, keeper, session, options, cache);
  } catch (error) {
    if (signal?.aborted && error === signal.reason) await keeper.save();
    throw error;
  }
  const { earlier } = keeper;
  if (learner.rows === earlier.visits) {
    throw new DataError(`${reader.name}: all rows are held out; none is left to train on`);
  }
  const state = await keeper.finish(keepState);

  const rows = (learner.rows - earlier.visits) / epochs;
  const base = { reader, table, loss, declared: keeper.declared, rows: earlier.rows + rows };
  const models = points.map((point, i) => finishPoint(learner, i, base, { ...options, ...point }, point));
  const isHeld = fraction > 0 && learner.heldWeight > earlier.heldWeight;
  if (isHeld) await validate(models, heldOut(reader, fraction, seed), options);
  const { skipped } = reader.tally;
  const rest = { rows, objective: null, certificate: null, runtime: engine.runtime, skipped, state, points: models };
  return { ...bestOf(models), ...rest, cache: cache && { ...cache.report } };
}

/** Trains through all passes that are left. */
async function runEpochs(
  reader: RowReader,
  learner: Learner,
  keeper: Keeper,
  { start, isResumed }: Session,
  { epochs = 1, signal }: StreamOptions,
  cache: Cache | null,
): Promise<void> {
  const { monitor } = learner;
  if (start && isResumed) keeper.epoch = start.counts.epoch;
  learner.beginEpoch(keeper.epoch);
  if (start) learner.resume(start, isResumed);
  for (; ; learner.beginEpoch(++keeper.epoch)) {
    for await (const _ of until(signal, readInto(reader, learner, cache))) {
      await keeper.tick();
      if (monitor.isDue) await monitor.breathe();
    }
    learner.finish();
    await monitor.endEpoch();
    if (keeper.epoch >= epochs) return;
    await keeper.tick();
  }
}

/** Returns a function that tells how much of so many passes is done. */
async function progressOf({ reading }: RowReader, passes: number): Promise<() => Pick<Progress, "read" | "share">> {
  if (!reading) return () => ({ read: null, share: null });
  const length = await reading.length();
  const before = reading.read;
  return () => ({
    read: reading.read,
    share: length ? Math.min((reading.read - before) / (length * passes), 1) : null,
  });
}

/**
 * Reads all rows to a learner: from a cache where it has them, else by a kernel where the format has one and nothing but
 * rows is asked for.
 */
function readInto(reader: RowReader, learner: Learner, cache: Cache | null): AsyncIterable<void> {
  const parse = () => {
    if (reader.parse && !learner.isSliced) return reader.parse(learner.store);
    return reader.read((entries, label, weight, _row, _offset, cells = []) =>
      learner.addRow(entries, label, weight, cells),
    );
  };
  return cache ? cache.read(reader, learner.store, parse) : parse();
}

/** The rows of a reader that were held out. */
function heldOut({ parse: _, ...reader }: RowReader, fraction: number, seed: number): RowReader {
  return {
    ...reader,
    read: (sink) =>
      reader.read((entries, label, weight, row) => {
        if (isHeldOut(row, fraction, seed)) sink(entries, label, weight, row);
      }),
  };
}
