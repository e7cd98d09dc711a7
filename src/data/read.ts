import { createEngine, type Engine } from "../engine/engine.js";
import { DataError, OptionError } from "../errors.js";
import type { SpaceDefinition } from "../features/define.js";
import type { Fields } from "../features/space.js";
import { checkNames } from "../options.js";
import { type Arrays, arraysReader } from "./arrays.js";
import { type RowBlock, RowBuffer, rename } from "./block.js";
import { type CsvOptions, csvSource } from "./csv.js";
import { checkHoldout, Dataset, type DatasetOptions, lossOf, type Placed } from "./dataset.js";
import { Dictionary } from "./dictionary.js";
import { type NdjsonOptions, ndjsonSource } from "./ndjson.js";
import { isHeldOut, type RowReader } from "./reader.js";
import { recordsSource, type TableSource } from "./records.js";
import type { Input } from "./source.js";
import { RowStore } from "./store.js";
import { svmlightReader } from "./svmlight.js";
import { isLearned, learnSpace, tableReader } from "./table.js";
import type { Target } from "./target.js";
import { stoppable, until } from "./until.js";
import { vwReader } from "./vw.js";

/** What the reader of Vowpal Wabbit text takes. */
export interface VwDatasetOptions extends DatasetOptions {
  /** Ids are hashes modulo 2^bits, 1 … 29. Default 22, or as in `like`. */
  bits?: number;
  /** For messages; by default what the input tells of itself. */
  name?: string;
}

/** What readers of tables and records take: the features, and what is learned from them. */
export interface TableDatasetOptions extends DatasetOptions {
  /** What `featureSpace` returns. Not needed with `like`. */
  space?: SpaceDefinition;
  /** A column, an expression such as "price > 150", or a function of the record. */
  target: Target;
  /** Column that holds each row's sample weight, 0 or more. */
  weight?: string;
  /** Column of what each row's margin begins with, before the features add to it. For solver batch. */
  offset?: string;
}

/** Reads svmlight/LIBSVM text into memory. Throws DataError, MemoryError, OptionError. */
export async function readSvmlight(input: Input, options: DatasetOptions & { name?: string } = {}): Promise<Dataset> {
  checkNames(options);
  const { like } = options;
  if (like?.space) throw new OptionError("the training data had named columns; svmlight has numbers");
  if (like?.vwBits)
    throw new OptionError("the training data's ids were hashes of Vowpal Wabbit's; svmlight has numbers");
  return load(svmlightReader(input, { ...options, loss: lossOf(options), keep: false }), options);
}

/**
 * Reads the text format of Vowpal Wabbit into memory: ids are the hashes that it gives, modulo 2^bits. Throws DataError,
 * MemoryError, OptionError.
 */
export async function readVw(input: Input, options: VwDatasetOptions = {}): Promise<Dataset> {
  checkNames(options);
  const { like, bits = like?.vwBits ?? undefined } = options;
  if (like && like.vwBits !== bits) throw new OptionError(unlike(like.vwBits, bits));
  const own = { ...options, ...(bits !== undefined && { bits }), loss: lossOf(options), keep: false };
  return load(vwReader(input, own), options);
}

function unlike(trained: number | null, given: number | undefined): string {
  if (trained === null) return "the training data's ids were no hashes of Vowpal Wabbit's";
  return `bits ${given}: the training data's ids are hashes of ${trained} bits`;
}

/** Reads CSV or TSV into memory through a feature space. Throws DataError, MemoryError, OptionError. */
export async function readCsv(input: Input, options: TableDatasetOptions & CsvOptions): Promise<Dataset> {
  return readTable(csvSource(input, { ...options, keep: isLearned(options) }), options);
}

/** Reads NDJSON, an object a line, into memory through a feature space. Throws DataError, MemoryError, OptionError. */
export async function readNdjson(input: Input, options: TableDatasetOptions & NdjsonOptions): Promise<Dataset> {
  return readTable(ndjsonSource(input, { ...options, keep: isLearned(options) }), options);
}

/** Takes records, objects with a field a column, into memory through a feature space. Iterates them twice. */
export async function readRecords(
  records: Iterable<Fields> | AsyncIterable<Fields>,
  options: TableDatasetOptions,
): Promise<Dataset> {
  return readTable(recordsSource(records), options);
}

async function readTable(source: TableSource, options: TableDatasetOptions): Promise<Dataset> {
  const began = performance.now();
  checkNames(options);
  if (options.target === undefined)
    throw new OptionError('a table needs a "target": a column, a comparison or a function');
  const { holdout = 0, seed = 1 } = options;
  const table = { ...options, loss: lossOf(options), holdout: { fraction: holdout, seed } };
  let space = options.like?.space ?? null;
  if (!space && options.like) throw new OptionError("the training data had no feature space; a table needs one");
  if (!space && !options.space) throw new OptionError('a table needs a feature space: give "space" (or "like")');
  space ??= await learnSpace(stoppable(source, options.signal), options.space as SpaceDefinition, table);
  return load(tableReader(source, space, table), options, performance.now() - began);
}

