import type { Plan } from "../engine/texts.js";

// Lines cut into cells, as in assembly/parse/cells.ts.

const LF = 10;
const CR = 13;
const QUOTE = 34;

/** Writes where a line's cells are to plan.cells and returns where it ends; −1 where it is not plain. */
export function splitLine(bytes: Uint8Array, line: number, { cells, columns, delimiter }: Plan): number {
  const places = cells.view;
  let at = line;
  let isAscii = true;
  for (let cell = 0; cell < columns; cell++) {
    let [from, to, byte] = [at, 0, bytes[at]!];
    if (byte === QUOTE) {
      from = ++at;
      for (byte = bytes[at]!; byte !== QUOTE && byte !== LF; byte = bytes[++at]!) if (byte > 127) isAscii = false;
      if (byte === LF) return -1;
      to = at;
      byte = bytes[++at]!;
      if (byte === CR && bytes[at + 1] === LF) byte = bytes[++at]!;
      if (byte !== delimiter && byte !== LF) return -1;
    } else {
      for (; byte !== delimiter && byte !== LF; byte = bytes[++at]!) if (byte > 127) isAscii = false;
      to = byte === LF && at > from && bytes[at - 1] === CR ? at - 1 : at;
      if (byte === LF && to === line) return -1; // blank
    }
    places[2 * cell] = from;
    places[2 * cell + 1] = to;
    if (byte === LF) return cell === columns - 1 && (isAscii || isUtf8(bytes.subarray(line, at))) ? at : -1;
    at++;
  }
  return -1;
}

/** A byte order mark is text. */
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    DECODER.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Whether bytes from ≤ i < to are one of the words that mean that a cell is missing. */
export function isAbsent(bytes: Uint8Array, from: number, to: number, { missing, text }: Plan): boolean {
  const words = missing.view;
  for (let i = 0; i < words.length; i += 2) {
    if (areSame(text.view, words[i]!, words[i + 1]!, bytes, from, to - from)) return true;
  }
  return false;
}

/** Whether so many bytes of two texts, each from somewhere on, are the same. */
export function areSame(a: Uint8Array, i: number, length: number, b: Uint8Array, j: number, other: number): boolean {
  if (length !== other) return false;
  for (let k = 0; k < length; k++) if (a[i + k] !== b[j + k]) return false;
  return true;
}
