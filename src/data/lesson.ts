import type { Engine } from "../engine/engine.js";
import type { NumberArray, Slice } from "../engine/memory.js";
import { LEARNED, LESSONS, type Lesson, type Plan, SEEN, SEEN_LENGTH } from "../engine/texts.js";
import type { SimpleDefinition } from "../features/kinds.js";
import type { SpaceLearner } from "../features/learner.js";
import { compilePlan } from "../features/plan.js";
import type { FeatureSpace } from "../features/space.js";
import { mix } from "../random.js";
import type { LabelCoder } from "./label.js";
import { areSame, coded, type PlainFormat, type RowTaker } from "./plain.js";
import type { Taken } from "./records.js";

/** Rows that are not learned from. */
export interface Held {
  fraction: number;
  seed: number;
  every?: number;
}

/** Room at the beginning, for words and numbers met in one call. */
const ROOM = 1 << 14;

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Teaches a space from a table's lines, by a kernel: only numbers of samples, and each word once, become values. */
export class PlainLesson implements RowTaker {
  readonly portion = 1 << 18;
  readonly #engine: Engine;
  readonly #learner: SpaceLearner;
  /** The space as it is before anything is learned. */
  readonly #space: FeatureSpace;
  readonly #format: PlainFormat;
  readonly #held: Held;
  #columns: readonly string[] = [];
  #plan: Plan | null = null;
  #lesson: Lesson | null = null;
  #text: Slice<Uint8Array>;

  constructor(engine: Engine, learner: SpaceLearner, space: FeatureSpace, format: PlainFormat, held: Held) {
    this.#engine = engine;
    this.#learner = learner;
    this.#space = space;
    this.#format = format;
    this.#held = held;
    this.#text = engine.memory.u8(0);
  }

