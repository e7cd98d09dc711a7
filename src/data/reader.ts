import { DataError, OptionError, type Place } from "../errors.js";
import type { Entries } from "../features/entries.js";
import type { FeatureSpace } from "../features/space.js";
import { mix } from "../random.js";
import type { Reading } from "./source.js";
import type { Store } from "./text.js";

/**
 * Receives one row: entries without a repeated id, a coded label, a sample weight, its number from 0, an offset, and the
 * texts of the columns asked for.
 */
export type RowSink = (
  entries: Entries,
  label: number,
  weight: number,
  row: number,
  offset?: number,
  cells?: readonly (string | null)[],
) => void;

/** Turns a source into rows. It can be read more than once. */
export interface RowReader {
  readonly name: string;
  /** Passes every good row to the sink. Yields now and then, so that the sink can be emptied. */
  read(sink: RowSink): AsyncIterable<void>;
  /** As read, much faster where a kernel can parse: every good row goes to the store, in order. */
  parse?(store: Store): AsyncIterable<void>;
  /** How far it is; absent where rows come from no bytes. */
  readonly reading?: Reading | undefined;
  /** The learned space; null when the data holds ids of its own (svmlight). */
  readonly space: FeatureSpace | null;
  /** Of ids that are Vowpal Wabbit's hashes, how many bits they have; null or absent for others. */
  readonly vwBits?: number | null;
  /** Declared dimension so far. */
  readonly declared: number;
  readonly tally: Tally;
}

/** What a reader met in its last pass. */
export interface Tally {
  /** Good rows. */
  rows: number;
  /** Bad lines left out, within what was tolerated. */
  skipped: number;
  /** Values not seen in training. */
  unseen: number;
}

/** Counts bad lines and throws the error of the first that is not tolerated. */
export class Tolerance {
  skipped = 0;
  readonly #limit: number;

  /** Throws OptionError unless `limit` is a whole number, 0 or more. */
  constructor(limit: number) {
    if (!(Number.isInteger(limit) && limit >= 0)) {
      throw new OptionError(`skipBad ${limit}: expected a whole number, 0 or more`);
    }
    this.#limit = limit;
  }

  /** Takes any error; rethrows what is not bad data. */
  refuse(error: unknown): void {
    if (!(error instanceof DataError) || ++this.skipped > this.#limit) throw error;
  }
}

/** Gives a DataError that lacks one its place. */
export function placed(error: unknown, place: (error: DataError) => Place): unknown {
  return error instanceof DataError && !error.place ? new DataError(error.problem, place(error)) : error;
}

/**
 * Says whether a row is held out from training: with probability `fraction`, decided by the seed and the row's
 * number alone, so that every pass over the data, and a longer file with the same beginning, splits alike. With `every`
 * above 0, that is so of rows `every`, 2·`every` … too, counted from 1.
 */
export function isHeldOut(row: number, fraction: number, seed: number, every = 0): boolean {
  if (every > 0 && (row + 1) % every === 0) return true;
  return fraction > 0 && mix(mix(seed ^ 0x5bd1e995) + Math.imul(row, 0x9e3779b1)) < fraction * 2 ** 32;
}
