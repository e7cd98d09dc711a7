import type { Engine } from "../engine/engine.js";
import type { Rows } from "../engine/kernels.js";
import type { F32, F64, Memory, Slice, U8, U32 } from "../engine/memory.js";
import { LEFT_OUT } from "../engine/texts.js";
import { DataError } from "../errors.js";
import type { Entries } from "../features/entries.js";
import { type Admission, foldId, isAdmitted } from "../slots.js";
import { Dictionary, type Tables } from "./dictionary.js";
import { type Reached, type Store, type Target, TextParser } from "./text.js";

/** Rows on their way to a trainer. */
export interface Block {
  rows: Rows;
  /** Where weights would be: all that a block without is missing is to fill it. */
  weights: F64;
  count: number;
  entries: number;
  /** Rows before it. */
  first: number;
}

/** Where a block of a stream ends: at the first row where one of both is reached. */
export interface BlockSize {
  rows: number;
  entries: number;
}

/** A whole block, the bytes of its arrays as kernels have them. */
export interface PackedBlock {
  rows: number;
  entries: number;
  /** Met by its end, where they are numbered. */
  columns: number;
  labels: Uint8Array;
  /** null when every weight is 1. */
  weights: Uint8Array | null;
  pointers: Uint8Array;
  indices: Uint8Array;
  /** null when every value is 1. */
  values: Uint8Array | null;
}

/** Columns that are the slots of a table instead of numbers in the order of their first occurrence. */
export interface Table {
  slots: number;
  /** Whether ids past it are folded into it by their hash, slots being a power of two; else they are bad data. */
  isFolded: boolean;
}

/** What rows have in memory. */
export interface Room {
  pointers: U32;
  labels: F64;
  weights: F64;
  indices: U32;
  /** Only as long as `indices` once there was a value other than 1. */
  values: F32;
}

/**
 * Rows of a stream: two blocks in an engine's memory take turns. One is filled while the other, handed to `onBlock`, is
 * trained on; it must be done with when the next one is handed over. Blocks end at the same rows however the input is
 * cut and whoever parses it.
 */
export class BlockStore extends TextParser implements Store, Tables {
  readonly dictionary: Dictionary | null;
  ids: F64;
  direct: U32;
  hashed: U32;
  largest = 0;
  unseen = 0;
  share = 0;
  /** How ids that have no column yet get one. */
  admission: Admission = { limit: 0, salt: 0 };
  density = 0.5;
  mayRepeat: boolean;
  /** Rows after which a block ends, whatever its size; 0 for none. */
  breakAfter = 0;
  /** Sees every block before it is handed over; where it says false that one is not. */
  tap: ((block: Block) => boolean) | null = null;
  readonly table: Table | null;
  readonly size: BlockSize;
  protected readonly numbering: Dictionary | null;
  readonly #onBlock: (block: Block) => void;
  #at: Room;
  #other: Room;
  #seen: U32;
  #text: U8;
  /** Rows of the blocks before this one; rows and entries of this one. */
  #first = 0;
  #rows = 0;
  #entries = 0;
  #isStored = false;
  #isWeighted = false;

  constructor(engine: Engine, table: Table | null, size: BlockSize, onBlock: (block: Block) => void) {
    super(engine);
    const { memory } = engine;
    const room = (): Room => ({
      pointers: memory.u32(size.rows + 1),
      labels: memory.f64(size.rows),
      weights: memory.f64(size.rows),
      indices: memory.u32(0),
      values: memory.f32(0),
    });
    this.#at = room();
    this.#other = room();
    this.#seen = memory.u32(0);
    this.#text = memory.u8(0);
    this.ids = memory.f64(0);
    this.direct = memory.u32(0);
    this.hashed = memory.u32(0);
    this.table = table;
    this.mayRepeat = table?.isFolded ?? false;
    this.dictionary = table ? null : new Dictionary(this);
    this.numbering = this.dictionary;
    this.size = size;
    this.#onBlock = onBlock;
  }

  /** Good rows so far. */
  get rows(): number {
    return this.#first + this.#rows;
  }

  lengthen(table: "ids" | "direct" | "hashed", length: number): void {
    const { memory } = this.engine;
    if (table === "ids") this.ids = memory.grow(this.ids, length);
    else this[table] = memory.grow(this[table], length);
  }

  prepare(take: (memory: Memory) => void): void {
    take(this.engine.memory);
  }

