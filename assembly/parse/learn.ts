import { Lesson, Plan, Seen, Step } from "../texts";
import { isAbsent } from "./cells";
import { HASH, mix } from "./columns";
import { labelOf, weightOf } from "./csv";
import { run } from "./expression";
import { hashCell } from "./hash";
import { numberIn, UNSURE, whiteLength } from "./number";
import { splitRow } from "./objects";

// What is learned of an atom, as LESSONS of src/engine/texts.ts.
const NOTHING: u32 = 0; // not even whether cells are missing
const ABSENCE: u32 = 1;
const RANGE: u32 = 2;
const SAMPLE: u32 = 3;
const WORD: u32 = 4;
// and 5, words of a text

/**
 * Learns from whole lines of a table's cells, as parseCsv reads them, those of rows that are not held out: which atoms
 * have missing cells, ranges, numbers, and each word once. Stops before the first line that is not plain or, as it then
 * says in o.counts, that it may have no room for. Returns where it stopped.
 */
export function learnRows(from: usize, to: usize, o: Lesson, p: Plan): usize {
  const counts = o.counts;
  const atoms = p.atoms;
  const most = o.most;
  const half = o.slots >> 1;
  const every = o.every;
  let row = o.row;
  let phase = o.phase;
  let line = from;
  while (line < to) {
    const lf = splitRow(line, p);
    if (!lf || labelOf(p) == UNSURE || weightOf(p) == UNSURE || !readNumbers(o, p)) break;
    const isHeldOut = (every && phase + 1 == every) || <f64>mix(o.salt + row * HASH) < o.limit; // as isHeldOut of src/data/reader.ts
    if (!isHeldOut) {
      // A byte may begin a word of two atoms: one of the cell as it is, one of words.
      const words = <u32>(lf - line) << 1;
      const isFull =
        load<u32>(counts, 4) + atoms > o.room ||
        load<u32>(counts, 8) + words > half ||
        load<u32>(counts, 12) + words > o.textRoom ||
        load<u32>(counts, 16) + words > most;
      if (isFull) {
        store<u32>(counts, words, 20);
        break;
      }
      learnRow(o, p);
    }
    ++row;
    phase = phase + 1 < every ? phase + 1 : 0;
    store<u32>(counts, load<u32>(counts) + 1);
    line = lf + 1;
  }
  return line;
}

/** Writes the numbers of atoms that learn from them to p.values, NaN where missing. Returns whether all are plain. */
function readNumbers(o: Lesson, p: Plan): bool {
  for (let atom: u32 = 0, atoms = p.atoms; atom < atoms; ++atom) {
    const mode = load<u32>(o.modes + (<usize>atom << 2));
    const step = changetype<Step>(p.steps + <usize>atom * offsetof<Step>());
    let value: f64 = 0;
    if (mode != NOTHING && step.program) value = run(step.program, p);
    else if (mode == RANGE || mode == SAMPLE) {
      const cell = p.cells + (<usize>step.cell << 3);
      const from = load<u32>(cell);
      const to = load<u32>(cell, 4);
      value = from == to || isAbsent(from, to, p) ? NaN : numberIn(from, to);
    }
    if (value == UNSURE) return false;
    store<f64>(p.values + (<usize>atom << 3), value);
  }
  return true;
}

function learnRow(o: Lesson, p: Plan): void {
  for (let atom: u32 = 0, atoms = p.atoms; atom < atoms; ++atom) {
    const mode = load<u32>(o.modes + (<usize>atom << 2));
    if (mode == NOTHING) continue;
    const step = changetype<Step>(p.steps + <usize>atom * offsetof<Step>());
    const value = load<f64>(p.values + (<usize>atom << 3));
    if (mode == SAMPLE) {
      const count = load<u32>(o.counts, 4);
      store<f64>(o.numbers + (<usize>count << 3), value);
      store<u32>(o.counts, count + 1, 4);
    }
    const cell = p.cells + (<usize>step.cell << 3);
    const from = load<u32>(cell);
    const to = load<u32>(cell, 4);
    const isMissing = step.program || mode == RANGE || mode == SAMPLE ? isNaN(value) : from == to || isAbsent(from, to, p);
    if (isMissing) store<u32>(o.missing + (<usize>atom << 2), 1);
    else if (mode == RANGE) {
      const range = o.ranges + (<usize>atom << 4);
      store<f64>(range, min(load<f64>(range), value));
      store<f64>(range, max(load<f64>(range, 8), value), 8);
    } else if (mode == WORD) learnWord(atom, from, to, o);
    else if (mode > WORD) learnWords(atom, from, to, o);
  }
}

function learnWords(atom: u32, from: usize, to: usize, o: Lesson): void {
  let at = from;
  while (at < to) {
    const white = whiteLength(at);
    if (white) {
      at += white;
      continue;
    }
    const word = at;
    while (at < to && !whiteLength(at)) ++at;
    learnWord(atom, word, at, o);
  }
}

/** Adds a word of an atom, unless it is there. */
function learnWord(atom: u32, from: usize, to: usize, o: Lesson): void {
  const length = <u32>(to - from);
  const hash = hashCell(from, to) ^ (atom * HASH);
  const mask = o.slots - 1;
  let slot = mix(hash) & mask;
  let seen = changetype<Seen>(o.words + <usize>slot * offsetof<Seen>());
  while (seen.atom) {
    const isLike = seen.hash == hash && seen.atom == atom + 1 && seen.length == length;
    if (isLike && memory.compare(o.text + seen.from, from, length) == 0) return;
    slot = (slot + 1) & mask;
    seen = changetype<Seen>(o.words + <usize>slot * offsetof<Seen>());
  }
  const counts = o.counts;
  const start = load<u32>(counts, 12);
  memory.copy(o.text + start, from, length);
  seen.hash = hash;
  seen.atom = atom + 1;
  seen.from = start;
  seen.length = length;
  const count = load<u32>(counts, 16);
  const met = o.met + <usize>count * 12;
  store<u32>(met, atom);
  store<u32>(met, start, 4);
  store<u32>(met, length, 8);
  store<u32>(counts, load<u32>(counts, 8) + 1, 8);
  store<u32>(counts, start + length, 12);
  store<u32>(counts, count + 1, 16);
}
