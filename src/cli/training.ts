import { basename } from "node:path";
import type { CacheReport } from "../data/cache.js";
import type { Dataset, DatasetOptions } from "../data/dataset.js";
import { readCsv, readNdjson, readSvmlight, readVw } from "../data/read.js";
import { uncompressedName } from "../data/source.js";
import { OptionError } from "../errors.js";
import { parseFraction } from "../features/cell.js";
import type { SpaceDefinition } from "../features/define.js";
import { evaluate, evaluateEach } from "../model/evaluate.js";
import { loadModel, saveModel } from "../model/file.js";
import type { Model } from "../model/model.js";
import { checkQuantize, type Quantize } from "../model/quantize.js";
import { platform } from "../platform.js";
import { type Metrics, meanLossOf } from "../report/metrics.js";
import type { Certificate } from "../train/batch.js";
import { fitToBudget } from "../train/budget.js";
import { type Fit, type FitOptions, fit } from "../train/fit.js";
import {
  type FtrlOptions,
  type OrderOptions,
  type ProgressiveOptions,
  type SolverOptions,
  type SweepPoint,
  solverFor,
} from "../train/options.js";
import { bestOf, type StreamPoint } from "../train/points.js";
import type { ProgressiveReport } from "../train/progressive.js";
import type { ResumeOptions } from "../train/session.js";
import { crossValidate } from "../train/validate.js";
import type { CheckpointFlags } from "./checkpoint.js";
import { csvOptions, type DataFlags, FORMAT_NAMES, type Format, formatOf, readerFor } from "./data.js";
import { type FeatureFlags, spaceOf } from "./features.js";
import { inputsOf } from "./inputs.js";
import { warn } from "./output.js";
import { listsOf, type PointResult, sweepOf, sweepResult } from "./sweep.js";

export type TrainFlags = DataFlags &
  FeatureFlags &
  CheckpointFlags &
  OrderOptions & {
    solver?: "ftrl" | "sgd" | "batch";
    l1?: number | number[];
    l2?: number | number[];
    holdoutEvery?: number;
    slice?: string[];
    loss?: "logistic" | "squared";
    validate?: string;
    test?: string;
    output?: string;
    quantize?: Quantize;
    stripNames?: boolean;
    stream?: boolean;
    bits?: number;
    hogwild?: boolean;
    dense?: true | number;
    cache?: true | string;
    inclusion?: number;
    maxWeights?: number;
    maxBytes?: number;
    maxLoss?: number;
    folds?: number;
    from?: string;
    penaltyFactor?: string[];
    choose?: "min" | "1se";
    kernels?: "wasm" | "baseline";
    threads?: number;
    json?: boolean;
    quiet?: boolean;
  };

export /** What `--json` prints. */
interface Result {
  model: string;
  solver: string;
  rows: number;
  skipped: number;
  columns: Fit["columns"];
  intercept: number;
  loss: { progressive: number | null; train: number | null; validation: number | null };
  objective: number | null;
  gap: number | null;
  converged: boolean | null;
  provenZero: number | null;
  /** Columns that hold the same as another, which stands for them. */
  merged: number | null;
  /** The model that --from gave, at these strengths; null without. */
  start: Certificate["start"];
  /** Whether the budget asked for was met; null where none was. */
  met: boolean | null;
  /** Of a streamed training: how well rows were predicted before they were learned. */
  progressive: ProgressiveReport | null;
  /** Of a sweep: all its models, and which of them was chosen; null without. */
  points: PointResult[] | null;
  best: number | null;
  metrics: { validation: Metrics | null; test: Metrics | null };
  seconds: { load: number; encode: number; solve: number; total: number };
  bytes: { model: number; dense: number };
  runtime: Fit["runtime"];
  /** null without --cache. */
  cache: CacheReport | null;
  [strength: string]: unknown;
}

type Running = Pick<FitOptions, "signal" | "onProgress"> & Pick<ProgressiveOptions, "onMilestone"> & ResumeOptions;

/** A training as run, in memory or streamed. */
interface Trained extends Fit {
  skipped: number;
  /** On the rows held out. */
  metrics: Metrics | null;
  seconds: { load: number; encode: number; solve: number };
  met?: boolean;
  cache?: CacheReport | null;
  /** Those that a search found. */
  strengths?: { l1: number; l2: number };
  /** Of a streamed training: its models, one without a sweep, and the one chosen. */
  points?: StreamPoint[];
  best?: StreamPoint;
  /** To go on from, where that was asked for. */
  state?: Uint8Array | null;
}

