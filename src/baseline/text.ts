// Numbers in text, as in assembly/parse/text.ts.

/** 10⁰ … 10²², all that double precision holds exactly. */
export const POWERS = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

export function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9;
}

export function isEnd(byte: number): boolean {
  return isBlank(byte) || byte === 10 || byte === 13;
}

/** The digit at a place; 10 and more where there is none. */
export function digitAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! - 48) >>> 0;
}

/** Stores a plain number and returns the place after it; −1 where it is not plain. */
export function parseNumber(bytes: Uint8Array, from: number, out: Float64Array): number {
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
  if (digits === 0 || digits > 15) return -1;
  if (bytes[at] === 101 || bytes[at] === 69) {
    const sign = bytes[++at]!;
    if (sign === 45 || sign === 43) at++;
    const begin = at;
    let exponent = 0;
    for (let digit = digitAt(bytes, at); digit < 10; digit = digitAt(bytes, ++at)) {
      exponent = Math.min(exponent * 10 + digit, 1000);
    }
    if (at === begin) return -1;
    power += sign === 45 ? -exponent : exponent;
    if (Math.abs(power) > 22) return -1;
  }
  if (!isEnd(bytes[at]!)) return -1;
  // Below 10¹⁵ the mantissa is exact, as the power is, so that one operation rounds once.
  const number = power < 0 ? mantissa / POWERS[-power]! : mantissa * POWERS[power]!;
  out[0] = isNegative ? -number : number;
  return at;
}
