import type { Rows } from "../engine/kernels.js";
import type { F32, F64, U32 } from "../engine/memory.js";

/** Rows on their way to a trainer. */
export interface Block {
  rows: Rows;
  /** Where weights would be: all that a block without is missing is to fill it. */
  weights: F64;
  count: number;
  entries: number;
  /** Rows before it. */
  first: number;
}

/** Where a block of a stream ends: at the first row where one of both is reached. */
export interface BlockSize {
  rows: number;
  entries: number;
}

/** A whole block, the bytes of its arrays as kernels have them. */
export interface PackedBlock {
  rows: number;
  entries: number;
  /** Given to ids by its end. */
  numbers: number;
  labels: Uint8Array;
  /** null when every weight is 1. */
  weights: Uint8Array | null;
  pointers: Uint8Array;
  indices: Uint8Array;
  /** null when every value is 1. */
  values: Uint8Array | null;
}

/** How ids are given columns: those below `slots` are columns themselves. */
export interface Table {
  slots: number;
  /**
   * What becomes of others: bad data; or folded into the slots by their hash, these being a power of two; or numbered
   * behind them in the order of their first occurrence, where there are DIRECT slots or none.
   */
  beyond: "refused" | "folded" | "numbered";
}

/** What rows have in memory. */
export interface Room {
  pointers: U32;
  labels: F64;
  weights: F64;
  indices: U32;
  /** Only as long as `indices` once there was a value other than 1. */
  values: F32;
}
