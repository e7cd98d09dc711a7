import { Parse } from "../layout";

/**
 * Parses whole lines `label index:value …` of bytes from ≤ at < to, each ended by LF or CR LF, in their plain form:
 * ascending indices from 1 to 2³² − 1, numbers of at most 15 digits without an exponent. Stops before the first line
 * that is anything else, such as a comment or an error, or when o.most rows are full. Writes how many rows and entries
 * there are and the largest index to o.outcome, u32[3], and returns where it stopped.
 */
export function parseSvmlight(from: usize, to: usize, o: Parse): usize {
  const starts = o.starts;
  const ends = o.ends;
  const indices = o.indices;
  const values = o.values;
  const labels = o.labels;
  const number = o.number;
  let rows: u32 = 0;
  let entries: u32 = 0;
  let largest: u32 = 0;
  let line = from;
  for (const most = o.most; rows < most && line < to; ) {
    let at = parseNumber(line, to, number);
    if (!at) break;
    const label = load<f64>(number);
    let last: u64 = 0;
    let end = entries;
    let isPlain = false;
    for (;;) {
      const gap = at;
      while (at < to && isBlank(load<u8>(at))) ++at;
      if (at < to && load<u8>(at) == 13) ++at;
      if (at < to && load<u8>(at) == 10) {
        isPlain = true;
        break;
      }
      if (at == gap || load<u8>(at - 1) == 13) break;
      let index: u64 = 0;
      for (let digit = digitAt(at, to); digit < 10; digit = digitAt(at, to)) {
        index = index * 10 + digit;
        if (index > u32.MAX_VALUE) break;
        ++at;
      }
      if (index <= last || index > u32.MAX_VALUE || at >= to || load<u8>(at) != 58) break; // ":"
      last = index;
      at = parseNumber(at + 1, to, number);
      if (!at) break;
      const value = <f32>load<f64>(number);
      store<u32>(indices + (<usize>end << 2), <u32>(index - 1));
      store<f32>(values + (<usize>end << 2), value);
      end += u32(value != 0.0);
    }
    if (!isPlain) break;
    if (<u32>last > largest) largest = <u32>last;
    entries = end;
    store<u32>(starts + (<usize>rows << 2), <u32>(line - from));
    store<u32>(ends + (<usize>rows << 2), entries);
    store<f64>(labels + (<usize>rows << 3), label);
    ++rows;
    line = at + 1;
  }
  store<u32>(o.outcome, rows);
  store<u32>(o.outcome, entries, 4);
  store<u32>(o.outcome, largest, 8);
  return line;
}

// @ts-ignore: decorator
@inline
function isBlank(byte: u32): bool {
  return byte == 32 || byte == 9;
}

/** The digit at an address; 10 and more where there is none. */
// @ts-ignore: decorator
@inline
function digitAt(at: usize, to: usize): u32 {
  return at < to ? <u32>load<u8>(at) - 48 : 10;
}

/** Stores a number's f64 and returns the address after it; 0 where it is not plain or does not end at a blank or a line end. */
function parseNumber(from: usize, to: usize, out: usize): usize {
  let at = from;
  let isNegative = false;
  if (at < to) {
    const sign = load<u8>(at);
    isNegative = sign == 45;
    at += usize(isNegative || sign == 43);
  }
  let mantissa: u64 = 0;
  const first = at;
  for (let digit = digitAt(at, to); digit < 10; digit = digitAt(at, to)) {
    mantissa = mantissa * 10 + digit;
    ++at;
  }
  let digits = at - first;
  let scale: f64 = 1.0;
  if (at < to && load<u8>(at) == 46) {
    const point = ++at;
    for (let digit = digitAt(at, to); digit < 10; digit = digitAt(at, to)) {
      mantissa = mantissa * 10 + digit;
      scale *= 10.0;
      ++at;
    }
    digits += at - point;
  }
  if (digits == 0 || digits > 15 || at >= to) return 0;
  const next: u32 = load<u8>(at);
  if (!isBlank(next) && next != 10 && next != 13) return 0;
  // Below 10¹⁵ both are exact, so that one division rounds once.
  const number = <f64>mantissa / scale;
  store<f64>(out, isNegative ? -number : number);
  return at;
}
