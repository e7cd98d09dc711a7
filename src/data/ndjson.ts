import { DataError, type Place } from "../errors.js";
import { quote } from "../features/cell.js";
import type { Fields } from "../features/space.js";
import { faultIn } from "./json.js";
import { Lines } from "./lines.js";
import type { Tolerance } from "./reader.js";
import { type LineTaker, Offering, RecordBatch, type TableSource } from "./records.js";
import { type Input, openSources } from "./source.js";
import { decodeUtf8, INVALID, unmarked } from "./utf8.js";

/** How objects, one a line, are read. */
export interface NdjsonOptions {
  /** For messages; by default what the input tells of itself. */
  name?: string;
}

/** Rows whose fields are those that a kernel then looks for; lines with others are read one by one. */
const FIRST = 256;
/** A line of more bytes than this has lost its end. */
const LONGEST_RECORD = 1 << 24;

/**
 * Reads newline-delimited JSON, as often as asked when `keep` is set or the input can be opened again: an object a
 * line, whose fields, each there once, are numbers, texts, booleans, null (missing) or arrays of texts. Lines may have
 * different fields; blank lines are passed over.
 */
export function ndjsonSource(input: Input, options: NdjsonOptions & { keep: boolean }): TableSource {
  const sources = openSources(input, options);
  const { name, parts } = sources;

  async function* read(tolerance: Tolerance, taker?: LineTaker) {
    const batch = new RecordBatch();
    let met = 0;
    for (const source of parts) {
      const lines = new Lines(source.name, LONGEST_RECORD);
      const offering = taker && new Offering(lines, taker);
      const drain = function* () {
        for (;;) {
          if (offering && met >= FIRST && offering.isDue()) {
            if (batch.length > 0) yield batch.take(); // in the order of rows
            offering.offer(batch.columns);
          }
          if (!lines.next()) break;
          met++;
          try {
            addRecord(batch, lines);
          } catch (error) {
            if (batch.length > 0) yield batch.take(); // what is wrong before it is told first
            tolerance.refuse(error);
          }
        }
        yield batch.take();
      };
      for await (const chunk of source.chunks()) {
        lines.push(chunk);
        yield* drain();
        if (!taker) continue;
        taker.pass(chunk.length);
        yield batch.take(); // all rows of the chunk are there
      }
      lines.finish();
      yield* drain();
      if (taker) yield batch.take();
    }
  }

  return { name, isRagged: true, delimiter: null, reading: sources, read };
}

/** Blank, tab, carriage return. */
const BLANKS = [32, 9, 13];

/** Adds the record of the line at hand, if it is not blank. Throws DataError. */
function addRecord(batch: RecordBatch, { bytes, from, to, name, number }: Lines): void {
  const placeAt = (at: number, text: string): Place => ({ source: name, line: number, column: at + 1, text });
  let first = from;
  while (first < to && BLANKS.includes(bytes[first]!)) first++;
  if (first === to) return;
  const text = decodeUtf8(bytes.subarray(from, to));
  if (text.includes(INVALID)) throw new DataError("not UTF-8 text", placeAt(text.indexOf(INVALID), unmarked(text)));
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    const { at, problem } = faultIn(text)!;
    throw new DataError(problem, placeAt(at, text));
  }
  const place = (field?: string) => placeAt(fieldAt(text, field), text);
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw new DataError(`expected a JSON object, got ${quote(record)}`, place());
  }
  const fields = Object.entries(record);
  for (const [field, value] of fields) {
    const problem = problemOf(value, text);
    if (problem !== null) throw new DataError(`${field}: ${problem}`, place(field));
  }
  // Of a field that is there twice JSON.parse keeps the last.
  const fault = fieldsIn(text) === fields.length ? null : faultIn(text);
  if (fault) throw new DataError(fault.problem, placeAt(fault.at, text));
  batch.add(record as Fields, place);
}

/** Says why a value can be no cell; null when it can. */
function problemOf(value: unknown, text: string): string | null {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return null;
  if (typeof value === "number") {
    if (Number.isSafeInteger(value) || !Number.isInteger(value))
      return Number.isFinite(value) ? null : "value is beyond double precision (±1.8e308)";
    return losesDigits(value, text) ? `value ${value} is rounded, being beyond 2⁵³: write it as a text` : null;
  }
  if (Array.isArray(value)) {
    const other = value.find((it) => typeof it !== "string");
    return other === undefined ? null : `${quote(other)} in an array: expected texts`;
  }
  return "an object within the record: expected a number, a text, true, false, null or an array of texts";
}

/** Whether a large whole number is written with other digits than it has, as ids of 64 bits are. */
function losesDigits(value: number, text: string): boolean {
  const written = text.match(/-?\b\d{16,}(?![.\deE])/g) ?? [];
  return written.some((digits) => Number(digits) === value && BigInt(digits) !== BigInt(value));
}

/** Where a field begins in a record's text; the beginning where it has none. */
function fieldAt(text: string, field?: string): number {
  const key = JSON.stringify(field);
  for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
    if (/^\s*:/.test(text.slice(at + key.length, at + key.length + 20))) return at;
  }
  return 0;
}

/** How many fields a flat record's text has: texts that a colon follows. */
function fieldsIn(text: string): number {
  let count = 0;
  for (let open = text.indexOf('"'); open >= 0; ) {
    let close = text.indexOf('"', open + 1);
    while (isEscaped(text, close)) close = text.indexOf('"', close + 1);
    let at = close + 1;
    while (text.charCodeAt(at) <= 32) at++;
    if (text[at] === ":") count++;
    open = text.indexOf('"', at);
  }
  return count;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === "\\") slashes++;
  return slashes % 2 === 1;
}