/** Trains as the flags say, writes the model, measures it. Nothing is written unless all went well. */
export async function runTraining(
  files: readonly string[],
  flags: TrainFlags,
  running: Running,
): Promise<{ result: Result; validation: Metrics | null; test: Metrics | null }> {
  const began = performance.now();
  const space = await spaceOf(flags);
  const format = formatOf(files, flags, space ? "csv" : "svmlight");
  checkFlags(format, flags, space);
  const writing = picked(flags, ["quantize", "stripNames"]);
  const fraction = flags.validate === undefined ? 0 : parseFraction(flags.validate);
  const solver = solverOf(flags);
  const options = {
    ...picked(flags, DATA_FLAGS.split(" ")),
    ...(format === "csv" && csvOptions(flags)),
    ...(!Number.isNaN(fraction) && { holdout: fraction }),
    ...solver,
    ...picked(flags, SEARCH_FLAGS.split(" ")),
    ...writing,
    ...(flags.penaltyFactor && { penaltyFactors: penaltyFactorsOf(flags.penaltyFactor) }),
    ...(flags.from !== undefined && { from: await loadModel(flags.from) }),
    ...(flags.holdoutEvery !== undefined && { holdoutEvery: flags.holdoutEvery }),
    ...(flags.slice && { slices: flags.slice }),
    ...running,
  } as AllOptions;
  let trained = await (flags.stream
    ? trainStreamed(files, format, space, options, sweepOf(flags))
    : trainInMemory(files, format, space, options, flags.choose));

  const measured = async (models: readonly Model[], path: string) =>
    evaluateEach(models, readerFor(models[0] as Model, await inputsOf([path]), flags, true), running.signal);
  if (Number.isNaN(fraction)) {
    const models = trained.points?.map(({ model }) => model) ?? [trained.model];
    trained = validated(trained, await measured(models, flags.validate as string));
  }
  const { model, metrics: validation, points, best } = trained;
  const test = flags.test === undefined ? null : ((await measured([model], flags.test))[0] as Metrics);
  const validationLoss = validation && meanLossOf(validation);
  model.training.loss.validation = validationLoss;
  if (trained.state) await platform().save(flags.saveState as string, trained.state);
  const output = flags.output ?? modelNameFor(files[0] as string);
  const modelBytes = await saveModel(model, output, writing);
  const result: Result = {
    model: output,
    solver: solver.solver as string,
    rows: trained.rows,
    skipped: trained.skipped,
    columns: trained.columns,
    ...strengthsOf({ ...solver, ...best?.point, ...trained.strengths } as FitOptions),
    intercept: model.intercept,
    loss: { ...trained.loss, validation: validationLoss },
    objective: trained.objective,
    gap: trained.certificate?.gap ?? null,
    converged: trained.certificate?.converged ?? null,
    provenZero: trained.certificate?.provenZero ?? null,
    merged: trained.certificate?.merged ?? null,
    start: trained.certificate?.start ?? null,
    met: trained.met ?? null,
    progressive: best?.progressive ?? null,
    ...sweepResult(solver, points, best),
    metrics: { validation, test },
    seconds: { ...trained.seconds, total: since(began) },
    bytes: { model: modelBytes, dense: 4 * trained.columns.declared },
    runtime: trained.runtime,
    cache: trained.cache ?? null,
  };
  return { result, validation, test };
}

/** Everything that readers and trainers take; each picks what is its own. */
type AllOptions = FitOptions &
  DatasetOptions & { target: string } & Pick<TrainFlags, "maxWeights" | "maxBytes" | "maxLoss" | "folds">;

/** Takes what was measured on other data, of one model or of each of a sweep, of which the best is then chosen. */
function validated(trained: Trained, metrics: readonly Metrics[]): Trained {
  const { points } = trained;
  if (!points) return { ...trained, metrics: metrics[0] as Metrics };
  points.forEach((it, i) => {
    it.loss.validation = meanLossOf(metrics[i] as Metrics);
  });
  const best = bestOf(points);
  const { model, columns, loss } = best;
  return { ...trained, model, columns, loss, best, metrics: metrics[points.indexOf(best)] as Metrics };
}

async function trainInMemory(
  files: readonly string[],
  format: Format,
  space: SpaceDefinition | null,
  options: AllOptions,
  choose: TrainFlags["choose"],
): Promise<Trained> {
  const readTable = format === "ndjson" ? readNdjson : readCsv;
  const readLines = format === "vw" ? readVw : readSvmlight;
  using data = space ? await readTable(files, { ...options, space }) : await readLines(files, options);
  const began = performance.now();
  const fitted = await fitAsAsked(data, without(options, ["bits"]), choose);
  const seconds = { ...data.seconds, solve: since(began) };
  const { holdout } = data;
  const metrics = holdout && holdout.totalWeight > 0 ? evaluate(fitted.model, holdout) : null;
  const constant = constantLoss(data);
  if (constant === 0) warn("every label is the same: there is nothing to learn but the intercept");
  else if ((fitted.loss.train ?? 0) > 1.001 * constant) {
    warn(
      "the model is worse than always predicting the mean: large numbers want --bucket or --quantiles instead of " +
        "--number (or scaling), or the learning rate or the strengths do not fit",
    );
  }
  return { ...fitted, skipped: data.tally.skipped, metrics, seconds };
}

