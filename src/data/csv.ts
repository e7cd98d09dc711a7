import { DataError, OptionError, type Place } from "../errors.js";
import { quote } from "../features/cell.js";
import type { Tolerance } from "./reader.js";
import { type Input, openSources, type Source, uncompressedName } from "./source.js";
import { joinTables, type TableBatch, type TableRow, type TableSource } from "./table.js";

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

  async function* read(tolerance: Tolerance): AsyncGenerator<TableBatch> {
    let columns: readonly string[] | null = typeof header === "boolean" ? null : header;
    let text = "";
    let line = 1;

    /** Cuts complete records off the front of `text`; with `isLast`, all of it. */
    const drain = (isLast: boolean): TableRow[] => {
      const rows: TableRow[] = [];
      let start = 0;
      while (start < text.length) {
        const recordLine = line;
        const recordStart = start;
        try {
          const record = parseRecord(text, start, delimiter, isLast);
          if (!record) break;
          start = record.end;
          line += lineEndsIn(text, recordStart, start);
          const { cells } = record;
          const raw = text.slice(recordStart, start).replace(/\r?\n$/, "");
          if (raw === "") continue; // a blank line
          const place = (i: number) => placeOf(i, raw, recordLine, delimiter, source.name);
          if (!columns) {
            columns = header ? uniqueNames(cells, place) : cells.map((_, i) => String(i + 1));
            if (header) continue;
          }
          if (cells.length !== columns.length) {
            throw new RecordError(`row has ${cells.length} fields, expected ${columns.length}`, raw.length);
          }
          rows.push({ cells, place });
        } catch (error) {
          if (!(error instanceof RecordError)) throw error;
          const before = text.slice(recordStart, recordStart + error.offset).split("\n");
          const column = (before.at(-1) as string).length + 1;
          const shown = text.slice(recordStart + error.offset + 1 - column).split(/\r?\n/, 1)[0] as string;
          const place = { source: source.name, line: recordLine + before.length - 1, column, text: shown };
          const refusal = new DataError(error.problem, place);
          if (!columns && header) throw refusal; // without the header no row can be read
          tolerance.refuse(refusal);
          if (start > recordStart) continue;
          // Go on after the first line: what follows an unclosed quote may be good.
          const lineEnd = text.indexOf("\n", recordStart);
          start = lineEnd < 0 ? text.length : lineEnd + 1;
          line = recordLine + 1;
        }
      }
      text = text.slice(start);
      return rows;
    };

    const decoder = new TextDecoder("utf-8", { fatal: true });
    const decode = (chunk?: Uint8Array) => {
      try {
        return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
      } catch {
        throw new DataError(`${source.name}: not UTF-8 text, at or after line ${line}`);
      }
    };
    for await (const chunk of source.chunks()) {
      text += decode(chunk);
      const rows = drain(false);
      if (columns) yield { columns, rows };
    }
    text += decode();
    const rows = drain(true);
    if (!columns) throw new DataError(`${source.name}: empty; expected a header and rows`);
    yield { columns, rows };
  }

  return { name: source.name, read };
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
