import { type Kernels, NOWHERE } from "../engine/kernels.js";
import { CODINGS, LEFT_OUT, type Parse, type Plan, PROGRESS } from "../engine/texts.js";
import { encodeRow } from "./encode.js";
import { numberIn, trimmed, UNSURE } from "./number.js";
import { splitRow } from "./objects.js";
import { columnOf, mergeRow } from "./parsing.js";
import { run } from "./program.js";
import { scoreRows } from "./score.js";

/** A table's rows, as in assembly/parse/csv.ts. */
export const parseCsv: Kernels["parseCsv"] = (text, from, to, o, plan) => {
  const bytes = text.view;
  const [pointers, labels, weights] = [o.pointers.view, o.labels.view, o.weights?.view];
  const [progress, counts] = [o.progress.view, plan.counts.view];
  let [rows, entries] = [progress[PROGRESS.rows]!, progress[PROGRESS.entries]!];
  let committed = progress[PROGRESS.columns]!;
  let line = from;
  progress[PROGRESS.reached] = committed;
  progress[PROGRESS.refused] = 0;
  progress[PROGRESS.valued] = 0;
  progress[PROGRESS.weighted] = 0;
  while (rows < o.most && entries < o.enough && line < to) {
    const lf = splitRow(bytes, line, plan);
    if (lf < 0) break;
    const label = labelOf(bytes, plan);
    const weight = weightOf(bytes, plan);
    if (label === UNSURE || weight === UNSURE) break;
    let end = encodeRow(bytes, plan);
    if (end === NOWHERE) break;
    if (!weights && weight !== 1) {
      progress[PROGRESS.weighted] = 1;
      break;
    }
    progress[PROGRESS.rows] = rows;
    end = placeRow(entries, end, o, plan);
    if (end !== NOWHERE && o.seen.length > 0) end = mergeRow(entries, end, o);
    if (end === NOWHERE) break;
    entries = end;
    committed = progress[PROGRESS.reached]!;
    progress[PROGRESS.unseen]! += counts[0]!;
    labels[rows] = label;
    if (weights) weights[rows] = weight;
    pointers[++rows] = entries;
    line = lf + 1;
  }
  progress[PROGRESS.rows] = rows;
  progress[PROGRESS.entries] = entries;
  progress[PROGRESS.columns] = committed;
  scoreRows(o);
  return line;
};

export function labelOf(bytes: Uint8Array, plan: Plan): number {
  const { target, program, coding } = plan;
  if (target === NOWHERE) return 0;
  const [positive, negative] = plan.numbers.view;
  let label: number;
  if (program > 0) label = run(bytes, program, plan);
  else {
    const [from, to] = plan.cells.view.subarray(2 * target) as unknown as [number, number];
    label = numberIn(bytes, from, to);
    if (label === UNSURE) label = truthOf(bytes, from, to);
  }
  if (Number.isNaN(label)) return UNSURE;
  if (label === UNSURE || coding === CODINGS.asTheyAre) return label;
  if (label === positive) return 1;
  return coding === CODINGS.oneAgainstAll || label === negative ? -1 : UNSURE;
}

/** 1 for "true" and 0 for "false", in capitals or not and with blanks around; UNSURE otherwise. */
function truthOf(bytes: Uint8Array, from: number, to: number): number {
  const [first, last] = trimmed(bytes, from, to);
  const word = last - first > 5 ? "" : String.fromCharCode(...bytes.subarray(first, last)).toLowerCase();
  return word === "true" ? 1 : word === "false" ? 0 : UNSURE;
}

export function weightOf(bytes: Uint8Array, { weight, cells }: Plan): number {
  if (weight === NOWHERE) return 1;
  const number = numberIn(bytes, cells.view[2 * weight]!, cells.view[2 * weight + 1]!);
  return number > 0 ? number : UNSURE;
}

function placeRow(entries: number, to: number, o: Parse, plan: Plan): number {
  const [indices, values] = [o.indices.view, o.values?.view];
  const [ids, own] = [plan.ids.view, plan.values.view];
  const begin = plan.isSimple ? 0 : plan.room;
  const count = to - begin;
  if (entries + count > o.room || (o.seen.length > 0 && 8 * count > o.seen.length)) return NOWHERE;
  let end = entries;
  for (let k = begin; k < to; k++) {
    const value = Math.fround(own[k]!);
    if (!values && value !== 1) {
      o.progress.view[PROGRESS.valued] = 1;
      return NOWHERE;
    }
    const column = columnOf(ids[k]!, o);
    if (column === NOWHERE) return NOWHERE;
    if (column === LEFT_OUT) continue;
    indices[end] = column;
    if (values) values[end] = value;
    end++;
  }
  return end;
}
