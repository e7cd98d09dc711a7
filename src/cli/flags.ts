import { basename } from "node:path";
import { uncompressedName } from "../data/source.js";
import { OptionError } from "../errors.js";
import { parseFraction } from "../features/cell.js";
import type { SpaceDefinition } from "../features/define.js";
import { checkQuantize } from "../model/quantize.js";
import { solverFor } from "../train/check.js";
import type { FitOptions } from "../train/fit.js";
import type { FtrlOptions } from "../train/options.js";
import { FORMAT_NAMES, type Format } from "./data.js";
import { listsOf } from "./sweep.js";
import type { TrainFlags } from "./training.js";

/** Throws OptionError on flags that do not go together. */
export function checkFlags(format: Format, flags: TrainFlags, space: SpaceDefinition | null): void {
  const table = format === "csv" || format === "ndjson";
  const text = FORMAT_NAMES[format];
  if (table && !space) {
    throw new OptionError("a table needs features: --number, --bucket, --category … or --features (see --help)");
  }
  if (table && flags.target === undefined)
    throw new OptionError("--target: say what to learn, a column or a comparison");
  if (!table && space) throw new OptionError(`${text} has no columns by name: feature flags need a table`);
  if (!table && flags.target !== undefined) throw new OptionError(`--target: ${text} holds its labels itself`);
  if (!table && flags.offset !== undefined) throw new OptionError(`--offset: ${text} has no columns by name`);
  if (!table && flags.weight !== undefined) throw new OptionError(`--weight: ${text} has no columns by name`);
  if (flags.stream && flags.solver === "batch") {
    throw new OptionError("--solver batch needs the data in memory: it does not go with --stream");
  }
  if (solverFor(solverOf(flags)) !== "batch") {
    const own = (["from", "penaltyFactor", "offset"] as const).find((name) => flags[name] !== undefined);
    if (own) throw new OptionError(`--${own === "penaltyFactor" ? "penalty-factor" : own}: of solver batch only`);
  }
  checkSearch(flags);
  checkStreamed(flags, table);
  const isTable =
    (flags.dense ?? flags.hogwild ?? flags.replicas) !== undefined || (flags.bits !== undefined && format !== "vw");
  if (flags.quantize !== undefined) checkQuantize(flags.quantize);
  if (!flags.stream && isTable)
    throw new OptionError("--bits, --dense, --hogwild, --replicas: of --stream (--bits also of Vowpal Wabbit text)");
  if (!flags.stream && flags.cache !== undefined) throw new OptionError("--cache: of --stream");
  if (flags.stream && flags.order !== undefined && flags.order !== "file") {
    throw new OptionError("--stream takes rows in the order of the file");
  }
}

/** Throws OptionError on flags of a stream where there is none, or of a table. */
function checkStreamed(flags: TrainFlags, table: boolean): void {
  if (flags.stream) {
    if (flags.slice && !table) throw new OptionError("--slice: this format has no columns by name");
    return;
  }
  const [list] = listsOf(flags);
  if (list) {
    throw new OptionError(
      `--${list[0]} ${list[1].join(",")}: several are trained in one reading of --stream (see also path)`,
    );
  }
  if (flags.holdoutEvery !== undefined) throw new OptionError("--holdout-every: of --stream; else --validate 0.1");
  if (flags.slice) throw new OptionError("--slice: of --stream");
  if (flags.inclusion !== undefined) throw new OptionError("--inclusion: of --stream");
}

/** Parses "feature=factor" flags. */
export function penaltyFactorsOf(texts: string[]): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.lastIndexOf("=");
      const factor = parseFraction(text.slice(at + 1));
      if (at < 1 || Number.isNaN(factor)) throw new OptionError(`--penalty-factor ${text}: expected feature=number`);
      return [text.slice(0, at), factor];
    }),
  );
}

const SEARCH = ["maxWeights", "maxBytes", "maxLoss", "folds"] as const;

function checkSearch(flags: TrainFlags): void {
  const asked = SEARCH.filter((name) => flags[name] !== undefined);
  if (asked.length === 0) {
    if (flags.choose !== undefined) throw new OptionError("--choose goes with --folds");
    return;
  }
  if (asked.includes("folds") && asked.length > 1) throw new OptionError("--folds and a budget: choose one");
  if (flags.stream) throw new OptionError("a search needs the data in memory: it does not go with --stream");
  if (solverFor(solverOf(flags)) !== "batch") throw new OptionError("a budget and --folds are of solver batch");
  if (flags.l1 !== undefined || flags.l2 !== undefined) {
    throw new OptionError("--l1, --l2: a search finds the strength itself (--l1-ratio for its share of L1)");
  }
}

/** Flags that go to the trainer as they are. */
const SOLVER_FLAGS =
  "solver lambda1 lambda2 alpha beta batch clip initialAccumulator penalizeIntercept " +
  "l1 l2 rate decay tolerance iterations epochs order steps seed intercept";
export const DATA_FLAGS =
  "loss positive skipBad bits dense hogwild replicas inclusion cache kernels threads target weight offset";
export const SEARCH_FLAGS = "maxWeights maxBytes maxLoss folds lambdas ratio l1Ratio";

/** Threads of paths, whose parts are solved side by side, unless told otherwise. */
export const PATH_THREADS = 2;

/** The options of the solver, but for those that have several values. */
export function solverOf(flags: TrainFlags): FitOptions {
  const options = picked(flags, SOLVER_FLAGS.split(" "));
  const single = Object.entries(options).filter(([, value]) => !Array.isArray(value));
  return { ...Object.fromEntries(single), solver: solverFor(options, flags.stream) } as FitOptions;
}

export function strengthsOf(solver: FitOptions): Record<string, number> {
  if (solver.solver === "sgd" || solver.solver === "batch") return { l1: solver.l1 ?? 1e-4, l2: solver.l2 ?? 0 };
  const { lambda1 = 1, lambda2 = 0 } = solver as FtrlOptions;
  return { lambda1, lambda2 };
}

/** "data/houses.csv.gz" gives "houses.nought", in the present folder. */
export function modelNameFor(file: string): string {
  if (file === "-") return "model.nought";
  const suffix = /\.(csv|tsv|tab|ndjson|jsonl|txt|svm|svmlight|libsvm|vw)$/i;
  return `${uncompressedName(basename(file)).replace(suffix, "")}.nought`;
}

export function picked<F extends object>(flags: F, names: readonly string[]): Partial<F> {
  return Object.fromEntries(Object.entries(flags).filter(([name]) => names.includes(name))) as Partial<F>;
}

export function since(began: number): number {
  return (performance.now() - began) / 1000;
}
