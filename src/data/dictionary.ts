import { hostArray } from "../engine/memory.js";
import { mix } from "../random.js";

const FREE = 0xffffffff;

/** Numbers the ids that occur: each new id up to 2⁵³ − 1 gets the next column, 0, 1, 2 … */
export class Dictionary {
  #ids = new Float64Array(1 << 10);
  #length = 0;
  /** Open addressing with linear probing; at most half full. */
  #columns = new Uint32Array(1 << 11).fill(FREE);

  get length(): number {
    return this.#length;
  }

  /** Returns the ids in the order of their columns, as a view of `length` numbers. */
  get ids(): Float64Array {
    return this.#ids.subarray(0, this.#length);
  }

  /** Returns the column of an id, −1 when it has none. */
  find(id: number): number {
    const column = this.#columns[this.#slotOf(id)] as number;
    return column === FREE ? -1 : column;
  }

  /** Returns the column of an id, the next one when it has none yet. */
  add(id: number): number {
    let slot = this.#slotOf(id);
    const known = this.#columns[slot] as number;
    if (known !== FREE) return known;
    if (this.#length === this.#ids.length) {
      this.#grow();
      slot = this.#slotOf(id);
    }
    this.#ids[this.#length] = id;
    this.#columns[slot] = this.#length;
    return this.#length++;
  }

  /** The slot that holds an id, or the free one where it belongs. */
  #slotOf(id: number): number {
    const mask = this.#columns.length - 1;
    let slot = mix((id | 0) ^ Math.imul(Math.floor(id / 2 ** 32), 0x9e3779b1)) & mask;
    for (;;) {
      const column = this.#columns[slot] as number;
      if (column === FREE || this.#ids[column] === id) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const ids = hostArray(Float64Array, this.#ids.length * 2);
    ids.set(this.#ids);
    this.#ids = ids;
    this.#columns = hostArray(Uint32Array, ids.length * 2).fill(FREE);
    for (let column = 0; column < this.#length; column++) this.#columns[this.#slotOf(ids[column]!)] = column;
  }
}