  addRow({ ids, values, length }: Entries, label: number, weight: number): void {
    this.#reserve(length);
    if (weight !== 1) this.storeWeights();
    let end = this.#entries;
    for (let k = 0; k < length; k++) {
      const value = Math.fround(values[k]!);
      const column = this.#columnOf(ids[k]!);
      if (column === LEFT_OUT) continue;
      const place = this.table?.isFolded ? this.#placeOf(column, end) : end;
      if (value !== 1 || place < end) this.storeValues(end);
      const { indices, values: stored } = this.#at;
      if (place < end) {
        const sum = Math.fround(stored.view[place]! + value);
        if (!Number.isFinite(sum)) throw new DataError("values that share a slot add up beyond single precision");
        stored.view[place] = sum;
      } else {
        indices.view[end] = column;
        if (this.#isStored) stored.view[end] = value;
        end++;
      }
    }
    this.#at.labels.view[this.#rows] = label;
    if (this.#isWeighted) this.#at.weights.view[this.#rows] = weight;
    this.#at.pointers.view[++this.#rows] = end;
    this.#entries = end;
    this.turnOver();
  }

  /** Begins to count rows anew: the input is read once more. */
  rewind(): void {
    this.flush();
    this.#first = 0;
  }

  /** Hands over what there is of a block. */
  flush(): void {
    if (this.#rows === 0) return;
    const { pointers, labels, weights, indices, values } = this.#at;
    const rows = {
      ...{ pointers, indices, labels },
      values: this.#isStored ? values : null,
      weights: this.#isWeighted ? weights : null,
    };
    const block = { rows, weights, count: this.#rows, entries: this.#entries, first: this.#first };
    const isTaken = this.tap?.(block) ?? true;
    this.#first += this.#rows;
    this.#rows = this.#entries = 0;
    this.#isStored = this.#isWeighted = false;
    if (!isTaken) return;
    [this.#at, this.#other] = [this.#other, this.#at];
    this.#onBlock(block);
  }

  /** Takes a whole block, of no more rows than `size` has, and hands it over. */
  take(block: PackedBlock): void {
    const { rows, entries, columns, labels, weights, pointers, indices, values } = block;
    this.#reserve(entries);
    if (values) this.storeValues();
    if (weights) this.storeWeights();
    copy(labels, this.#at.labels);
    copy(pointers, this.#at.pointers);
    copy(indices, this.#at.indices);
    if (weights) copy(weights, this.#at.weights);
    if (values) copy(values, this.#at.values);
    this.dictionary?.admit(columns);
    this.#rows = rows;
    this.#entries = entries;
    this.flush();
  }

  protected turnOver(): boolean {
    if (this.#rows < this.#most && this.#entries < this.size.entries) return false;
    this.flush();
    return true;
  }

  /** Rows of the block at hand at most. */
  get #most(): number {
    const left = this.breakAfter - this.#first;
    return left > 0 ? Math.min(left, this.size.rows) : this.size.rows;
  }

  protected target(bytes: number): Target {
    const most = Math.ceil(bytes * this.density); // entries of these bytes
    this.#reserve(most);
    if (this.numbering && this.ids.length < this.numbering.length + most) {
      this.lengthen("ids", this.numbering.length + Math.max(this.numbering.length, most));
    }
    if (this.mayRepeat && this.#seen.length < 8 * most) {
      this.#seen = this.engine.memory.grow(this.#seen, 4 * 2 ** Math.ceil(Math.log2(2 * most)));
    }
    const { pointers, labels, weights, indices, values } = this.#at;
    return {
      ...{ pointers, labels, indices },
      values: this.#isStored ? values : null,
      weights: this.#isWeighted ? weights : null,
      ...{ ids: this.ids, direct: this.direct, hashed: this.hashed, seen: this.#seen },
      table: this.table?.slots ?? 0,
      mask: this.table?.isFolded ? this.table.slots - 1 : 0,
      rows: this.#rows,
      entries: this.#entries,
      most: this.#most,
      enough: this.size.entries,
      ...{ ...this.admission, before: this.#first % 2 ** 32 },
    };
  }

  /** The text stays where it is for as long as it is read from. */
  protected withText<T>(text: Uint8Array, from: number, run: (bytes: U8, at: number) => T): T {
    if (this.#text.length < text.length + 16) this.#text = this.engine.memory.grow(this.#text, text.length + 16);
    if (from === 0) this.#text.view.set(text);
    return run(this.#text, from);
  }

  protected commit({ rows, entries, largest, unseen }: Reached): void {
    this.#rows = rows;
    this.#entries = entries;
    this.largest = Math.max(this.largest, largest);
    this.unseen += unseen;
  }

  protected storeValues(end = this.#entries): void {
    if (this.#isStored) return;
    this.#isStored = true;
    this.#reserve(this.#at.indices.length - this.#entries);
    this.#at.values.view.fill(1, 0, end);
  }

  protected storeWeights(): void {
    if (this.#isWeighted) return;
    this.#isWeighted = true;
    this.#at.weights.view.fill(1, 0, this.#rows);
  }

  /** Makes room for more entries. */
  #reserve(entries: number): void {
    const need = this.#entries + entries;
    const grown = <S extends Slice>(slice: S): S =>
      slice.length < need
        ? (this.engine.memory.grow(slice, Math.max(need, Math.ceil(1.5 * slice.length))) as S)
        : slice;
    this.#at.indices = grown(this.#at.indices);
    if (this.#isStored) this.#at.values = grown(this.#at.values);
  }

  #columnOf(id: number): number {
    const table = this.table;
    if (!table) return this.#numberOf(id);
    if (id < table.slots) return id;
    if (table.isFolded) return foldId(id, table.slots);
    throw new DataError(`index ${id + 1} is beyond the ${table.slots} dimensions of the table`);
  }

  #numberOf(id: number): number {
    const { admission } = this;
    const dictionary = this.dictionary!;
    if (admission.limit === 0 || isAdmitted(id, this.rows, admission)) return dictionary.add(id);
    const known = dictionary.find(id);
    return known < 0 ? LEFT_OUT : known;
  }

  /** Where the row at hand, which begins after the last, has a column; `end` when it has it not. */
  #placeOf(column: number, end: number): number {
    const place = this.#at.indices.view.subarray(this.#entries, end).indexOf(column);
    return place < 0 ? end : this.#entries + place;
  }
}

function copy(bytes: Uint8Array, to: Slice): void {
  const { buffer, byteOffset } = to.view;
  new Uint8Array(buffer, byteOffset, bytes.length).set(bytes);
}
