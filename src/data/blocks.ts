import type { Engine } from "../engine/engine.js";
import { copyInto, type F64, type Memory, type Slice, type U8, type U32 } from "../engine/memory.js";
import { BEYOND, LEFT_OUT, type TextKernel } from "../engine/texts.js";
import { DataError } from "../errors.js";
import type { Entries } from "../features/entries.js";
import { type Admission, foldId, isAdmitted } from "../slots.js";
import { Ahead, type Parsed } from "./ahead.js";
import type { Block, BlockSize, PackedBlock, Room, Table } from "./blocktypes.js";
import { Dictionary, type Tables } from "./dictionary.js";
import { type Coding, type Reached, type Store, type Target, TextParser } from "./text.js";

/**
 * Rows of a stream: two blocks in an engine's memory take turns. One is filled while the other, handed to `onBlock`, is
 * trained on; it must be done with when the next one is handed over. Blocks end at the same rows however the input is
 * cut and whoever parses it.
 */
export class BlockStore extends TextParser implements Store, Tables {
  /** Of ids past the table, where these are numbered. */
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
  readonly rooms?: Store["rooms"];
  readonly table: Table;
  readonly size: BlockSize;
  protected readonly numbering: Dictionary | null;
  readonly #onBlock: (block: Block) => void;
  readonly #ahead: Ahead | null;
  #at: Room;
  #other: Room;
  #seen: U32;
  #text: U8;
  /** Where in it a text begins. */
  #shift = 0;
  /** Rows of the blocks before this one; rows and entries of this one. */
  #first = 0;
  #rows = 0;
  #entries = 0;
  #isStored = false;
  #isWeighted = false;

