import { createEngine, type Engine, type EngineOptions } from "../engine/engine.js";
import type { Loss } from "../engine/kernels.js";
import { DataError, type Place } from "../errors.js";
import { type Cell, isMissing, numberOf, quote, textOf } from "../features/cell.js";
import type { SpaceDefinition } from "../features/define.js";
import { Entries } from "../features/entries.js";
import { compileExpression } from "../features/expression.js";
import { type FeatureSpace, type Fields, SpaceLearner } from "../features/space.js";
import { LabelCoder } from "./label.js";
import { PlainLesson } from "./lesson.js";
import { type PlainFormat, PlainRows, type RowTaker } from "./plain.js";
import { isHeldOut, placed, type RowReader, type RowSink, type Tally, Tolerance } from "./reader.js";
import type { Reading } from "./source.js";
import type { Store } from "./text.js";

export interface TableRow {
  /** In the order of the source's columns; empty where there is a record. */
  cells: readonly Cell[];
  /** The row by names, of a ragged source. */
  record?: Fields;
  /** Where field `i` stands. */
  place(i: number): Place;
}

/** Rows under their columns' names. */
export interface TableBatch {
  columns: readonly string[];
  rows: TableRow[];
}

/** Records with named columns. */
export interface TableSource {
  readonly name: string;
  /** Whether a record may lack fields that others have: then later batches may have more columns. */
  readonly isRagged?: boolean;
  /** How far it is; absent where rows come from no bytes. */
  readonly reading?: Reading | undefined;
  /** The character between cells; undefined where records are no text. */
  readonly delimiter?: string | undefined;
  /** Reads from the beginning, as often as it is called. Malformed records are refused to `tolerance`. */
  read(tolerance: Tolerance, taker?: LineTaker): AsyncIterable<TableBatch>;
}

/** Takes rows from text, in place of the records that a source would give. */
export interface LineTaker {
  /** Takes rows off the front of whole lines, a line each, between two batches. Returns how many, and their bytes. */
  take(columns: readonly string[], lines: Uint8Array): { rows: number; bytes: number };
  /** Says that so many bytes more have been read. */
  pass(bytes: number): void;
}

/** What is learned from a record: a column, an expression such as "price > 150", or a function of the record. */
export type Target = string | ((record: Fields) => number | boolean);

export interface TableOptions {
  loss: Loss;
  /** null for prediction, where rows have no labels. */
  target: Target | null;
  /** The label that means "yes", all others "no"; without it 1 against 0 or −1. */
  positive?: number;
  /** Column that holds each row's sample weight. */
  weight?: string;
  /** Column that holds what each row's margin begins with. */
  offset?: string;
  /** How many bad lines to leave out before giving up, in all. Default 0. */
  skipBad?: number;
  /** Rows to keep out of what the space learns. */
  holdout?: { fraction: number; seed: number; every?: number };
  /** Columns whose texts the rows bring with them. */
  slices?: readonly string[];
}

/** Gathers records whose fields vary. Columns are numbered as they are first met. */
export class RecordBatch {
  readonly #columns: string[] = [];
  readonly #met = new Set<string>();
  #rows: TableRow[] = [];

  get length(): number {
    return this.#rows.length;
  }

