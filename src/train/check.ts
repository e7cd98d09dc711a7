import type { EngineOptions } from "../engine/engine.js";
import { OptionError } from "../errors.js";
import { checkNames } from "../options.js";
import type {
  BatchOptions,
  FtrlOptions,
  OrderOptions,
  ProgressiveOptions,
  SliceOptions,
  SolverOptions,
  SweepPoint,
  TableOptions,
} from "./options.js";

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
const STREAMED = ["hogwild", "replicas", "inclusion", "cache", "sweep", "holdoutEvery", "slices", "onMilestone"];

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
  const own = ["checkpoint", "resume", "update", "keepState", "keepSeen"].find((name) => name in given);
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
/** Models of a sweep, and batches at once, at most. */
const MOST_POINTS = 256;
const MOST_REPLICAS = 256;
const SWEPT = { ftrl: ["lambda1", "lambda2", "alpha", "beta"], sgd: ["l1", "l2", "rate", "decay"] } as const;

/**
 * Returns the points that a stream trains, one where there is no sweep. Throws OptionError on what cannot be, of them and
 * of the other options of a stream; `options` are those that checkSolver returned.
 */
export function checkStream(
  options: SolverOptions & TableOptions & ProgressiveOptions & SliceOptions & EngineOptions & { holdout?: number },
): SweepPoint[] {
  checkHogwild(options);
  checkReplicas(options);
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

function checkReplicas({ replicas, solver, ...options }: Parameters<typeof checkStream>[0]): void {
  if (replicas === undefined) return;
  if (!(Number.isInteger(replicas) && replicas >= 1 && replicas <= MOST_REPLICAS)) {
    throw new OptionError(`replicas ${replicas}: expected a whole number from 1 to ${MOST_REPLICAS}`);
  }
  if (replicas === 1) return;
  const { batch = 1 } = options as FtrlOptions;
  if (solver !== "ftrl" || batch === 1)
    throw new OptionError('replicas are of batches of solver "ftrl": give batch too');
  const other = (["hogwild", "sweep"] as const).find((name) => options[name]);
  if (other) throw new OptionError(`replicas of one model's batches do not go with ${other}`);
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