  begin(columns: readonly string[]): void {
    const { target, delimiter, weight = null } = this.#format;
    const compiled = compilePlan(this.#space, { columns, delimiter, target, weight });
    if (!compiled) return;
    const { memory } = this.#engine;
    const modes = this.#space.layout.atoms.map(({ definition }) => modeOf(definition));
    this.#columns = columns;
    this.#plan = compiled(memory, 1)[0]!;
    const { fraction, seed, every = 0 } = this.#held;
    const lesson: Lesson = {
      modes: memory.u32(modes.length),
      missing: memory.u32(modes.length),
      ranges: memory.f64(2 * modes.length),
      numbers: memory.f64(ROOM + modes.length),
      words: memory.u32(4 * ROOM * SEEN_LENGTH),
      text: memory.u8(16 * ROOM),
      met: memory.u32(3 * ROOM),
      counts: memory.u32(6),
      limit: fraction * 2 ** 32,
      salt: mix(seed ^ 0x5bd1e995),
      every,
      row: 0,
      phase: 0,
    };
    lesson.modes.view.set(modes);
    this.#forget(lesson);
    this.#lesson = lesson;
  }

  take(columns: readonly string[], given: Uint8Array, start: number, labels: LabelCoder, row: number): Taken {
    const [plan, lesson] = [this.#plan, this.#lesson];
    if (!plan || !lesson || !areSame(columns, this.#columns)) return { rows: 0, stopped: start };
    const lines = given.subarray(start);
    const { memory, kernels } = this.#engine;
    if (this.#text.length < lines.length + 16) this.#text = memory.grow(this.#text, lines.length + 16);
    this.#text.view.set(lines);
    const known = coded(plan, labels);
    let [bytes, rows] = [0, 0];
    for (;;) {
      const counts = lesson.counts.view;
      counts[LEARNED.rows] = counts[LEARNED.needed] = 0;
      const every = lesson.every;
      const at = { ...lesson, row: (row + rows) % 2 ** 32, phase: every > 0 ? (row + rows) % every : 0 };
      bytes = kernels.learnCsv(this.#text, bytes, lines.length, at, known);
      rows += lesson.counts.view[LEARNED.rows]!;
      const needed = lesson.counts.view[LEARNED.needed]!;
      this.#pass(lesson);
      if (needed === 0) return { rows, stopped: start + bytes };
      this.#widen(lesson, needed);
    }
  }

  pass(): void {}

  /** Passes on to the learner what was met. */
  #pass(lesson: Lesson): void {
    const learner = this.#learner;
    const { modes, missing, ranges, numbers, counts, met, text } = lesson;
    const [words, bytes] = [met.view, text.view];
    for (let k = 0; k < 3 * counts.view[LEARNED.met]!; k += 3) {
      const from = words[k + 1]!;
      // A view of shared memory cannot be decoded.
      learner.observeOne(words[k]!, DECODER.decode(bytes.slice(from, from + words[k + 2]!)));
    }
    const atoms = Array.from(modes.view.keys());
    const samples = atoms.filter((atom) => modes.view[atom] === LESSONS.sample);
    const sampled = numbers.view.subarray(0, counts.view[LEARNED.numbers]!);
    for (const [i, atom] of samples.entries()) {
      for (let k = i; k < sampled.length; k += samples.length) {
        if (!Number.isNaN(sampled[k])) learner.observeOne(atom, sampled[k]!);
      }
    }
    for (const atom of atoms) {
      if (missing.view[atom] === 1) learner.observeOne(atom, null);
      const [least, most] = [ranges.view[2 * atom]!, ranges.view[2 * atom + 1]!];
      if (least > most) continue;
      learner.observeOne(atom, least);
      learner.observeOne(atom, most);
    }
    this.#forget(lesson);
  }

  /** Forgets what was passed on: all but the words, which are known from then on. */
  #forget({ missing, ranges, counts }: Lesson): void {
    missing.view.fill(0);
    for (let k = 0; k < ranges.length; k++)
      ranges.view[k] = k % 2 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    counts.view[LEARNED.numbers] = counts.view[LEARNED.met] = 0;
  }

  /** Makes room for so many words more, and bytes of them. */
  #widen(lesson: Lesson, needed: number): void {
    const { memory } = this.#engine;
    const counts = lesson.counts.view;
    const [words, bytes] = [counts[LEARNED.words]! + needed, counts[LEARNED.text]! + needed];
    const grown = <A extends NumberArray>(slice: Slice<A>, length: number): Slice<A> =>
      slice.length < length ? memory.grow(slice, Math.max(length, 2 * slice.length)) : slice;
    lesson.text = grown(lesson.text, bytes);
    lesson.met = grown(lesson.met, 3 * needed);
    const slots = lesson.words.length / SEEN_LENGTH;
    if (2 * words > slots) {
      const old = lesson.words;
      lesson.words = memory.u32(SEEN_LENGTH * 2 ** Math.ceil(Math.log2(4 * words)));
      rehash(old.view, lesson.words.view);
    }
  }
}

function modeOf(definition: SimpleDefinition): number {
  switch (definition.kind) {
    case "hash":
      return LESSONS.nothing;
    case "number":
      return LESSONS.absence;
    case "bucket":
      return definition.min === undefined ? LESSONS.range : LESSONS.absence;
    case "quantiles":
      return LESSONS.sample;
    case "category":
      return LESSONS.word;
    case "tokens":
      return LESSONS.words;
  }
}

/** Enters the words of a table in a larger one. */
function rehash(from: Uint32Array, to: Uint32Array): void {
  const mask = to.length / SEEN_LENGTH - 1;
  for (let at = 0; at < from.length; at += SEEN_LENGTH) {
    if (from[at + SEEN.atom] === 0) continue;
    let slot = mix(from[at + SEEN.hash]!) & mask;
    while (to[slot * SEEN_LENGTH + SEEN.atom]! > 0) slot = (slot + 1) & mask;
    to.set(from.subarray(at, at + SEEN_LENGTH), slot * SEEN_LENGTH);
  }
}
