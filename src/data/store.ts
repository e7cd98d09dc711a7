import type { Engine } from "../engine/engine.js";
import { NOWHERE, type Rows } from "../engine/kernels.js";
import { copyInto, type F32, type F64, type Memory, type Slice, type U8, type U32 } from "../engine/memory.js";
import { BEYOND } from "../engine/texts.js";
import { MemoryError } from "../errors.js";
import type { Entries } from "../features/entries.js";
import { type RowBlock, RowBlockBuilder, rename } from "./block.js";
import { Dictionary, type Tables } from "./dictionary.js";
import { type Reached, type Store, type Target, TextParser } from "./text.js";

/** What a store has in its engine's memory, in this order. Those that are not in use have no length. */
interface Place {
  pointers: U32;
  labels: F64;
  weights: F64;
  offsets: F64;
  indices: U32;
  values: F32;
  ids: F64;
  direct: U32;
  hashed: U32;
  seen: U32;
}

/** Of what is there, room for so much more at least. */
const LEAST_GROWTH = 0.25;

/**
 * Entries that may be left over. Room that was never written to costs nothing, but of 4 GiB much of it would be missed.
 */
const MOST_SPARE = 2 ** 24;

/**
 * Rows as they are read, in the memory of an engine that it has to itself: they grow there and stay there. The columns
 * are numbered as their ids first occur.
 */
export class RowStore extends TextParser implements Tables, Store {
  readonly dictionary = new Dictionary(this);
  protected readonly numbering = this.dictionary;
  rows = 0;
  entries = 0;
  /** The largest index that `parse` met, 0 without any. */
  largest = 0;
  unseen = 0;
  /** How much of the input is here, from 0 to 1; 0 where that is not known. */
  share = 0;
  mayRepeat = false;
  density = 0.5;
  #from: number;
  #at: Place;
  #isStored = false;
  #isWeighted = false;
  #isOffset = false;

  constructor(engine: Engine) {
    super(engine);
    this.#from = engine.memory.mark();
    this.#at = nothing(engine.memory);
  }

  get ids(): F64 {
    return this.#at.ids;
  }

  get direct(): U32 {
    return this.#at.direct;
  }

  get hashed(): U32 {
    return this.#at.hashed;
  }

  lengthen(table: "ids" | "direct" | "hashed", length: number): void {
    const had = this.#at[table].length;
    this.#resize({ [table]: length });
    this.#at[table].view.fill(0, had);
  }