  /** Adds a record. Throws DataError when there are too many fields of different names. */
  add(record: Fields, place: (column: string | undefined, i: number) => Place): void {
    for (const column of Object.keys(record)) {
      if (this.#met.has(column)) continue;
      const at = this.#columns.push(column) - 1;
      this.#met.add(column);
      if (at < MOST_COLUMNS) continue;
      const problem = `field ${quote(column)} is one too many: there are ${at} of other names`;
      throw new DataError(`${problem}; what varies from row to row belongs in values`, place(column, at));
    }
    this.#rows.push({ cells: [], record, place: (i) => place(this.#columns[i], i) });
  }

  /** Returns the records added since it was last called, under all columns so far. */
  take(): TableBatch {
    const batch = { columns: this.#columns, rows: this.#rows };
    this.#rows = [];
    return batch;
  }
}

/** Names are remembered, and must not take all memory. */
const MOST_COLUMNS = 1 << 20;

/** Records as they are in memory: an array, or anything that can be iterated from the beginning again. */
export function recordsSource(records: Iterable<Fields> | AsyncIterable<Fields>, name = "record"): TableSource {
  return {
    name,
    isRagged: true,
    async *read() {
      const batch = new RecordBatch();
      let line = 0;
      for await (const record of records) {
        const number = ++line;
        batch.add(record, (_, i) => ({ source: name, line: number, column: Math.max(i, 0) + 1 }));
        if (batch.length === 4096) yield batch.take();
      }
      yield batch.take();
    },
  };
}

/** One table after the other, as one. Reading throws DataError where one has not the columns of the first. */
export function joinTables(name: string, tables: readonly TableSource[]): TableSource {
  const [first, ...others] = tables as [TableSource, ...TableSource[]];
  if (others.length === 0) return first;
  const isAlike = others.every(({ delimiter }) => delimiter === first.delimiter);
  return {
    name,
    delimiter: isAlike ? first.delimiter : undefined,
    async *read(tolerance, taker) {
      let columns: readonly string[] = [];
      for (const table of tables) {
        let isNew = true;
        for await (const batch of table.read(tolerance, taker)) {
          if (table === first) columns = batch.columns;
          else if (isNew) checkSame(batch.columns, columns, table.name, first.name);
          isNew = false;
          yield batch;
        }
      }
    },
  };
}

function checkSame(columns: readonly string[], expected: readonly string[], name: string, expectedIn: string): void {
  const [own, others] = [new Set(columns), new Set(expected)];
  const lacking = expected.find((column) => !own.has(column));
  const added = columns.find((column) => !others.has(column));
  if (lacking === undefined && added === undefined) return;
  const difference = lacking === undefined ? `column ${quote(added)} is not in` : `no column ${quote(lacking)}, as in`;
  const problem = `${difference} ${expectedIn}; tables that are read together have the same columns`;
  throw new DataError(problem, { source: name, line: 1, column: 1 });
}

/** Whether a space needs a pass of its own over the data. */
export function isLearned({ space }: { space?: SpaceDefinition }): boolean {
  return space !== undefined && new SpaceLearner(space).isNeeded;
}

/** A kernel learns from inputs of so many bytes and more: less is done before it has started. */
const WORTH_A_KERNEL = 1 << 20;

/**
 * Learns a space from a table's rows that are not held out, in one pass; in none when there is nothing to learn.
 * `start`: starts what kernels run on; null where that is not worth it.
 */
export async function learnSpace(
  source: TableSource,
  definition: SpaceDefinition,
  options: TableOptions & EngineOptions,
  start = startFor,
): Promise<FeatureSpace> {
  const learner = new SpaceLearner(definition);
  if (!learner.isNeeded) return learner.finish();
  const held = { fraction: 0, seed: 0, every: 0, ...options.holdout };
  const format = plainFormat(source, options);
  const engine = format && (await start(source, options));
  try {
    const blank = new SpaceLearner(definition).finish();
    const lesson = engine ? new PlainLesson(engine, learner, blank, format, held) : undefined;
    const visit: Visit = (field, _label, _weight, row) => {
      if (!isHeldOut(row, held.fraction, held.seed, held.every)) learner.observe(field);
    };
    for await (const _ of eachRow(source, options, learner.columns, visit, lesson));
  } finally {
    engine?.dispose();
  }
  return learner.finish();
}

async function startFor({ reading }: TableSource, { kernels }: EngineOptions): Promise<Engine | null> {
  const length = (await reading?.length()) ?? Number.POSITIVE_INFINITY;
  return length < WORTH_A_KERNEL ? null : createEngine({ ...(kernels && { kernels }), threads: 1 });
}

/** How a table's rows stand as text, where a kernel can read them: not where it would have to ask the host. */
function plainFormat({ delimiter }: TableSource, { target, offset, weight }: TableOptions): PlainFormat | null {
  if (delimiter === undefined || typeof target === "function" || offset !== undefined) return null;
  return { delimiter, target, ...(weight !== undefined && { weight }) };
}

/** Reads a table through a learned space. */
export function tableReader(source: TableSource, space: FeatureSpace, options: TableOptions): RowReader {
  const tally: Tally = { rows: 0, skipped: 0, unseen: 0 };
  const { reading } = source;
  const { slices = [] } = options;
  const needed = [...space.columns, ...slices.filter((it) => !Object.hasOwn(space.state.definition.derive ?? {}, it))];
  const format = plainFormat(source, options);
  const plain = format && new PlainRows(space, format, tally);

  async function* read(sink: RowSink, store?: Store): AsyncGenerator<void> {
    const entries = new Entries();
    tally.unseen = 0;
    const visit: Visit = (field, label, weight, row, offset) => {
      const unseen = space.encodeInto(entries, field);
      sink(
        entries,
        label,
        weight,
        row,
        offset,
        slices.map((column) => sliceOf(space.cellOf(column, field), column)),
      );
      tally.unseen += unseen;
    };
    const taker = store && plain?.into(store, (await reading?.length()) ?? null);
    const pass = eachRow(source, options, needed, visit, taker);
    for await (const { rows, skipped } of pass) {
      tally.rows = rows;
      tally.skipped = skipped;
      yield;
    }
  }
  const reader: RowReader = {
    ...{ name: source.name, reading, space, declared: space.declared, tally },
    read: (sink) => read(sink),
  };
  if (!plain) return reader;
  const parse: RowReader["parse"] = (store) =>
    read((entries, label, weight, _row, offset) => store.addRow(entries, label, weight, offset), store);
  return { ...reader, parse };
}

type Visit = (field: (column: string) => Cell, label: number, weight: number, row: number, offset: number) => void;

/** Visits every good row; yields the counts so far after each batch. `row` counts them from 0. */
async function* eachRow(
  source: TableSource,
  options: TableOptions,
  needed: readonly string[],
  visit: Visit,
  plain?: RowTaker,
): AsyncGenerator<{ rows: number; skipped: number }> {
  const tolerance = new Tolerance(options.skipBad ?? 0);
  const labels = new LabelCoder(options.loss, options.positive);
  let target: Labeller | null = null;
  let columns: readonly string[] = [];
  /** Columns that the target was prepared for. */
  let prepared = 0;
  let places = new Map<string, number>();
  let cells: readonly Cell[] = [];
  let record: Fields | undefined;
  /** Column read last: where an error stands. */
  let reading = null as string | null;
  const field = (column: string): Cell => {
    reading = column;
    if (!record) return cells[places.get(column) ?? -1];
    return Object.hasOwn(record, column) ? record[column] : undefined;
  };
  const check = ({ columns: ofTarget }: Labeller, name: string) => {
    const { weight, offset } = options;
    checkColumns([...needed, ...ofTarget, ...[weight, offset].filter((it) => it !== undefined)], columns, name);
  };
  let met = 0;
  let good = 0;
  let isWeightless = true;
  const taker = plain && {
    pass: plain.pass,
    take(columns: readonly string[], lines: Uint8Array) {
      if (!target) return { rows: 0, bytes: 0 }; // not checked yet
      const taken = plain.take(columns, lines, labels, good);
      met += taken.rows;
      good += taken.rows;
      if (taken.rows > 0) isWeightless = false; // of such a row the weight is not 0
      return taken;
    },
  };
  for await (const batch of source.read(tolerance, taker)) {
    if (batch.columns !== columns && !source.isRagged) places = new Map(batch.columns.map((column, i) => [column, i]));
    columns = batch.columns;
    if (batch.rows.length === 0) {
      yield { rows: good, skipped: tolerance.skipped };
      continue;
    }
    if (!target || columns.length > prepared) {
      const isFirst = !target;
      target = labeller(options.target, columns);
      prepared = columns.length;
      if (!source.isRagged) check(target, batch.rows[0]!.place(0).source);
      if (isFirst) plain?.begin(columns);
    }
    met += batch.rows.length;
    for (const it of batch.rows) {
      cells = it.cells;
      record = it.record;
      try {
        const weight = options.weight === undefined ? 1 : weightOf(field(options.weight), options.weight);
        const label = target.label(field, labels, record);
        const offset = options.offset === undefined ? 0 : offsetOf(field(options.offset), options.offset);
        visit(field, label, weight, good, offset);
        good++;
        if (weight > 0) isWeightless = false;
      } catch (error) {
        const at = reading === null ? 0 : columns.indexOf(reading);
        const told = at < 0 ? explained(error, reading as string, columns) : error;
        tolerance.refuse(placed(told, () => it.place(at)));
      }
    }
    yield { rows: good, skipped: tolerance.skipped };
  }
  if (target && source.isRagged) check(target, source.name);
  if (good === 0) throw new DataError(`${source.name}: no rows${met > 0 ? " that can be used" : ""}`);
  if (isWeightless) throw new DataError(`${source.name}: every row's weight is 0`);
}

interface Labeller {
  readonly columns: readonly string[];
  label(field: (column: string) => Cell, coder: LabelCoder, record?: Fields): number;
}

/** Prepares a target for a table's columns. Throws OptionError when it is neither a column nor an expression. */
function labeller(target: Target | null, columns: readonly string[]): Labeller {
  if (target === null) return { columns: [], label: () => 0 };
  const check = (value: Cell, coder: LabelCoder): number => {
    if (isMissing(value)) throw new DataError("target is missing");
    if (typeof value === "boolean") return coder.code(value ? 1 : 0);
    const word = typeof value === "string" ? value.trim().toLowerCase() : value;
    if (word === "true" || word === "false") return coder.code(word === "true" ? 1 : 0);
    try {
      return coder.code(numberOf(value, "target"));
    } catch (error) {
      if (typeof value !== "string" || typeof target !== "string" || !Number.isNaN(Number(value))) throw error;
      const example = `'${target} == ${quote(value)}'`;
      throw new DataError(`target: ${quote(value)} is no label; a target of text is compared, as in ${example}`);
    }
  };
  if (typeof target === "function") {
    return {
      columns: [],
      label: (field, coder, record) =>
        check(target(record ?? Object.fromEntries(columns.map((it) => [it, field(it)]))), coder),
    };
  }
  if (columns.includes(target)) return { columns: [target], label: (field, coder) => check(field(target), coder) };
  const expression = compileExpression(target);
  return { columns: expression.columns, label: (field, coder) => check(expression.evaluate(field), coder) };
}

/** Characters of a text that tell slices apart. */
const SLICE_LENGTH = 200;

function sliceOf(cell: Cell, column: string): string | null {
  return isMissing(cell) ? null : textOf(cell, column).slice(0, SLICE_LENGTH);
}

function weightOf(cell: Cell, column: string): number {
  if (isMissing(cell)) throw new DataError(`${column}: the row's weight is missing`);
  const weight = numberOf(cell, column);
  if (weight < 0) throw new DataError(`${column}: weight ${weight} is negative`);
  return weight;
}

function offsetOf(cell: Cell, column: string): number {
  if (isMissing(cell)) throw new DataError(`${column}: the row's offset is missing`);
  return numberOf(cell, column);
}

function checkColumns(needed: readonly string[], columns: readonly string[], source: string): void {
  const known = new Set(columns);
  const unknown = needed.find((column) => !known.has(column));
  if (unknown !== undefined) throw new DataError(absence(unknown, columns), { source, line: 1, column: 1 });
}

function absence(column: string, columns: readonly string[]): string {
  const shown = columns.slice(0, 20).map(quote).join(", ");
  const more = columns.length > 20 ? ` and ${columns.length - 20} more` : "";
  return `no column ${quote(column)}; there are ${shown}${more}`;
}

/** Adds to an error that the column it is about has not been met. */
function explained(error: unknown, column: string, columns: readonly string[]): unknown {
  const isPlain = error instanceof DataError && !error.place;
  return isPlain ? new DataError(`${error.problem}: ${absence(column, columns)}`) : error;
}
