export const TAB: u32 = 9;
export const LF: u32 = 10;
export const CR: u32 = 13;
export const BLANK: u32 = 32;
export const PLUS: u32 = 43;
export const MINUS: u32 = 45;
export const DOT: u32 = 46;
export const ZERO: u32 = 48;
export const COLON: u32 = 58;
export const LETTER_E: u32 = 101;

/** 10⁰ … 10²², all that double precision holds exactly. */
// prettier-ignore
export const POWERS = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]);
export const LARGEST_POWER: i32 = 22;

// @ts-ignore: decorator
@inline
export function isBlank(byte: u32): bool {
  return byte == BLANK || byte == TAB;
}

// @ts-ignore: decorator
@inline
export function isEnd(byte: u32): bool {
  return byte == BLANK || byte == LF || byte == CR || byte == TAB;
}

// Eight bytes at a time. A digit's byte is 0 … 9 after digitsOf, every other one has a bit of 0xf0 after adding 6; the
// carry of a byte above 0xf9 spoils only what follows the first of them.

// @ts-ignore: decorator
@inline
export function digitsOf(bytes: u64): u64 {
  return bytes ^ 0x3030303030303030;
}

/** How many of the bytes, from the first on, are digits. */
// @ts-ignore: decorator
@inline
export function countDigits(chunk: u64): usize {
  return <usize>(ctz(((chunk + 0x0606060606060606) | chunk) & 0xf0f0f0f0f0f0f0f0) >> 3);
}

/** The number of the first `length` ≤ 7 digits: moved to the end behind zeros, then added up by twos, fours, eights. */
// @ts-ignore: decorator
@inline
export function numberOf(chunk: u64, length: usize): u64 {
  const digits = (chunk << 8) << (56 - (<u64>length << 3));
  const pairs = (digits * 2561) >> 8; // 2561 = 10·2⁸ + 1
  const fours = ((pairs & 0x00ff00ff00ff00ff) * 6553601) >> 16; // 100·2¹⁶ + 1
  return ((fours & 0x0000ffff0000ffff) * 42949672960001) >> 32; // 10⁴·2³² + 1
}

/** As parseNumber, quicker for `0.` and at most 7 digits; `two` is what stands there. */
// @ts-ignore: decorator
@inline
export function parseValue(two: u32, at: usize, out: usize): usize {
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
export function parseNumber(from: usize, out: usize): usize {
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
export function digitAt(at: usize): u32 {
  return <u32>load<u8>(at) - ZERO;
}
