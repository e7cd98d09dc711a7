import { NOWHERE } from "../engine/kernels.js";
import {
  OUTPUT,
  OUTPUT_LENGTH,
  PART,
  PART_LENGTH,
  type Plan,
  SHORT_WORD,
  STEP,
  STEP_LENGTH,
  STEPS,
  WORD,
  WORD_LENGTH,
} from "../engine/texts.js";
import { hashBytes, hashId, keyOf } from "../features/hash.js";
import { areSame, isAbsent } from "./cells.js";
import { numberIn, UNSURE, whiteLength } from "./number.js";
import { run } from "./program.js";

// Cells to entries, as in assembly/parse/encode.ts.

/** As encodeRow of assembly/parse/encode.ts. */
export function encodeRow(bytes: Uint8Array, plan: Plan): number {
  plan.counts.view[0] = 0;
  const last = encodeAtoms(bytes, plan);
  if (last === NOWHERE || plan.isSimple) return last;
  const { room } = plan;
  const [outputs, parts, spans] = [plan.outputs.view, plan.parts.view, plan.spans.view];
  const [ids, values] = [plan.ids.view, plan.values.view];
  let end = room;
  for (let at = 0; at < outputs.length; at += OUTPUT_LENGTH) {
    const output = outputs.subarray(at, at + OUTPUT_LENGTH);
    const from = output[OUTPUT.from]!;
    if (output[OUTPUT.to]! - from > 1) {
      end = crossInto(output, end, 0, 0, 1, plan);
      if (end === NOWHERE) return NOWHERE;
      continue;
    }
    const offset = wide(output, OUTPUT.offset);
    const atom = parts[from * PART_LENGTH + PART.atom]!;
    for (let k = spans[2 * atom]!; k < spans[2 * atom + 1]!; k++) {
      if (end === 2 * room) return NOWHERE;
      ids[end] = offset + ids[k]!;
      values[end++] = values[k]!;
    }
  }
  return plan.isMany ? merge(room, end, plan) : end;
}

/** A number of 64 bits. */
function wide(numbers: Uint32Array, at: number): number {
  return numbers[at]! + numbers[at + 1]! * 2 ** 32;
}

function encodeAtoms(bytes: Uint8Array, plan: Plan): number {
  const [steps, cells, spans] = [plan.steps.view, plan.cells.view, plan.spans.view];
  let end = 0;
  for (let atom = 0; 2 * atom < spans.length; atom++) {
    const step = steps.subarray(atom * STEP_LENGTH, (atom + 1) * STEP_LENGTH);
    const [kind, program, offset] = [step[STEP.kind]!, step[STEP.program]!, wide(step, STEP.offset)];
    spans[2 * atom] = end;
    const from = cells[2 * step[STEP.cell]!]!;
    let to = cells[2 * step[STEP.cell]! + 1]!;
    if (isAbsent(bytes, from, to, plan)) to = from;
    if (kind <= STEPS.quantiles) {
      const isEmpty = program === 0 && from === to;
      const value = program > 0 ? run(bytes, program, plan) : isEmpty ? Number.NaN : numberIn(bytes, from, to);
      if (value === UNSURE) return NOWHERE;
      if (kind === STEPS.number && Math.abs(Math.fround(value)) === Number.POSITIVE_INFINITY) return NOWHERE;
      end = Number.isNaN(value) ? skip(step, end, plan) : encodeNumber(step, value, end, plan);
    } else if (kind === STEPS.hash) {
      const slots = step[STEP.size]! || 2 ** 32;
      end = put(offset + (hashBytes(bytes, from, to, 0) % slots), 1, end, plan);
    } else if (from === to) {
      end = skip(step, end, plan);
    } else if (kind === STEPS.category) {
      const word = wordAt(step, bytes, from, to, plan);
      end = word > 0 ? put(offset + word - 1, 1, end, plan) : unseen(end, plan);
    } else {
      end = encodeTokens(step, bytes, from, to, end, plan);
      if (end === NOWHERE) return NOWHERE;
    }
    spans[2 * atom + 1] = end;
  }
  return end;
}

function put(id: number, value: number, end: number, { ids, values }: Plan): number {
  ids.view[end] = id;
  values.view[end] = value;
  return end + 1;
}

function unseen(end: number, { counts }: Plan): number {
  counts.view[0]!++;
  return end;
}

function skip(step: Uint32Array, end: number, plan: Plan): number {
  const absent = step[STEP.absent]!;
  return absent > 0 ? put(wide(step, STEP.offset) + plan.numbers.view[absent]!, 1, end, plan) : unseen(end, plan);
}