/** Takes a CSR matrix into memory. Throws DataError on inconsistent arrays. */
export async function readArrays(arrays: Arrays, options: DatasetOptions = {}): Promise<Dataset> {
  return load(arraysReader(arrays, lossOf(options), options.positive), options);
}

/** `learning`: milliseconds that a first pass took. */
async function load(reader: RowReader, options: DatasetOptions, learning = 0): Promise<Dataset> {
  const began = performance.now();
  const { like } = options;
  checkHoldout(options.holdout ?? 0);
  // An engine may be at work for others while rows come in; they have one to themselves.
  const own = await createEngine(like ? { kernels: kernelsOf(like) } : options);
  try {
    const store = new RowStore(own);
    const held = await read(reader, store, options);
    const { dictionary, unseen, heldUnseen } = numberColumns(store, held, like);
    const tally = { ...reader.tally, unseen: reader.tally.unseen + unseen };
    const [first, second] = [learning / 1000, (performance.now() - began) / 1000];
    const common = {
      loss: lossOf(options),
      dictionary,
      declared: like?.declared ?? reader.declared,
      space: reader.space,
      vwBits: reader.vwBits ?? null,
      seconds: reader.space ? { load: first, encode: second } : { load: second, encode: 0 },
    };
    const datasetOn = (engine: Engine, stays: Placed | null): Dataset => {
      const heldTally = { ...tally, rows: held?.rows ?? 0, unseen: heldUnseen };
      const heldParts = { ...common, engine, ownsEngine: false, tally: heldTally, holdout: null };
      const heldSet = held && new Dataset({ ...heldParts, placed: placeIn(engine, held) });
      const placed = stays ?? placeIn(engine, store.block());
      return new Dataset({ ...common, engine, ownsEngine: !like, tally, placed, holdout: heldSet });
    };
    if (!like) return datasetOn(own, store.finish());
    return await like.engine.exclusive(() => {
      const { memory } = like.engine;
      const mark = memory.mark();
      try {
        return datasetOn(like.engine, null);
      } catch (error) {
        memory.release(mark);
        throw error;
      } finally {
        own.dispose();
      }
    });
  } catch (error) {
    own.dispose();
    throw error;
  }
}

/** The engine's own kind of kernels: with others, or none, there would be no point in having it. */
function kernelsOf({ engine }: Dataset): "wasm" | "baseline" {
  return engine.runtime.kernels === "baseline" ? "baseline" : "wasm";
}

/** Reads all rows into a store and returns those that are held out, taken from there; null when none are asked for. */
async function read(reader: RowReader, store: RowStore, options: DatasetOptions): Promise<RowBlock | null> {
  const { holdout = 0, seed = 1, signal } = options;
  const held: number[] = [];
  const pass = reader.parse
    ? reader.parse(store)
    : reader.read((entries, label, weight, row, offset) => {
        if (isHeldOut(row, holdout, seed)) held.push(store.rows);
        store.addRow(entries, label, weight, offset);
      });
  for await (const _ of until(signal, pass));
  if (reader.parse) for (let i = 0; i < store.rows; i++) if (isHeldOut(i, holdout, seed)) held.push(i);
  const block = holdout > 0 ? store.takeOut(held) : null;
  if (store.rows === 0) throw new DataError(`${reader.name}: all rows are held out; none is left to train on`);
  const isWeightless = store.block().weights?.every((weight) => weight === 0);
  if (isWeightless) throw new DataError(`${reader.name}: every row's weight is 0`);
  return block;
}

/** Numbers the columns as another dataset does, or as they first occur in the rows that are not held out. */
function numberColumns(store: RowStore, held: RowBlock | null, like: Dataset | undefined) {
  const { ids } = store.dictionary;
  if (!like && !held) return { dictionary: Dictionary.of(ids), unseen: 0, heldUnseen: 0 };
  let dictionary = like?.dictionary;
  const places = new Int32Array(ids.length).fill(-1);
  if (dictionary) for (let j = 0; j < ids.length; j++) places[j] = dictionary.find(ids[j]!);
  else {
    const own = new Float64Array(ids.length);
    let length = 0;
    for (const j of store.block().indices) {
      if (places[j]! >= 0) continue;
      own[length] = ids[j]!;
      places[j] = length++;
    }
    dictionary = Dictionary.of(own.subarray(0, length));
  }
  return { dictionary, unseen: store.rename(places), heldUnseen: held ? rename(held, places) : 0 };
}

/** Copies rows into an engine's memory. */
function placeIn({ memory }: Engine, block: RowBlock): Placed {
  const from = memory.mark();
  const rows = new RowBuffer(memory).fill(block);
  const offsets = block.offsets && memory.f64(block.rows);
  if (block.offsets) offsets?.view.set(block.offsets);
  return { rows, offsets, span: [from, memory.mark()] };
}
