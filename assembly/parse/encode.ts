import { NOWHERE } from "../layout";
import { Output, Part, Plan, Step, Word } from "../texts";
import { isAbsent } from "./cells";
import { hashOf } from "./columns";
import { run } from "./expression";
import { fold, hashCell } from "./hash";
import { numberIn, UNSURE, whiteLength } from "./number";

// Kinds of steps, as STEPS of src/engine/texts.ts.
const NUMBER: u32 = 0;
const BUCKET: u32 = 1;
const QUANTILES: u32 = 2;
const CATEGORY: u32 = 3;
const TOKENS: u32 = 4;
// and 5, hash

/**
 * Encodes the cells of the line at hand and returns where in p.ids and p.values the row's entries end, which begin at
 * p.room, or at 0 where p is simple; NOWHERE where a cell is not plain. Says in p.counts how many of its values were not seen in training.
 */
export function encodeRow(p: Plan): u32 {
  store<u32>(p.counts, 0);
  const last = encodeAtoms(p);
  if (last == NOWHERE || p.isSimple) return last;
  const room = p.room;
  const parts = p.parts;
  const spans = p.spans;
  const ids = p.ids;
  const values = p.values;
  let end = room;
  let output = changetype<Output>(p.outputs);
  for (let left = p.combinations; left > 0; --left) {
    const from = output.from;
    if (output.to - from == 1) {
      const offset = output.offset;
      const span = spans + (<usize>changetype<Part>(parts + <usize>from * offsetof<Part>()).atom << 3);
      const last = load<u32>(span, 4);
      for (let k = load<u32>(span); k < last; ++k) {
        if (end == room << 1) return NOWHERE;
        store<u64>(ids + (<usize>end << 3), offset + load<u64>(ids + (<usize>k << 3)));
        store<f64>(values + (<usize>end << 3), load<f64>(values + (<usize>k << 3)));
        ++end;
      }
    } else {
      end = cross(output, end, p);
      if (end == NOWHERE) return NOWHERE;
    }
    output = changetype<Output>(changetype<usize>(output) + offsetof<Output>());
  }
  return p.isMany ? merge(room, end, p) : end;
}

/** Writes the entries of each atom to p.ids and p.values, and where they stand to p.spans. Returns where they end. */
function encodeAtoms(p: Plan): u32 {
  const spans = p.spans;
  const cells = p.cells;
  const absent = p.absent;
  const last = spans + (<usize>p.atoms << 3);
  let step = changetype<Step>(p.steps);
  let end: u32 = 0;
  for (let span = spans; span < last; span += 8) {
    store<u32>(span, end);
    const kind = step.kind;
    const cell = cells + (<usize>step.cell << 3);
    let from: usize = load<u32>(cell);
    let to: usize = load<u32>(cell, 4);
    if (absent && isAbsent(from, to, p)) to = from;
    if (kind <= QUANTILES) {
      const value = step.program ? run(step.program, p) : from == to ? NaN : numberIn(from, to);
      if (value == UNSURE) return NOWHERE;
      if (isNaN(value)) end = skip(step, end, p);
      else if (kind != NUMBER) end = encodeNumber(step, value, end, p);
      else {
        if (!isFinite(<f32>value)) return NOWHERE;
        end = put(step.offset, value, end, p);
      }
    } else if (kind > TOKENS) {
      const hash = hashCell(from, to);
      const mask = step.mask;
      end = put(step.offset + (mask ? hash & mask : step.size ? hash % step.size : hash), 1, end, p);
    } else if (from == to) {
      end = skip(step, end, p);
    } else if (kind == CATEGORY) {
      const word = wordAt(step, from, to, p);
      end = word ? put(step.offset + (word - 1), 1, end, p) : unseen(end, p);
    } else {
      end = encodeTokens(step, from, to, end, p);
      if (end == NOWHERE) return NOWHERE;
    }
    store<u32>(span, end, 4);
    step = changetype<Step>(changetype<usize>(step) + offsetof<Step>());
  }
  return end;
}

// @ts-ignore: decorator
@inline
function put(id: u64, value: f64, end: u32, p: Plan): u32 {
  store<u64>(p.ids + (<usize>end << 3), id);
  store<f64>(p.values + (<usize>end << 3), value);
  return end + 1;
}

function unseen(end: u32, p: Plan): u32 {
  store<u32>(p.counts, load<u32>(p.counts) + 1);
  return end;
}

/** Encodes a missing cell. */
function skip(step: Step, end: u32, p: Plan): u32 {
  if (!step.absent) return unseen(end, p);
  return put(step.offset + <u64>load<f64>(p.numbers + (<usize>step.absent << 3)), 1, end, p);
}

/** Encodes a number by its bucket. */
function encodeNumber(step: Step, value: f64, end: u32, p: Plan): u32 {
  const numbers = p.numbers + (<usize>step.at << 3);
  if (step.kind == BUCKET) {
    const least = load<f64>(numbers);
    const dimension = load<f64>(numbers, 24);
    if (value < least || value > load<f64>(numbers, 8) || dimension == 0) return unseen(end, p);
    const bucket = min(Math.floor((value - least) / load<f64>(numbers, 16)), dimension - 1);
    return put(step.offset + <u64>bucket, 1, end, p);
  }
  let low: u32 = 0;
  let high = step.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<f64>(numbers + (<usize>middle << 3)) <= value) low = middle + 1;
    else high = middle;
  }
  return put(step.offset + low, 1, end, p);
}

