import { Parse, Progress } from "../layout";
import { Values } from "../sparse";

const TAB: u32 = 9;
const LF: u32 = 10;
const CR: u32 = 13;
const BLANK: u32 = 32;
const PLUS: u32 = 43;
const MINUS: u32 = 45;
const DOT: u32 = 46;
const ZERO: u32 = 48;
const COLON: u32 = 58;
const LETTER_E: u32 = 101;

/** 10⁰ … 10²², all that double precision holds exactly. */
// prettier-ignore
const POWERS = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]);
const LARGEST_POWER: i32 = 22;

/**
 * Parses whole lines `label index:value …` of bytes from ≤ at < to, each ended by LF or CR LF, in their plain form:
 * ascending indices from 1 to 2³² − 1, numbers of at most 15 digits that one multiplication or division by a power of
 * ten gives exactly rounded. Rows go behind those that are there, each id in the column that o's tables give it; a new
 * one takes the next. Zeros are left out. Stops before the first line that is anything else, such as a comment or an
 * error; whose id the tables have no room for; with Ones, that has another value than 1 and 0; or when o.most rows are
 * there. Says in o.progress how far it came and returns where it stopped. The last byte is LF, and 8 more can be read;
 * indices and values have room for an entry, and ids for a column, every 4 bytes.
 */
export function parseSvmlight<V extends Values>(from: usize, to: usize, o: Parse): usize {
  const pointers = o.pointers;
  const labels = o.labels;
  const indices = o.indices;
  const values = o.values;
  const ids = o.ids;
  const direct = o.direct;
  const span = o.span;
  const number = o.number;
  const progress = changetype<Progress>(o.progress);
  let rows = progress.rows;
  let entries = progress.entries;
  let columns = progress.columns;
  let largest = progress.largest;
  let committed = columns;
  let line = from;
  progress.refused = 0;
  progress.valued = 0;
  for (const most = o.most; rows < most && line < to; ) {
    let at = parseNumber(line, number);
    if (!at) break;
    const label = load<f64>(number);
    let last: u32 = 0;
    let end = entries;
    let isPlain = false;
    for (;;) {
      // What ended the number before is a blank or the line's end.
      let byte: u32 = load<u8>(at);
      while (isBlank(byte)) byte = load<u8>(++at);
      if (byte - ZERO > 9) {
        at += usize(byte == CR);
        isPlain = load<u8>(at) == LF;
        break;
      }
      let index: u64 = 0;
      const chunk = digitsOf(load<u64>(at));
      const length = countDigits(chunk);
      if (length < 8) {
        index = numberOf(chunk, length);
        at += length;
      } else {
        for (let digit = byte - ZERO; digit < 10; digit = <u32>load<u8>(at) - ZERO) {
          index = index * 10 + digit;
          if (index > u32.MAX_VALUE) break;
          ++at;
        }
        if (index > u32.MAX_VALUE) break;
      }
      if (<u32>index <= last || load<u8>(at) != COLON) break;
      last = <u32>index;
      ++at;

      let value: f32 = 1.0;
      const two: u32 = load<u16>(at);
      if ((two & 0xff) == ZERO + 1 && isEnd(two >> 8)) ++at;
      else {
        at = parseValue(two, at, number);
        if (!at) break;
        value = <f32>load<f64>(number);
        if (value == 0.0) continue;
        if (!changetype<V>(0).areStored() && value != 1.0) {
          progress.valued = 1;
          break;
        }
      }

      const id = last - 1;
      let column: u32;
      if (id < span) {
        const slot = direct + (<usize>id << 2);
        column = load<u32>(slot) - 1;
        if (column == u32.MAX_VALUE) {
          column = columns++;
          store<u32>(slot, columns);
          store<f64>(ids + (<usize>column << 3), <f64>id);
        }
      } else {
        column = hashedColumn(id, columns, o);
        if (column == u32.MAX_VALUE) {
          progress.refused = last;
          break;
        }
        columns += u32(column == columns);
      }
      store<u32>(indices + (<usize>end << 2), column);
      if (changetype<V>(0).areStored()) store<f32>(values + (<usize>end << 2), value);
      ++end;
    }
    if (!isPlain) break;
    largest = max(largest, last);
    entries = end;
    committed = columns;
    store<f64>(labels + (<usize>rows << 3), label);
    ++rows;
    store<u32>(pointers + (<usize>rows << 2), entries);
    line = at + 1;
  }
  progress.rows = rows;
  progress.entries = entries;
  progress.columns = committed;
  progress.reached = columns;
  progress.largest = largest;
  return line;
}

