import { DataError, OptionError, type Place } from "../errors.js";
import { quote } from "../features/cell.js";
import { Lines } from "./lines.js";
import type { Tolerance } from "./reader.js";
import { joinTables, type LineTaker, Offering, type TableBatch, type TableRow, type TableSource } from "./records.js";
import { type Input, openSources, type Source, uncompressedName } from "./source.js";
import { INVALID, Utf8Stream, unmarked } from "./utf8.js";

/** How a table is written. */
export interface CsvOptions {
  /** One character between fields. Default: tab for names that end in .tsv or .tab, else comma. */
  delimiter?: string;
  /** Whether the first record names the columns (default), or the names; with false they are "1", "2" … */
  header?: boolean | readonly string[];
  /** For messages; by default what the input tells of itself. */
  name?: string;
}

/** A record over more characters than this has lost a closing quote. */
const LONGEST_RECORD = 1 << 24;
const NOT_UTF8 = "not UTF-8 text";

interface Parsed {
  cells: string[];
  /** Offset just past the record's line end. */
  end: number;
}

/**
 * Reads CSV (RFC 4180), as often as asked when `keep` is set or the input can be opened again: fields may be "quoted",
 * with "" for a quote and line ends inside; records end in LF or CRLF; blank lines are passed over; every record has as
 * many fields as the first. Each of several inputs has a header of its own, with the same names.
 */
export function csvSource(input: Input, options: CsvOptions & { keep: boolean }): TableSource {
  const sources = openSources(input, options);
  const tables = sources.parts.map((source) => csvTable(source, options));
  return { ...joinTables(sources.name, tables), reading: sources };
}

function csvTable(source: Source, options: CsvOptions): TableSource {
  const isTabbed = /\.(tsv|tab)$/i.test(uncompressedName(source.name));
  const delimiter = options.delimiter ?? (isTabbed ? "\t" : ",");
  if (delimiter.length !== 1 || delimiter === '"' || delimiter === "\n" || delimiter === "\r") {
    throw new OptionError(`delimiter ${quote(delimiter)}: expected one character other than a quote or a line end`);
  }
  const header = options.header ?? true;

  async function* read(tolerance: Tolerance, taker?: LineTaker): AsyncGenerator<TableBatch> {
    const records = new Records(source.name, delimiter, header, tolerance);
    if (taker) yield* readLines(source, records, taker);
    else {
      for await (const chunk of source.chunks()) {
        records.push(chunk);
        yield* records.batches(false);
      }
      records.push(null);
      yield* records.batches(true);
    }
    if (!records.columns) throw new DataError(`${source.name}: empty; expected a header and rows`);
  }

  return { name: source.name, delimiter, read };
}

/** Offers whole lines to a taker, and reads as records those that it leaves. */
async function* readLines(source: Source, records: Records, taker: LineTaker): AsyncGenerator<TableBatch> {
  const lines = new Lines(source.name);
  const offering = new Offering(lines, taker);
  const drain = function* (isLast: boolean): Generator<TableBatch> {
    for (let isMore = true; isMore; ) {
      if (records.isBetween && records.columns && offering.isDue()) records.line += offering.offer(records.columns);
      isMore = records.add(lines);
      if (isLast && !isMore) records.push(null);
      yield* records.batches(isLast && !isMore);
    }
  };
  for await (const chunk of source.chunks()) {
    lines.push(chunk);
    yield* drain(false);
    taker.pass(chunk.length);
    yield* isRead(records);
  }
  lines.finish();
  yield* drain(true);
  yield* isRead(records);
}

/** Says by a batch without rows that all rows of what came are there. */
function* isRead({ columns }: Records): Generator<TableBatch> {
  if (columns) yield { columns, rows: [] };
}

/** Text as it comes, and the records that are cut off its front. */
class Records {
  columns: readonly string[] | null;
  /** The line where the next record begins. */
  line = 1;
  readonly #name: string;
  readonly #delimiter: string;
  readonly #hasHeader: boolean;
  readonly #tolerance: Tolerance;
  readonly #decoder = new Utf8Stream();
  #text = "";
  /** Lines added last. */
  #more = 1;
  /** Whether a bad record waits for the good ones before it to be read. */
  #isStopped = false;

