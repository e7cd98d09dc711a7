import { mix } from "./random.js";

/** Returns the hash, in [0, 2³²), of an id up to 2⁵³ − 1. */
function hashOf(id: number): number {
  return mix((id | 0) ^ Math.imul(Math.floor(id / 2 ** 32), 0x9e3779b1));
}

/** Of the hashes by which ids are looked up: another in every process, so that none can be chosen that meet. It shows nowhere. */
export const TABLE_KEY = Math.floor(2 ** 32 * Math.random()) | 0;

/** Returns where an id stands in a table of 2ᵇ slots: its own place, or that of its hash where it has none. */
export function foldId(id: number, slots: number): number {
  return id < slots ? id : (hashOf(id) & (slots - 1)) >>> 0;
}

/** How new ids are admitted: those whose hash, salted, is below the limit; all where it is 0, none where it is CLOSED. */
export interface Admission {
  limit: number;
  salt: number;
}

/**
 * Returns how ids that have no column are given one, each time with a probability: McMahan et al. (KDD 2013), §4.1. The
 * pass, the row's number and the id decide, so that it is the same however the input is cut.
 */
export function admissionOf(probability: number, seed: number, epoch: number): Admission {
  const limit = probability < 1 ? Math.min(Math.max(Math.round(probability * 2 ** 32), 2), 2 ** 32 - 1) : 0;
  return { limit, salt: mix(mix(seed ^ 0x3c6ef372) + epoch) };
}

/** The limit that admits no id. */
export const CLOSED = 1;

/** Whether a new id is admitted at a row; assembly/parse/columns.ts decides alike. */
export function isAdmitted(id: number, row: number, { limit, salt }: Admission): boolean {
  if (limit === CLOSED) return false;
  return limit === 0 || mix(mix((salt + Math.imul(row, 0x9e3779b1)) | 0) ^ hashOf(id)) < limit;
}

/**
 * Returns the slot of a hash table that holds an id, or the free one where it belongs. The table holds column + 1 of
 * each id, 0 where it is free: open addressing with linear probing. assembly/parse/columns.ts looks there too.
 */
export function slotOf(id: number, hashed: Uint32Array, ids: Float64Array): number {
  const mask = hashed.length - 1;
  let slot = mix(((id | 0) ^ TABLE_KEY) + Math.imul(Math.floor(id / 2 ** 32), TABLE_KEY | 1)) & mask;
  for (;;) {
    const known = hashed[slot]!;
    if (known === 0 || ids[known - 1] === id) return slot;
    slot = (slot + 1) & mask;
  }
}
