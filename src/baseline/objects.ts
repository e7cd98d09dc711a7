import { NOWHERE } from "../engine/kernels.js";
import { type Plan, USES } from "../engine/texts.js";
import { areSame, isAbsent, isUtf8, splitLine } from "./cells.js";

// Lines of JSON, as in assembly/parse/objects.ts.

const [TAB, LF, CR, BLANK, QUOTE, COMMA, COLON, BACKSLASH, OPEN, CLOSE] = [9, 10, 13, 32, 34, 44, 58, 92, 123, 125];
/** A number, its whole digits, those after the point, and its exponent. */
const NUMBER = /^-?(0|[1-9]\d*)(?:\.(\d+))?(?:[eE][+-]?(\d+))?$/;
const IN_NUMBER = new Set([..."+-.eE0123456789"].map((it) => it.charCodeAt(0)));
const WORDS = ["null", "true", "false"].map((it) => [...it].map((letter) => letter.charCodeAt(0)));

/** Splits a line of cells or, where there is no delimiter, an object. */
export function splitRow(bytes: Uint8Array, line: number, plan: Plan): number {
  return plan.delimiter > 0 ? splitLine(bytes, line, plan) : splitObject(bytes, line, plan);
}

/** Writes where the values of an object's fields are to plan.cells and returns where the line ends; −1 where it is not plain. */
function splitObject(bytes: Uint8Array, line: number, plan: Plan): number {
  const { columns, keys } = plan;
  const places = plan.cells.view.fill(0, 0, 2 * columns);
  const skip = (from: number) => {
    let at = from;
    while (bytes[at] === BLANK || bytes[at] === TAB) at++;
    return at;
  };
  let at = skip(line);
  if (bytes[at] !== OPEN) return -1;
  at = skip(at + 1);
  if (bytes[at] === CLOSE) at++;
  else {
    for (let column = 0; ; column++) {
      if (bytes[at] !== QUOTE) return -1;
      const name = at + 1;
      at = textEnd(bytes, name);
      if (at < 0) return -1;
      column = columnNamed(bytes, name, at, column, plan);
      if (column === NOWHERE) return -1;
      at = skip(at + 1);
      if (bytes[at] !== COLON) return -1;
      at = skip(at + 1);
      if (places[2 * column] !== 0) return -1;
      const value = valueAt(bytes, at, keys.view[3 * column + 2]!);
      if (!value || (bytes[at] !== QUOTE && isAbsent(bytes, at, value.end, plan))) return -1;
      places.set(value.cell, 2 * column);
      at = skip(value.end);
      const byte = bytes[at++];
      if (byte === CLOSE) break;
      if (byte !== COMMA) return -1;
      at = skip(at);
    }
  }
  at = skip(at);
  if (bytes[at] === CR) at++;
  return bytes[at] === LF && isUtf8(bytes.subarray(line, at)) ? at : -1;
}

/** Where a value stands, and where it ends; null where it is not plain. */
function valueAt(
  bytes: Uint8Array,
  from: number,
  use: number,
): { cell: [from: number, to: number]; end: number } | null {
  if (bytes[from] === QUOTE) {
    const end = use > 0 ? textEnd(bytes, from + 1) : anyTextEnd(bytes, from + 1);
    return end < 0 ? null : { cell: [from + 1, end], end: end + 1 };
  }
  const word = WORDS.find((it) => it.every((letter, i) => bytes[from + i] === letter));
  if (word) {
    const end = from + word.length;
    if (word === WORDS[0]) return { cell: [from, from], end };
    return use & USES.computed ? null : { cell: [from, end], end };
  }
  let end = from;
  while (IN_NUMBER.has(bytes[end]!)) end++;
  const text = String.fromCharCode(...bytes.subarray(from, end));
  const [, whole, decimals, exponent] = NUMBER.exec(text) ?? [];
  if (whole === undefined || (exponent?.length ?? 0) > 2) return null;
  const isLong = whole.length + (decimals?.length ?? 0) > 15;
  const isWhole = decimals === undefined && exponent === undefined;
  if (use & USES.textual ? isLong || String(Number(text)) !== text : isLong && isWhole) return null;
  return { cell: [from, end], end };
}

/** Returns where the quote is that ends a text; −1 where a backslash or a control character comes before. */
function textEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] !== QUOTE && bytes[at] !== BACKSLASH && bytes[at]! >= BLANK) at++;
  return bytes[at] === QUOTE ? at : -1;
}

/** As textEnd, past escapes. */
function anyTextEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; bytes[at]! >= BLANK; at++) {
    if (bytes[at] === QUOTE) return at;
    if (bytes[at] !== BACKSLASH) continue;
    const sequence = String.fromCharCode(...bytes.subarray(at, at + 6));
    if (!/^\\(["\\/bfnrt]|u[\da-fA-F]{4})/.test(sequence)) return -1;
    at += bytes[at + 1] === 117 ? 5 : 1;
  }
  return -1;
}

function columnNamed(bytes: Uint8Array, from: number, to: number, next: number, { columns, keys, text }: Plan): number {
  for (let i = 0; i < columns; i++) {
    const column = (next + i) % columns;
    const [at, length] = [keys.view[3 * column]!, keys.view[3 * column + 1]!];
    if (areSame(text.view, at, length, bytes, from, to - from)) return column;
  }
  return NOWHERE;
}
