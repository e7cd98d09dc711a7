import { check, damaged } from "./container.js";

// Whole numbers in few bits: Rice codes (Rice and Plaunt, 1971) whose parameter r suits each BLOCK of numbers.
// Bits fill bytes from the lowest on. Runs of numbers follow one another; a block is r in 6 bits, then its numbers n:
// ⌊n/2ʳ⌋ zeros, a one, the r low bits of n.
//
// Ascending ids go as differences, each less 1. Elias–Fano of the same r takes r + 1 bits an id and ⌊last/2ʳ⌋ more, which
// is never less than the sum of the parts ⌊n/2ʳ⌋ here; and at r = 0 the code is the bitmap, bit for bit. So Rice codes
// are never longer than either but for the 6 bits a block, and shorter where ids come in clusters.

/** So few that one is found in a moment from the beginning of its block. */
export const BLOCK = 32;
const PARAMETER_BITS = 6;
/** Zeros after the last number, so that 32 bits can be read wherever one begins or ends. */
const PADDING = 4;
/** Bits that a window of 32 holds at any place in its first byte. */
const WINDOW = 25;

declare global {
  /** Set in the build of nought/predict, which leaves out what is not worth its bytes there. */
  var NOUGHT_TINY: true | undefined;
}

export const IS_TINY = globalThis.NOUGHT_TINY;

/** Where the next number begins, and with which parameter where no block does. */
export interface Position {
  bit: number;
  r: number;
}

/** Returns where the first run of a view begins. */
export const start = (): Position => ({ bit: 0, r: 0 });

/** Reads the next number, which is number `i` of its run. PADDING bytes follow. Throws RangeError past the view. */
export function readNumber(view: DataView, at: Position, i: number): number {
  let { bit, r } = at;
  if (i % BLOCK === 0) {
    at.r = r = peek(view, bit) & ((1 << PARAMETER_BITS) - 1);
    bit += PARAMETER_BITS;
  }
  if (!IS_TINY) {
    // All of it in one window, as most are.
    const window = peek(view, bit);
    const zeros = 31 - Math.clz32(window & -window);
    const length = zeros + 1 + r;
    if (window && length <= WINDOW) {
      at.bit = bit + length;
      return (zeros << r) | ((window >>> (zeros + 1)) & ((1 << r) - 1));
    }
  }
  let high = 0;
  while (!(peek(view, bit++) & 1)) high++;
  let low = 0;
  let unit = 1;
  for (; r > 0; r -= WINDOW) {
    const bits = Math.min(r, WINDOW);
    low += (peek(view, bit) & ((1 << bits) - 1)) * unit;
    unit *= 1 << bits;
    bit += bits;
  }
  at.bit = bit;
  return high * unit + low;
}

function peek(view: DataView, bit: number): number {
  return view.getUint32(bit >> 3, true) >>> (bit & 7);
}

/**
 * Throws ModelError unless runs of so many numbers, one after another, fill a view; allocates nothing, however many they
 * are said to be. Returns the sum of each run.
 */
export function checkRuns(view: DataView, counts: readonly number[]): number[] {
  const at = start();
  const sums = counts.map((count) => {
    let sum = 0;
    try {
      for (let i = 0; i < count; i++) sum += readNumber(view, at, i);
    } catch (cause) {
      throw damaged("a section has fewer numbers than it should", cause); // of the view: nothing else can fail
    }
    return sum;
  });
  const { bit } = at;
  const last = Math.ceil(bit / 8);
  check(last + PADDING === view.byteLength, "bytes of a section are left over");
  check(view.getUint32(last, true) === 0 && peek(view, bit) === 0, "a section does not end in zeros");
  return sums;
}

/** Returns runs of so many numbers, which checkRuns has found. */
export function readRuns(view: DataView, counts: readonly number[]): Float64Array[] {
  const at = start();
  return counts.map((count) => {
    const numbers = new Float64Array(count);
    for (let i = 0; i < count; i++) numbers[i] = readNumber(view, at, i);
    return numbers;
  });
}

/** Returns ascending numbers ≥ 0 as differences, each less 1. */
export function gapsOf(ascending: ArrayLike<number>): Float64Array {
  const gaps = new Float64Array(ascending.length);
  for (let i = 0, last = -1; i < gaps.length; last = ascending[i++]!) gaps[i] = ascending[i]! - last - 1;
  return gaps;
}

/** Makes numbers of such differences, in place. */
export function summed(gaps: Float64Array): Float64Array {
  let last = -1;
  for (let i = 0; i < gaps.length; i++) gaps[i] = last += gaps[i]! + 1;
  return gaps;
}

/** Returns runs of whole numbers below 2⁵³ as Rice codes. */
export function encodeRice(...runs: ArrayLike<number>[]): Uint8Array {
  const parameters: number[] = [];
  let size = 0;
  for (const numbers of runs) {
    for (let from = 0; from < numbers.length; from += BLOCK) {
      const best = parameterOf(numbers, from, Math.min(from + BLOCK, numbers.length));
      parameters.push(best.r);
      size += PARAMETER_BITS + best.bits;
    }
  }
  const bytes = new Uint8Array(Math.ceil(size / 8) + PADDING);
  // Bits that do not fill a byte yet, the next of `bytes`.
  let [pending, filled, at] = [0, 0, 0];
  /** Appends at most 24 bits. */
  const put = (number: number, bits: number) => {
    pending |= number << filled;
    for (filled += bits; filled >= 8; filled -= 8) {
      bytes[at++] = pending;
      pending >>>= 8;
    }
  };
  let block = -1;
  for (const numbers of runs) {
    let r = 0;
    let unit = 1;
    for (let i = 0; i < numbers.length; i++) {
      if (i % BLOCK === 0) {
        r = parameters[++block]!;
        unit = 2 ** r;
        put(r, PARAMETER_BITS);
      }
      const high = Math.floor(numbers[i]! / unit);
      let low = numbers[i]! - high * unit;
      let zeros = high;
      for (; zeros > 23; zeros -= 16) put(0, 16);
      put(1 << zeros, zeros + 1);
      let bits = r;
      for (; bits > 24; bits -= 24) {
        put(low % 2 ** 24, 24);
        low = Math.floor(low / 2 ** 24);
      }
      put(low, bits);
    }
  }
  bytes[at] = pending;
  return bytes;
}

/** The parameter that takes the fewest bits: near log₂ of the mean, on the way there from above. */
function parameterOf(numbers: ArrayLike<number>, from: number, to: number): { r: number; bits: number } {
  const bitsAt = (r: number) => {
    const unit = 2 ** r;
    let bits = (to - from) * (r + 1);
    for (let i = from; i < to; i++) bits += Math.floor(numbers[i]! / unit);
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
