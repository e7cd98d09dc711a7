import type { Model } from "../model/model.js";
import type { Milestone } from "./milestones.js";

/** Options that every streaming trainer takes. */
export interface CommonOptions {
  /** Passes over the data. Default 1. */
  epochs?: number;
  /** Decides every random choice. Default 1. */
  seed?: number;
  /** Whether to learn an intercept. Default true. */
  intercept?: boolean;
  /** Stops the training at the next block of rows: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Called about ten times a second, and at the end of every epoch. */
  onProgress?: (progress: Progress) => void;
}

/** How far a training is, as `onProgress` is told. */
export interface Progress {
  /** Rows trained on so far, over all epochs. */
  rows: number;
  /** Epoch at hand, from 1; of a batch solver, Newton steps so far, of a path the strength at hand. */
  epoch: number;
  /** Progressive validation loss of this epoch: the mean loss of its rows, each predicted before it was learned. */
  loss: number;
  /** The same of the rows since the last event; null without any, and where the solver is no streaming one. */
  recent: number | null;
  /** Mean loss in this epoch of the rows that `holdoutEvery` keeps from training; null without. */
  holdout: number | null;
  /** Weights that are not 0, at this moment or, where there are so many columns that counting takes long, shortly before. */
  kept: number;
  /** What those weights take in memory: 12 bytes each, an id and a weight. */
  bytes: number;
  /** Of a batch solver, the objective of the weights at hand; null for a streaming one. */
  objective: number | null;
  /** Bytes of the inputs read so far, before they are decompressed, over all passes; null for data in memory. */
  read: number | null;
  /** Share of the work that is done, 0 to 1; null where that is not known. */
  share: number | null;
}

/** What only a streamed training knows. */
export const NOT_STREAMED = { recent: null, holdout: null, read: null, share: null } as const;

/** FTRL-Proximal (McMahan et al., KDD 2013, Algorithm 1). Strengths count against the SUM of gradients seen. */
export interface FtrlOptions extends CommonOptions {
  solver?: "ftrl";
  /** L1 strength λ₁ ≥ 0. Default 1. */
  lambda1?: number;
  /** L2 strength λ₂ ≥ 0, added to the denominator (β + √n)/α. Default 0. */
  lambda2?: number;
  /** Learning rate α > 0. Default 0.1. */
  alpha?: number;
  /** β ≥ 0. Default 1. With 0, initialAccumulator (or lambda2, for what it holds for) must be above 0. */
  beta?: number;
  /** Rows a step; their gradients are summed. Default 1. */
  batch?: number;
  /** Largest Euclidean norm of a step's summed gradient, > 0. Default Infinity. */
  clip?: number;
  /** Where every n begins, ≥ 0. Default 0. */
  initialAccumulator?: number;
  /** Whether λ₁ and λ₂ hold for the intercept too. Default false. */
  penalizeIntercept?: boolean;
}

/** What differs between the models of a sweep: strengths and learning rates. */
export type SweepPoint =
  | Pick<FtrlOptions, "lambda1" | "lambda2" | "alpha" | "beta">
  | Pick<SgdOptions, "l1" | "l2" | "rate" | "decay">;

/** What a stream measures as it goes, and how many models it trains. */
export interface ProgressiveOptions {
  /**
   * Trains a model for each of these, at most 256, in one reading; what one leaves out is that of the other options. Every
   * model has the bits that it would have alone, since each has a state {z, n} of its own, 8 bytes a column. (One n for
   * all, McMahan et al., §4.3, would take half of that, but a model's rates would depend on the others.)
   */
  sweep?: readonly SweepPoint[];
  /**
   * Never learns every so manieth row, ≥ 2, but predicts it when its turn comes: the loss of these rows stays honest with
   * more than one epoch, where the progressive one does not, since its rows have been learned before.
   */
  holdoutEvery?: number;
  /** Called at row 1, 2, 4, 8 … that is trained on; of a sweep, about its first model. */
  onMilestone?: (milestone: Milestone) => void;
}

