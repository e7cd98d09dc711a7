import { type Kernels, type Parse, PROGRESS } from "../engine/kernels.js";
import { slotOf } from "../slots.js";

const REFUSED = 0xffffffff;

/** 10⁰ … 10²², all that double precision holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** Plain svmlight lines, as in assembly/parse/svmlight.ts. */
export const parseSvmlight: Kernels["parseSvmlight"] = (text, from, to, o) => {
  const bytes = text.view;
  const [pointers, labels, indices, values] = [o.pointers.view, o.labels.view, o.indices.view, o.values?.view];
  const [number, progress] = [o.number.view, o.progress.view];
  let [rows, entries] = [progress[PROGRESS.rows]!, progress[PROGRESS.entries]!];
  let [committed, largest] = [progress[PROGRESS.columns]!, progress[PROGRESS.largest]!];
  let line = from;
  progress[PROGRESS.reached] = committed;
  progress[PROGRESS.refused] = 0;
  progress[PROGRESS.valued] = 0;
  while (rows < o.most && line < to) {
    let at = parseNumber(bytes, line, number);
    if (at < 0) break;
    const label = number[0]!;
    let [last, end, isPlain] = [0, entries, false];
    for (;;) {
      while (isBlank(bytes[at]!)) at++;
      if (digitAt(bytes, at) > 9) {
        if (bytes[at] === 13) at++;
        isPlain = bytes[at] === 10;
        break;
      }
      let index = 0;
      for (let digit = digitAt(bytes, at); digit < 10 && index < 2 ** 32; digit = digitAt(bytes, ++at)) {
        index = index * 10 + digit;
      }
      if (index <= last || index >= 2 ** 32 || bytes[at] !== 58) break; // ":"
      last = index;
      at = parseNumber(bytes, at + 1, number);
      if (at < 0) break;
      const value = Math.fround(number[0]!);
      if (value === 0) continue;
      if (!values && value !== 1) {
        progress[PROGRESS.valued] = 1;
        break;
      }
      const column = columnOf(last - 1, o, progress);
      if (column === REFUSED) {
        progress[PROGRESS.refused] = last;
        break;
      }
      indices[end] = column;
      if (values) values[end] = value;
      end++;
    }
    if (!isPlain) break;
    largest = Math.max(largest, last);
    entries = end;
    committed = progress[PROGRESS.reached]!;
    labels[rows++] = label;
    pointers[rows] = entries;
    line = at + 1;
  }
  progress[PROGRESS.rows] = rows;
  progress[PROGRESS.entries] = entries;
  progress[PROGRESS.columns] = committed;
  progress[PROGRESS.largest] = largest;
  return line;
};

/** Returns the column of an id, the next one when it has none; REFUSED without room for it in the tables. */
function columnOf(id: number, { ids, direct, hashed, least }: Parse, progress: Uint32Array): number {
  let [table, slot] = [direct.view, id];
  if (id >= direct.length) {
    if (id < least || hashed.length === 0) return REFUSED;
    table = hashed.view;
    slot = slotOf(id, table, ids.view);
  }
  const known = table[slot]!;
  if (known > 0) return known - 1;
  if (id >= direct.length) {
    if (2 * progress[PROGRESS.hashed]! >= hashed.length) return REFUSED;
    progress[PROGRESS.hashed]!++;
  }
  const column = progress[PROGRESS.reached]!++;
  table[slot] = column + 1;
  ids.view[column] = id;
  return column;
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9;
}

function isEnd(byte: number): boolean {
  return isBlank(byte) || byte === 10 || byte === 13;
}

/** The digit at a place; 10 and more where there is none. */
function digitAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! - 48) >>> 0;
}

/** Stores a number and returns the place after it; −1 where it is not plain. */
function parseNumber(bytes: Uint8Array, from: number, out: Float64Array): number {
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