function encodeNumber(step: Uint32Array, value: number, end: number, plan: Plan): number {
  const numbers = plan.numbers.view;
  const [kind, at, offset] = [step[STEP.kind]!, step[STEP.at]!, wide(step, STEP.offset)];
  if (kind === STEPS.number) return put(offset, value, end, plan);
  if (kind === STEPS.bucket) {
    const [min, max, width, dimension] = [numbers[at]!, numbers[at + 1]!, numbers[at + 2]!, numbers[at + 3]!];
    if (value < min || value > max || dimension === 0) return unseen(end, plan);
    return put(offset + Math.min(Math.floor((value - min) / width), dimension - 1), 1, end, plan);
  }
  let [low, high] = [0, step[STEP.size]!];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[at + middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return put(offset + low, 1, end, plan);
}

function encodeTokens(step: Uint32Array, bytes: Uint8Array, from: number, to: number, start: number, plan: Plan) {
  const room = plan.room - plan.spans.length / 2;
  let [at, end] = [from, start];
  while (at < to) {
    const white = whiteLength(bytes, at);
    if (white > 0) {
      at += white;
      continue;
    }
    const first = at;
    while (at < to && whiteLength(bytes, at) === 0) at++;
    const word = wordAt(step, bytes, first, at, plan);
    if (word > 0 && end >= room) return NOWHERE;
    end = word > 0 ? put(wide(step, STEP.offset) + word - 1, 1, end, plan) : unseen(end, plan);
  }
  return merge(start, end, plan);
}

/** Returns the number of a word of a vocabulary, plus 1; 0 when it has none. */
function wordAt(step: Uint32Array, bytes: Uint8Array, from: number, to: number, plan: Plan): number {
  const [words, text] = [plan.words.view, plan.text.view];
  const hash = hashBytes(bytes, from, to, 0);
  const length = to - from;
  const isShort = length <= SHORT_WORD;
  const [low, high] = isShort ? keyOf(bytes, from, to) : [hash, 0];
  const mask = step[STEP.size]!;
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const at = (step[STEP.at]! + slot) * WORD_LENGTH;
    const word = words[at + WORD.word]!;
    if (word === 0) return 0;
    if (words[at + WORD.key] !== low || words[at + WORD.length] !== length) continue;
    const second = words[at + WORD.key + 1]!;
    if (isShort ? second === high : areSame(text, second, length, bytes, from, length)) return word;
  }
}

/** Appends every combination of the parts' entries from part `i` on. */
function crossInto(output: Uint32Array, start: number, i: number, id: number, value: number, plan: Plan): number {
  const [ids, values, parts] = [plan.ids.view, plan.values.view, plan.parts.view];
  const isHashed = output[OUTPUT.isHashed] === 1;
  const part = output[OUTPUT.from]! + i;
  let end = start;
  if (part === output[OUTPUT.to]) {
    if (!Number.isFinite(Math.fround(value)) || end === 2 * plan.room) return NOWHERE;
    const slots = output[OUTPUT.slots]! || 2 ** 32;
    return put(wide(output, OUTPUT.offset) + (isHashed ? id % slots : id), value, end, plan);
  }
  const at = part * PART_LENGTH;
  const atom = parts[at + PART.atom]!;
  const dimension = wide(parts, at + PART.dimension);
  const [from, to] = [plan.spans.view[2 * atom]!, plan.spans.view[2 * atom + 1]!];
  for (let k = from; k < to && end !== NOWHERE; k++) {
    const next = isHashed ? hashId(id, ids[k]!) : id * dimension + ids[k]!;
    end = crossInto(output, end, i + 1, next, value * values[k]!, plan);
  }
  return end;
}

/** As merge of assembly/parse/encode.ts. */
function merge(start: number, end: number, plan: Plan): number {
  const [ids, values] = [plan.ids.view, plan.values.view];
  const places = new Map<number, number>();
  let kept = start;
  for (let k = start; k < end; k++) {
    const place = places.get(ids[k]!);
    if (place === undefined) {
      places.set(ids[k]!, kept);
      kept = put(ids[k]!, values[k]!, kept, plan);
      continue;
    }
    const sum = Math.fround(Math.fround(values[place]!) + Math.fround(values[k]!));
    if (!Number.isFinite(sum)) return NOWHERE;
    values[place] = sum;
  }
  return kept;
}
