import { type Constructor, hostArray, type NumberArray } from "../engine/memory.js";

/** Numbers that become more. */
export class Growing<A extends NumberArray> {
  readonly #type: Constructor<A>;
  #all: A;
  #length = 0;

  constructor(type: Constructor<A>) {
    this.#type = type;
    this.#all = hostArray(type, 0);
  }

  push(numbers: ArrayLike<number>): void {
    this.#reserve(numbers.length);
    this.#all.set(numbers, this.#length);
    this.#length += numbers.length;
  }

  add(number: number): void {
    this.#reserve(1);
    this.#all[this.#length++] = number;
  }

  /** Returns a copy of all, and begins anew. */
  take(): A {
    const taken = this.#all.slice(0, this.#length) as A;
    this.#length = 0;
    return taken;
  }

  /** As take, without a copy: a view until there are more. */
  hand(): A {
    const { numbers } = this;
    this.#length = 0;
    return numbers;
  }

  /** Returns all, as a view until there are more. */
  get numbers(): A {
    return this.#all.subarray(0, this.#length) as A;
  }

  #reserve(more: number): void {
    const length = this.#length + more;
    if (length <= this.#all.length) return;
    const grown = hostArray(this.#type, Math.max(64, length, 2 * this.#all.length));
    grown.set(this.numbers);
    this.#all = grown;
  }
}
