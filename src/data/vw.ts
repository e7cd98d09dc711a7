import { DataError, OptionError } from "../errors.js";
import { Entries } from "../features/entries.js";
import { hashBytes } from "../features/hash.js";
import { decimalOf, isBlank, shown, skipBlanks, textOf } from "./bytes.js";
import { type LineOptions, type LineParser, lineReader } from "./linereader.js";
import type { RowReader } from "./reader.js";
import type { Input } from "./source.js";

export interface VwOptions extends LineOptions {
  /** Ids are hashes modulo 2^bits, 1 … 29. Default 22. */
  bits?: number;
  /** Whether what stands before the first bar is read. Default true. */
  isLabelled?: boolean;
}

const TAB = 9;
const CR = 13;
const SPACE = 32;
const QUOTE = 39;
const ZERO = 48;
const COLON = 58;
const BAR = 124;

const DEFAULT_BITS = 22;
const MOST_BITS = 29;

/**
 * Reads the text format of Vowpal Wabbit 9: `label importance 'tag|namespace:scale feature:value … |namespace …`. Ids are
 * the hashes that it gives (`--hash strings`, hash seed 0), modulo 2^bits. A number alone before the bar is the label, a
 * second the row's weight; tags and blank lines are passed over; zeros are left out; what a row has twice is added up.
 * There is no `Constant`: the intercept is not a feature here. What is not supported is an error that says so.
 */
export function vwReader(input: Input, { bits, isLabelled = true, ...options }: VwOptions): RowReader {
  const b = checkBits(bits);
  return lineReader(input, options, {
    parser: () => new VwParser(b, isLabelled),
    kernel: (kernels, bytes, from, to, o) => kernels.parseVw(bytes, from, to, b, o),
    expected: "label |feature …",
    mayRepeat: true,
    vwBits: b,
  });
}

/** Returns how many bits ids have. Throws OptionError unless that is a whole number from 1 to 29. */
export function checkBits(bits = DEFAULT_BITS): number {
  if (Number.isInteger(bits) && bits >= 1 && bits <= MOST_BITS) return bits;
  throw new OptionError(`bits ${bits}: expected a whole number from 1 to ${MOST_BITS}`);
}

class VwParser implements LineParser {
  readonly entries = new Entries();
  label = 0;
  weight = 1;
  readonly largest = 0;
  at = 0;
  readonly #mask: number;
  readonly #isLabelled: boolean;
  /** Of the namespace at hand: its hash, what multiplies its values, how many features without a name it has had. */
  #seed = 0;
  #scale = 1;
  #unnamed = 0;

  constructor(bits: number, isLabelled: boolean) {
    this.#mask = 2 ** bits - 1;
    this.#isLabelled = isLabelled;
  }

  /** Blank lines, which end an example of several lines in Vowpal Wabbit, are no rows. */
  parse(bytes: Uint8Array, from: number, to: number): boolean {
    this.entries.clear();
    const start = skipBlanks(bytes, from, to);
    if (start === to) return false;
    this.at = start;
    const bar = bytes.subarray(0, to).indexOf(BAR, start);
    if (bar < 0) throw new DataError('no "|" in the line: it stands before the features, as in "1 |a b:0.5"');
    if (this.#isLabelled) this.#target(bytes, start, bar);
    for (let at = bar; at < to; ) {
      at = this.#namespace(bytes, at + 1, to);
      while (isBlank(bytes[at]) && at < to) {
        at = skipBlanks(bytes, at, to);
        if (at < to && bytes[at] !== BAR) at = this.#feature(bytes, at, to);
      }
    }
    this.at = start;
    this.entries.merge();
    return true;
  }

  /** Reads label and importance. A tag touches the bar or begins with a quote. */
  #target(bytes: Uint8Array, start: number, bar: number): void {
    const words: [from: number, to: number][] = [];
    for (let at = start; at < bar; ) {
      let end = at;
      while (end < bar && bytes[end] !== SPACE) end++;
      if (end > at) words.push([at, end]);
      at = end + 1;
    }
    const tab = bytes.subarray(0, bar).indexOf(TAB, start);
    if (tab >= 0) throw this.#fail(tab, 'a tab before the "|", where Vowpal Wabbit passes over what precedes it');
    const last = words.at(-1);
    const tag = last && (last[1] === bar || bytes[last[0]] === QUOTE) ? words.pop() : undefined;
    const [label, importance, third] = words;
    if (!label) {
      const touches = tag?.[1] === bar ? ' touches the "|" and so' : "";
      const read = tag ? `: ${shown(bytes, ...tag)}${touches} is a tag` : "";
      throw new DataError(`missing label${read}`);
    }
    this.label = decimalOf(bytes, ...label);
    if (Number.isNaN(this.label)) {
      const what = shown(bytes, ...label);
      const isOther = /[:,]|^(shared|slates|ccb|ca)$/.test(textOf(bytes, ...label));
      if (isOther)
        throw new DataError(`label ${what}: actions, costs, classes and multiline examples are not supported`);
      throw new DataError(`label ${what} is not a finite decimal number`);
    }
    this.weight = importance ? decimalOf(bytes, ...importance) : 1;
    if (!(this.weight >= 0))
      throw this.#fail(importance![0], `importance ${shown(bytes, ...importance!)} is not a number ≥ 0`);
    if (third) {
      const problem = `${shown(bytes, ...third)} after label and importance: initial predictions are not supported`;
      throw this.#fail(third[0], problem);
    }
  }

