import { createEngine, type Engine, type EngineOptions } from "../engine/engine.js";
import type { Loss } from "../engine/kernels.js";
import { DataError } from "../errors.js";
import type { Cell } from "../features/cell.js";
import type { SpaceDefinition } from "../features/define.js";
import { Entries } from "../features/entries.js";
import { SpaceLearner } from "../features/learner.js";
import type { FeatureSpace, Fields } from "../features/space.js";
import { LabelCoder } from "./label.js";
import { PlainLesson } from "./lesson.js";
import { type PlainFormat, PlainRows, type RowTaker } from "./plain.js";
import { isHeldOut, placed, type RowReader, type RowSink, type Tally, Tolerance } from "./reader.js";
import type { TableBatch, TableSource } from "./records.js";
import {
  checkColumns,
  explained,
  type Labeller,
  labeller,
  offsetOf,
  sliceOf,
  type Target,
  weightOf,
} from "./target.js";
import type { Store } from "./text.js";

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
    for await (const _ of eachRow(source, options, definition, learner.columns, visit, lesson));
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
  const { definition } = space.state;
  const needed = [...space.columns, ...slices.filter((it) => !Object.hasOwn(definition.derive ?? {}, it))];
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
    const pass = eachRow(source, options, definition, needed, visit, taker);
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

/**
 * Returns what lists the columns of a ragged source that are met by a row of a batch; rows are asked for in their order.
 * What is said of a row does not depend then on what came with it. `before`: columns met before the batch.
 */
function columnsUpTo({ columns, rows }: TableBatch, before: number): (row: number) => readonly string[] {
  let met: Set<string> | null = null;
  let next = 0;
  return (row) => {
    met ??= new Set(columns.slice(0, before));
    for (; next <= row && met.size < columns.length; next++) {
      for (const column of Object.keys(rows[next]!.record ?? {})) met.add(column);
    }
    return columns.slice(0, met.size);
  };
}

/** Visits every good row; yields the counts so far after each batch. `row` counts them from 0. */
async function* eachRow(
  source: TableSource,
  options: TableOptions,
  definition: SpaceDefinition,
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
  const check = (target: Labeller, name: string) => {
    const { weight, offset } = options;
    const own = [weight, offset].filter((it) => it !== undefined);
    checkColumns([...needed, ...target.columns, ...own], columns, target, name);
  };
  let met = 0;
  let good = 0;
  let isWeightless = true;
  const taker = plain && {
    pass: plain.pass,
    portion: plain.portion,
    take(columns: readonly string[], lines: Uint8Array, from: number) {
      if (!target) return { rows: 0, stopped: from }; // not checked yet
      const taken = plain.take(columns, lines, from, labels, good);
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
    const known = source.isRagged ? columnsUpTo(batch, prepared) : () => columns;
    if (!target || columns.length > prepared) {
      const isFirst = !target;
      target = labeller(options.target, columns, definition);
      prepared = columns.length;
      if (!source.isRagged) check(target, batch.rows[0]!.place(0).source);
      if (isFirst) plain?.begin(columns);
    }
    met += batch.rows.length;
    for (const [i, it] of batch.rows.entries()) {
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
        const there = known(i);
        const at = reading === null ? 0 : there.indexOf(reading);
        const told = at < 0 ? explained(error, reading as string, there, target) : error;
        tolerance.refuse(placed(told, () => it.place(at)));
      }
    }
    // Where lines are taken too, a batch without rows ends those of a chunk.
    if (!taker) yield { rows: good, skipped: tolerance.skipped };
  }
  if (target && source.isRagged) check(target, source.name);
  if (good === 0) throw new DataError(`${source.name}: no rows${met > 0 ? " that can be used" : ""}`);
  if (isWeightless) throw new DataError(`${source.name}: every row's weight is 0`);
}
