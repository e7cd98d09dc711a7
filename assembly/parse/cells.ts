import { Plan } from "../texts";
import { CR, LF } from "./text";

export const QUOTE: u32 = 34;
const HIGH: u64 = 0x8080808080808080;
const LOW: u64 = 0x7f7f7f7f7f7f7f7f;
const EACH: u64 = 0x0101010101010101;
/** Bytes looked at together. */
export const STEP: usize = ASC_FEATURE_SIMD ? 16 : 8;
/** Which bytes are like another: a bit for each, these bits from one to the next. */
export const STRIDE: u64 = ASC_FEATURE_SIMD ? 1 : 8;

/** Which of eight bytes are those of `pattern`. */
// @ts-ignore: decorator
@inline
function matches(bytes: u64, pattern: u64): u64 {
  const other = bytes ^ pattern;
  return ~(((other & LOW) + LOW) | other) & HIGH;
}

/** Which of STEP bytes at an address are `byte`. */
// @ts-ignore: decorator
@inline
export function find(at: usize, byte: u32): u64 {
  if (ASC_FEATURE_SIMD) return <u64>i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(<i8>byte)));
  return matches(load<u64>(at), <u64>byte * EACH);
}

/** Which of them are not ASCII. */
// @ts-ignore: decorator
@inline
function findHigh(at: usize): u64 {
  if (ASC_FEATURE_SIMD) return <u64>i8x16.bitmask(v128.load(at));
  return load<u64>(at) & HIGH;
}

/**
 * Writes where the cells of a line are to p.cells, and returns the address of its LF; 0 where the line is blank, has
 * other than p.columns cells, text after quotes, a line end inside, or bytes that are no UTF-8. Cells with "" in quotes
 * stand in p.unquoted.
 */
export function splitLine(line: usize, p: Plan): usize {
  const delimiter = p.delimiter;
  const cells = p.cells;
  const last = cells + (<usize>p.columns << 3);
  let out = cells;
  let from = line;
  let high: u64 = 0;
  let end: usize = 0;
  for (let at = line; ; at += STEP) {
    let commas = find(at, delimiter);
    const ends = find(at, LF);
    const quotes = find(at, QUOTE);
    high |= findHigh(at);
    if (ends | quotes) {
      const before = (ends & -ends) - 1;
      if (quotes & before) return splitQuoted(line, p);
      commas &= before;
      if (ends) end = at + <usize>(ctz(ends) / STRIDE);
    }
    while (commas) {
      const to = at + <usize>(ctz(commas) / STRIDE);
      store<u64>(out, <u64>from | (<u64>to << 32));
      out += 8;
      from = to + 1;
      commas &= commas - 1;
    }
    if (end) break;
    if (out > last) return 0;
  }
  const to = end - usize(end > line && load<u8>(end - 1) == CR);
  store<u64>(out, <u64>from | (<u64>to << 32));
  if (out + 8 != last || to == line) return 0;
  return high && !isUtf8(line, end) ? 0 : end;
}

/** As splitLine, of a line with a quote. */
function splitQuoted(line: usize, p: Plan): usize {
  const delimiter = p.delimiter;
  const last = p.cells + (<usize>p.columns << 3);
  let spare = p.unquoted;
  const spareEnd = spare + p.unquotedRoom;
  let at = line;
  for (let out = p.cells; out < last; out += 8) {
    let from = at;
    let to: usize;
    let byte: u32 = load<u8>(at);
    if (byte == QUOTE) {
      from = ++at;
      let isDoubled = false;
      for (byte = load<u8>(at); byte != LF; byte = load<u8>(++at)) {
        if (byte != QUOTE) continue;
        if (load<u8>(at + 1) != QUOTE) break;
        isDoubled = true;
        ++at;
      }
      if (byte == LF) return 0;
      to = at;
      if (isDoubled) {
        if (to - from > spareEnd - spare) return 0;
        const end = unquote(from, to, spare);
        from = spare;
        to = spare = end;
      }
      byte = load<u8>(++at);
      if (byte == CR && load<u8>(at + 1) == LF) byte = load<u8>(++at);
      if (byte != delimiter && byte != LF) return 0;
    } else {
      for (; byte != delimiter && byte != LF; byte = load<u8>(at)) ++at;
      to = at - usize(byte == LF && at > from && load<u8>(at - 1) == CR);
    }
    store<u32>(out, from);
    store<u32>(out, to, 4);
    if (byte == LF) return out + 8 == last && isUtf8(line, at) ? at : 0;
    ++at;
  }
  return 0;
}

/** Copies what stands in quotes, of "" one, and returns where the copy ends. No number begins so: what is read past a cell is no matter. */
function unquote(from: usize, to: usize, out: usize): usize {
  for (let at = from; at < to; ++at, ++out) {
    const byte = load<u8>(at);
    store<u8>(out, byte);
    at += usize(byte == QUOTE);
  }
  return out;
}

/** Whether bytes are UTF-8 as the Encoding Standard has it: no surrogates, nothing longer than it need be. */
export function isUtf8(from: usize, to: usize): bool {
  let at = from;
  while (at < to) {
    if (!(load<u64>(at) & HIGH)) {
      at += 8;
      continue;
    }
    const byte: u32 = load<u8>(at++);
    if (byte < 0x80) continue;
    if (byte < 0xc2 || byte > 0xf4) return false;
    const second: u32 = load<u8>(at++);
    const least: u32 = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    const most: u32 = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    if (second < least || second > most) return false;
    for (let more = i32(byte >= 0xe0) + i32(byte >= 0xf0); more > 0; --more) {
      if ((load<u8>(at++) & 0xc0) != 0x80) return false;
    }
  }
  return true;
}

/** Whether bytes are one of the words that mean that a cell is missing. */
export function isAbsent(from: usize, to: usize, p: Plan): bool {
  let word = p.missing;
  for (let left = p.absent; left > 0; --left, word += 8) {
    const length = <u32>(to - from);
    if (load<u32>(word, 4) == length && memory.compare(p.text + load<u32>(word), from, length) == 0) return true;
  }
  return false;
}
