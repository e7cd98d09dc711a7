import { mix } from "./random.js";

/** Returns the hash, in [0, 2³²), of an id up to 2⁵³ − 1. */
function hashOf(id: number): number {
  return mix((id | 0) ^ Math.imul(Math.floor(id / 2 ** 32), 0x9e3779b1));
}

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
