import type { Engine, EngineOptions } from "../engine/engine.js";
import type { Loss, Rows } from "../engine/kernels.js";
import type { F64 } from "../engine/memory.js";
import { NoughtError, OptionError } from "../errors.js";
import type { FeatureSpace } from "../features/space.js";
import type { Dictionary } from "./dictionary.js";
import type { Tally } from "./reader.js";

/** What every reader of data takes. */
export interface DatasetOptions extends EngineOptions {
  /** What the labels are for. Default "logistic". */
  loss?: Loss;
  /** The label that means "yes", all others "no"; without it the positive label is 1 and the negative 0 or −1. */
  positive?: number;
  /** How many bad lines to leave out before giving up. Default 0. */
  skipBad?: number;
  /** Share of the rows, in [0, 1), to hold out from training: they become `holdout` of the dataset. Default 0. */
  holdout?: number;
  /** Decides which rows are held out. Default 1. */
  seed?: number;
  /** A training set whose columns, space and engine this one is to share: for test data. */
  like?: Dataset;
  signal?: AbortSignal;
}

/** Rows where they lie in an arena. */
export interface Placed {
  rows: Rows;
  /** What each row's margin begins with; null when that is 0. */
  offsets: F64 | null;
  span: [from: number, to: number];
}

/** Rows in an engine's memory, over the columns that occur. Dispose of it to free the memory at once. */
export class Dataset implements Disposable {
  readonly engine: Engine;
  readonly loss: Loss;
  /** Number of rows and of entries. */
  readonly count: number;
  readonly entries: number;
  /** Sum of the sample weights. */
  readonly totalWeight: number;
  /** What each row's margin begins with; null when that is 0. */
  readonly offsets: F64 | null;
  /** Column ↔ id in the declared space. */
  readonly dictionary: Dictionary;
  /** Declared dimension. */
  readonly declared: number;
  readonly space: FeatureSpace | null;
  /** Of ids that are Vowpal Wabbit's hashes, how many bits they have; null for others. */
  readonly vwBits: number | null;
  /** Lines left out, and values not seen in training. */
  readonly tally: Readonly<Tally>;
  /** Time to read the data (with a feature space: to learn it, in a first pass) and to encode it (in a second). */
  readonly seconds: { readonly load: number; readonly encode: number };
  /** The rows held out, sharing this one's columns and engine; null when none were asked for. */
  readonly holdout: Dataset | null;
  readonly #ownsEngine: boolean;
  /** Where the rows begin and end in the arena. */
  readonly #span: Placed["span"];
  #rows: Rows | null;
  #longestRow: number | undefined;

  constructor(parts: {
    engine: Engine;
    ownsEngine: boolean;
    loss: Loss;
    placed: Placed;
    dictionary: Dictionary;
    declared: number;
    space: FeatureSpace | null;
    vwBits: number | null;
    tally: Tally;
    seconds: Dataset["seconds"];
    holdout: Dataset | null;
  }) {
    const { rows, offsets, span } = parts.placed;
    this.engine = parts.engine;
    this.#ownsEngine = parts.ownsEngine;
    this.loss = parts.loss;
    this.#rows = rows;
    this.offsets = offsets;
    this.#span = span;
    this.count = rows.labels.length;
    this.entries = rows.indices.length;
    this.totalWeight = rows.weights ? rows.weights.view.reduce((sum, s) => sum + s, 0) : this.count;
    this.dictionary = parts.dictionary;
    this.declared = parts.declared;
    this.space = parts.space;
    this.vwBits = parts.vwBits;
    this.tally = { ...parts.tally };
    this.seconds = parts.seconds;
    this.holdout = parts.holdout;
  }

  /** The matrix with its labels and weights, in the engine's memory. */
  get rows(): Rows {
    if (!this.#rows) throw new NoughtError("this dataset is disposed of");
    return this.#rows;
  }

  /** Entries of the longest row. Throws NoughtError once the dataset is disposed of. */
  get longestRow(): number {
    this.#longestRow ??= longestOf(this.rows.pointers.view);
    return this.#longestRow;
  }

  /** Columns seen in training. */
  get seen(): number {
    return this.dictionary.length;
  }

  /**
   * Lets go of the rows and of the engine. An engine that belongs to the dataset that this one is `like` stays; its
   * memory is given back if this dataset is the last that was read into it.
   */
  dispose(): void {
    if (!this.#rows) return;
    this.#rows = null;
    this.engine.reclaim(...this.#span);
    this.holdout?.dispose();
    if (this.#ownsEngine) this.engine.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function longestOf(pointers: Uint32Array): number {
  let longest = 0;
  for (let i = 1; i < pointers.length; i++) longest = Math.max(longest, pointers[i]! - pointers[i - 1]!);
  return longest;
}

export function lossOf({ loss = "logistic", like }: DatasetOptions): Loss {
  const chosen = like?.loss ?? loss;
  if (chosen !== "logistic" && chosen !== "squared") {
    throw new OptionError(`loss ${JSON.stringify(chosen)}: expected "logistic" or "squared"`);
  }
  return chosen;
}

export function checkHoldout(holdout: number): void {
  if (!(holdout >= 0 && holdout < 1)) throw new OptionError(`holdout ${holdout}: expected a number in [0, 1)`);
}
