import { digitAt, POWERS } from "./text.js";

// Numbers in cells, as in assembly/parse/number.ts.

/** Not a number that is surely read right: too many digits for one rounding. */
export const UNSURE = Number.POSITIVE_INFINITY;

/** The number that bytes are in decimal notation: NaN where they are none, UNSURE where one rounding may not give it. */
export function decimalOf(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  const isNegative = bytes[at] === 45;
  if (isNegative || bytes[at] === 43) at++;
  const first = at;
  let mantissa = 0;
  for (let digit = digitAt(bytes, at); digit < 10; digit = digitAt(bytes, ++at)) mantissa = mantissa * 10 + digit;
  let [digits, power] = [at - first, 0];
  if (bytes[at] === 46) {
    const point = ++at;
    for (let digit = digitAt(bytes, at); digit < 10; digit = digitAt(bytes, ++at)) mantissa = mantissa * 10 + digit;
    digits += at - point;
    power = point - at;
  }
  if (digits === 0) return Number.NaN;
  if (at < to && (bytes[at] === 101 || bytes[at] === 69)) {
    const sign = bytes[++at]!;
    if (sign === 45 || sign === 43) at++;
    const begin = at;
    let exponent = 0;
    for (let digit = digitAt(bytes, at); digit < 10; digit = digitAt(bytes, ++at)) {
      exponent = Math.min(exponent * 10 + digit, 1000);
    }
    if (at === begin) return Number.NaN;
    power += sign === 45 ? -exponent : exponent;
  }
  // A delimiter that could be part of a number leads past the end.
  if (at < to) return Number.NaN;
  if (at > to || digits > 15 || Math.abs(power) > 22) return UNSURE;
  const number = power < 0 ? mantissa / POWERS[-power]! : mantissa * POWERS[power]!;
  return isNegative ? -number : number;
}

/** As decimalOf, of what is left without blanks around it; UNSURE also where it is no number. */
export function numberIn(bytes: Uint8Array, from: number, to: number): number {
  const number = decimalOf(bytes, ...trimmed(bytes, from, to));
  return Number.isNaN(number) ? UNSURE : number;
}

/** Where bytes begin and end without the blanks around them. */
export function trimmed(bytes: Uint8Array, from: number, to: number): [from: number, to: number] {
  let [first, last] = [from, to];
  while (first < last && isWhite(bytes[first]!)) first++;
  while (last > first && isWhite(bytes[last - 1]!)) last--;
  return [first, last];
}

/** Whether a byte is white space by itself. */
export function isWhite(byte: number): boolean {
  return byte === 32 || (byte > 8 && byte < 14);
}

/** How many bytes of white space stand at a place, as JavaScript's \s has it. */
export function whiteLength(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  if (byte < 0x80) return Number(isWhite(byte));
  if (byte === 0xc2) return bytes[at + 1] === 0xa0 ? 2 : 0;
  if (byte < 0xe1 || byte > 0xef) return 0;
  const code = ((byte & 15) << 12) | ((bytes[at + 1]! & 63) << 6) | (bytes[at + 2]! & 63);
  return /\s/.test(String.fromCharCode(code)) ? 3 : 0;
}
