import { mix } from "./random.js";

/**
 * Of the hashes by which ids and columns are looked up: another in every process, so that none can be chosen that meet.
 * What comes out depends on the order in which they were met, never on where they stand.
 */
export const HASH_KEY = Math.floor(2 ** 32 * Math.random()) | 0;

/**
 * Returns the slot of a hash table that holds an id, or the free one where it belongs. The table holds column + 1 of
 * each id, 0 where it is free: open addressing with linear probing. assembly/parse/columns.ts looks there too.
 */
export function slotOf(id: number, hashed: Uint32Array, ids: Float64Array): number {
  const mask = hashed.length - 1;
  let slot = mix(((id | 0) ^ HASH_KEY) + Math.imul(Math.floor(id / 2 ** 32), HASH_KEY | 1)) & mask;
  for (;;) {
    const known = hashed[slot]!;
    if (known === 0 || ids[known - 1] === id) return slot;
    slot = (slot + 1) & mask;
  }
}