  constructor(name: string, delimiter: string, header: boolean | readonly string[], tolerance: Tolerance) {
    this.columns = typeof header === "boolean" ? null : header;
    this.#name = name;
    this.#delimiter = delimiter;
    this.#hasHeader = header === true;
    this.#tolerance = tolerance;
  }

  /** Whether all text that came was that of whole records. */
  get isBetween(): boolean {
    return this.#text === "";
  }

  /** Adds bytes; null after the last. */
  push(chunk: Uint8Array | null): void {
    this.#text += this.#decoder.decode(chunk);
  }

  /** Adds the next line, or twice as many as before while a record goes on. Returns false when there are no more. */
  add(lines: Lines): boolean {
    this.#more = this.isBetween ? 1 : 2 * this.#more;
    for (let i = 0; i < this.#more; i++) {
      if (!lines.next()) {
        this.push(lines.takeBegun(LONGEST_RECORD));
        return false;
      }
      this.push(lines.raw);
    }
    return true;
  }

  /** Cuts complete records off the front of the text; with `isLast`, all of it. What is before a bad one comes before it. */
  *batches(isLast: boolean): Generator<TableBatch> {
    do {
      this.#isStopped = false;
      const rows = this.#drain(isLast);
      if (this.columns) yield { columns: this.columns, rows };
    } while (this.#isStopped);
  }

  #drain(isLast: boolean): TableRow[] {
    const rows: TableRow[] = [];
    const text = this.#text;
    let start = 0;
    while (start < text.length) {
      const recordStart = start;
      try {
        const record = parseRecord(text, start, this.#delimiter, isLast);
        if (!record) break;
        start = record.end;
        const row = this.#row(text.slice(recordStart, start).replace(/\r?\n$/, ""), record.cells);
        if (row) rows.push(row);
        this.line += lineEndsIn(text, recordStart, start);
      } catch (error) {
        if (!(error instanceof RecordError)) throw error;
        if (rows.length > 0) {
          this.#isStopped = true;
          start = recordStart;
          break;
        }
        this.#refuse(error, text, recordStart);
        if (start > recordStart) {
          this.line += lineEndsIn(text, recordStart, start);
          continue;
        }
        // Go on after the first line: what follows an unclosed quote may be good.
        const lineEnd = text.indexOf("\n", recordStart);
        start = lineEnd < 0 ? text.length : lineEnd + 1;
        this.line++;
      }
    }
    this.#text = text.slice(start);
    return rows;
  }

  /** Returns a record as a row; null for the header and a blank line. */
  #row(raw: string, cells: string[]): TableRow | null {
    if (raw === "") return null;
    if (raw.includes(INVALID)) throw new RecordError(NOT_UTF8, raw.indexOf(INVALID));
    const { line } = this;
    const place = (i: number) => placeOf(i, raw, line, this.#delimiter, this.#name);
    if (!this.columns) {
      this.columns = this.#hasHeader ? uniqueNames(cells, place) : cells.map((_, i) => String(i + 1));
      if (this.#hasHeader) return null;
    }
    if (cells.length === this.columns.length) return { cells, place };
    throw new RecordError(`row has ${cells.length} fields, expected ${this.columns.length}`, raw.length);
  }

  /** Refuses the record at `start` of the text, which is on this.line. Throws when it is the header. */
  #refuse(error: RecordError, text: string, start: number): void {
    const invalid = text.slice(start, start + error.offset + INVALID.length).indexOf(INVALID);
    const [problem, offset] = invalid < 0 ? [error.problem, error.offset] : [NOT_UTF8, invalid];
    const before = text.slice(start, start + offset).split("\n");
    const column = (before.at(-1) as string).length + 1;
    const shown = unmarked(text.slice(start + offset + 1 - column).split(/\r?\n/, 1)[0] as string);
    const place = { source: this.#name, line: this.line + before.length - 1, column, text: shown };
    const refusal = new DataError(problem, place);
    if (!this.columns && this.#hasHeader) throw refusal; // without the header no row can be read
    this.#tolerance.refuse(refusal);
  }
}

/** A malformed record; `offset` counts characters from its beginning. */
class RecordError extends DataError {
  constructor(
    problem: string,
    readonly offset: number,
  ) {
    super(problem);
  }
}

/** Parses the record at `start`; null when its end is not yet there. */
function parseRecord(text: string, start: number, delimiter: string, isLast: boolean): Parsed | null {
  const newline = text.indexOf("\n", start);
  if (newline < 0 && !isLast) {
    if (text.length - start <= LONGEST_RECORD) return null;
    throw new RecordError(`line is longer than ${LONGEST_RECORD} characters`, LONGEST_RECORD);
  }
  const lineEnd = newline < 0 ? text.length : newline;
  const to = text[lineEnd - 1] === "\r" && lineEnd > start ? lineEnd - 1 : lineEnd;
  const line = text.slice(start, to);
  if (line.includes('"')) return parseQuoted(text, start, delimiter, isLast);
  return { cells: line.split(delimiter), end: Math.min(lineEnd + 1, text.length) };
}

/** As parseRecord, for a record with a quote in its first line. */
function parseQuoted(text: string, start: number, delimiter: string, isLast: boolean): Parsed | null {
  const cells: string[] = [];
  for (let at = start; ; at++) {
    let cell: string;
    if (text[at] === '"') {
      const open = at;
      let close = text.indexOf('"', at + 1);
      while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
      const isOpen = close < 0 || close - start > LONGEST_RECORD;
      if (isOpen && (isLast || text.length - start > LONGEST_RECORD)) {
        throw new RecordError("quote is never closed", open - start);
      }
      // A quote at the very end of what is there may be the first half of "".
      if (isOpen || (close + 1 === text.length && !isLast)) return null;
      cell = text.slice(open + 1, close).replaceAll('""', '"');
      at = close + 1;
      if (text[at] === "\r" && (text[at + 1] === "\n" || at + 1 === text.length)) {
        if (at + 1 === text.length && !isLast) return null;
        at++;
      }
      const next = text[at];
      if (next !== undefined && next !== delimiter && next !== "\n") {
        throw new RecordError(
          `${quote(next)} after a closing quote; expected ${quote(delimiter)} or the line's end`,
          at - start,
        );
      }
    } else {
      const begin = at;
      while (at < text.length && text[at] !== delimiter && text[at] !== "\n") at++;
      if (at === text.length && !isLast) return null;
      cell = text.slice(begin, at);
      if (text[at] !== delimiter && cell.endsWith("\r")) cell = cell.slice(0, -1);
    }
    cells.push(cell);
    if (text[at] !== delimiter) return { cells, end: Math.min(at + 1, text.length) };
  }
}

/** Where field `i` of a record begins. */
function placeOf(i: number, raw: string, line: number, delimiter: string, source: string): Place {
  let at = 0;
  for (let field = 0; field < i; field++) {
    if (raw[at] === '"') {
      at = raw.indexOf('"', at + 1);
      while (at >= 0 && raw[at + 1] === '"') at = raw.indexOf('"', at + 2);
    }
    at = raw.indexOf(delimiter, at) + 1;
  }
  const before = raw.slice(0, at).split("\n");
  const text = raw.split("\n")[before.length - 1] as string;
  return { source, line: line + before.length - 1, column: (before.at(-1) as string).length + 1, text };
}

function lineEndsIn(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

function uniqueNames(names: string[], place: (i: number) => Place): string[] {
  const met = new Set<string>();
  for (const [i, name] of names.entries()) {
    if (met.has(name)) throw new DataError(`column ${quote(name)} appears twice in the header`, place(i));
    met.add(name);
  }
  return names;
}
