import type { EngineOptions } from "../engine/engine.js";
import { OptionError } from "../errors.js";
import type { Model } from "../model/model.js";
import { checkNames } from "../options.js";
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

type Range = [least: number, isLeastAllowed: boolean, whole?: "whole"];

const FTRL: Record<string, Range> = {
  epochs: [1, true, "whole"],
  seed: [Number.NEGATIVE_INFINITY, true, "whole"],
  lambda1: [0, true],
  lambda2: [0, true],
  alpha: [0, false],
  beta: [0, true],
  batch: [1, true, "whole"],
  clip: [0, false],
  initialAccumulator: [0, true],
};
const SGD: Record<string, Range> = {
  epochs: [1, true, "whole"],
  seed: [Number.NEGATIVE_INFINITY, true, "whole"],
  l1: [0, true],
  l2: [0, true],
  rate: [0, false],
  decay: [0, true],
};

const BATCH: Record<string, Range> = {
  seed: [Number.NEGATIVE_INFINITY, true, "whole"],
  l1: [0, true],
  l2: [0, true],
  tolerance: [0, false],
  iterations: [1, true, "whole"],
};
const PATH: Record<string, Range> = {
  tolerance: [0, false],
  iterations: [1, true, "whole"],
  seed: [Number.NEGATIVE_INFINITY, true, "whole"],
  lambdas: [2, true, "whole"],
  folds: [2, true, "whole"],
  ratio: [0, false],
  l1Ratio: [0, false],
  maxWeights: [0, true, "whole"],
  maxBytes: [1, true, "whole"],
  maxLoss: [0, true],
};

/** Options that make sense where rows are streamed. */
const STREAMED = ["hogwild", "inclusion", "cache", "sweep", "holdoutEvery", "slices", "onMilestone"];

function refuseStreamed(options: object): void {
  const own = STREAMED.find((name) => (options as Record<string, unknown>)[name] !== undefined);
  if (own) throw new OptionError(`${own} is an option of streams: streamSvmlight, streamVw, streamCsv, streamNdjson`);
}

/** Throws OptionError on options of a path that cannot be used as given. */
export function checkPath(options: object): void {
  checkNames(options);
  refuseStreamed(options);
  for (const [name, value] of Object.entries(options)) {
    const range = PATH[name];
    if (range && value !== undefined) checkNumber(name, value, range);
    else if (!range && name in ALL_RANGES && value !== undefined) {
      throw new OptionError(`${name} is no option of a path; its strengths are lambdas, ratio and l1Ratio`);
    }
  }
  const { ratio = 0.5, l1Ratio = 1 } = options as { ratio?: number; l1Ratio?: number };
  if (ratio >= 1) throw new OptionError(`ratio ${ratio}: expected a number in (0, 1)`);
  if (l1Ratio > 1) throw new OptionError(`l1Ratio ${l1Ratio}: expected a number in (0, 1]`);
}

const SOLVERS = {
  ftrl: { ranges: FTRL, hint: "its strengths are lambda1, lambda2" },
  sgd: { ranges: SGD, hint: "its strengths are l1, l2" },
  batch: { ranges: BATCH, hint: "it takes l1, l2, tolerance, iterations" },
};
const ALL_RANGES = { ...FTRL, ...SGD, ...BATCH };

/** Every option that a solver takes, but for listeners. */
export const SOLVER_OPTIONS: readonly string[] = [
  ...new Set([...Object.keys(ALL_RANGES), "solver", "intercept", "penalizeIntercept", "order", "steps"]),
];

const FTRL_ONLY = ["lambda1", "lambda2", "alpha", "beta", "batch", "clip", "initialAccumulator", "penalizeIntercept"];
const SGD_ONLY = ["rate", "decay"];
const STREAMING = ["epochs", "order", "steps"];
const MEAN = ["l1", "l2"];

/**
 * Returns the solver that options ask for. Where none is named, options tell: lambda1 is of ftrl, rate of sgd, epochs
 * are of a streaming one; else it is batch, or a streaming one where rows are not kept.
 */