/** Returns the column of an id past the direct table, `columns` when it now has the next; 2³² − 1 without room for it. */
function hashedColumn(id: u32, columns: u32, o: Parse): u32 {
  if (id < o.least) return u32.MAX_VALUE;
  const progress = changetype<Progress>(o.progress);
  const hashed = o.hashed;
  const slots = o.slots;
  const mask = slots - 1;
  const ids = o.ids;
  let slot = mix(id) & mask;
  for (; slots > 0; slot = (slot + 1) & mask) {
    const column = load<u32>(hashed + (<usize>slot << 2)) - 1;
    if (column == u32.MAX_VALUE) break;
    if (load<f64>(ids + (<usize>column << 3)) == <f64>id) return column;
  }
  if (progress.hashed << 1 >= slots) return u32.MAX_VALUE;
  ++progress.hashed;
  store<u32>(hashed + (<usize>slot << 2), columns + 1);
  store<f64>(ids + (<usize>columns << 3), <f64>id);
  return columns;
}

/** As in src/random.ts: both sides look into one table. */
function mix(value: u32): u32 {
  let h = value;
  h = (h ^ (h >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return h ^ (h >> 16);
}

// @ts-ignore: decorator
@inline
function isBlank(byte: u32): bool {
  return byte == BLANK || byte == TAB;
}

// @ts-ignore: decorator
@inline
function isEnd(byte: u32): bool {
  return byte == BLANK || byte == LF || byte == CR || byte == TAB;
}

// Eight bytes at a time. A digit's byte is 0 … 9 after digitsOf, every other one has a bit of 0xf0 after adding 6; the
// carry of a byte above 0xf9 spoils only what follows the first of them.

// @ts-ignore: decorator
@inline
function digitsOf(bytes: u64): u64 {
  return bytes ^ 0x3030303030303030;
}

/** How many of the bytes, from the first on, are digits. */
// @ts-ignore: decorator
@inline
function countDigits(chunk: u64): usize {
  return <usize>(ctz(((chunk + 0x0606060606060606) | chunk) & 0xf0f0f0f0f0f0f0f0) >> 3);
}

/** The number of the first `length` ≤ 7 digits: moved to the end behind zeros, then added up by twos, fours, eights. */
// @ts-ignore: decorator
@inline
function numberOf(chunk: u64, length: usize): u64 {
  const digits = (chunk << 8) << (56 - (<u64>length << 3));
  const pairs = (digits * 2561) >> 8; // 2561 = 10·2⁸ + 1
  const fours = ((pairs & 0x00ff00ff00ff00ff) * 6553601) >> 16; // 100·2¹⁶ + 1
  return ((fours & 0x0000ffff0000ffff) * 42949672960001) >> 32; // 10⁴·2³² + 1
}

/** As parseNumber, quicker for `0.` and at most 7 digits; `two` is what stands there. */
// @ts-ignore: decorator
@inline
function parseValue(two: u32, at: usize, out: usize): usize {
  if (two == (ZERO | (DOT << 8))) {
    const chunk = digitsOf(load<u64>(at, 2));
    const length = countDigits(chunk);
    const next = at + 2 + length;
    if (length < 8 && isEnd(load<u8>(next))) {
      store<f64>(out, <f64>numberOf(chunk, length) / load<f64>(POWERS + (length << 3)));
      return next;
    }
  }
  return parseNumber(at, out);
}

/** Stores a number's f64 and returns the address after it; 0 where it is not plain or does not end at a blank or a line end. */
function parseNumber(from: usize, out: usize): usize {
  let at = from;
  const sign: u32 = load<u8>(at);
  at += usize(sign == MINUS || sign == PLUS);
  let mantissa: u64 = 0;
  const first = at;
  for (let digit = digitAt(at); digit < 10; digit = digitAt(++at)) mantissa = mantissa * 10 + digit;
  let digits = at - first;
  let power: i32 = 0;
  if (load<u8>(at) == DOT) {
    const point = ++at;
    for (let digit = digitAt(at); digit < 10; digit = digitAt(++at)) mantissa = mantissa * 10 + digit;
    digits += at - point;
    power = <i32>(point - at);
  }
  if (digits == 0 || digits > 15) return 0;
  if ((<u32>load<u8>(at) | 32) == LETTER_E) {
    const minus: u32 = load<u8>(++at);
    at += usize(minus == MINUS || minus == PLUS);
    const begin = at;
    let exponent: i32 = 0;
    for (let digit = digitAt(at); digit < 10; digit = digitAt(++at)) exponent = min(exponent * 10 + <i32>digit, 1000);
    if (at == begin) return 0;
    power += minus == MINUS ? -exponent : exponent;
    if (power > LARGEST_POWER || power < -LARGEST_POWER) return 0;
  }
  if (!isEnd(load<u8>(at))) return 0;
  // Below 10¹⁵ the mantissa is exact, as the power is, so that one operation rounds once.
  const scale = load<f64>(POWERS + (<usize>abs(power) << 3));
  const number = power < 0 ? <f64>mantissa / scale : <f64>mantissa * scale;
  store<f64>(out, sign == MINUS ? -number : number);
  return at;
}

/** The digit at an address; 10 and more where there is none. */
// @ts-ignore: decorator
@inline
function digitAt(at: usize): u32 {
  return <u32>load<u8>(at) - ZERO;
}
