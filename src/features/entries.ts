import { DataError } from "../errors.js";

const BEYOND = "values of a feature that is there more than once add up beyond single precision (±3.4e38)";

/** A growing list of (id, value) pairs, reused from row to row. */
export class Entries {
  readonly ids: number[] = [];
  readonly values: number[] = [];
  length = 0;

  push(id: number, value: number): void {
    this.ids[this.length] = id;
    this.values[this.length] = value;
    this.length++;
  }

  clear(): void {
    this.length = 0;
  }

  /** Sums the values of equal ids, in single precision; the first keeps its place. Throws DataError on a sum beyond it. */
  merge(): void {
    const places = new Map<number, number>();
    let kept = 0;
    for (let i = 0; i < this.length; i++) {
      const id = this.ids[i] as number;
      const place = places.get(id);
      if (place === undefined) {
        places.set(id, kept);
        this.ids[kept] = id;
        this.values[kept++] = this.values[i] as number;
      } else {
        const sum = Math.fround(Math.fround(this.values[place]!) + Math.fround(this.values[i]!));
        if (!Number.isFinite(sum)) throw new DataError(BEYOND);
        this.values[place] = sum;
      }
    }
    this.length = kept;
  }
}
