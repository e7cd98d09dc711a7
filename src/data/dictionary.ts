import { hostArray } from "../engine/memory.js";
import { mix } from "../random.js";

const FREE = 0xffffffff;

/** Ids below this are looked up in a table, 8 MB at most; larger ones are hashed. */
const DIRECT = 2 ** 21;

/** Numbers the ids that occur: each new id up to 2⁵³ − 1 gets the next column, 0, 1, 2 … */
export class Dictionary {
  #ids = new Float64Array(1 << 10);
  #length = 0;
  /** Column + 1 of each small id, 0 when it has none. */
  #direct = new Uint32Array(1 << 10);
  /** Columns of large ids. Open addressing with linear probing; at most half full. */
  #hashed = new Uint32Array(1 << 11).fill(FREE);
  #large = 0;

  get length(): number {
    return this.#length;
  }

  /** Returns the ids in the order of their columns, as a view of `length` numbers. */
  get ids(): Float64Array {
    return this.#ids.subarray(0, this.#length);
  }

  /** Returns the column of an id, −1 when it has none. */
  find(id: number): number {
    if (id < DIRECT) return (this.#direct[id] ?? 0) - 1;
    const column = this.#hashed[this.#slotOf(id)] as number;
    return column === FREE ? -1 : column;
  }

  /** Returns the column of an id, the next one when it has none yet. */
  add(id: number): number {
    if (id < DIRECT) {
      if (id >= this.#direct.length) this.#widen(id);
      const known = this.#direct[id]!;
      if (known > 0) return known - 1;
      this.#direct[id] = this.#length + 1;
      return this.#append(id);
    }
    let slot = this.#slotOf(id);
    const known = this.#hashed[slot] as number;
    if (known !== FREE) return known;
    if (2 * ++this.#large > this.#hashed.length) {
      this.#rehash();
      slot = this.#slotOf(id);
    }
    this.#hashed[slot] = this.#length;
    return this.#append(id);
  }

  #append(id: number): number {
    if (this.#length === this.#ids.length) {
      const ids = hostArray(Float64Array, this.#ids.length * 2);
      ids.set(this.#ids);
      this.#ids = ids;
    }
    this.#ids[this.#length] = id;
    return this.#length++;
  }

  /** Makes room in the table for a small id. */
  #widen(id: number): void {
    let length = this.#direct.length;
    while (length <= id) length *= 2;
    const direct = hostArray(Uint32Array, length);
    direct.set(this.#direct);
    this.#direct = direct;
  }

  /** The slot that holds a large id, or the free one where it belongs. */
  #slotOf(id: number): number {
    const mask = this.#hashed.length - 1;
    let slot = mix((id | 0) ^ Math.imul(Math.floor(id / 2 ** 32), 0x9e3779b1)) & mask;
    for (;;) {
      const column = this.#hashed[slot] as number;
      if (column === FREE || this.#ids[column] === id) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #rehash(): void {
    this.#hashed = hostArray(Uint32Array, this.#hashed.length * 2).fill(FREE);
    for (let column = 0; column < this.#length; column++) {
      const id = this.#ids[column]!;
      if (id >= DIRECT) this.#hashed[this.#slotOf(id)] = column;
    }
  }
}
