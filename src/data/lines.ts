import { DataError } from "../errors.js";

/** No line may be longer, so that a file without line ends cannot take all memory. */
const LONGEST_LINE = 1 << 28;

/** Cuts a stream of chunks into lines without copying them. Push a chunk, then call `next` until it says false. */
export class Lines {
  /** The line at hand is bytes[from … to), without its end (LF or CRLF). */
  bytes: Uint8Array = new Uint8Array(0);
  from = 0;
  to = 0;
  /** Its number, from 1. */
  number = 0;
  readonly #name: string;
  #buffer = new Uint8Array(1 << 16);
  /** Bytes of an unfinished line at the start of #buffer. */
  #carried = 0;
  #position = 0;
  #end = 0;
  #finished = false;

  constructor(name: string) {
    this.#name = name;
  }

  push(chunk: Uint8Array): void {
    if (this.#carried === 0) {
      this.bytes = chunk;
      this.#position = 0;
      this.#end = chunk.length;
      return;
    }
    const length = this.#carried + chunk.length;
    this.#reserve(length);
    this.#buffer.set(chunk, this.#carried);
    this.bytes = this.#buffer;
    this.#position = 0;
    this.#end = length;
  }

  /** Declares the input ended: what was carried is a line, the last. */
  finish(): void {
    this.bytes = this.#buffer;
    this.#position = 0;
    this.#end = this.#carried;
    this.#finished = true;
  }

  /** Returns where the lines lie that are whole, as [from, to) of bytes. Then call `skip`. */
  whole(): [from: number, to: number] {
    if (this.#finished || this.#position >= this.#end) return [0, 0];
    const last = this.bytes.lastIndexOf(10, this.#end - 1);
    return last < this.#position ? [0, 0] : [this.#position, last + 1];
  }

  /** Passes over lines that were read where `whole` said: `count` of them, up to `position`. */
  skip(position: number, count: number): void {
    if (count === 0) return;
    this.#position = position;
    this.#carried = 0;
    this.number += count;
  }

  next(): boolean {
    if (this.#position >= this.#end) return false;
    // What was carried holds no line end: search the new bytes only.
    const searchFrom = this.#position === 0 && !this.#finished ? this.#carried : this.#position;
    let end = this.bytes.indexOf(10, searchFrom);
    if (end < 0 || end >= this.#end) {
      if (!this.#finished) {
        this.#carry();
        return false;
      }
      end = this.#end;
    }
    this.#carried = 0;
    this.number++;
    this.from = this.#position;
    if (this.number === 1 && isMark(this.bytes)) this.from += 3;
    this.to = end > this.from && this.bytes[end - 1] === 13 ? end - 1 : end;
    this.#position = end + 1;
    return true;
  }

  #carry(): void {
    const length = this.#end - this.#position;
    if (length > LONGEST_LINE) {
      const problem = `line is longer than ${LONGEST_LINE} bytes`;
      throw new DataError(problem, { source: this.#name, line: this.number + 1, column: LONGEST_LINE + 1 });
    }
    const rest = this.bytes.subarray(this.#position, this.#end);
    if (this.bytes === this.#buffer) this.#buffer.copyWithin(0, this.#position, this.#end);
    else {
      this.#reserve(length);
      this.#buffer.set(rest);
    }
    this.#carried = length;
    this.#position = this.#end;
    this.#end = this.#position;
  }

  #reserve(length: number): void {
    if (length <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(length, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#carried));
    this.#buffer = grown;
  }
}

/** Whether bytes begin with the UTF-8 byte order mark. */
function isMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
