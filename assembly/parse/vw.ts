import { NOWHERE } from "../layout";
import { scoreRows } from "../score";
import { Values } from "../sparse";
import { Parse, Progress, Score } from "../texts";
import { isAdmitted, LEFT_OUT, mergeRow, otherColumn } from "./columns";
import { hashBytes, hashShort } from "./hash";
import { BLANK, COLON, CR, countDigits, digitAt, digitsOf, isBlank, isEnd, LETTER_E, LF, numberOf, parseNumber, parseValue, ZERO } from "./text";

const QUOTE: u32 = 39;
const BAR: u32 = 124;
const LETTER_A: u32 = 97;
/** "nan" and "inf". */
const NAN: u32 = 0x6e616e;
const INF: u32 = 0x666e69;

/**
 * Parses whole lines `label importance 'tag|namespace:scale feature:value …` of Vowpal Wabbit's text format, of bytes from
 * ≤ at < to, each ended by LF or CR LF, in their plain form: a number as label, an importance of 0 or more or none, numbers
 * as for parseSvmlight, each before a blank or the line's end. Ids are the hashes that Vowpal Wabbit gives, modulo 2^bits.
 * Values that are no numbers and names without a value are as there; zeros are left out; what a row has twice is added up.
 * Stops before the first line that is anything else, such as a blank line or an error; else as parseSvmlight. The last
 * byte is LF, and 8 more can be read; indices and values have room for an entry, and ids for a column, every 2 bytes.
 */
export function parseVw<V extends Values>(from: usize, to: usize, bits: u32, o: Parse): usize {
  const pointers = o.pointers;
  const labels = o.labels;
  const weights = o.weights;
  const indices = o.indices;
  const values = o.values;
  const ids = o.ids;
  const direct = o.direct;
  const span = o.span;
  const number = o.number;
  const limit = o.limit;
  const table = o.table;
  const isFolded = o.mask > 0;
  const isLabelled = !o.score || changetype<Score>(o.score).isLabelled != 0;
  const most = o.most;
  const enough = o.enough;
  const slots: u32 = (1 << bits) - 1;
  const progress = changetype<Progress>(o.progress);
  let rows = progress.rows;
  let entries = progress.entries;
  let columns = progress.columns;
  let committed = columns;
  let line = from;
  progress.refused = 0;
  progress.valued = 0;
  progress.weighted = 0;
  while (rows < most && entries < enough && line < to) {
    progress.rows = rows;
    let at = line;
    let label: f64 = 0.0;
    let weight: f64 = 1.0;
    if (isLabelled) {
      at = parseNumber(line, number);
      if (!at) break;
      label = load<f64>(number);
      store<f64>(number, 1.0);
      at = parseImportance(at, number);
      if (!at) break;
      weight = load<f64>(number);
    } else {
      let byte: u32 = load<u8>(at);
      while (byte != BAR && byte != LF) byte = load<u8>(++at);
      if (byte == LF) break;
    }
    let seed: u32 = 0; // hash of the namespace
    let scale: f32 = 1.0;
    let unnamed: u32 = 0; // features of the namespace that have no name
    let next: u32 = 0; // where ids ascend, the next is this at least
    let isAscending = !isFolded;
    let end = entries;
    let isPlain = false;
    for (;;) {
      const chunk = load<u64>(at);
      const byte = <u32>chunk & 0xff;
      if (byte <= BLANK) {
        if (isBlank(byte)) {
          ++at;
          continue;
        }
        at += usize(byte == CR);
        isPlain = load<u8>(at) == LF;
        break;
      }
      if (byte == BAR) {
        const name = at + 1;
        at = wordEnd(name);
        seed = hashWord(name, at, 0);
        scale = 1.0;
        unnamed = 0;
        if (load<u8>(at) != COLON) continue;
        if (at == name) break;
        at = parseNumber(at + 1, number);
        if (!at) break;
        scale = <f32>load<f64>(number);
        if (!isFinite(scale)) break;
        continue;
      }

      const digits = digitsOf(chunk);
      let length = countDigits(digits);
      let id: u32;
      let after = byteOf(chunk, length);
      if (length - 1 < 7 && isWordEnd(after)) {
        id = seed + <u32>numberOf(digits, length);
        at += length;
        if (after == BLANK) ++at; // most often: the next word begins there
      } else {
        const ends = wordEnds(chunk);
        if (ends) {
          length = <usize>(ctz(ends) >> 3);
          id = length ? hashShort(chunk, <u32>length, seed) : seed;
          after = byteOf(chunk, length);
          at += length;
        } else {
          const name = at;
          at = wordEnd(at);
          id = hashWord(name, at, seed);
          after = load<u8>(at);
        }
      }
      let value = scale;
      if (after == COLON) {
        const two: u32 = load<u16>(at, 1);
        if ((two & 0xff) == ZERO + 1 && isEnd(two >> 8)) {
          if (byte == COLON) id += unnamed++;
          at += 2;
        } else {
          const begin = at + 1;
          at = parseValue(two, begin, number);
          if (at) {
            if (byte == COLON) id += unnamed++;
            value *= <f32>load<f64>(number);
          } else {
            at = textEnd(begin);
            if (!at) break;
            value = 1.0;
            id = hashBytes(begin, at, id);
          }
        }
      }
      if (value == 0.0) continue;
      if (value != 1.0) {
        if (!isFinite(value)) break;
        if (!changetype<V>(0).areStored()) {
          progress.valued = 1;
          break;
        }
      }

      id &= slots;
      isAscending = isAscending && id >= next;
      next = id + 1;
      let column: u32;
      if (id < table) column = id;
      else if (id < span) {
        const slot = direct + (<usize>id << 2);
        column = load<u32>(slot) - 1;
        if (column == NOWHERE) {
          if (limit && !isAdmitted(id, o)) continue;
          column = columns++;
          store<u32>(slot, columns);
          store<f64>(ids + (<usize>column << 3), <f64>id);
        }
      } else {
        column = otherColumn(id, columns, o);
        if (column == NOWHERE) break;
        if (column == LEFT_OUT) continue;
        columns += u32(column - table == columns);
      }
      store<u32>(indices + (<usize>end << 2), column);
      if (changetype<V>(0).areStored()) store<f32>(values + (<usize>end << 2), value);
      ++end;
    }
    if (!isPlain) break;
    if (weight != 1.0 && !weights) {
      progress.weighted = 1;
      break;
    }
    if (!isAscending) {
      end = mergeRow<V>(entries, end, o);
      if (end == NOWHERE) break;
    }
    entries = end;
    committed = columns;
    store<f64>(labels + (<usize>rows << 3), label);
    if (weights) store<f64>(weights + (<usize>rows << 3), weight);
    ++rows;
    store<u32>(pointers + (<usize>rows << 2), entries);
    line = at + 1;
  }
  progress.rows = rows;
  progress.entries = entries;
  progress.columns = committed;
  progress.reached = columns;
  if (o.score) scoreRows(o);
  return line;
}