export function solverFor(options: object, isStreamed = false): "ftrl" | "sgd" | "batch" {
  const { solver } = options as { solver?: unknown };
  if (solver !== undefined) {
    if (Object.hasOwn(SOLVERS, String(solver))) return solver as keyof typeof SOLVERS;
    throw new OptionError(`solver ${JSON.stringify(solver)}: expected "ftrl", "sgd" or "batch"`);
  }
  const has = (names: string[]) => names.some((name) => (options as Record<string, unknown>)[name] !== undefined);
  if (has(FTRL_ONLY)) return "ftrl";
  if (has(SGD_ONLY)) return "sgd";
  if (!isStreamed && !has(STREAMING)) return "batch";
  return has(MEAN) ? "sgd" : "ftrl";
}

/**
 * Returns the options with their solver named. Throws OptionError on a number out of range, or an option that belongs
 * to another solver.
 */
export function checkSolver<O extends object>(given: O, isStreamed = false): O & { solver: "ftrl" | "sgd" | "batch" } {
  checkNames(given);
  const solver = solverFor(given, isStreamed);
  const options = { ...given, solver };
  if (!isStreamed) refuseStreamed(given);
  if (isStreamed && solver === "batch") {
    throw new OptionError('solver "batch" needs the data in memory: a stream takes "ftrl" or "sgd"');
  }
  const table = (["bits", "dense"] as const).find((name) => (given as TableOptions)[name] !== undefined);
  if (table && !isStreamed) throw new OptionError(`${table} is of streams: data in memory numbers its columns`);
  const own = ["checkpoint", "resume", "update", "keepState"].find((name) => name in given);
  if (own && !isStreamed) throw new OptionError(`${own} is of streams: data in memory is trained on at once`);
  const { ranges, hint }: { ranges: Record<string, Range>; hint: string } = SOLVERS[solver];
  for (const [name, value] of Object.entries(options)) {
    const range = ranges[name];
    if (range && value !== undefined) checkNumber(name, value, range);
    else if (
      !range &&
      (name in ALL_RANGES || (name === "penalizeIntercept" && solver !== "ftrl")) &&
      value !== undefined
    ) {
      throw new OptionError(`${name} is no option of solver "${solver}"; ${hint}`);
    }
  }
  if (solver === "ftrl") checkDenominators(options as FtrlOptions);
  const { order = "shuffle", steps } = options as OrderOptions;
  if (solver === "batch") {
    const { l1 = 1e-4, l2 = 0 } = options as BatchOptions;
    if (l1 === 0 && l2 === 0)
      throw new OptionError('solver "batch" needs l1 or l2 above 0: nothing bounds the weights');
    if ("order" in options || "steps" in options)
      throw new OptionError('solver "batch" visits all rows: it has no order');
    return options;
  }
  if (!["shuffle", "file", "batches"].includes(order)) {
    throw new OptionError(`order ${JSON.stringify(order)}: expected "shuffle", "file" or "batches"`);
  }
  if ((order === "batches") !== (steps !== undefined)) throw new OptionError(`order "batches" and steps go together`);
  if (steps !== undefined) checkNumber("steps", steps, [1, true, "whole"]);
  return options;
}

/** Options by which a training state is kept or gone on with. */
const STATEFUL = ["checkpoint", "resume", "update", "keepState"];
/** Models of a sweep at most. */
const MOST_POINTS = 256;
const SWEPT = { ftrl: ["lambda1", "lambda2", "alpha", "beta"], sgd: ["l1", "l2", "rate", "decay"] } as const;

/**
 * Returns the points that a stream trains, one where there is no sweep. Throws OptionError on what cannot be, of them and
 * of the other options of a stream; `options` are those that checkSolver returned.
 */
