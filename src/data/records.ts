import { DataError, type Place } from "../errors.js";
import { type Cell, quote } from "../features/cell.js";
import type { Fields } from "../features/space.js";
import type { Lines } from "./lines.js";
import type { Tolerance } from "./reader.js";
import type { Reading } from "./source.js";

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
  /** The character between cells, null where a line is an object of JSON; undefined where records are no text. */
  readonly delimiter?: string | null | undefined;
  /** Reads from the beginning, as often as it is called. Malformed records are refused to `tolerance`. */
  read(tolerance: Tolerance, taker?: LineTaker): AsyncIterable<TableBatch>;
}

/** Takes rows from text, in place of the records that a source would give. */
export interface LineTaker {
  /** Bytes of text that it takes at once. */
  readonly portion: number;
  /** Takes rows off whole lines, a line each, from an offset on, between two batches. Returns how many, and where it stopped. */
  take(columns: readonly string[], lines: Uint8Array, from: number): Taken;
  /** Says that so many bytes more have been read. */
  pass(bytes: number): void;
}

export interface Taken {
  rows: number;
  stopped: number;
}

/** Lines that are read as records, at most, before they are offered again. */
const LONGEST_PAUSE = 63;
/** Taking fewer rows at once costs more than to read them as records. */
const FEW = 4;

/** Offers whole lines to a taker: less and less often where it finds next to nothing to take. */
export class Offering {
  readonly #lines: Lines;
  readonly #taker: LineTaker;
  #pause = 0;
  #due = 0;

  constructor(lines: Lines, taker: LineTaker) {
    this.#lines = lines;
    this.#taker = taker;
  }

  /** Whether it is time. To be asked once for every record. */
  isDue(): boolean {
    return --this.#due < 0;
  }

  /** Returns how many rows were taken. */
  offer(columns: readonly string[]): number {
    let taken = 0;
    for (;;) {
      const { text, from } = this.#lines.whole(this.#taker.portion);
      if (text.length === 0) break;
      const { stopped, rows } = this.#taker.take(columns, text, from);
      this.#lines.skip(stopped - from, rows);
      taken += rows;
      if (stopped < text.length) break;
    }
    this.#pause = this.#due = taken >= FEW ? 0 : Math.min(2 * this.#pause + 1, LONGEST_PAUSE);
    return taken;
  }
}

/** Gathers records whose fields vary. Columns are numbered as they are first met. */
export class RecordBatch {
  readonly #columns: string[] = [];
  readonly #met = new Set<string>();
  #rows: TableRow[] = [];

  get length(): number {
    return this.#rows.length;
  }

  get columns(): readonly string[] {
    return this.#columns;
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