/** Stores the importance after a label, where there is one, and returns the address of the bar; 0 where that is not plain. */
function parseImportance(from: usize, out: usize): usize {
  let at = skipSpaces(from);
  if (load<u8>(at) == BAR) return at;
  const end = parseNumber(at, out);
  if (end) {
    if (!(load<f64>(out) >= 0.0)) return 0;
    at = skipSpaces(end);
    if (load<u8>(at) == BAR) return at;
  }
  // A tag: what touches the bar, or begins with a quote.
  const isQuoted = load<u8>(at) == QUOTE;
  while (load<u8>(at) > BLANK && load<u8>(at) != BAR) ++at;
  if (isQuoted) at = skipSpaces(at);
  return load<u8>(at) == BAR ? at : 0;
}

function skipSpaces(from: usize): usize {
  let at = from;
  while (load<u8>(at) == BLANK) ++at;
  return at;
}

/** The byte at a place of eight. */
// @ts-ignore: decorator
@inline
function byteOf(chunk: u64, place: usize): u32 {
  return <u32>(chunk >> (<u64>place << 3)) & 0xff;
}

// @ts-ignore: decorator
@inline
function isWordEnd(byte: u32): bool {
  return byte <= BLANK || byte == COLON || byte == BAR;
}

/** The address of the first blank, control character, colon or bar. */
function wordEnd(from: usize): usize {
  let at = from;
  let ends = wordEnds(load<u64>(at));
  while (!ends) ends = wordEnds(load<u64>((at += 8)));
  return at + <usize>(ctz(ends) >> 3);
}

/** The top bit of each such byte of eight; borrows spoil only what follows the first of them. */
// @ts-ignore: decorator
@inline
function wordEnds(chunk: u64): u64 {
  const colons = chunk ^ 0x3a3a3a3a3a3a3a3a;
  const bars = chunk ^ 0x7c7c7c7c7c7c7c7c;
  const blanks = (chunk - 0x2121212121212121) & ~chunk;
  const marks = ((colons - 0x0101010101010101) & ~colons) | ((bars - 0x0101010101010101) & ~bars);
  return (blanks | marks) & 0x8080808080808080;
}

/** The hash of a name: of digits their number, added to the seed; of no bytes the seed. */
function hashWord(from: usize, to: usize, seed: u32): u32 {
  let number: u32 = 0;
  for (let at = from; at < to; ++at) {
    const digit = digitAt(at);
    if (digit > 9) return hashBytes(from, to, seed);
    number = number * 10 + digit;
  }
  return seed + number;
}

/** Where a value that is a word ends, at a blank or a line end; 0 where it begins like a number, or is not plain. */
function textEnd(from: usize): usize {
  const three = (load<u32>(from) & 0xffffff) | 0x202020;
  const first = three & 0xff;
  if (first - LETTER_A > 25 || three == NAN || three == INF) return 0;
  if (first == LETTER_E && ((three >> 8) & 0xff) - LETTER_A > 25) return 0;
  const to = wordEnd(from);
  return isEnd(load<u8>(to)) ? to : 0;
}
