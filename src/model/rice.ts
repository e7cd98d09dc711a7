// Whole numbers in few bits: Rice codes (Rice and Plaunt, 1971) whose parameter r suits each BLOCK of numbers.
// Bits fill bytes from the lowest on. A block is r in 6 bits, then its numbers n: ⌊n/2ʳ⌋ zeros, a one, the r low bits of n.
//
// Ascending ids go as differences, each less 1. Elias–Fano of the same r takes r + 1 bits an id and ⌊last/2ʳ⌋ more, which
// is never less than the sum of the parts ⌊n/2ʳ⌋ here; and at r = 0 the code is the bitmap, bit for bit. So Rice codes
// are never longer than either but for the 6 bits a block, and shorter where ids come in clusters.

/** So few that one is found in a moment from the beginning of its block. */
export const BLOCK = 32;
const PARAMETER_BITS = 6;
/** Bits that a window of 32 holds at any place in its first byte. */
const WINDOW = 25;

/** Reads numbers one after another. The view goes on for 3 bytes after them, or more. */
export class RiceReader {
  readonly view: DataView;
  /** Where it reads. */
  bit = 0;
  #r = 0;

  constructor(view: DataView) {
    this.view = view;
  }

  /** Begins a block. */
  begin(): void {
    this.#r = this.#take(PARAMETER_BITS);
  }

  /** Returns the next number of the block. Throws RangeError where the view ends. */
  next(): number {
    let high = 0;
    let window = this.#window();
    while ((window & (2 ** WINDOW - 1)) === 0) {
      high += WINDOW;
      this.bit += WINDOW;
      window = this.#window();
    }
    const zeros = 31 - Math.clz32(window & -window);
    this.bit += zeros + 1;
    const r = this.#r;
    let number = (high + zeros) * 2 ** r;
    for (let at = 0; at < r; at += WINDOW) number += this.#take(Math.min(WINDOW, r - at)) * 2 ** at;
    return number;
  }

  /** Whether it has read so many bytes, but for zeros that fill the last of them. */
  isAtEnd(bytes: number): boolean {
    return (
      Math.ceil(this.bit / 8) === bytes && (this.bit % 8 === 0 || this.view.getUint8(bytes - 1) >> (this.bit % 8) === 0)
    );
  }

  #take(bits: number): number {
    const taken = this.#window() & (2 ** bits - 1);
    this.bit += bits;
    return taken;
  }

  #window(): number {
    return this.view.getUint32(this.bit >> 3, true) >>> (this.bit & 7);
  }
}

/** Returns whole numbers below 2⁵³ as Rice codes. */
export function encodeRice(numbers: ArrayLike<number>): Uint8Array {
  const parameters: number[] = [];
  let size = 0;
  for (let from = 0; from < numbers.length; from += BLOCK) {
    const best = parameterOf(numbers, from, Math.min(from + BLOCK, numbers.length));
    parameters.push(best.r);
    size += PARAMETER_BITS + best.bits;
  }
  const bytes = new Uint8Array(Math.ceil(size / 8));
  let bit = 0;
  const put = (number: number, bits: number) => {
    for (let [rest, left] = [number, bits]; left > 0; ) {
      const room = Math.min(left, 8 - (bit % 8));
      bytes[Math.floor(bit / 8)]! |= (rest % 2 ** room) << (bit % 8);
      rest = Math.floor(rest / 2 ** room);
      bit += room;
      left -= room;
    }
  };
  for (let i = 0; i < numbers.length; i++) {
    const r = parameters[Math.floor(i / BLOCK)]!;
    if (i % BLOCK === 0) put(r, PARAMETER_BITS);
    bit += Math.floor(numbers[i]! / 2 ** r);
    put(1, 1);
    put(numbers[i]! % 2 ** r, r);
  }
  return bytes;
}

/** The parameter that takes the fewest bits: near log₂ of the mean, on the way there from above. */
function parameterOf(numbers: ArrayLike<number>, from: number, to: number): { r: number; bits: number } {
  const bitsAt = (r: number) => {
    let bits = (to - from) * (r + 1);
    for (let i = from; i < to; i++) bits += Math.floor(numbers[i]! / 2 ** r);
    return bits;
  };
  let sum = 0;
  for (let i = from; i < to; i++) sum += numbers[i]!;
  let r = Math.ceil(Math.log2(sum / (to - from) + 1));
  let bits = bitsAt(r);
  for (; r > 0; r--) {
    const fewer = bitsAt(r - 1);
    if (fewer > bits) break;
    bits = fewer;
  }
  return { r, bits };
}
