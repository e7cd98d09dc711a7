import { OptionError } from "../errors.js";
import type { Model } from "../model/model.js";
import { checkNames } from "../options.js";

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
  /** Weights that are not 0 at this moment. */
  kept: number;
  /** What those weights take in memory: 12 bytes each, an id and a weight. */
  bytes: number;
  /** Of a batch solver, the objective of the weights at hand; null for a streaming one. */
  objective: number | null;
}

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

/** Where a stream's FTRL-Proximal has its state: 8 bytes a column. By default columns are numbered as ids are met. */
export interface TableOptions {
  /**
   * A table of 2ᵇ slots, 1 ≤ b ≤ 28: ids below 2ᵇ have their own, others share one by their hash. Memory is bounded
   * whatever comes; the model predicts through the same table.
   */
  bits?: number;
  /** A table of all dimensions that a feature space declares, or of so many: no id is looked up, none shares a slot. */
  dense?: true | number;
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

/** Throws OptionError on options of a path that cannot be used as given. */
export function checkPath(options: object): void {
  checkNames(options);
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
