import { createEngine, type Engine, type EngineOptions } from "../engine/engine.js";
import type { Loss, Rows } from "../engine/kernels.js";
import type { F64 } from "../engine/memory.js";
import { DataError, NoughtError, OptionError } from "../errors.js";
import type { SpaceDefinition } from "../features/define.js";
import { Entries } from "../features/entries.js";
import { type FeatureSpace, type Fields, SpaceLearner } from "../features/space.js";
import { checkNames } from "../options.js";
import { type RowBlock, RowBuffer, rename } from "./block.js";
import { type CsvOptions, csvSource } from "./csv.js";
import { Dictionary } from "./dictionary.js";
import { LabelCoder } from "./label.js";
import { isHeldOut, type RowReader, type Tally } from "./reader.js";
import type { Input } from "./source.js";
import { RowStore } from "./store.js";
import { svmlightReader } from "./svmlight.js";
import { learnSpace, recordsSource, type TableSource, type Target, tableReader } from "./table.js";

export interface DatasetOptions extends EngineOptions {
  /** What the labels are for. Default "logistic". */
  loss?: Loss;
  /** The label that means "yes", all others "no"; without it the positive label is 1 and the negative 0 or −1. */
  positive?: number;
  /** How many bad lines to leave out before giving up. Default 0. */
  skipBad?: number;
  /** Share of the rows, in [0, 1), to hold out from training: they become `holdout` of the dataset. Default 0. */
  holdout?: number;
  /** Decides which rows are held out. Default 1. */
  seed?: number;
  /** A training set whose columns, space and engine this one is to share: for test data. */
  like?: Dataset;
  signal?: AbortSignal;
}

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

/** A matrix in CSR form with its labels, as typed or plain arrays. */
export interface Arrays {
  /** Where each row begins in columns: rows + 1 numbers, the first 0. */
  rows: ArrayLike<number>;
  /** Below `dimension`, none twice in one row. */
  columns: ArrayLike<number>;
  /** One for each column; leave out when all are 1. */
  values?: ArrayLike<number>;
  /** One a row. */
  labels: ArrayLike<number>;
  /** Sample weights, one a row, 0 or more. */
  weights?: ArrayLike<number>;
  /** What each row's margin begins with, one a row. For solver batch. */
  offsets?: ArrayLike<number>;
  dimension: number;
}

/** Rows where they lie in an arena. */
interface Placed {
  rows: Rows;
  /** What each row's margin begins with; null when that is 0. */
  offsets: F64 | null;
  span: [from: number, to: number];
}

/** Rows in an engine's memory, over the columns that occur. Dispose of it to free the memory at once. */
export class Dataset implements Disposable {
  readonly engine: Engine;
  readonly loss: Loss;
  /** Number of rows, of entries, and of entries in the longest row. */
  readonly count: number;
  readonly entries: number;
  readonly longestRow: number;
  /** Sum of the sample weights. */
  readonly totalWeight: number;
  /** What each row's margin begins with; null when that is 0. */
  readonly offsets: F64 | null;
  /** Column ↔ id in the declared space. */
  readonly dictionary: Dictionary;
  /** Declared dimension. */
  readonly declared: number;
  readonly space: FeatureSpace | null;
  /** Lines left out, and values not seen in training. */
  readonly tally: Readonly<Tally>;
  /** Time to read the data (with a feature space: to learn it, in a first pass) and to encode it (in a second). */
  readonly seconds: { readonly load: number; readonly encode: number };
  /** The rows held out, sharing this one's columns and engine; null when none were asked for. */
  readonly holdout: Dataset | null;
  readonly #ownsEngine: boolean;
  /** Where the rows begin and end in the arena. */
  readonly #span: Placed["span"];
  #rows: Rows | null;

  constructor(parts: {
    engine: Engine;
    ownsEngine: boolean;
    loss: Loss;
    placed: Placed;
    dictionary: Dictionary;
    declared: number;
    space: FeatureSpace | null;
    tally: Tally;
    seconds: Dataset["seconds"];
    holdout: Dataset | null;
  }) {
    const { rows, offsets, span } = parts.placed;
    this.engine = parts.engine;
    this.#ownsEngine = parts.ownsEngine;
    this.loss = parts.loss;
    this.#rows = rows;
    this.offsets = offsets;
    this.#span = span;
    this.count = rows.labels.length;
    this.entries = rows.indices.length;
    this.longestRow = longestRow(rows.pointers.view);
    this.totalWeight = rows.weights ? rows.weights.view.reduce((sum, s) => sum + s, 0) : this.count;
    this.dictionary = parts.dictionary;
    this.declared = parts.declared;
    this.space = parts.space;
    this.tally = { ...parts.tally };
    this.seconds = parts.seconds;
    this.holdout = parts.holdout;
  }