export function checkStream(
  options: SolverOptions & TableOptions & ProgressiveOptions & SliceOptions & EngineOptions & { holdout?: number },
): SweepPoint[] {
  checkHogwild(options);
  const { sweep = [{}], holdoutEvery, holdout = 0, slices = [] } = options;
  const kept = STATEFUL.find((name) => options[name as keyof typeof options]);
  if (kept && (options.sweep || options.slices)) {
    throw new OptionError(`${kept}: a training state is of one model, and has no slices: leave sweep and slices away`);
  }
  if (holdoutEvery !== undefined) {
    checkNumber("holdoutEvery", holdoutEvery, [2, true, "whole"]);
    if (holdout > 0) throw new OptionError("holdout and holdoutEvery are two ways to keep rows back: give one");
  }
  if (!(Array.isArray(slices) && slices.every((it) => typeof it === "string"))) {
    throw new OptionError("slices: expected names of columns");
  }
  if (!Array.isArray(sweep) || sweep.length === 0 || sweep.length > MOST_POINTS) {
    throw new OptionError(`sweep: expected 1 to ${MOST_POINTS} objects of strengths and rates`);
  }
  const names: readonly string[] = SWEPT[options.solver as "ftrl" | "sgd"];
  for (const [i, point] of sweep.entries()) {
    const isObject = typeof point === "object" && point !== null;
    const other = isObject ? Object.keys(point).find((name) => !names.includes(name)) : `point ${i + 1}`;
    if (other !== undefined) throw new OptionError(`sweep: ${other}: expected an object of ${names.join(", ")}`);
    checkSolver({ ...options, ...point }, true);
  }
  return [...sweep];
}

function checkHogwild({ hogwild, ...options }: Parameters<typeof checkStream>[0]): void {
  if (hogwild === undefined || hogwild === false) return;
  if (hogwild !== true) throw new OptionError(`hogwild ${JSON.stringify(hogwild)}: expected true or false`);
  if (options.solver !== "ftrl") throw new OptionError('hogwild is of solver "ftrl"');
  const other = (["batch", "clip", "sweep"] as const).find(
    (name) => options[name as keyof typeof options] !== undefined,
  );
  if (other) throw new OptionError(`hogwild trains on one row at a time, one model: it does not go with ${other}`);
  if (options.threads === 1) throw new OptionError("hogwild is for more threads than 1");
}

/** Throws OptionError where the first step would divide by 0 or ∞, in single precision as features have it. */
function checkDenominators(options: FtrlOptions): void {
  const { alpha = 0.1, beta = 1, lambda2 = 0, initialAccumulator = 0, intercept = true, penalizeIntercept } = options;
  const inverseAlpha = Math.fround(1 / alpha);
  const root = Math.fround(Math.sqrt(Math.fround(initialAccumulator)));
  // The intercept is spared lambda2 unless it is penalized.
  const least = beta / alpha + (intercept && !penalizeIntercept ? 0 : lambda2);
  const denominators = [least, beta / alpha + lambda2].map((ridge) => Math.fround(root * inverseAlpha + ridge));
  if (inverseAlpha > 0 && denominators.every((it) => it > 0 && it < Number.POSITIVE_INFINITY)) return;
  throw new OptionError(
    `alpha ${alpha}, beta ${beta}, initialAccumulator ${initialAccumulator}: (beta + √initialAccumulator)/alpha + ` +
      "lambda2 divides the first step and must be above 0 and finite; the intercept has no lambda2 unless penalized",
  );
}

function checkNumber(name: string, value: unknown, [least, isLeastAllowed, whole]: Range): void {
  const number = value as number;
  const isFine =
    typeof value === "number" &&
    (number > least || (isLeastAllowed && number === least)) &&
    (whole ? Number.isSafeInteger(number) : Number.isFinite(number) || name === "clip");
  if (isFine) return;
  const bound = Number.isFinite(least) ? `${isLeastAllowed ? "≥" : ">"} ${least}` : "";
  throw new OptionError(`${name} ${value}: expected a ${whole ? "whole " : "finite "}number ${bound}`.trimEnd());
}
