import { mix } from "./random.js";

/** Returns the hash, in [0, 2³²), of an id up to 2⁵³ − 1. */
function hashOf(id: number): number {
  return mix((id | 0) ^ Math.imul(Math.floor(id / 2 ** 32), 0x9e3779b1));
}

/** Returns where an id stands in a table of 2ᵇ slots: its own place, or that of its hash where it has none. */
export function foldId(id: number, slots: number): number {
  return id < slots ? id : (hashOf(id) & (slots - 1)) >>> 0;
}

/**
 * Returns the slot of a hash table that holds an id, or the free one where it belongs. The table holds column + 1 of
 * each id, 0 where it is free: open addressing with linear probing. assembly/parse/columns.ts looks there too.
 */
export function slotOf(id: number, hashed: Uint32Array, ids: Float64Array): number {
  const mask = hashed.length - 1;
  let slot = hashOf(id) & mask;
  for (;;) {
    const known = hashed[slot]!;
    if (known === 0 || ids[known - 1] === id) return slot;
    slot = (slot + 1) & mask;
  }
}
