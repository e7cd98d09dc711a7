import { type Kernels, NOWHERE } from "../engine/kernels.js";
import { LEFT_OUT, PROGRESS } from "../engine/texts.js";
import { columnOf, mergeRow } from "./parsing.js";
import { scoreRows } from "./score.js";
import { digitAt, isBlank, parseNumber } from "./text.js";

/** Plain svmlight lines, as in assembly/parse/svmlight.ts. */
export const parseSvmlight: Kernels["parseSvmlight"] = (text, from, to, o) => {
  const bytes = text.view;
  const [pointers, labels, indices, values] = [o.pointers.view, o.labels.view, o.indices.view, o.values?.view];
  const [number, progress] = [o.number.view, o.progress.view];
  let [rows, entries] = [progress[PROGRESS.rows]!, progress[PROGRESS.entries]!];
  let [committed, largest] = [progress[PROGRESS.columns]!, progress[PROGRESS.largest]!];
  let line = from;
  progress[PROGRESS.reached] = committed;
  progress[PROGRESS.refused] = 0;
  progress[PROGRESS.valued] = 0;
  while (rows < o.most && entries < o.enough && line < to) {
    progress[PROGRESS.rows] = rows;
    let at = parseNumber(bytes, line, number);
    if (at < 0) break;
    const label = number[0]!;
    let [last, end, isPlain] = [0, entries, false];
    for (;;) {
      while (isBlank(bytes[at]!)) at++;
      if (digitAt(bytes, at) > 9) {
        if (bytes[at] === 13) at++;
        isPlain = bytes[at] === 10;
        break;
      }
      let index = 0;
      for (let digit = digitAt(bytes, at); digit < 10 && index < 2 ** 32; digit = digitAt(bytes, ++at)) {
        index = index * 10 + digit;
      }
      if (index <= last || index >= 2 ** 32 || bytes[at] !== 58) break; // ":"
      last = index;
      at = parseNumber(bytes, at + 1, number);
      if (at < 0) break;
      const value = Math.fround(number[0]!);
      if (value === 0) continue;
      if (!values && value !== 1) {
        progress[PROGRESS.valued] = 1;
        break;
      }
      const column = columnOf(last - 1, o);
      if (column === NOWHERE) break;
      if (column === LEFT_OUT) continue;
      indices[end] = column;
      if (values) values[end] = value;
      end++;
    }
    if (!isPlain) break;
    if (o.seen.length > 0) {
      end = mergeRow(entries, end, o);
      if (end === NOWHERE) break;
    }
    largest = Math.max(largest, last);
    entries = end;
    committed = progress[PROGRESS.reached]!;
    labels[rows++] = label;
    pointers[rows] = entries;
    line = at + 1;
  }
  progress[PROGRESS.rows] = rows;
  progress[PROGRESS.entries] = entries;
  progress[PROGRESS.columns] = committed;
  progress[PROGRESS.largest] = largest;
  scoreRows(o);
  return line;
};
