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
const WIDE = 2 ** WINDOW;

/** Reads numbers one after another. The view goes on for 3 bytes after them, or more. */
export class RiceReader {
  readonly view: DataView;
  /** Where it reads. */
  bit = 0;
  #r = 0;
  /** 2ʳ */
  #unit = 1;

  constructor(view: DataView) {
    this.view = view;
  }

  /** Begins a block. */
  begin(): void {
    this.#r = this.#take(PARAMETER_BITS, 2 ** PARAMETER_BITS);
    this.#unit = 2 ** this.#r;
  }

  /** Returns the next number of the block. Throws RangeError where the view ends. */
  next(): number {
    let high = 0;
    let window = this.#window();
    while ((window & (WIDE - 1)) === 0) {
      high += WINDOW;
      this.bit += WINDOW;
      window = this.#window();
    }
    const zeros = 31 - Math.clz32(window & -window);
    this.bit += zeros + 1;
    const end = zeros + 1 + this.#r;
    if (end <= WINDOW) {
      this.bit += this.#r;
      return (high + zeros) * this.#unit + ((window >>> (zeros + 1)) & (this.#unit - 1));
    }
    return (high + zeros) * this.#unit + this.#take(this.#r, this.#unit);
  }

  /** Throws RangeError unless it has read so many bytes. */
  finish(bytes: number): void {
    if ((this.bit + 7) >> 3 !== bytes) throw new RangeError("bytes are left over");
  }

  /** Reads so many bits, 53 at most; `unit` is 2 to their number. */
  #take(bits: number, unit: number): number {
    if (bits > WINDOW) return this.#take(WINDOW, WIDE) + WIDE * this.#take(bits - WINDOW, unit / WIDE);
    const taken = this.#window() & (unit - 1);
    this.bit += bits;
    return taken;
  }

  #window(): number {
    return this.view.getUint32(this.bit >> 3, true) >>> (this.bit & 7);
  }
}

/** Returns `count` numbers from Rice codes of `length` bytes. Throws RangeError when there are not exactly so many. */
export function decodeRice(view: DataView, length: number, count: number): Float64Array {
  if (!(count <= 8 * length)) throw new RangeError("fewer bits than numbers");
  const reader = new RiceReader(view);
  const numbers = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    if (i % BLOCK === 0) reader.begin();
    numbers[i] = reader.next();
  }
  reader.finish(length);
  return numbers;
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
