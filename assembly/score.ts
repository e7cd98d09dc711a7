import { writeNumber } from "./decimal";
import { sigmoid } from "./math";
import { LF } from "./parse/text";
import { Parse, Progress, Score } from "./texts";

/** Computes the margins of the rows that a parser has put there, and writes a line for each where o.score asks for text. */
export function scoreRows(o: Parse): void {
  const s = changetype<Score>(o.score);
  const progress = changetype<Progress>(o.progress);
  for (let model: u32 = 0; model < s.models; ++model) {
    const w = s.weights + (<usize>(model * s.columns) << 2);
    marginsOf(o, progress.rows, w, load<f64>(s.biases + (<usize>model << 3)), s.margins + (<usize>(model * s.stride) << 3));
  }
  if (s.text) progress.written = writeRows(progress.rows, s);
}

/** Writes out[i] = bias + Σ w·x in the order of a row's entries, as Model does. w: f32[columns], out: f64[rows]. */
function marginsOf(o: Parse, rows: u32, w: usize, bias: f64, out: usize): void {
  const pointers = o.pointers;
  const indices = o.indices;
  const values = o.values;
  let k: u32 = 0;
  for (let i: u32 = 0; i < rows; ++i) {
    let margin = bias;
    for (const end = load<u32>(pointers + (<usize>i << 2), 4); k < end; ++k) {
      const at = <usize>k << 2;
      margin += <f64>load<f32>(w + (<usize>load<u32>(indices + at) << 2)) * <f64>load<f32>(values + at);
    }
    store<f64>(out + (<usize>i << 3), margin);
  }
}

/** Writes what the first model says of each row as a line of text and returns how many bytes that are. */
function writeRows(rows: u32, s: Score): u32 {
  const margins = s.margins;
  const powers = s.powers;
  const isLogistic = s.isLogistic;
  let out = s.text;
  for (let i: u32 = 0; i < rows; ++i) {
    const margin = load<f64>(margins + (<usize>i << 3));
    out = writeNumber(isLogistic ? sigmoid(margin) : margin, powers, out);
    store<u8>(out++, <u8>LF);
  }
  return <u32>(out - s.text);
}
