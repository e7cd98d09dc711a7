import { type F64, HostMemory, type Memory, type U32 } from "../engine/memory.js";
import { slotOf } from "../keyed.js";

/** Ids below this are looked up in a table, 16 MB at most; larger ones are hashed. */
export const DIRECT = 2 ** 22;

/** Where a dictionary has its numbers. */
export interface Tables {
  /** Id of each column. */
  readonly ids: F64;
  /** Column + 1 of each small id, 0 when it has none. */
  readonly direct: U32;
  /** Column + 1 of large ids, 0 is free. Open addressing with linear probing; at most half full. */
  readonly hashed: U32;
  /** Makes one longer: it keeps its beginning and ends in zeros. */
  lengthen(table: "ids" | "direct" | "hashed", length: number): void;
}

/** Tables in a memory; the direct one no longer than `most`. */
export class MemoryTables implements Tables {
  readonly #memory: Memory;
  readonly #most: number;
  ids: F64;
  direct: U32;
  hashed: U32;

  constructor(memory: Memory, most = DIRECT) {
    this.#memory = memory;
    this.#most = most;
    this.ids = memory.f64(0);
    this.direct = memory.u32(0);
    this.hashed = memory.u32(0);
  }

  lengthen(table: "ids" | "direct" | "hashed", length: number): void {
    if (table === "ids") this.ids = this.#memory.grow(this.ids, length);
    else if (table === "hashed") this.hashed = this.#memory.grow(this.hashed, length);
    else this.direct = this.#memory.grow(this.direct, Math.min(length, this.#most));
  }
}

/** Numbers the ids that occur: each new id up to 2⁵³ − 1 gets the next column, 0, 1, 2 … */
export class Dictionary {
  readonly #tables: Tables;
  #length = 0;
  /** Columns that direct and hashed know, the first ones. */
  #indexed = 0;
  /** How many of those are hashed. */
  #large = 0;

  constructor(tables: Tables = new MemoryTables(new HostMemory())) {
    this.#tables = tables;
  }

  /** Returns a dictionary of distinct ids, which it copies. It costs nothing more before an id is looked up. */
  static of(ids: Float64Array): Dictionary {
    const dictionary = new Dictionary();
    dictionary.#tables.lengthen("ids", ids.length);
    dictionary.#tables.ids.view.set(ids);
    dictionary.#length = ids.length;
    return dictionary;
  }

  get length(): number {
    return this.#length;
  }

  /** How many ids are hashed. */
  get large(): number {
    return this.#large;
  }

  /** Returns the ids in the order of their columns, as a view of `length` numbers. */
  get ids(): Float64Array {
    return this.#tables.ids.view.subarray(0, this.#length);
  }

  /** Takes columns up to `length` whose ids the tables hold already. They are looked up when that is asked for. */
  admit(length: number): void {
    this.#length = Math.max(this.#length, length);
  }

  /** Returns the column of an id, −1 when it has none. */
  find(id: number): number {
    if (this.#indexed < this.#length) this.index();
    const { direct, hashed } = this.#tables;
    if (id < DIRECT) return id < direct.length ? direct.view[id]! - 1 : -1;
    return hashed.length > 0 ? hashed.view[this.#slotOf(id)]! - 1 : -1;
  }

  /** Returns the column of an id, the next one when it has none yet. */
  add(id: number): number {
    const known = this.find(id);
    if (known >= 0) return known;
    if (this.#length === this.#tables.ids.length) this.#tables.lengthen("ids", Math.max(256, this.#length * 2));
    this.#tables.ids.view[this.#length++] = id;
    this.index();
    return this.#length - 1;
  }

  /** Makes the table wider that has no room for an id. */
  widen(id: number): void {
    const { direct, hashed } = this.#tables;
    if (id >= DIRECT) this.#rehash(Math.max(1 << 10, hashed.length * 2));
    else {
      let length = Math.max(direct.length, 1 << 10);
      while (length <= id) length *= 2;
      this.#tables.lengthen("direct", length);
    }
  }

  /** Takes over what a kernel wrote into the tables: columns up to `length`, of which `large` ids are hashed in all. */
  extend(length: number, large: number): void {
    this.#length = this.#indexed = length;
    this.#large = large;
  }

  /** Forgets the last columns. */
  truncate(length: number): void {
    const { ids, direct, hashed } = this.#tables;
    // The last first, so that what was hashed before is still found.
    while (this.#length > length) {
      const id = ids.view[--this.#length]!;
      if (id < DIRECT) direct.view[id] = 0;
      else {
        hashed.view[this.#slotOf(id)] = 0;
        this.#large--;
      }
    }
    this.#indexed = length;
  }

  /** Enters the columns that cannot be looked up yet. */
  index(): void {
    while (this.#indexed < this.#length) {
      const id = this.#tables.ids.view[this.#indexed]!;
      if (!this.#hasRoom(id)) this.widen(id);
      const { direct, hashed } = this.#tables;
      if (id < DIRECT) direct.view[id] = this.#indexed + 1;
      else {
        hashed.view[this.#slotOf(id)] = this.#indexed + 1;
        this.#large++;
      }
      this.#indexed++;
    }
  }

  #hasRoom(id: number): boolean {
    const { direct, hashed } = this.#tables;
    return id < DIRECT ? id < direct.length : 2 * this.#large < hashed.length;
  }

  /** The slot that holds a large id, or the free one where it belongs. */
  #slotOf(id: number): number {
    return slotOf(id, this.#tables.hashed.view, this.#tables.ids.view);
  }

  #rehash(length: number): void {
    this.#tables.lengthen("hashed", length);
    const hashed = this.#tables.hashed.view.fill(0);
    const ids = this.#tables.ids.view;
    for (let column = 0; column < this.#indexed; column++) {
      const id = ids[column]!;
      if (id >= DIRECT) hashed[slotOf(id, hashed, ids)] = column + 1;
    }
  }
}