  /** Adds a row. An offset is what its margin begins with. */
  addRow({ ids, values, length }: Entries, label: number, weight: number, offset = 0): void {
    if (weight !== 1) this.#isWeighted ||= this.#add("weights", 1);
    if (offset !== 0) this.#isOffset ||= this.#add("offsets", 0);
    this.#reserve(1, length);
    for (let k = 0; k < length; k++) {
      const value = Math.fround(values[k]!);
      if (value !== 1) this.#isStored ||= this.#add("values", 1);
      const column = this.dictionary.add(ids[k]!); // may move the others
      this.#at.indices.view[this.entries] = column;
      if (this.#isStored) this.#at.values.view[this.entries] = value;
      this.entries++;
    }
    const { pointers, labels, weights, offsets } = this.#at;
    labels.view[this.rows] = label;
    if (this.#isWeighted) weights.view[this.rows] = weight;
    if (this.#isOffset) offsets.view[this.rows] = offset;
    pointers.view[++this.rows] = this.entries;
  }

  prepare(take: (memory: Memory) => void): void {
    const { memory } = this.engine;
    memory.release(this.#from);
    take(memory);
    this.#from = memory.mark();
    this.#at = nothing(memory);
  }

  protected target(bytes: number): Target {
    this.#reserve(bytes >> 1, Math.ceil(bytes * this.density));
    const seats = this.mayRepeat ? 4 * 2 ** Math.ceil(Math.log2(2 * this.density * bytes)) : 0;
    if (seats > this.#at.seen.length) {
      const had = this.#at.seen.length;
      this.#resize({ seen: seats });
      this.#at.seen.view.fill(0, had);
    }
    const { pointers, labels, weights, indices, values, ids, direct, hashed, seen } = this.#at;
    return {
      pointers,
      labels,
      weights: this.#isWeighted ? weights : null,
      indices,
      values: this.#isStored ? values : null,
      ids,
      direct,
      hashed,
      seen,
      rows: this.rows,
      entries: this.entries,
      table: 0,
      mask: 0,
      most: this.rows + (bytes >> 1),
      enough: NOWHERE,
      limit: 0,
      salt: 0,
      before: 0,
    };
  }

  protected commit({ rows, entries, largest, unseen }: Reached): void {
    this.rows = rows;
    this.entries = entries;
    this.largest = Math.max(this.largest, largest);
    this.unseen += unseen;
  }

  protected storeValues(): void {
    this.#isStored ||= this.#add("values", 1);
  }

  protected storeWeights(): void {
    this.#isWeighted ||= this.#add("weights", 1);
  }

  protected turnOver(): boolean {
    return false;
  }

  /** The text stands above all else for as long as the kernel runs. */
  protected withText<T>(text: Uint8Array, from: number, run: (bytes: U8, at: number) => T): T {
    const { memory } = this.engine;
    const mark = memory.mark();
    try {
      const bytes = memory.u8(text.length - from + BEYOND, "raw");
      return run(bytes, copyInto(bytes, text.subarray(from)));
    } finally {
      memory.release(mark);
    }
  }

  /** Returns the rows as views, valid until the next is added. */
  block(): RowBlock {
    const { pointers, labels, weights, offsets, indices, values } = this.#at;
    return {
      rows: this.rows,
      pointers: pointers.view.subarray(0, this.rows + 1),
      indices: indices.view.subarray(0, this.entries),
      values: this.#isStored ? values.view.subarray(0, this.entries) : null,
      labels: labels.view.subarray(0, this.rows),
      weights: this.#isWeighted ? weights.view.subarray(0, this.rows) : null,
      offsets: this.#isOffset ? offsets.view.subarray(0, this.rows) : null,
    };
  }

  /** Moves rows, given in ascending order, to a block of their own, whose columns keep their numbers. */
  takeOut(taken: readonly number[]): RowBlock {
    const out = new RowBlockBuilder();
    const { rows, pointers, indices, values, labels, weights, offsets } = this.block();
    let [kept, at, next, from] = [0, 0, 0, 0];
    for (let i = 0; i < rows; i++) {
      const to = pointers[i + 1]!;
      if (taken[next] === i) {
        next++;
        for (let k = from; k < to; k++) out.push(indices[k]!, values ? values[k]! : 1);
        out.endRow(labels[i]!, weights ? weights[i]! : 1, offsets ? offsets[i]! : 0);
      } else {
        indices.copyWithin(at, from, to);
        values?.copyWithin(at, from, to);
        labels[kept] = labels[i]!;
        if (weights) weights[kept] = weights[i]!;
        if (offsets) offsets[kept] = offsets[i]!;
        at += to - from;
        pointers[++kept] = at;
      }
      from = to;
    }
    this.rows = kept;
    this.entries = at;
    return out.block();
  }

  /** As `rename` of block.ts, of the rows here. The dictionary is of no use afterwards. */
  rename(places: Int32Array): number {
    const dropped = rename(this.block(), places);
    this.entries -= dropped;
    return dropped;
  }

  /** Gives back all memory but that of the rows and returns them. The store is of no use afterwards. */
  finish(): { rows: Rows; offsets: F64 | null; span: [from: number, to: number] } {
    const used = { ...this.#used(), ids: 0, direct: 0, hashed: 0, seen: 0 };
    if (this.#at.indices.length - used.indices > MOST_SPARE) this.#resize(used);
    this.#at = placed(this.engine.memory.trim(Object.values(this.#at), Object.values(used)));
    const { pointers, labels, weights, offsets, indices, values } = this.#at;
    return {
      rows: {
        pointers,
        indices,
        values: this.#isStored ? values : null,
        labels,
        weights: this.#isWeighted ? weights : null,
      },
      offsets: this.#isOffset ? offsets : null,
      span: [this.#from, this.engine.memory.mark()],
    };
  }

  /** Makes room for more rows and entries, each of which may be a new column. */
  #reserve(rows: number, entries: number): void {
    const need: Partial<Record<keyof Place, number>> = {
      pointers: this.rows + rows + 1,
      labels: this.rows + rows,
      weights: this.#isWeighted ? this.rows + rows : 0,
      offsets: this.#isOffset ? this.rows + rows : 0,
      ids: this.dictionary.length + entries,
      indices: this.entries + entries,
      values: this.#isStored ? this.entries + entries : 0,
    };
    const names = Object.keys(need) as (keyof Place)[];
    if (names.every((name) => this.#at[name].length >= need[name]!)) return;
    // By what the rest of the input will take, as it seems, or twice as much; what is not written to costs nothing.
    const ahead = this.share > 0 && this.share < 1 ? Math.max(LEAST_GROWTH, 1.1 / this.share - 1) : 1;
    const used = this.#used();
    for (const growth of [ahead, LEAST_GROWTH, 0]) {
      const room = names.map((name) => Math.max(this.#at[name].length, need[name]! + Math.ceil(growth * used[name])));
      try {
        this.#resize(Object.fromEntries(names.map((name, i) => [name, room[i]])));
        return;
      } catch (error) {
        if (!(error instanceof MemoryError && growth > 0)) throw error;
      }
    }
  }

  /** Takes an array into use whose numbers all were `fill` until now. */
  #add(name: "weights" | "offsets" | "values", fill: number): true {
    const { labels, indices } = this.#at;
    this.#resize({ [name]: name === "values" ? indices.length : labels.length });
    this.#at[name].view.fill(fill, 0, name === "values" ? this.entries : this.rows);
    return true;
  }

  #resize(lengths: Partial<Record<keyof Place, number>>): void {
    const used = this.#used();
    const names = Object.keys(used) as (keyof Place)[];
    const slices = this.engine.memory.resize(
      names.map((name) => this.#at[name]),
      names.map((name) => lengths[name] ?? this.#at[name].length),
      names.map((name) => Math.min(used[name], lengths[name] ?? used[name])),
    );
    this.#at = placed(slices);
  }

  /** How much of each array is in use, in the order of Place. */
  #used(): Record<keyof Place, number> {
    const { rows, entries, dictionary } = this;
    return {
      pointers: rows + 1,
      labels: rows,
      weights: this.#isWeighted ? rows : 0,
      offsets: this.#isOffset ? rows : 0,
      indices: entries,
      values: this.#isStored ? entries : 0,
      ids: dictionary.length,
      direct: this.#at.direct.length,
      hashed: this.#at.hashed.length,
      seen: this.#at.seen.length,
    };
  }
}

function nothing(memory: Memory): Place {
  return {
    pointers: memory.u32(1),
    labels: memory.f64(0),
    weights: memory.f64(0),
    offsets: memory.f64(0),
    indices: memory.u32(0),
    values: memory.f32(0),
    ids: memory.f64(0),
    direct: memory.u32(0),
    hashed: memory.u32(0),
    seen: memory.u32(0),
  };
}

/** Slices in the order of Place, by their names. */
function placed(slices: readonly Slice[]): Place {
  const [pointers, labels, weights, offsets, indices, values, ids, direct, hashed, seen] = slices;
  return { pointers, labels, weights, offsets, indices, values, ids, direct, hashed, seen } as unknown as Place;
}
