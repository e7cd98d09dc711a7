import { NOWHERE } from "../layout";
import { Plan } from "../texts";
import { find, isAbsent, isUtf8, QUOTE, splitLine, STEP, STRIDE } from "./cells";
import { BLANK, COLON, CR, digitAt, DOT, isBlank, LETTER_E, LF, MINUS, PLUS, ZERO } from "./text";

// Lines of JSON, an object each.

const COMMA: u32 = 44;
const BACKSLASH: u32 = 92;
const OPEN: u32 = 123;
const CLOSE: u32 = 125;
const LETTER_U: u32 = 117;
/** "null", "true", "fals" and e. */
const NULL: u32 = 0x6c6c756e;
const TRUE: u32 = 0x65757274;
const FALS: u32 = 0x736c6166;

// What is made of a column's values, bits of a key's use.
const TEXTUAL: u32 = 1; // they are compared as texts: a number stands there as JavaScript writes it
const COMPUTED: u32 = 2; // an expression takes them: what is true is none of the texts

/** Splits a line of cells or, where there is no delimiter, an object. */
export function splitRow(line: usize, p: Plan): usize {
  return p.delimiter ? splitLine(line, p) : splitObject(line, p);
}

/**
 * Writes where the values of an object's fields are to p.cells, as splitLine does those of a line's cells, nothing for null
 * and for what is not there. Returns the address of the line's LF; 0 where the line is no object, has a field that p.keys has
 * not, or one twice, a value that is neither a number, a text, a boolean nor null, a text of p's columns with a backslash, a
 * number that loses digits or, where it counts as text, is written otherwise than JavaScript does, one that would be a word for
 * a missing value if it were text, or bytes that are no UTF-8.
 */
function splitObject(line: usize, p: Plan): usize {
  const cells = p.cells;
  memory.fill(cells, 0, <usize>p.columns << 3);
  let at = skipBlanks(line);
  if (load<u8>(at) != OPEN) return 0;
  at = skipBlanks(at + 1);
  let column: u32 = 0;
  if (load<u8>(at) == CLOSE) ++at;
  else {
    for (;;) {
      if (load<u8>(at) != QUOTE) return 0;
      const name = at + 1;
      at = textEnd(name);
      if (!at) return 0;
      column = columnNamed(name, at, column, p);
      if (column == NOWHERE) return 0;
      at = skipBlanks(at + 1);
      if (load<u8>(at) != COLON) return 0;
      at = skipBlanks(at + 1);
      const cell = cells + (<usize>column << 3);
      if (load<u32>(cell)) return 0;
      at = readValue(at, cell, useOf(column, p), p);
      if (!at) return 0;
      ++column;
      at = skipBlanks(at);
      const byte: u32 = load<u8>(at++);
      if (byte == CLOSE) break;
      if (byte != COMMA) return 0;
      at = skipBlanks(at);
    }
  }
  at = skipBlanks(at);
  at += usize(load<u8>(at) == CR);
  return load<u8>(at) == LF && isUtf8(line, at) ? at : 0;
}

// @ts-ignore: decorator
@inline
function skipBlanks(at: usize): usize {
  while (isBlank(load<u8>(at))) ++at;
  return at;
}

// @ts-ignore: decorator
@inline
function useOf(column: u32, p: Plan): u32 {
  return load<u32>(p.keys + <usize>column * 12, 8);
}

/** Stores where a value stands and returns the address after it; 0 where it is not plain. */
function readValue(from: usize, cell: usize, use: u32, p: Plan): usize {
  const byte: u32 = load<u8>(from);
  let at = from;
  if (byte == QUOTE) {
    const end = use ? textEnd(from + 1) : anyTextEnd(from + 1);
    if (!end) return 0;
    store<u32>(cell, from + 1);
    store<u32>(cell, end, 4);
    return end + 1;
  }
  const four = load<u32>(from);
  if (four == NULL) at += 4;
  else if (four == TRUE || (four == FALS && load<u8>(from, 4) == LETTER_E)) {
    if (use & COMPUTED) return 0;
    at += four == TRUE ? 4 : 5;
  } else {
    at = numberEnd(from, (use & TEXTUAL) != 0);
    if (!at) return 0;
  }
  // Only a text is a word for what is missing.
  if (p.absent && isAbsent(from, at, p)) return 0;
  store<u32>(cell, from);
  store<u32>(cell, four == NULL ? from : at, 4);
  return at;
}

