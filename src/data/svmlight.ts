import { DataError } from "../errors.js";
import { Entries } from "../features/entries.js";
import { decimalOf, shown, skipBlanks, tokenEnd } from "./bytes.js";
import { type LineFormat, type LineOptions, type LineParser, lineReader } from "./linereader.js";
import type { RowReader } from "./reader.js";
import type { Input } from "./source.js";

const HASH = 35;
const ZERO = 48;
const COLON = 58;

const SVMLIGHT: LineFormat = {
  parser: () => new RowParser(),
  kernel: (kernels, bytes, from, to, o) => kernels.parseSvmlight(bytes, from, to, o),
  expected: "label index:value …",
  mayRepeat: false,
  vwBits: null,
};

/**
 * Reads svmlight/LIBSVM text: `label index:value index:value …`, indices from 1 to 2⁵³ − 1 ascending, `#` anywhere
 * begins a comment, `qid:` is passed over, zeros are left out. An index is the id index − 1.
 */
export function svmlightReader(input: Input, options: LineOptions): RowReader {
  return lineReader(input, options, SVMLIGHT);
}

/** Blank lines and comments are no rows. */
class RowParser implements LineParser {
  readonly entries = new Entries();
  label = 0;
  readonly weight = 1;
  largest = 0;
  at = 0;

  parse(bytes: Uint8Array, from: number, lineEnd: number): boolean {
    this.entries.clear();
    this.largest = 0;
    const hash = bytes.subarray(from, lineEnd).indexOf(HASH);
    const to = hash < 0 ? lineEnd : from + hash;
    let at = skipBlanks(bytes, from, to);
    if (at === to) return false;
    const start = at;
    this.at = start;
    let end = tokenEnd(bytes, at, to);
    if (bytes.subarray(at, end).includes(COLON)) throw new DataError("missing label: the line begins with an entry");
    this.label = number(bytes, at, end, "label");
    for (at = skipBlanks(bytes, end, to); at < to; at = skipBlanks(bytes, end, to)) {
      this.at = at;
      end = tokenEnd(bytes, at, to);
      this.#entry(bytes, at, end);
    }
    this.at = start;
    return true;
  }

  #entry(bytes: Uint8Array, from: number, to: number): void {
    let index = 0;
    let colon = from;
    for (; colon < to && bytes[colon] !== COLON; colon++) {
      const digit = bytes[colon]! - ZERO;
      index = digit >= 0 && digit <= 9 ? index * 10 + digit : Number.NaN;
    }
    if (colon === to) throw new DataError(`entry ${shown(bytes, from, to)}: expected index:value`);
    if (!(index >= 1 && index <= Number.MAX_SAFE_INTEGER)) {
      if (shown(bytes, from, colon) === '"qid"') return;
      throw new DataError(`index ${shown(bytes, from, colon)} is not a whole number from 1 to 9007199254740991`);
    }
    if (index <= this.largest) {
      const problem = index === this.largest ? "appears twice" : `comes after ${this.largest}`;
      throw new DataError(`index ${index} ${problem}: indices must ascend`);
    }
    this.largest = index;
    this.at = colon + 1;
    const value = number(bytes, colon + 1, to, "value");
    if (!Number.isFinite(Math.fround(value))) {
      throw new DataError(`value ${shown(bytes, colon + 1, to)} is beyond single precision (±3.4e38)`);
    }
    if (Math.fround(value) !== 0) this.entries.push(index - 1, value);
  }
}

function number(bytes: Uint8Array, from: number, to: number, what: string): number {
  const value = decimalOf(bytes, from, to);
  if (Number.isNaN(value)) throw new DataError(`${what} ${shown(bytes, from, to)} is not a finite decimal number`);
  return value;
}
