import type { Engine } from "../engine/engine.js";
import type { F64, Memory, U8, U32 } from "../engine/memory.js";
import { type Parse, PROGRESS, type TextKernel } from "../engine/texts.js";
import type { Entries } from "../features/entries.js";
import type { Rooms } from "../platform.js";
import { DIRECT, type Dictionary } from "./dictionary.js";

/** Codes labels from ≤ i < to in place and returns where it stopped: at the first that cannot be, which it leaves. */
export type Coding = (labels: Float64Array, from: number, to: number) => number;

/** Takes the rows of a reader, in the memory of an engine. */
export interface Store {
  readonly engine: Engine;
  /** Rows so far. */
  readonly rows: number;
  /** The largest index that `parse` met, 0 without any, and how many values that were not seen in training. */
  readonly largest: number;
  readonly unseen: number;
  /** How much of the input is here, from 0 to 1; 0 where that is not known. */
  share: number;
  /** Whether the rows of a format may hold a column twice: then kernels add them up. */
  mayRepeat: boolean;
  /** Entries that a row may have for each of its bytes. Default ½. */
  density: number;
  /** Bytes of text that it takes at once. */
  readonly portion: number;
  /** Where text may be put that it then need not copy; none where it copies all the same. */
  readonly rooms?: Rooms | undefined;
  /** Kernels may be called with the scratch of so many lanes, at the same time. */
  readonly lanes: number;
  /** Lets a reader take memory for what its kernels need to know. Before the first row. */
  prepare(take: (memory: Memory) => void): void;
  /** Adds a row. An offset is what its margin begins with. */
  addRow(entries: Entries, label: number, weight: number, offset?: number): void;
  /**
   * Adds rows of whole lines, from an offset on, by a kernel, up to the first that is not plain or whose label cannot be
   * coded, and returns the offset of that line. What follows in the same text may be asked for later, or not.
   */
  parse(text: Uint8Array, from: number, code: Coding, kernel: TextKernel): number;
}

/** Where the rows of a text go. */
export type Target = Omit<Parse, "progress" | "number" | "least" | "room" | "score"> & {
  rows: number;
  entries: number;
};

/** How far a kernel came: rows and entries at its end, the largest index and the unseen values that it met. */
export interface Reached {
  rows: number;
  entries: number;
  largest: number;
  unseen: number;
}

/** What is parsed at once: it stays in the processor's cache. */
const PORTION = 1 << 18;

/** Runs the kernels that parse, for a store that says where rows go. */
export abstract class TextParser {
  portion = PORTION;
  lanes = 1;
  readonly #progress: U32;
  readonly #number: F64;

  constructor(readonly engine: Engine) {
    this.#progress = engine.memory.u32(Object.keys(PROGRESS).length);
    this.#number = engine.memory.f64(1);
  }

  /** The numbering of ids past the table; null where they have no numbers. */
  protected abstract readonly numbering: Dictionary | null;
  /** Makes room for the rows of so many bytes, each of whose entries may have a new number, and says where. */
  protected abstract target(bytes: number): Target;
  /** Calls `run` with a text in memory, of which 16 bytes more can be read, and where in it offset `from` stands. */
  protected abstract withText<T>(text: Uint8Array, from: number, run: (bytes: U8, at: number) => T): T;
  protected abstract commit(reached: Reached): void;
  /** Takes an array of values into use. */
  protected abstract storeValues(): void;
  /** Takes an array of weights into use. */
  protected abstract storeWeights(): void;
  /** Makes room where no row more could be begun. Returns false where one can. */
  protected abstract turnOver(): boolean;

  /** As in Store. */
  parse(given: Uint8Array, start: number, code: Coding, kernel: TextKernel): number {
    const text = given.subarray(start);
    let from = 0;
    for (let most = Number.POSITIVE_INFINITY; ; ) {
      const target = this.target(text.length - from);
      target.most = Math.min(target.most, most);
      const numbers = this.numbering?.length ?? 0;
      const { read, isRefused, isValued, isWeighted, ...reached } = this.withText(text, from, (bytes, at) =>
        this.#run(bytes, at, at + text.length - from, kernel, target),
      );
      const coded = code(target.labels.view, target.rows, reached.rows);
      if (coded < reached.rows) {
        // Once more, without what follows.
        this.numbering?.truncate(numbers);
        most = coded;
        continue;
      }
      this.commit(reached);
      from += read;
      if (isRefused && this.numbering) this.numbering.widen(this.#number.view[0]!);
      else if (isValued) this.storeValues();
      else if (isWeighted) this.storeWeights();
      else if (reached.rows >= most || !this.turnOver()) return start + from;
    }
  }

  /** Gives entries from ≤ k < to, whose indices are ids until then, their columns. There is room for as many new ones. */
  protected number(numbering: Dictionary, from: number, to: number): void {
    const numberFrom = (at: number) => {
      const options = this.#optionsFor(this.target(0));
      const progress = this.#progress.view;
      progress[PROGRESS.refused] = 0;
      progress[PROGRESS.reached] = numbering.length;
      progress[PROGRESS.hashed] = numbering.large;
      const stopped = this.engine.kernels.numberEntries(at, to, options);
      numbering.extend(progress[PROGRESS.reached]!, progress[PROGRESS.hashed]!);
      return stopped;
    };
    // Where it stops before the end an id has no room: it may be the first.
    for (let at = numberFrom(from); at < to; at = numberFrom(at)) numbering.widen(this.#number.view[0]!);
  }

  /** Adds what is missing to a target. To copy so many fields would take as long as to parse some kilobytes. */
  #optionsFor(target: Target): Parse {
    const { numbering } = this;
    const room = numbering
      ? target.entries + Math.min(target.indices.length - target.entries, target.ids.length - numbering.length)
      : target.indices.length;
    return Object.assign(target, { least: DIRECT, room, progress: this.#progress, number: this.#number, score: null });
  }

  #run(bytes: U8, from: number, to: number, kernel: TextKernel, target: Target) {
    const { numbering } = this;
    const progress = this.#progress.view;
    progress[PROGRESS.rows] = target.rows;
    progress[PROGRESS.entries] = target.entries;
    progress[PROGRESS.columns] = numbering?.length ?? 0;
    progress[PROGRESS.hashed] = numbering?.large ?? 0;
    progress[PROGRESS.largest] = progress[PROGRESS.unseen] = 0;
    const options = this.#optionsFor(target);
    const stopped = kernel(this.engine.kernels, bytes, from, to, options, 0);
    numbering?.extend(progress[PROGRESS.reached]!, progress[PROGRESS.hashed]!);
    numbering?.truncate(progress[PROGRESS.columns]!);
    return {
      read: stopped - from,
      isRefused: progress[PROGRESS.refused] === 1,
      isValued: progress[PROGRESS.valued] === 1,
      isWeighted: progress[PROGRESS.weighted] === 1,
      rows: progress[PROGRESS.rows]!,
      entries: progress[PROGRESS.entries]!,
      largest: progress[PROGRESS.largest]!,
      unseen: progress[PROGRESS.unseen]!,
    };
  }
}
