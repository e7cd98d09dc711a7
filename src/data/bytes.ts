import { parseDecimal } from "../features/cell.js";

// Text as bytes of UTF-8, from ≤ i < to.

const SPACE = 32;
const TAB = 9;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;

/** A byte order mark inside the text is no mark: it stays. */
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return DECODER.decode(bytes.slice(from, to)); // a view of shared memory is not to be decoded
}

/** Shows text inside a message: quoted, and cut when it is long. */
export function shown(bytes: Uint8Array, from: number, to: number): string {
  const text = textOf(bytes, from, Math.min(to, from + 40));
  return JSON.stringify(to > from + 40 ? `${text}…` : text);
}

export function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

export function skipBlanks(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isBlank(bytes[at])) at++;
  return at;
}

export function tokenEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && !isBlank(bytes[at])) at++;
  return at;
}

/**
 * Reads decimal notation; NaN when the text is anything else or its number is not finite. Up to 15 digits without an
 * exponent are exact by one division; the rest is parsed as text.
 */
export function decimalOf(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  const sign = bytes[at] === MINUS ? -1 : 1;
  if (bytes[at] === MINUS || bytes[at] === PLUS) at++;
  const first = at;
  let mantissa = 0;
  let scale = 0;
  for (; at < to; at++) {
    const byte = bytes[at]!;
    const digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      if (scale > 0) scale *= 10;
    } else if (byte === DOT && scale === 0) scale = 1;
    else break;
  }
  const digits = at - first - (scale > 0 ? 1 : 0);
  if (at === to && digits > 0 && digits <= 15) return (sign * mantissa) / (scale || 1);
  return parseDecimal(textOf(bytes, from, to));
}
