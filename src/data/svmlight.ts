import type { Loss } from "../engine/kernels.js";
import { DataError } from "../errors.js";
import { parseDecimal } from "../features/cell.js";
import { Entries } from "../features/entries.js";
import { LabelCoder } from "./label.js";
import { Lines } from "./lines.js";
import { placed, type RowReader, type RowSink, type Tally, Tolerance } from "./reader.js";
import { type Input, openSources } from "./source.js";
import type { Coding, Store } from "./text.js";

export interface SvmlightOptions {
  loss: Loss;
  /** The label that means "yes", all others "no"; without it 1 against 0 or −1. */
  positive?: number;
  /** How many bad lines to leave out before giving up. Default 0. */
  skipBad?: number;
  /** For messages; by default what the input tells of itself. */
  name?: string;
  /** Whether the input will be read more than once. */
  keep: boolean;
}

const SPACE = 32;
const TAB = 9;
const HASH = 35;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const COLON = 58;

/**
 * Reads svmlight/LIBSVM text: `label index:value index:value …`, indices from 1 to 2⁵³ − 1 ascending, `#` begins
 * a comment, `qid:` is passed over, zeros are left out. An index is the id index − 1.
 */
export function svmlightReader(input: Input, options: SvmlightOptions): RowReader {
  const sources = openSources(input, options);
  const tally: Tally = { rows: 0, skipped: 0, unseen: 0 };
  let declared = 0;

  async function* read(sink: RowSink, store?: Store): AsyncGenerator<void> {
    const labels = new LabelCoder(options.loss, options.positive);
    const tolerance = new Tolerance(options.skipBad ?? 0);
    let lines = new Lines(sources.name);
    const row = new RowParser();
    tally.rows = 0;
    /** Reads the next line in whatever form it has. Returns false when there is none. */
    const readLine = (): boolean => {
      if (!lines.next()) return false;
      try {
        if (!row.parse(lines.bytes, lines.from, lines.to)) return true; // blank or comment
        const label = labels.code(row.label);
        declared = Math.max(declared, row.lastIndex);
        sink(row.entries, label, 1, tally.rows++);
      } catch (error) {
        const { bytes, from, to, number } = lines;
        const text = () => textOf(bytes, from, Math.min(to, row.at + 200));
        const column = () => textOf(bytes, from, row.at).length + 1;
        tolerance.refuse(placed(error, () => ({ source: lines.name, line: number, column: column(), text: text() })));
      }
      return true;
    };
    // Where the kernel finds nothing to take, it is asked less and less often.
    let [pause, due] = [0, 0];
    const drain = () => {
      do {
        if (!store || due-- > 0) continue;
        pause = readPlain(store, lines, labels) ? 0 : Math.min(2 * pause + 1, LONGEST_PAUSE);
        due = pause;
      } while (readLine());
      tally.skipped = tolerance.skipped;
    };
    const length = store ? await sources.length() : null;
    let begun = 0;
    for (const source of sources.parts) {
      lines = new Lines(source.name);
      for await (const chunk of source.chunks()) {
        if (store && length) store.share = Math.min(begun / length, 1);
        begun += chunk.length;
        lines.push(chunk);
        drain();
        yield;
      }
      lines.finish();
      drain();
    }
    if (tally.rows === 0) throw new DataError(`${sources.name}: no rows; expected lines of "label index:value …"`);
    yield;
  }

  /** Reads lines in their plain form by a kernel, until one is not. Returns false when that is the first. */
  function readPlain(store: Store, lines: Lines, coder: LabelCoder): boolean {
    const code: Coding = (labels, from, to) => coder.codeInto(labels, from, to);
    const first = tally.rows;
    for (let text = lines.whole(); text.length > 0; text = lines.whole()) {
      const stopped = store.parse(text, code, store.engine.kernels.parseSvmlight);
      lines.skip(stopped, store.rows - tally.rows);
      tally.rows = store.rows;
      declared = Math.max(declared, store.largest);
      if (stopped < text.length) return tally.rows > first;
    }
    return true;
  }

  return {
    name: sources.name,
    read: (sink) => read(sink),
    parse: (store) => read((entries, label, weight) => store.addRow(entries, label, weight), store),
    space: null,
    tally,
    get declared() {
      return declared;
    },
  };
}

/** Lines that are read singly, at most, before the kernel is asked again. */
const LONGEST_PAUSE = 63;

/** Parses one line. `at` is the offset of its label; after an error, of the byte at fault. */
class RowParser {
  readonly entries = new Entries();
  label = 0;
  /** Largest index met in the line, 0 when it has no entries. */
  lastIndex = 0;
  at = 0;

  /** Returns false when the line holds nothing but blanks or a comment. */
  parse(bytes: Uint8Array, from: number, to: number): boolean {
    this.entries.clear();
    this.lastIndex = 0;
    let at = skipBlanks(bytes, from, to);
    if (at === to || bytes[at] === HASH) return false;
    const start = at;
    this.at = start;
    let end = tokenEnd(bytes, at, to);
    if (bytes.subarray(at, end).includes(COLON)) throw new DataError("missing label: the line begins with an entry");
    this.label = this.#number(bytes, at, end, "label");
    for (at = skipBlanks(bytes, end, to); at < to && bytes[at] !== HASH; at = skipBlanks(bytes, end, to)) {
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
    if (index <= this.lastIndex) {
      const problem = index === this.lastIndex ? "appears twice" : `comes after ${this.lastIndex}`;
      throw new DataError(`index ${index} ${problem}: indices must ascend`);
    }
    this.lastIndex = index;
    this.at = colon + 1;
    const value = this.#number(bytes, colon + 1, to, "value");
    if (!Number.isFinite(Math.fround(value))) {
      throw new DataError(`value ${shown(bytes, colon + 1, to)} is beyond single precision (±3.4e38)`);
    }
    if (Math.fround(value) !== 0) this.entries.push(index - 1, value);
  }

  /** Reads decimal notation. Up to 15 digits without an exponent are exact by one division; the rest is parsed as text. */
  #number(bytes: Uint8Array, from: number, to: number, what: string): number {
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
    const number = parseDecimal(textOf(bytes, from, to));
    if (Number.isNaN(number)) throw new DataError(`${what} ${shown(bytes, from, to)} is not a finite decimal number`);
    return number;
  }
}

function skipBlanks(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
  return at;
}

function tokenEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== SPACE && bytes[at] !== TAB) at++;
  return at;
}

/** A byte order mark inside the text is no mark: it stays. */
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return DECODER.decode(bytes.subarray(from, to));
}

function shown(bytes: Uint8Array, from: number, to: number): string {
  const text = textOf(bytes, from, Math.min(to, from + 40));
  return JSON.stringify(to > from + 40 ? `${text}…` : text);
}
