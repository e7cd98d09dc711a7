import { DataError } from "../errors.js";

const LONGEST_LINE = 1 << 28;
/** Room beyond the longest line. */
const SPARE = 1 << 18;
const EMPTY = new Uint8Array(0);

/** Cuts a stream of chunks into lines without copying them. Push a chunk, then call `next` until it says false. */
export class Lines {
  /** The line at hand is bytes[from … to), without its end (LF or CRLF). */
  bytes: Uint8Array = new Uint8Array(0);
  from = 0;
  to = 0;
  /** Its number, from 1. */
  number = 0;
  readonly name: string;
  readonly #longest: number;
  #buffer = new Uint8Array(1 << 16);
  /** Bytes of an unfinished line at the start of #buffer. */
  #carried = 0;
  #position = 0;
  #begin = 0;
  /** What follows in the chunk when the bytes at hand are those of #buffer. */
  #later: Uint8Array = EMPTY;
  #finished = false;
  /** What `whole` returned last, and where it begins. */
  #whole: Uint8Array = EMPTY;
  #wholeAt = 0;

  /** `longest`: bytes of a line that has not ended, so that a file without line ends cannot take all memory. */
  constructor(name: string, longest = LONGEST_LINE) {
    this.name = name;
    this.#longest = longest;
  }

  push(chunk: Uint8Array): void {
    if (this.#carried === 0) {
      this.#look(chunk);
      return;
    }
    // Only the line that was begun is completed elsewhere; the others are read where they are.
    const length = chunk.indexOf(10) + 1 || chunk.length;
    this.#reserve(this.#carried + length);
    this.#buffer.set(chunk.subarray(0, length), this.#carried);
    this.#look(this.#buffer.subarray(0, this.#carried + length));
    this.#later = chunk.subarray(length);
  }

  /** Declares the input ended: what was carried is a line, the last. */
  finish(): void {
    this.#look(this.#buffer.subarray(0, this.#carried));
    this.#finished = true;
  }

  /**
   * Returns whole lines, with their ends: as many as fit in so many bytes, but one at least, and where among them what is
   * left begins: the same text until nothing is. It is empty where there are none. Then call `skip`.
   */
  whole(most: number): { text: Uint8Array; from: number } {
    if (this.#finished || !this.#isMore()) return { text: EMPTY, from: 0 };
    const passed = this.#position - this.#wholeAt;
    if (passed < this.#whole.length) return { text: this.#whole, from: passed };
    const rest = this.bytes.subarray(this.#position);
    // What was carried holds no line end: a line that comes in many chunks is searched once.
    const carried = this.#position === 0 ? this.#carried : 0;
    const last = carried < most ? rest.lastIndexOf(10, most - 1) : -1;
    this.#whole = rest.subarray(0, (last < 0 ? rest.indexOf(10, Math.max(carried, most)) : last) + 1);
    this.#wholeAt = this.#position;
    return { text: this.#whole, from: 0 };
  }

  /** Passes over lines of those that `whole` returned: `count` of them, `length` bytes. */
  skip(length: number, count: number): void {
    if (count === 0) return;
    this.#position += length;
    this.#carried = 0;
    this.number += count;
  }

  /** The line at hand with its end, and the mark before it. */
  get raw(): Uint8Array {
    return this.bytes.subarray(this.#begin, this.#position);
  }

  /** Takes out what there is of a line that has not ended, where that is more than `least` bytes. Nothing must be left to read. */
  takeBegun(least: number): Uint8Array {
    const begun = this.#buffer.subarray(0, this.#carried > least ? this.#carried : 0);
    if (begun.length > 0) this.#carried = 0;
    return begun;
  }

  next(): boolean {
    if (!this.#isMore()) return false;
    // What was carried holds no line end: search the new bytes only.
    const searchFrom = this.#position === 0 && !this.#finished ? this.#carried : this.#position;
    let end = this.bytes.indexOf(10, searchFrom);
    if (end < 0) {
      if (!this.#finished) {
        this.#carry();
        return false;
      }
      end = this.bytes.length;
    }
    this.#carried = 0;
    this.number++;
    this.#begin = this.from = this.#position;
    if (this.number === 1 && isMark(this.bytes)) this.from += 3;
    this.to = end > this.from && this.bytes[end - 1] === 13 ? end - 1 : end;
    this.#position = end + 1;
    return true;
  }

  #look(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.#position = 0;
    this.#whole = EMPTY;
    this.#wholeAt = 0;
  }

  /** Whether there are bytes to read; goes on to the later ones. */
  #isMore(): boolean {
    if (this.#position >= this.bytes.length && this.#later.length > 0) {
      this.#look(this.#later);
      this.#later = EMPTY;
    }
    return this.#position < this.bytes.length;
  }

  #carry(): void {
    const length = this.bytes.length - this.#position;
    if (length > this.#longest) {
      const problem = `line is longer than ${this.#longest} bytes`;
      throw new DataError(problem, { source: this.name, line: this.number + 1, column: this.#longest + 1 });
    }
    // A line in the buffer that has not ended stands at its start already.
    if (this.bytes.buffer !== this.#buffer.buffer) {
      this.#reserve(length);
      this.#buffer.set(this.bytes.subarray(this.#position));
    }
    this.#carried = length;
    this.#position = this.bytes.length;
  }

  #reserve(length: number): void {
    if (length <= this.#buffer.length) return;
    // Near the longest it grows to it at once: one copy of that size is enough.
    const roomy = this.#buffer.length * 4 > this.#longest ? this.#longest + SPARE : this.#buffer.length * 2;
    const grown = new Uint8Array(Math.max(length, roomy));
    grown.set(this.#buffer.subarray(0, this.#carried));
    this.#buffer = grown;
  }
}

/** Whether bytes begin with the UTF-8 byte order mark. */
function isMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
