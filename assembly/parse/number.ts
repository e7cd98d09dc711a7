import { BLANK, countDigits, digitAt, digitsOf, LARGEST_POWER, LETTER_E, DOT, MINUS, numberOf, PLUS, POWERS, TAB } from "./text";

/** Not a number that is surely read right: too many digits for one rounding. */
export const UNSURE: f64 = Infinity;

/** The number that bytes are in decimal notation: NaN where they are none, UNSURE where one rounding may not give it. */
export function decimalOf(from: usize, to: usize): f64 {
  const length = to - from;
  const chunk = digitsOf(load<u64>(from));
  if (length - 1 < 7 && countDigits(chunk) >= length) return <f64>numberOf(chunk, length);
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
  if (digits == 0) return NaN;
  if (at < to && (<u32>load<u8>(at) | 32) == LETTER_E) {
    const minus: u32 = load<u8>(++at);
    at += usize(minus == MINUS || minus == PLUS);
    const begin = at;
    let exponent: i32 = 0;
    for (let digit = digitAt(at); digit < 10; digit = digitAt(++at)) exponent = min(exponent * 10 + <i32>digit, 1000);
    if (at == begin) return NaN;
    power += minus == MINUS ? -exponent : exponent;
  }
  // A delimiter that could be part of a number leads past the end.
  if (at < to) return NaN;
  if (at > to || digits > 15 || power > LARGEST_POWER || power < -LARGEST_POWER) return UNSURE;
  const scale = load<f64>(POWERS + (<usize>abs(power) << 3));
  const number = power < 0 ? <f64>mantissa / scale : <f64>mantissa * scale;
  return sign == MINUS ? -number : number;
}

/** As decimalOf, of what is left without blanks around it; UNSURE also where it is no number. */
export function numberIn(from: usize, to: usize): f64 {
  while (from < to && isWhite(load<u8>(from))) ++from;
  while (to > from && isWhite(load<u8>(to - 1))) --to;
  const number = decimalOf(from, to);
  return isNaN(number) ? UNSURE : number;
}

/** Whether a byte is white space by itself. */
// @ts-ignore: decorator
@inline
export function isWhite(byte: u32): bool {
  return byte == BLANK || byte - TAB < 5;
}

/** How many bytes of white space stand at an address, as JavaScript's \s has it. */
export function whiteLength(at: usize): usize {
  const byte: u32 = load<u8>(at);
  if (byte < 0x80) return usize(isWhite(byte));
  const three: u32 = load<u32>(at) & 0xffffff; // the first byte is the lowest
  if ((three & 0xffff) == 0xa0c2) return 2; // U+00A0
  if (three == 0x809ae1 || three == 0x9f81e2 || three == 0x8080e3 || three == 0xbfbbef) return 3; // 1680 205F 3000 FEFF
  if ((three & 0xffff) != 0x80e2) return 0;
  const third = three >> 16;
  return third <= 0x8a || third == 0xa8 || third == 0xa9 || third == 0xaf ? 3 : 0; // U+2000 … 200A, 2028, 2029, 202F
}
