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

  /** Sums the values of equal ids, in single precision; the first keeps its place. */
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
        const [sum, value] = [this.values[place] as number, this.values[i] as number];
        this.values[place] = Math.fround(Math.fround(sum) + Math.fround(value));
      }
    }
    this.length = kept;
  }
}