  /** The matrix with its labels and weights, in the engine's memory. */
  get rows(): Rows {
    if (!this.#rows) throw new NoughtError("this dataset is disposed of");
    return this.#rows;
  }

  /** Columns seen in training. */
  get seen(): number {
    return this.dictionary.length;
  }

  /**
   * Lets go of the rows and of the engine. An engine that belongs to the dataset that this one is `like` stays; its
   * memory is given back if this dataset is the last that was read into it.
   */
  dispose(): void {
    if (!this.#rows) return;
    this.#rows = null;
    this.engine.reclaim(...this.#span);
    this.holdout?.dispose();
    if (this.#ownsEngine) this.engine.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

export function longestRow(pointers: Uint32Array): number {
  let longest = 0;
  for (let i = 1; i < pointers.length; i++) longest = Math.max(longest, pointers[i]! - pointers[i - 1]!);
  return longest;
}

/** Reads svmlight/LIBSVM text into memory. Throws DataError, MemoryError, OptionError. */
export async function readSvmlight(input: Input, options: DatasetOptions & { name?: string } = {}): Promise<Dataset> {
  checkNames(options);
  if (options.like?.space) throw new OptionError("the training data had named columns; svmlight has numbers");
  return load(svmlightReader(input, { ...options, loss: lossOf(options), keep: false }), options);
}

/** Reads CSV or TSV into memory through a feature space. Throws DataError, MemoryError, OptionError. */
export async function readCsv(input: Input, options: TableDatasetOptions & CsvOptions): Promise<Dataset> {
  const keep = options.space !== undefined && new SpaceLearner(options.space).isNeeded;
  return readTable(csvSource(input, { ...options, keep }), options);
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
  space ??= await learnSpace(source, options.space as SpaceDefinition, table);
  return load(tableReader(source, space, table), options, performance.now() - began);
}

/** Takes a CSR matrix into memory. Throws DataError on inconsistent arrays. */
export async function readArrays(arrays: Arrays, options: DatasetOptions = {}): Promise<Dataset> {
  return load(arraysReader(arrays, lossOf(options), options.positive), options);
}

function arraysReader(arrays: Arrays, loss: Loss, positive?: number): RowReader {
  const { rows, columns, values, labels, weights, offsets, dimension } = arrays;
  const count = rows.length - 1;
  const tally: Tally = { rows: 0, skipped: 0, unseen: 0 };
  const fail = (problem: string, row = 0): never => {
    throw new DataError(problem, { source: "arrays", line: row + 1, column: 1 });
  };
  if (!(count >= 1) || rows[0] !== 0) fail(`rows: expected 0 first and one number more than there are rows`);
  if (labels.length !== count) fail(`labels: ${labels.length} for ${count} rows`);
  if (weights && weights.length !== count) fail(`weights: ${weights.length} for ${count} rows`);
  if (offsets && offsets.length !== count) fail(`offsets: ${offsets.length} for ${count} rows`);
  if (rows[count] !== columns.length) fail(`columns: ${columns.length}, but rows end at ${rows[count]}`);
  if (values && values.length !== columns.length) fail(`values: ${values.length} for ${columns.length} columns`);
  return {
    name: "arrays",
    space: null,
    declared: dimension,
    tally,
    async *read(sink) {
      const coder = new LabelCoder(loss, positive);
      const entries = new Entries();
      for (let i = 0; i < count; i++) {
        entries.clear();
        const [from, to] = [rows[i]!, rows[i + 1]!];
        if (!(to >= from && to <= columns.length)) fail(`row ends at ${to}, before its beginning ${from}`, i);
        const met = new Set<number>();
        for (let k = from; k < to; k++) {
          const column = columns[k]!;
          const value = values ? Math.fround(values[k]!) : 1;
          if (!(Number.isInteger(column) && column >= 0 && column < dimension)) {
            fail(`column ${column} is not a whole number below the dimension ${dimension}`, i);
          }
          if (met.has(column)) fail(`column ${column} appears twice in a row`, i);
          if (!Number.isFinite(value)) fail(`value ${values?.[k]} is not a finite number`, i);
          met.add(column);
          if (value !== 0) entries.push(column, value);
        }
        if (!Number.isFinite(labels[i]!)) fail(`label ${labels[i]} is not a finite number`, i);
        const weight = weights ? weights[i]! : 1;
        if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) fail(`weight ${weight} is not a number ≥ 0`, i);
        let label = labels[i]!;
        try {
          label = coder.code(label);
        } catch (error) {
          fail((error as DataError).problem, i);
        }
        const offset = offsets ? offsets[i]! : 0;
        if (!Number.isFinite(offset)) fail(`offset ${offset} is not a finite number`, i);
        sink(entries, label, weight, i, offset);
        tally.rows++;
        if (i % 4096 === 0) yield;
      }
    },
  };
}

export function lossOf({ loss = "logistic", like }: DatasetOptions): Loss {
  const chosen = like?.loss ?? loss;
  if (chosen !== "logistic" && chosen !== "squared") {
    throw new OptionError(`loss ${JSON.stringify(chosen)}: expected "logistic" or "squared"`);
  }
  return chosen;
}

export function checkHoldout(holdout: number): void {
  if (!(holdout >= 0 && holdout < 1)) throw new OptionError(`holdout ${holdout}: expected a number in [0, 1)`);
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
  for await (const _ of pass) signal?.throwIfAborted();
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