  /** Begins a namespace and returns where its name, and its scale, end. */
  #namespace(bytes: Uint8Array, from: number, to: number): number {
    const end = nameEnd(bytes, from, to);
    this.#seed = hashName(bytes, from, end, 0);
    this.#scale = 1;
    this.#unnamed = 0;
    if (bytes[end] !== COLON || end === to) return this.#checkEnd(bytes, end, to);
    if (end === from) throw this.#fail(end, 'no name between "|" and ":"');
    const last = valueEnd(bytes, end + 1, to);
    this.#scale = Math.fround(this.#number(bytes, end + 1, last, "scale"));
    return last;
  }

  /** Reads a feature and returns where it ends. */
  #feature(bytes: Uint8Array, from: number, to: number): number {
    const end = nameEnd(bytes, from, to);
    const id = hashName(bytes, from, end, this.#seed);
    if (bytes[end] !== COLON || end === to) {
      this.#push(id, this.#scale);
      return this.#checkEnd(bytes, end, to);
    }
    const begin = end + 1;
    if (isText(bytes, begin, to)) {
      let last = begin;
      while (last < to && !isBlank(bytes[last]) && bytes[last] !== CR) last++;
      this.#push(hashName(bytes, begin, last, id), 1);
      return this.#checkEnd(bytes, last, to);
    }
    const last = valueEnd(bytes, begin, to);
    const value = this.#scale * Math.fround(this.#number(bytes, begin, last, "value"));
    if (!Number.isFinite(Math.fround(value))) {
      throw this.#fail(
        begin,
        `value ${shown(bytes, begin, last)} times its namespace's scale is beyond single precision`,
      );
    }
    this.#push(end > from ? id : id + this.#unnamed++, value);
    return last;
  }

  #push(id: number, value: number): void {
    const single = Math.fround(value);
    if (single !== 0) this.entries.push((id & this.#mask) >>> 0, single);
  }

  /** Reads what must be a number of single precision. */
  #number(bytes: Uint8Array, from: number, to: number, what: string): number {
    const number = decimalOf(bytes, from, to);
    if (Number.isNaN(number)) {
      throw this.#fail(from, `${what} ${shown(bytes, from, to)} is not a finite decimal number`);
    }
    if (!Number.isFinite(Math.fround(number))) {
      throw this.#fail(from, `${what} ${shown(bytes, from, to)} is beyond single precision (±3.4e38)`);
    }
    return number;
  }

  /** Returns where a name ends, unless that is a carriage return: Vowpal Wabbit passes over what follows it. */
  #checkEnd(bytes: Uint8Array, end: number, to: number): number {
    if (end < to && bytes[end] === CR) throw this.#fail(end, "a carriage return inside the line");
    return end;
  }

  #fail(at: number, problem: string): DataError {
    this.at = at;
    return new DataError(problem);
  }
}

function nameEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && !isBlank(bytes[at]) && bytes[at] !== COLON && bytes[at] !== BAR && bytes[at] !== CR) at++;
  return at;
}

function valueEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && !isBlank(bytes[at]) && bytes[at] !== BAR) at++;
  return at;
}

/** Whether what follows a colon is a word: no number, nor what Vowpal Wabbit would begin to read as one. */
function isText(bytes: Uint8Array, from: number, to: number): boolean {
  const end = valueEnd(bytes, from, to);
  if (end === from || !Number.isNaN(decimalOf(bytes, from, end))) return false;
  return !/^([-+.\d]|nan|inf|e(-?\d*)?$)/i.test(textOf(bytes, from, end));
}

/**
 * Vowpal Wabbit's hash of a name: the number itself where all are digits, added to the seed (so of no bytes the seed),
 * else MurmurHash3. Control characters around it do not count.
 */
function hashName(bytes: Uint8Array, from: number, to: number, seed: number): number {
  let [first, last] = [from, to];
  while (first < last && bytes[first]! <= SPACE) first++;
  while (first < last && bytes[last - 1]! <= SPACE) last--;
  let number = 0;
  for (let at = first; at < last; at++) {
    const digit = bytes[at]! - ZERO;
    if (!(digit >= 0 && digit <= 9)) return hashBytes(bytes, first, last, seed);
    number = (Math.imul(number, 10) + digit) >>> 0;
  }
  return seed + number;
}