/** Encodes text word by word, each word once. NOWHERE without room. */
function encodeTokens(step: Step, from: usize, to: usize, start: u32, p: Plan): u32 {
  // One place is left for each atom after this.
  const room = p.room - p.atoms;
  let end = start;
  let at = from;
  while (at < to) {
    const white = whiteLength(at);
    if (white) {
      at += white;
      continue;
    }
    const word = at;
    while (at < to && !whiteLength(at)) ++at;
    const known = wordAt(step, word, at, p);
    if (!known) {
      unseen(end, p);
      continue;
    }
    if (end >= room) return NOWHERE;
    end = put(step.offset + (known - 1), 1, end, p);
  }
  return merge(start, end, p);
}

/** Returns the number of a word of a vocabulary, plus 1; 0 when it has none. Short words are compared in their slots. */
function wordAt(step: Step, from: usize, to: usize, p: Plan): u32 {
  const length = <u32>(to - from);
  const hash = hashCell(from, to);
  const isShort = length <= 8;
  const key = isShort ? load<u64>(from) & (u64.MAX_VALUE >> (<u64>(8 - length) << 3)) : <u64>hash;
  const mask = step.size;
  const words = p.words + <usize>step.at * offsetof<Word>();
  let slot = hash & mask;
  let word = changetype<Word>(words + <usize>slot * offsetof<Word>());
  while (word.word) {
    if (isShort) {
      if (word.key == key && word.length == length) break;
    } else if (word.length == length && <u32>word.key == hash) {
      if (memory.compare(p.text + <usize>(word.key >> 32), from, length) == 0) break;
    }
    slot = (slot + 1) & mask;
    word = changetype<Word>(words + <usize>slot * offsetof<Word>());
  }
  return word.word;
}

/** Appends every combination of the parts' entries. NOWHERE without room, or where a value leaves single precision. */
function cross(output: Output, start: u32, p: Plan): u32 {
  const first = p.parts + <usize>output.from * offsetof<Part>();
  const last = p.parts + <usize>output.to * offsetof<Part>();
  const spans = p.spans;
  const odds = p.odds;
  const ids = p.ids;
  const values = p.values;
  const isHashed = output.isHashed;
  const mask = output.mask;
  const slots = output.slots;
  let odd = odds;
  for (let part = first; part < last; part += offsetof<Part>(), odd += 4) {
    const span = spans + (<usize>changetype<Part>(part).atom << 3);
    if (load<u32>(span) == load<u32>(span, 4)) return start;
    store<u32>(odd, load<u32>(span));
  }
  let end = start;
  do {
    let id: u64 = 0;
    let value: f64 = 1;
    odd = odds;
    for (let part = first; part < last; part += offsetof<Part>(), odd += 4) {
      const k = <usize>load<u32>(odd) << 3;
      const next = load<u64>(ids + k);
      id = isHashed ? <u64>fold(<u32>id, next) : id * changetype<Part>(part).dimension + next;
      value *= load<f64>(values + k);
    }
    if (!isFinite(<f32>value) || end == p.room << 1) return NOWHERE;
    if (isHashed) id = mask ? id & mask : slots ? <u32>id % slots : id;
    store<u64>(ids + (<usize>end << 3), output.offset + id);
    store<f64>(values + (<usize>end << 3), value);
    ++end;
  } while (advance(first, last, p));
  return end;
}

/** Goes on to the next entries of parts, those of the last part first. Returns false after the last. */
function advance(first: usize, last: usize, p: Plan): bool {
  let odd = p.odds + ((last - first) / offsetof<Part>() << 2);
  for (let part = last; part > first; ) {
    part -= offsetof<Part>();
    odd -= 4;
    const span = p.spans + (<usize>changetype<Part>(part).atom << 3);
    const next = load<u32>(odd) + 1;
    if (next < load<u32>(span, 4)) {
      store<u32>(odd, next);
      return true;
    }
    store<u32>(odd, load<u32>(span));
  }
  return false;
}

/**
 * Adds up the values of equal ids in single precision, where the first stands, and returns where the entries then end;
 * NOWHERE for a sum beyond it.
 */
function merge(start: u32, end: u32, p: Plan): u32 {
  const ids = p.ids;
  const values = p.values;
  const seats = p.seats;
  let mask: u32 = 15;
  while (mask < (end - start) << 1) mask = (mask << 1) | 1;
  let stamp = load<u32>(p.counts, 4) + 1;
  if (stamp == 0) {
    memory.fill(seats, 0, (<usize>p.mask + 1) << 3);
    stamp = 1;
  }
  store<u32>(p.counts, stamp, 4);
  let kept = start;
  for (let k = start; k < end; ++k) {
    const id = load<u64>(ids + (<usize>k << 3));
    const value = load<f64>(values + (<usize>k << 3));
    let at = hashOf(id) & mask;
    let seat = seats + (<usize>at << 3);
    while (load<u32>(seat) == stamp && load<u64>(ids + (<usize>load<u32>(seat, 4) << 3)) != id) {
      at = (at + 1) & mask;
      seat = seats + (<usize>at << 3);
    }
    if (load<u32>(seat) == stamp) {
      const first = values + (<usize>load<u32>(seat, 4) << 3);
      const sum = <f32>load<f64>(first) + <f32>value;
      if (!isFinite(sum)) return NOWHERE;
      store<f64>(first, sum);
      continue;
    }
    store<u32>(seat, stamp);
    store<u32>(seat, kept, 4);
    store<u64>(ids + (<usize>kept << 3), id);
    store<f64>(values + (<usize>kept << 3), value);
    ++kept;
  }
  return kept;
}
