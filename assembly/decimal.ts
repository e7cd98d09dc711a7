// Numbers as text: the shortest decimal that reads as the same double, the nearest of those, written as JavaScript does.

import { ZERO } from "./parse/text";

/** The first power of ten in the host's table, as src/engine/decimal.ts makes it. */
const LEAST_POWER: i32 = -292;
const HALF: u64 = 0xffffffff;
const DOT: u8 = 46;
/** Eight digits 0. */
const ZEROS: u64 = 0x3030303030303030;

/**
 * Writes a finite number and returns the address after it, 25 bytes further at most; 8 bytes after that may be written
 * too. R. Giulietti, "The Schubfach way to render doubles" (2020): the decimals of fewest digits between the bounds of what
 * rounds to the number. powers: 10^k for −292 ≤ k ≤ 324 as {higher, lower} u64, the 128 bits from their first, rounded up.
 */
export function writeNumber(number: f64, powers: usize, out: usize): usize {
  const bits = reinterpret<u64>(number);
  if (bits << 1 == 0) return writeDigits(0, 1, out);
  if (bits >> 63) store<u8>(out++, 45);
  const mantissa = bits & 0x000fffffffffffff;
  const exponent = <i32>(bits >> 52) & 0x7ff;
  const c = exponent ? mantissa | 0x0010000000000000 : mantissa;
  const q = max(exponent, 1) - 1075;
  if (q <= 0 && q > -53 && c >> <u64>-q << <u64>-q == c) return write(c >> <u64>-q, 0, out); // a whole number

  // Below a power of two the numbers are twice as dense: the lower bound is nearer.
  const isEdge = mantissa == 0 && exponent > 1;
  const k = (q * 1262611 - (isEdge ? 524031 : 0)) >> 22; // ⌊log10(2^q)⌋, of an edge ⌊log10(¾·2^q)⌋
  const h = <u64>(q + ((-k * 1741647) >> 19) + 1); // q + ⌊log2(10^−k)⌋ + 1
  const power = powers + (<usize>(-k - LEAST_POWER) << 4);
  const high = load<u64>(power);
  const low = load<u64>(power, 8);
  const isOdd = c & 1; // an even number is that of its bounds too
  const value = roundToOdd(high, low, (c << 2) << h);
  const lower = roundToOdd(high, low, ((c << 2) - 2 + u64(isEdge)) << h) + isOdd;
  const upper = roundToOdd(high, low, ((c << 2) + 2) << h) - isOdd;
  const s = value >> 2;
  if (s >= 10) {
    const tens = s / 10;
    const isBelow = lower <= 40 * tens;
    const isAbove = 40 * tens + 40 <= upper;
    if (isBelow != isAbove) return write(tens + u64(isAbove), k + 1, out);
  }
  const isBelow = lower <= s << 2;
  const isAbove = (s << 2) + 4 <= upper;
  if (isBelow != isAbove) return write(s + u64(isAbove), k, out);
  const middle = (s << 2) + 2;
  return write(s + u64(value > middle || (value == middle && (s & 1) != 0)), k, out);
}

/** The upper 64 of the 192 bits of {high, low} · c, its last bit set where bits below it are. */
// @ts-ignore: decorator
@inline
function roundToOdd(high: u64, low: u64, c: u64): u64 {
  const carried = upperOf(low, c);
  const rest = high * c + carried;
  return (upperOf(high, c) + u64(rest < carried)) | u64(rest > 1);
}

/** The upper 64 bits of a product. */
// @ts-ignore: decorator
@inline
function upperOf(a: u64, b: u64): u64 {
  const low = (a & HALF) * (b & HALF);
  const left = (a >> 32) * (b & HALF) + (low >> 32);
  const right = (a & HALF) * (b >> 32) + (left & HALF);
  return (a >> 32) * (b >> 32) + (left >> 32) + (right >> 32);
}

/** Writes digits · 10^exponent as Number::toString of ECMAScript lays it out. */
function write(digits: u64, exponent: i32, out: usize): usize {
  for (let shorter = digits / 10; shorter * 10 == digits; shorter = digits / 10) {
    digits = shorter;
    ++exponent;
  }
  const length = lengthOf(digits);
  const point = length + exponent; // digits before the point
  if (point > 21 || point < -5) return writeScientific(digits, length, point - 1, out);
  if (point <= 0) {
    store<u16>(out, ZERO | (<u32>DOT << 8));
    store<u64>(out, ZEROS, 2);
    return writeDigits(digits, length, out + 2 - point);
  }
  if (exponent >= 0) {
    const end = writeDigits(digits, length, out);
    memory.fill(end, <u8>ZERO, <usize>exponent);
    return end + exponent;
  }
  const end = writeDigits(digits, length, out + 1);
  memory.copy(out, out + 1, <usize>point);
  store<u8>(out + point, DOT);
  return end;
}

/** Writes d.ddde±x. */
function writeScientific(digits: u64, length: i32, power: i32, out: usize): usize {
  let end = writeDigits(digits, length, out + 1);
  store<u8>(out, load<u8>(out, 1));
  if (length == 1) --end;
  else store<u8>(out, DOT, 1);
  store<u16>(end, 101 | (power < 0 ? 45 << 8 : 43 << 8)); // e and its sign
  const size = <u64>abs(power);
  return writeDigits(size, lengthOf(size), end + 2);
}

/** Writes a number of so many digits, and some bytes after them, and returns the address after the digits. */
function writeDigits(digits: u64, length: i32, out: usize): usize {
  if (length <= 8) return writeEight(digits, length, out);
  const upper = digits / 100000000;
  const lower = digits - upper * 100000000;
  if (length <= 16) return writeEight(lower, 8, writeEight(upper, length - 8, out));
  const first = upper / 100000000;
  const at = writeEight(first, length - 16, out);
  return writeEight(lower, 8, writeEight(upper - first * 100000000, 8, at));
}

/** As writeDigits, 8 at most: all at once, halved into groups of four, two and one digit. */
// @ts-ignore: decorator
@inline
function writeEight(digits: u64, length: i32, out: usize): usize {
  const fours = digits / 10000;
  const x = fours | ((digits - fours * 10000) << 32);
  const hundreds = ((x * 10486) >> 20) & 0x0000007f0000007f; // ⌊n/100⌋ for n < 10⁴
  const y = hundreds | ((x - hundreds * 100) << 16);
  const tens = ((y * 103) >> 10) & 0x000f000f000f000f; // ⌊n/10⌋ for n < 100
  const z = tens | ((y - tens * 10) << 8);
  store<u64>(out, (z | ZEROS) >> (<u64>(8 - length) << 3));
  return out + length;
}

/** How many digits a number has, 17 at most. */
function lengthOf(digits: u64): i32 {
  let length = 17;
  for (let power: u64 = 10000000000000000; length > 1 && digits < power; power /= 10) --length;
  return length;
}