/** Fits at the strengths given, at those that cross-validation chooses, or within a budget. */
async function fitAsAsked(
  data: Dataset,
  options: AllOptions,
  choose: TrainFlags["choose"],
): Promise<Fit & Pick<Trained, "met" | "strengths">> {
  if (options.maxWeights !== undefined || options.maxBytes !== undefined || options.maxLoss !== undefined) {
    const fitted = await fitToBudget(data, options);
    return { ...fitted, strengths: fitted.strengths };
  }
  if (options.folds === undefined) return fit(data, options);
  const { minimum, oneStandardError } = await crossValidate(data, options);
  const { l1, l2 } = choose === "min" ? minimum : oneStandardError;
  return {
    ...(await fit(data, { ...without(options, [...SEARCH_FLAGS.split(" ")]), solver: "batch", l1, l2 })),
    strengths: { l1, l2 },
  };
}

function without<O extends object>(options: O, names: string[]): O {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name))) as O;
}

/** Mean training loss of the best model without features. */
function constantLoss({ rows, count, totalWeight, loss }: Dataset): number {
  const [labels, weights] = [rows.labels.view, rows.weights?.view];
  const first = labels[0]!;
  // Around the first label, so that equal ones give exactly 0.
  let [sum, squares] = [0, 0];
  for (let i = 0; i < count; i++) {
    const s = weights ? weights[i]! : 1;
    sum += s * (labels[i]! - first);
    squares += s * (labels[i]! - first) ** 2;
  }
  const mean = first + sum / totalWeight;
  if (loss === "squared") return (squares / totalWeight - (sum / totalWeight) ** 2) / 2;
  const entropy = (p: number) => (p > 0 ? -p * Math.log(p) : 0);
  return entropy((1 + mean) / 2) + entropy((1 - mean) / 2);
}

async function trainStreamed(
  files: readonly string[],
  format: Format,
  space: SpaceDefinition | null,
  options: AllOptions,
  sweep: SweepPoint[] | null,
): Promise<Trained> {
  const began = performance.now();
  const streaming = { ...options, ...(sweep && { sweep }) } as SolverOptions & DatasetOptions & { target: string }; // checkFlags saw to it
  const { streamCsv, streamNdjson, streamSvmlight, streamVw } = await import("../train/stream.js");
  const streamTable = format === "ndjson" ? streamNdjson : streamCsv;
  const streamLines = format === "vw" ? streamVw : streamSvmlight;
  const fitted = space ? await streamTable(files, { ...streaming, space }) : await streamLines(files, streaming);
  const { points, model, holdout } = fitted;
  const best = points.find((it) => it.model === model) as StreamPoint;
  return { ...fitted, best, metrics: holdout, seconds: { load: 0, encode: 0, solve: since(began) } };
}

/** Throws OptionError on flags that do not go together. */
function checkFlags(format: Format, flags: TrainFlags, space: SpaceDefinition | null): void {
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
  const isTable = (flags.dense ?? flags.hogwild) !== undefined || (flags.bits !== undefined && format !== "vw");
  if (flags.quantize !== undefined) checkQuantize(flags.quantize);
  if (!flags.stream && isTable)
    throw new OptionError("--bits, --dense, --hogwild: of --stream (--bits also of Vowpal Wabbit text)");
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
function penaltyFactorsOf(texts: string[]): Record<string, number> {
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
const DATA_FLAGS = "loss positive skipBad bits dense hogwild inclusion cache kernels threads target weight offset";
const SEARCH_FLAGS = "maxWeights maxBytes maxLoss folds lambdas ratio l1Ratio";

/** The options of the solver, but for those that have several values. */
function solverOf(flags: TrainFlags): FitOptions {
  const options = picked(flags, SOLVER_FLAGS.split(" "));
  const single = Object.entries(options).filter(([, value]) => !Array.isArray(value));
  return { ...Object.fromEntries(single), solver: solverFor(options, flags.stream) } as FitOptions;
}

function strengthsOf(solver: FitOptions): Record<string, number> {
  if (solver.solver === "sgd" || solver.solver === "batch") return { l1: solver.l1 ?? 1e-4, l2: solver.l2 ?? 0 };
  const { lambda1 = 1, lambda2 = 0 } = solver as FtrlOptions;
  return { lambda1, lambda2 };
}

/** "data/houses.csv.gz" gives "houses.nought", in the present folder. */
function modelNameFor(file: string): string {
  if (file === "-") return "model.nought";
  const suffix = /\.(csv|tsv|tab|ndjson|jsonl|txt|svm|svmlight|libsvm|vw)$/i;
  return `${uncompressedName(basename(file)).replace(suffix, "")}.nought`;
}

function picked<F extends object>(flags: F, names: readonly string[]): Partial<F> {
  return Object.fromEntries(Object.entries(flags).filter(([name]) => names.includes(name))) as Partial<F>;
}

function since(began: number): number {
  return (performance.now() - began) / 1000;
}
