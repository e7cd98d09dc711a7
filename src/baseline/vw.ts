import { type Kernels, NOWHERE } from "../engine/kernels.js";
import { LEFT_OUT, PROGRESS } from "../engine/texts.js";
import { hashBytes } from "../features/hash.js";
import { columnOf, mergeRow } from "./parsing.js";
import { scoreRows } from "./score.js";
import { digitAt, isBlank, isEnd, parseNumber } from "./text.js";

const BLANK = 32;
const QUOTE = 39;
const COLON = 58;
const BAR = 124;

/** Plain lines of Vowpal Wabbit's text, as in assembly/parse/vw.ts. */
export const parseVw: Kernels["parseVw"] = (text, from, to, bits, o) => {
  const bytes = text.view;
  const [pointers, labels, weights] = [o.pointers.view, o.labels.view, o.weights?.view];
  const [indices, values] = [o.indices.view, o.values?.view];
  const [number, progress] = [o.number.view, o.progress.view];
  const slots = 2 ** bits - 1;
  const isLabelled = o.score?.isLabelled ?? true;
  let [rows, entries, committed] = [PROGRESS.rows, PROGRESS.entries, PROGRESS.columns].map((it) => progress[it]!) as [
    number,
    number,
    number,
  ];
  let line = from;
  progress[PROGRESS.reached] = committed;
  progress[PROGRESS.refused] = progress[PROGRESS.valued] = progress[PROGRESS.weighted] = 0;
  while (rows < o.most && entries < o.enough && line < to) {
    progress[PROGRESS.rows] = rows;
    let [at, label, weight] = [line, 0, 1];
    if (isLabelled) {
      at = parseNumber(bytes, line, number);
      if (at < 0) break;
      label = number[0]!;
      number[0] = 1;
      at = parseImportance(bytes, at, number);
      if (at < 0) break;
      weight = number[0]!;
    } else {
      while (bytes[at] !== BAR && bytes[at] !== 10) at++;
      if (bytes[at] === 10) break;
    }
    let [seed, scale, unnamed, next] = [0, 1, 0, 0];
    let [end, isAscending, isPlain] = [entries, o.mask === 0, false];
    for (;;) {
      while (isBlank(bytes[at]!)) at++;
      const byte = bytes[at]!;
      if (byte <= BLANK) {
        if (byte === 13) at++;
        isPlain = bytes[at] === 10;
        break;
      }
      const name = byte === BAR ? at + 1 : at;
      at = wordEnd(bytes, name);
      if (byte === BAR) {
        seed = hashWord(bytes, name, at, 0);
        [scale, unnamed] = [1, 0];
        if (bytes[at] !== COLON) continue;
        if (at === name) break;
        at = parseNumber(bytes, at + 1, number);
        scale = Math.fround(number[0]!);
        if (at < 0 || !Number.isFinite(scale)) break;
        continue;
      }
      let id = hashWord(bytes, name, at, seed);
      let value = scale;
      if (bytes[at] === COLON) {
        const begin = at + 1;
        at = parseNumber(bytes, begin, number);
        if (at >= 0) {
          if (byte === COLON) id += unnamed++;
          value = Math.fround(scale * Math.fround(number[0]!));
        } else {
          at = textEnd(bytes, begin);
          if (at < 0) break;
          value = 1;
          id = hashBytes(bytes, begin, at, id);
        }
      }
      if (value === 0) continue;
      if (!Number.isFinite(value)) break;
      if (!values && value !== 1) {
        progress[PROGRESS.valued] = 1;
        break;
      }
      id = (id & slots) >>> 0;
      isAscending = isAscending && id >= next;
      next = id + 1;
      const column = columnOf(id, o);
      if (column === NOWHERE) break;
      if (column === LEFT_OUT) continue;
      indices[end] = column;
      if (values) values[end] = value;
      end++;
    }
    if (!isPlain) break;
    if (weight !== 1 && !weights) {
      progress[PROGRESS.weighted] = 1;
      break;
    }
    if (!isAscending) {
      end = mergeRow(entries, end, o);
      if (end === NOWHERE) break;
    }
    entries = end;
    committed = progress[PROGRESS.reached]!;
    labels[rows] = label;
    if (weights) weights[rows] = weight;
    pointers[++rows] = entries;
    line = at + 1;
  }
  progress[PROGRESS.rows] = rows;
  progress[PROGRESS.entries] = entries;
  progress[PROGRESS.columns] = committed;
  scoreRows(o);
  return line;
};

/** Stores the importance after a label, where there is one, and returns the place of the bar; −1 where that is not plain. */
function parseImportance(bytes: Uint8Array, from: number, out: Float64Array): number {
  let at = skipSpaces(bytes, from);
  if (bytes[at] === BAR) return at;
  const end = parseNumber(bytes, at, out);
  if (end >= 0) {
    if (!(out[0]! >= 0)) return -1;
    at = skipSpaces(bytes, end);
    if (bytes[at] === BAR) return at;
  }
  const isQuoted = bytes[at] === QUOTE;
  while (bytes[at]! > BLANK && bytes[at] !== BAR) at++;
  if (isQuoted) at = skipSpaces(bytes, at);
  return bytes[at] === BAR ? at : -1;
}

function skipSpaces(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === BLANK) at++;
  return at;
}

function wordEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at]! > BLANK && bytes[at] !== COLON && bytes[at] !== BAR) at++;
  return at;
}

/** The hash of a name: of digits their number, added to the seed; of no bytes the seed. */
function hashWord(bytes: Uint8Array, from: number, to: number, seed: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = digitAt(bytes, at);
    if (digit > 9) return hashBytes(bytes, from, to, seed);
    number = (Math.imul(number, 10) + digit) | 0;
  }
  return seed + number;
}

/** Where a value that is a word ends, at a blank or a line end; −1 where it begins like a number, or is not plain. */
function textEnd(bytes: Uint8Array, from: number): number {
  const first = String.fromCharCode(...bytes.subarray(from, from + 3));
  if (!/^[a-z]/i.test(first) || /^(nan|inf|e[^a-z])/i.test(first)) return -1;
  const to = wordEnd(bytes, from);
  return isEnd(bytes[to]!) ? to : -1;
}