/** What a stream of rows with named columns measures besides. */
export interface SliceOptions {
  /** Columns by whose values the progressive loss is told apart. Rows are then not parsed by a kernel. */
  slices?: readonly string[];
}

/** Where a stream's FTRL-Proximal has its state: 8 bytes a column. By default columns are numbered as ids are met. */
export interface TableOptions {
  /**
   * A table of 2ᵇ slots, 1 ≤ b ≤ 28: ids below 2ᵇ have their own, others share one by their hash. Memory is bounded
   * whatever comes; the model predicts through the same table.
   */
  bits?: number;
  /** A table of all dimensions that a feature space declares, or of so many: no id is looked up, none shares a slot. */
  dense?: true | number;
  /**
   * Probability, in (0, 1], with which an id that has no column yet gets one, at each occurrence (McMahan et al., §4.1): a
   * rare one seldom takes memory. Until then rows go without it. For columns that are numbered as ids are met; the seed,
   * the row and the id decide. Default 1.
   */
  inclusion?: number;
  /**
   * Whether threads share a block's rows out and update one table without locks: quicker where the table is large, but
   * no two trainings give the same bits. For solver ftrl without batches, clip or sweep. Default false.
   */
  hogwild?: boolean;
  /**
   * Batches whose gradients are summed at the same weights, by all threads at once; then each takes its step, in their
   * order: the same bits on any number of threads. At most 256, of which each takes 30 bytes an entry of the largest batch; for solver
   * ftrl with `batch` above 1, without sweep. Default 1.
   */
  replicas?: number;
}

export interface CacheOptions {
  /**
   * Keeps the rows, as they are parsed, in a file: true for one beside the first input, its name with ".nought-cache", or
   * a path. Later passes and later runs read it instead of the text; where the input or an option is another, or the
   * file is damaged, it is made anew. Node only, for inputs that are files. The model is the same. What of an input
   * decides: name, size, time of the last change, and 64 KiB at its beginning, middle and end.
   */
  cache?: true | string;
}

/** Stochastic proximal gradient (FOBOS). Strengths count against the MEAN loss: (1/S) Σ s·loss + l1·‖w‖₁ + (l2/2)·‖w‖². */
export interface SgdOptions extends CommonOptions {
  solver: "sgd";
  /** L1 strength ≥ 0. Default 1e-4. */
  l1?: number;
  /** L2 strength ≥ 0. Default 0. */
  l2?: number;
  /** Learning rate of the first step, > 0. Default 0.1. */
  rate?: number;
  /** The rate of step t is rate / √(1 + decay·t); ≥ 0. Default 0.01. */
  decay?: number;
}

/** The batch solver: the certified optimum of (1/S) Σ s·loss + l1·‖w‖₁ + (l2/2)·‖w‖². For data in memory. */
export interface BatchOptions extends Omit<CommonOptions, "epochs"> {
  solver?: "batch";
  /** L1 strength ≥ 0. Default 1e-4. */
  l1?: number;
  /** L2 strength ≥ 0; with l1 0 it must be above 0. Default 0. */
  l2?: number;
  /** Largest duality gap, > 0, as a share of the objective of the best model without features. Default 1e-6. */
  tolerance?: number;
  /** Newton steps at most. Default 1000. */
  iterations?: number;
  /** Where to start: a model of the same loss and features, as a streaming solver gives it. Default: all weights 0. */
  from?: Model;
  /**
   * What l1 and l2 count times, ≥ 0, by the name of a feature or the id of a column; 0 leaves a weight unpenalised.
   * Default 1 for all.
   */
  penaltyFactors?: Readonly<Record<string, number>> | ((id: number) => number);
}

/** How rows of a dataset in memory are visited. */
export interface OrderOptions {
  /**
   * "shuffle" (default): all rows in a new random order each epoch. "file": as they were read. "batches": rows are
   * shuffled once, then every step takes one of the batches of consecutive rows at random; needs `steps`.
   */
  order?: "shuffle" | "file" | "batches";
  /** With "batches": how many to take. */
  steps?: number;
}

export type SolverOptions = FtrlOptions | SgdOptions;
