import type { Kernels } from "../engine/kernels.js";
import { LEARNED, LESSONS, type Lesson, type Plan, SEEN, SEEN_LENGTH, STEP, STEP_LENGTH } from "../engine/texts.js";
import { hashBytes } from "../features/hash.js";
import { mix } from "../random.js";
import { areSame, isAbsent } from "./cells.js";
import { labelOf, weightOf } from "./csv.js";
import { numberIn, UNSURE, whiteLength } from "./number.js";
import { splitRow } from "./objects.js";
import { run } from "./program.js";

const HASH = 0x9e3779b1;

/** What a table's columns teach, as in assembly/parse/learn.ts. */
export const learnCsv: Kernels["learnCsv"] = (text, from, to, o, plan) => {
  const bytes = text.view;
  const counts = o.counts.view;
  let { row, phase } = o;
  let line = from;
  while (line < to) {
    const lf = splitRow(bytes, line, plan);
    if (lf < 0 || labelOf(bytes, plan) === UNSURE || weightOf(bytes, plan) === UNSURE) break;
    if (!readNumbers(bytes, o, plan)) break;
    const isCounted = o.every > 0 && phase + 1 === o.every;
    if (!isCounted && mix(o.salt + Math.imul(row, HASH)) >= o.limit) {
      const words = 2 * (lf - line);
      if (!hasRoom(words, o)) {
        counts[LEARNED.needed] = words;
        break;
      }
      learnRow(bytes, o, plan);
    }
    row++;
    phase = phase + 1 < o.every ? phase + 1 : 0;
    counts[LEARNED.rows]!++;
    line = lf + 1;
  }
  return line;
};

function hasRoom(need: number, o: Lesson): boolean {
  const [, numbers, words, text, met] = o.counts.view as unknown as [number, number, number, number, number];
  if (numbers + o.modes.length > o.numbers.length || text + need > o.text.length) return false;
  return words + need <= o.words.length / SEEN_LENGTH / 2 && met + need <= o.met.length / 3;
}

function cellOf(atom: number, plan: Plan): [from: number, to: number] {
  const cell = plan.steps.view[atom * STEP_LENGTH + STEP.cell]!;
  return [plan.cells.view[2 * cell]!, plan.cells.view[2 * cell + 1]!];
}

function readNumbers(bytes: Uint8Array, { modes }: Lesson, plan: Plan): boolean {
  const values = plan.values.view;
  return modes.view.every((mode, atom) => {
    const program = plan.steps.view[atom * STEP_LENGTH + STEP.program]!;
    let value = 0;
    if (mode !== LESSONS.nothing && program > 0) value = run(bytes, program, plan);
    else if (mode === LESSONS.range || mode === LESSONS.sample) {
      const [from, to] = cellOf(atom, plan);
      value = from === to || isAbsent(bytes, from, to, plan) ? Number.NaN : numberIn(bytes, from, to);
    }
    values[atom] = value;
    return value !== UNSURE;
  });
}

function learnRow(bytes: Uint8Array, o: Lesson, plan: Plan): void {
  const [counts, ranges] = [o.counts.view, o.ranges.view];
  for (const [atom, mode] of o.modes.view.entries()) {
    if (mode === LESSONS.nothing) continue;
    const value = plan.values.view[atom]!;
    const isNumber = mode === LESSONS.range || mode === LESSONS.sample;
    if (mode === LESSONS.sample) o.numbers.view[counts[LEARNED.numbers]!++] = value;
    const [from, to] = cellOf(atom, plan);
    const isDerived = plan.steps.view[atom * STEP_LENGTH + STEP.program]! > 0;
    const isMissing = isDerived || isNumber ? Number.isNaN(value) : from === to || isAbsent(bytes, from, to, plan);
    if (isMissing) o.missing.view[atom] = 1;
    else if (mode === LESSONS.range) {
      ranges[2 * atom] = Math.min(ranges[2 * atom]!, value);
      ranges[2 * atom + 1] = Math.max(ranges[2 * atom + 1]!, value);
    } else if (mode === LESSONS.word) learnWord(bytes, atom, from, to, o);
    else if (mode === LESSONS.words) learnWords(bytes, atom, from, to, o);
  }
}

function learnWords(bytes: Uint8Array, atom: number, from: number, to: number, o: Lesson): void {
  for (let at = from; at < to; ) {
    const white = whiteLength(bytes, at);
    if (white > 0) {
      at += white;
      continue;
    }
    const word = at;
    while (at < to && whiteLength(bytes, at) === 0) at++;
    learnWord(bytes, atom, word, at, o);
  }
}

function learnWord(bytes: Uint8Array, atom: number, from: number, to: number, o: Lesson): void {
  const [words, text, counts] = [o.words.view, o.text.view, o.counts.view];
  const hash = (hashBytes(bytes, from, to, 0) ^ Math.imul(atom, HASH)) >>> 0;
  const mask = words.length / SEEN_LENGTH - 1;
  let slot = mix(hash) & mask;
  for (; words[slot * SEEN_LENGTH + SEEN.atom]! > 0; slot = (slot + 1) & mask) {
    const at = slot * SEEN_LENGTH;
    if (words[at + SEEN.hash] !== hash || words[at + SEEN.atom] !== atom + 1) continue;
    if (areSame(text, words[at + SEEN.from]!, words[at + SEEN.length]!, bytes, from, to - from)) return;
  }
  const start = counts[LEARNED.text]!;
  text.set(bytes.subarray(from, to), start);
  words.set([hash, atom + 1, start, to - from], slot * SEEN_LENGTH);
  o.met.view.set([atom, start, to - from], 3 * counts[LEARNED.met]!);
  counts[LEARNED.words]!++;
  counts[LEARNED.text]! += to - from;
  counts[LEARNED.met]!++;
}