/** Returns the address of the quote that ends a text; 0 where a backslash or a control character comes before. */
function textEnd(from: usize): usize {
  let at = from;
  let stops = findStops(at);
  while (!stops) stops = findStops((at += STEP));
  at += <usize>(ctz(stops) / STRIDE);
  return load<u8>(at) == QUOTE ? at : 0;
}

/** As textEnd, past escapes. */
function anyTextEnd(from: usize): usize {
  let at = from;
  for (let byte: u32 = load<u8>(at); byte != QUOTE; byte = load<u8>(at)) {
    if (byte < BLANK) return 0;
    ++at;
    if (byte != BACKSLASH) continue;
    const escape: u32 = load<u8>(at++);
    if (escape == LETTER_U) {
      for (const end = at + 4; at < end; ++at) if (!isHex(load<u8>(at))) return 0;
    } else if (!isEscape(escape)) return 0;
  }
  return at;
}

function isHex(byte: u32): bool {
  return byte - ZERO < 10 || (byte | 32) - 97 < 6;
}

/** One of "\/bfnrt. */
function isEscape(byte: u32): bool {
  return byte == QUOTE || byte == BACKSLASH || byte == 47 || byte == 98 || byte == 102 || byte == 110 || byte == 114 || byte == 116;
}

/** Which of STEP bytes at an address are a quote, a backslash or below a blank; the last of eight at once only up to the first. */
// @ts-ignore: decorator
@inline
function findStops(at: usize): u64 {
  const signs = find(at, QUOTE) | find(at, BACKSLASH);
  if (ASC_FEATURE_SIMD) return signs | <u64>i8x16.bitmask(i8x16.lt_u(v128.load(at), i8x16.splat(<i8>BLANK)));
  const bytes = load<u64>(at);
  return signs | ((bytes - 0x2020202020202020) & ~bytes & 0x8080808080808080);
}

/** Returns the address after a number of JSON; 0 where it is none, may lose digits or, as text, is not as JavaScript writes it. */
function numberEnd(from: usize, isText: bool): usize {
  const isNegative = load<u8>(from) == MINUS;
  let at = from + usize(isNegative);
  const first = at;
  while (digitAt(at) < 10) ++at;
  let digits = at - first;
  const isZero = load<u8>(first) == ZERO;
  if (digits == 0 || (isZero && digits > 1)) return 0;
  let isWhole = true;
  if (load<u8>(at) == DOT) {
    isWhole = false;
    const point = ++at;
    while (digitAt(at) < 10) ++at;
    if (at == point) return 0;
    digits += at - point;
    const isTiny = isZero && (load<u64>(point) & 0xffffffffffff) == 0x303030303030; // JavaScript: 1e-7
    if (isText && (isTiny || load<u8>(at - 1) == ZERO)) return 0;
  }
  if ((<u32>load<u8>(at) | 32) == LETTER_E) {
    if (isText) return 0;
    isWhole = false;
    const sign: u32 = load<u8>(++at);
    at += usize(sign == MINUS || sign == PLUS);
    const begin = at;
    while (digitAt(at) < 10) ++at;
    if (at == begin || at - begin > 2) return 0;
  }
  if (digits > 15 && (isText || isWhole)) return 0;
  return isText && isNegative && isZero && isWhole ? 0 : at;
}

/** Returns the column of a name, looked for from `next` on; NOWHERE where there is none. */
function columnNamed(from: usize, to: usize, next: u32, p: Plan): u32 {
  const columns = p.columns;
  const length = <u32>(to - from);
  let column = next;
  for (let left = columns; left > 0; --left, ++column) {
    if (column >= columns) column = 0;
    const key = p.keys + <usize>column * 12;
    if (load<u32>(key, 4) == length && memory.compare(p.text + load<u32>(key), from, length) == 0) return column;
  }
  return NOWHERE;
}