  /** `isShared`: whether an engine's workers parse too, where it has some. */
  constructor(engine: Engine, table: Table, size: BlockSize, onBlock: (block: Block) => void, isShared = false) {
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
    this.mayRepeat = table.beyond === "folded";
    this.dictionary = table.beyond === "numbered" ? new Dictionary(this) : null;
    this.numbering = this.dictionary;
    this.size = size;
    this.#onBlock = onBlock;
    const { background } = engine;
    this.#ahead = isShared && background ? new Ahead(engine, table, this) : null;
    if (!this.#ahead) return;
    this.portion = this.#ahead.portion;
    this.rooms = this.#ahead.rooms;
    this.lanes += this.#ahead.lanes;
  }

  /** Good rows so far. */
  get rows(): number {
    return this.#first + this.#rows + (this.#ahead?.rows ?? 0);
  }

  /** Columns that the rows so far may have, of those before. */
  get columns(): number {
    const { slots } = this.table;
    if (!this.dictionary) return slots;
    const numbers = this.dictionary.length;
    return numbers > 0 ? slots + numbers : Math.min(this.largest, slots);
  }

  override parse(text: Uint8Array, from: number, code: Coding, kernel: TextKernel): number {
    // Whether an id is admitted is decided row by row.
    if (!this.#ahead || this.admission.limit > 0) return super.parse(text, from, code, kernel);
    const alone = (at: number, to: number) => super.parse(text.subarray(0, to), at, code, kernel);
    return this.#ahead.parse(text, from, this, { code, kernel, alone });
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
    this.#ahead?.drain();
    this.#reserve(length);
    if (weight !== 1) this.storeWeights();
    let end = this.#entries;
    for (let k = 0; k < length; k++) {
      const value = Math.fround(values[k]!);
      const column = this.#columnOf(ids[k]!);
      if (column === LEFT_OUT) continue;
      const place = this.table.beyond === "folded" ? this.#placeOf(column, end) : end;
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

  /** Hands over what there is. */
  flush(): void {
    this.#ahead?.drain();
    this.#handOver();
  }

  #handOver(): void {
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
    const { rows, entries, numbers, labels, weights, pointers, indices, values } = block;
    this.#reserve(entries);
    if (values) this.storeValues();
    if (weights) this.storeWeights();
    copy(labels, this.#at.labels);
    copy(pointers, this.#at.pointers);
    copy(indices, this.#at.indices);
    if (weights) copy(weights, this.#at.weights);
    if (values) copy(values, this.#at.values);
    this.dictionary?.admit(numbers);
    this.#rows = rows;
    this.#entries = entries;
    this.#handOver();
  }

  protected turnOver(): boolean {
    if (this.#rows < this.#most && this.#entries < this.size.entries) return false;
    this.#handOver();
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
    this.#reserveNumbers(most);
    if (this.mayRepeat && this.#seen.length < 8 * most) {
      this.#seen = this.engine.memory.grow(this.#seen, 4 * 2 ** Math.ceil(Math.log2(2 * most)));
    }
    const { pointers, labels, weights, indices, values } = this.#at;
    const { limit, salt } = this.admission;
    return {
      pointers,
      labels,
      indices,
      values: this.#isStored ? values : null,
      weights: this.#isWeighted ? weights : null,
      ids: this.ids,
      direct: this.direct,
      hashed: this.hashed,
      seen: this.#seen,
      table: this.table.slots,
      mask: this.table.beyond === "folded" ? this.table.slots - 1 : 0,
      rows: this.#rows,
      entries: this.#entries,
      most: this.#most,
      enough: this.size.entries,
      limit,
      salt,
      before: this.#first % 2 ** 32,
    };
  }

  /** The text stays where it is for as long as it is read from. */
  protected withText<T>(text: Uint8Array, from: number, run: (bytes: U8, at: number) => T): T {
    const bytes = text.length + BEYOND;
    if (this.#text.length < bytes) this.#text = this.engine.memory.grow(this.#text, bytes);
    if (from === 0) this.#shift = copyInto(this.#text, text);
    return run(this.#text, from + this.#shift);
  }

  protected commit({ rows, entries, largest, unseen }: Reached): void {
    this.#rows = rows;
    this.#entries = entries;
    this.meet({ largest, unseen });
  }

  /** Hears of rows as they are parsed. */
  meet({ largest, unseen }: { largest: number; unseen: number }): void {
    this.reach(largest);
    this.unseen += unseen;
  }

  /** Notes that an index was met. */
  reach(index: number): void {
    if (index > this.largest) this.largest = index;
  }

  /** Puts rows behind those that are there, block by block. */
  append({ rows, largest, pointers, labels, weights, indices, values }: Parsed): void {
    const { kernels } = this.engine;
    for (let row = 0, end = 0; row < rows; row = end) {
      const starts = pointers.view;
      const [from, entries] = [starts[row]!, this.#entries];
      const last = Math.min(rows, row + this.#most - this.#rows);
      do end++;
      while (end < last && entries + starts[end]! - from < this.size.entries);
      const to = starts[end]!;
      this.#reserve(to - from);
      if (weights && !isAllOnes(weights.view, row, end)) this.storeWeights();
      if (values && !isAllOnes(values.view, from, to)) this.storeValues();
      const at = this.#at;
      kernels.copy(labels, row, end, at.labels, this.#rows);
      if (this.#isWeighted && weights) kernels.copy(weights, row, end, at.weights, this.#rows);
      else if (this.#isWeighted) at.weights.view.fill(1, this.#rows, this.#rows + end - row);
      kernels.copy(indices, from, to, at.indices, entries);
      if (this.#isStored && values) kernels.copy(values, from, to, at.values, entries);
      else if (this.#isStored) at.values.view.fill(1, entries, entries + to - from);
      const [given, own] = [pointers.view, at.pointers.view];
      for (let i = row, place = this.#rows; i < end; ) own[++place] = entries + given[++i]! - from;
      this.#rows += end - row;
      this.#entries += to - from;
      if (this.numbering && (largest === 0 || largest > this.table.slots)) {
        this.#reserveNumbers(to - from);
        this.number(this.numbering, entries, this.#entries);
      }
      this.turnOver();
    }
  }

  #reserveNumbers(count: number): void {
    const had = this.numbering?.length ?? 0;
    if (this.numbering && this.ids.length < had + count) this.lengthen("ids", Math.ceil(1.5 * (had + count)));
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
    const { slots, beyond } = this.table;
    if (id < slots) {
      this.reach(id + 1);
      return id;
    }
    if (this.dictionary) return this.#numberOf(id, this.dictionary);
    if (beyond === "folded") return foldId(id, slots);
    throw new DataError(`index ${id + 1} is beyond the ${slots} dimensions of the table`);
  }

  #numberOf(id: number, dictionary: Dictionary): number {
    const { admission } = this;
    const { slots } = this.table;
    if (admission.limit === 0 || isAdmitted(id, this.rows, admission)) return slots + dictionary.add(id);
    const known = dictionary.find(id);
    return known < 0 ? LEFT_OUT : slots + known;
  }

  /** Where the row at hand, which begins after the last, has a column; `end` when it has it not. */
  #placeOf(column: number, end: number): number {
    const place = this.#at.indices.view.subarray(this.#entries, end).indexOf(column);
    return place < 0 ? end : this.#entries + place;
  }
}

function isAllOnes(numbers: Float64Array | Float32Array, from: number, to: number): boolean {
  let i = from;
  while (i < to && numbers[i] === 1) i++;
  return i === to;
}

function copy(bytes: Uint8Array, to: Slice): void {
  const { buffer, byteOffset } = to.view;
  new Uint8Array(buffer, byteOffset, bytes.length).set(bytes);
}
