/** A seeded source of randomness, the same numbers on every machine: SplitMix32 (Steele et al., OOPSLA 2014). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Returns a whole number in [0, 2³²). */
  u32(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return mix(this.#state);
  }

  /** Returns a number in [0, 1). */
  unit(): number {
    return this.u32() / 2 ** 32;
  }

  /** Returns a whole number in [0, n), n ≤ 2³². */
  below(n: number): number {
    return Math.floor(this.unit() * n);
  }

  /** Shuffles in place (Fisher–Yates). */
  shuffle(items: Uint32Array): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const item = items[i] as number;
      items[i] = items[j] as number;
      items[j] = item;
    }
  }
}

/** Scatters the bits of a 32-bit number evenly (the finalizer of MurmurHash3). */
export function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
