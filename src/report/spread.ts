/** What labels weigh, their mean, and the sum of squares about it, as they come (West, CACM 1979). */
export class Spread {
  #weight: number;
  #mean: number;
  #squares: number;

  /** Goes on from the numbers of another. */
  constructor([weight = 0, mean = 0, squares = 0]: readonly number[] = []) {
    this.#weight = weight;
    this.#mean = mean;
    this.#squares = squares;
  }

  get numbers(): number[] {
    return [this.#weight, this.#mean, this.#squares];
  }

  get mean(): number {
    return this.#mean;
  }

  /** Mean of ½(y − m)² for the constant m of which it is least, the mean. */
  get loss(): number {
    return this.#weight > 0 ? this.#squares / this.#weight / 2 : 0;
  }

  add(label: number, weight: number): void {
    if (weight === 0) return;
    this.#weight += weight;
    const distance = label - this.#mean;
    this.#mean += distance * (weight / this.#weight);
    this.#squares += weight * distance * (label - this.#mean);
  }
}

/** Returns R², the share of a constant's loss that is gone; null where that loses nothing. */
export function r2Of(loss: number, constant: number): number | null {
  return constant > 0 ? 1 - loss / constant : null;
}
