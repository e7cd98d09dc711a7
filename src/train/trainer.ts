import type { Engine } from "../engine/engine.js";
import type { Kernels, Loss, Rows } from "../engine/kernels.js";
import type { F32, F64, U32 } from "../engine/memory.js";
import { ftrlTrainer } from "./ftrl.js";
import type { SolverOptions } from "./options.js";
import { sgdTrainer } from "./sgd.js";

/** How much a trainer must have room for. */
export interface Room {
  columns: number;
  longestRow: number;
  /** Entries of the largest batch. */
  batchEntries: number;
}

/** A model in training: its state in an engine's memory, moved by kernels. */
export interface Trainer {
  /** Rows a step. Blocks but the last hold a multiple of it. */
  readonly batch: number;
  /** Makes room; state that is there is kept. */
  reserve(room: Room): void;
  /** Tells the mean sample weight met so far, where rows are streamed and the trainer needs it. */
  weigh?(meanWeight: number): void;
  /**
   * Trains on rows order[from … to) (rows from … to when order is null). Returns Σ s·loss, each before its update.
   * `on`: kernels to do it other than the engine's own. `part`: which of those that rows are parted into.
   */
  train(rows: Rows, order: U32 | null, from: number, to: number, on?: Kernels, part?: number): number;
  /**
   * Makes ready for so many parts of a block, once, that are trained on at the same time; absent where that cannot be.
   * Where there is `merge` a part is a batch. Where there is none threads update one state without locks (Niu et al., "Hogwild!", NeurIPS 2011): where two rows meet in a column one may undo what the other
   * added, also to the intercept, which all rows share: one state that loses a little is stable at any rate, while steps
   * that each part takes for itself overshoot when they are added up. n never falls below 0, so that nothing leaves the
   * finite range that would not on one thread.
   */
  open?(parts: number): void;
  /** Takes what the first so many parts, of a batch each, came to into the state, in their order; until then it stays. */
  merge?(parts: number): void;
  /** Writes the weights of columns from ≤ j < to, the first to out[0]; zeros are exactly +0. */
  weightsInto(out: F64, from: number, to: number): void;
  /** Lists the columns from ≤ j < to that are not as they began and returns how many; all of them where that is not known. */
  touchedInto(out: U32, from: number, to: number): number;
  intercept(): number;
  /** Receives each row's margin before its update; null (as at first) for nowhere. */
  margins: F64 | null;
  /** What it carries from row to row besides the columns: f64. */
  readonly globals: F64;
  /** What it carries for each column: 8 bytes. */
  readonly state: F32 | F64;
  /** What those begin with. */
  readonly fresh: Uint8Array;
}

/** `meanWeight`: mean sample weight, 1 when it is not known. */
export function createTrainer(engine: Engine, loss: Loss, options: SolverOptions, meanWeight: number): Trainer {
  return options.solver === "sgd" ? sgdTrainer(engine, loss, options, meanWeight) : ftrlTrainer(engine, loss, options);
}
