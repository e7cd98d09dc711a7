import type { Kernels } from "../engine/kernels.js";

/** Plain svmlight lines, as in assembly/parse/svmlight.ts. */
export const parseSvmlight: Kernels["parseSvmlight"] = (text, from, to, o) => {
  const bytes = text.view;
  const [starts, ends, indices, values] = [o.starts.view, o.ends.view, o.indices.view, o.values.view];
  const [labels, number] = [o.labels.view, o.number.view];
  let [rows, entries, largest, line] = [0, 0, 0, from];
  while (rows < o.most && line < to) {
    let at = parseNumber(bytes, line, to, number);
    if (at < 0) break;
    const label = number[0]!;
    let [last, end, isPlain] = [0, entries, false];
    for (;;) {
      const gap = at;
      while (at < to && isBlank(bytes[at]!)) at++;
      if (at < to && bytes[at] === 13) at++;
      if (at < to && bytes[at] === 10) {
        isPlain = true;
        break;
      }
      if (at === gap || bytes[at - 1] === 13) break;
      let index = 0;
      for (let digit = digitAt(bytes, at, to); digit < 10; digit = digitAt(bytes, at, to)) {
        index = index * 10 + digit;
        if (index > 0xffffffff) break;
        at++;
      }
      if (index <= last || index > 0xffffffff || at >= to || bytes[at] !== 58) break; // ":"
      last = index;
      at = parseNumber(bytes, at + 1, to, number);
      if (at < 0) break;
      const value = Math.fround(number[0]!);
      indices[end] = index - 1;
      values[end] = value;
      if (value !== 0) end++;
    }
    if (!isPlain) break;
    largest = Math.max(largest, last);
    entries = end;
    starts[rows] = line - from;
    ends[rows] = entries;
    labels[rows++] = label;
    line = at + 1;
  }
  o.outcome.view.set([rows, entries, largest]);
  return line;
};

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9;
}

/** The digit at a place; 10 and more where there is none. */
function digitAt(bytes: Uint8Array, at: number, to: number): number {
  return at < to ? (bytes[at]! - 48) >>> 0 : 10;
}

/** Stores a number and returns the place after it; −1 where it is not plain. */
function parseNumber(bytes: Uint8Array, from: number, to: number, out: Float64Array): number {
  let at = from;
  const isNegative = bytes[at] === 45;
  if (at < to && (isNegative || bytes[at] === 43)) at++;
  let mantissa = 0;
  const first = at;
  for (let digit = digitAt(bytes, at, to); digit < 10; digit = digitAt(bytes, at, to)) {
    mantissa = mantissa * 10 + digit;
    at++;
  }
  let [digits, scale] = [at - first, 1];
  if (at < to && bytes[at] === 46) {
    const point = ++at;
    for (let digit = digitAt(bytes, at, to); digit < 10; digit = digitAt(bytes, at, to)) {
      mantissa = mantissa * 10 + digit;
      scale *= 10;
      at++;
    }
    digits += at - point;
  }
  if (digits === 0 || digits > 15 || at >= to) return -1;
  const next = bytes[at]!;
  if (!isBlank(next) && next !== 10 && next !== 13) return -1;
  out[0] = (isNegative ? -1 : 1) * (mantissa / scale);
  return at;
}
