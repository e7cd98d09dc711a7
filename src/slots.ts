import { mix } from "./random.js";

/**
 * Returns the slot of a hash table that holds an id, or the free one where it belongs. The table holds column + 1 of
 * each id, 0 where it is free: open addressing with linear probing. assembly/parse/svmlight.ts looks there too.
 */
export function slotOf(id: number, hashed: Uint32Array, ids: Float64Array): number {
  const mask = hashed.length - 1;
  let slot = mix((id | 0) ^ Math.imul(Math.floor(id / 2 ** 32), 0x9e3779b1)) & mask;
  for (;;) {
    const known = hashed[slot]!;
    if (known === 0 || ids[known - 1] === id) return slot;
    slot = (slot + 1) & mask;
  }
}
