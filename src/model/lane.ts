import type { Room } from "../data/blocks.js";
import { DIRECT, type Tables } from "../data/dictionary.js";
import type { Engine } from "../engine/engine.js";
import { type Kernels, NOWHERE } from "../engine/kernels.js";
import type { F64, Memory, Slice, U8, U32 } from "../engine/memory.js";
import { type Parse, PROGRESS, type Score, type TextKernel } from "../engine/texts.js";
import { CLOSED } from "../slots.js";

/** Bytes of a number and its line end, at most: -0.0000012345678901234567 has 25. */
const LINE = 26;

/** What a run begins with. */
const BEGUN = [PROGRESS.rows, PROGRESS.entries, PROGRESS.columns, PROGRESS.largest, PROGRESS.unseen, PROGRESS.written];

/** What the rows of all lanes are scored by. */
export interface Scoring extends Omit<Score, "margins" | "text" | "stride"> {
  /** Columns of ids. */
  tables: Tables;
  /** Slots that larger ids are folded into; null where every id has its own. */
  slots: number | null;
  /** Whether there is to be text. */
  isText: boolean;
}

/** What is in a lane's memory. */
interface ScoringRoom extends Room {
  seen: U32;
  margins: F64;
  text: U8;
}

/** A place where a kernel puts the rows of a text and scores them. */
export class Lane {
  readonly #memory: Memory;
  readonly #kernels: Kernels;
  readonly #number: number;
  readonly #scoring: Scoring;
  readonly #progress: U32;
  readonly #scratch: F64;
  readonly #room: ScoringRoom;
  /** Rows that there is room for, and what kernels are told of all this. */
  #most = 0;
  #options: Parse | null = null;

  /** `number`: which one it is, for kernels with scratch of their own. */
  constructor({ memory }: Engine, kernels: Kernels, number: number, scoring: Scoring) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#number = number;
    this.#scoring = scoring;
    this.#progress = memory.u32(Object.keys(PROGRESS).length);
    this.#scratch = memory.f64(1);
    this.#room = {
      ...{ pointers: memory.u32(0), labels: memory.f64(0), weights: memory.f64(0) },
      ...{ indices: memory.u32(0), values: memory.f32(0), seen: memory.u32(0) },
      ...{ margins: memory.f64(0), text: memory.u8(0) },
    };
  }

  /** Makes room for the rows of so many bytes, with so many entries a byte. Before the text is put into memory. */
  reserve(bytes: number, density: number, mayRepeat: boolean): void {
    const room = this.#room;
    const rows = (bytes >> 1) + 1;
    const entries = Math.ceil(bytes * density);
    const memory = this.#memory;
    // Anew instead of grown: nothing in it is needed any more, and memory that nobody has touched costs nothing.
    const roomy = (had: Slice) => Math.ceil(1.5 * had.length);
    if (room.pointers.length <= rows) {
      const most = Math.max(rows, roomy(room.labels));
      room.pointers = memory.u32(most + 1);
      room.labels = memory.f64(most);
      room.weights = memory.f64(most);
      room.weights.view.fill(1); // svmlight text has none
      room.margins = memory.f64(most * this.#scoring.biases.length);
      if (this.#scoring.isText) room.text = memory.u8(most * LINE + 8);
    }
    if (room.indices.length < entries) {
      const most = Math.max(entries, roomy(room.indices));
      room.indices = memory.u32(most);
      room.values = memory.f32(most);
    }
    const seats = mayRepeat ? 4 * 2 ** Math.ceil(Math.log2(2 * entries)) : 0;
    if (room.seen.length < seats) room.seen = memory.u32(seats);
    this.#most = Math.max(this.#most, rows);
    this.#options = this.#optionsFor(this.#most);
  }

  #optionsFor(most: number): Parse {
    const { tables, slots, isText, ...shared } = this.#scoring;
    const { margins, text, ...room } = this.#room;
    return {
      ...room,
      ...{ ids: tables.ids, direct: tables.direct, hashed: tables.hashed, least: DIRECT },
      ...{ table: 0, mask: slots === null ? 0 : slots - 1 },
      ...{ most, enough: NOWHERE, limit: CLOSED, salt: 0, before: 0, room: room.indices.length },
      ...{ progress: this.#progress, number: this.#scratch },
      score: { ...shared, margins, text: isText ? text : null, stride: this.#most },
    };
  }

  /** Scores lines of bytes from ≤ i < to, `most` rows of them, and returns where it stopped, if the kernels do so at once. */
  run(kernel: TextKernel, bytes: U8, from: number, to: number, most?: number): number {
    const progress = this.#progress.view;
    for (const field of BEGUN) progress[field] = 0;
    const o = most === undefined ? this.#options! : this.#optionsFor(most);
    return kernel(this.#kernels, bytes, from, to, o, this.#number);
  }

  /** Rows of the last run, and the values among them that were not seen in training. */
  get rows(): number {
    return this.#progress.view[PROGRESS.rows]!;
  }

  get unseen(): number {
    return this.#progress.view[PROGRESS.unseen]!;
  }

  /** The largest index of the last run. */
  get largest(): number {
    return this.#progress.view[PROGRESS.largest]!;
  }

  /** Labels of the last run, as they stand in memory. */
  get labels(): Float64Array {
    return this.#room.labels.view;
  }

  /** What the last run gave, where it stands in memory. */
  get scored(): Scored {
    const { rows } = this;
    const { labels, weights, margins, text } = this.#room;
    const models = this.#scoring.biases.length;
    return {
      rows,
      margins: Array.from({ length: models }, (_, i) => margins.view.subarray(i * this.#most, i * this.#most + rows)),
      labels: labels.view.subarray(0, rows),
      weights: weights.view.subarray(0, rows),
      text: text.view.subarray(0, this.#progress.view[PROGRESS.written]),
    };
  }
}

/** Rows in their order, with what models say of them. */
export interface Scored {
  rows: number;
  /** x·w + b by each model. */
  margins: Float64Array[];
  labels: Float64Array;
  weights: Float64Array;
  /** A line a row with what the first model says, in UTF-8; empty where that was not asked for. */
  text: Uint8Array;
}
