import { setFlagsFromString } from "node:v8";
import type { CacheReport } from "../data/cache.js";
import type { Dataset, DatasetOptions } from "../data/dataset.js";
import { readCsv, readNdjson, readSvmlight, readVw } from "../data/read.js";
import { parseFraction } from "../features/cell.js";
import type { SpaceDefinition } from "../features/define.js";
import { assessOn, constantLoss, evaluateEach } from "../model/evaluate.js";
import { loadModel, saveModel } from "../model/file.js";
import type { Model } from "../model/model.js";
import type { Quantize } from "../model/quantize.js";
import { platform } from "../platform.js";
import { type Assessment, type Metrics, meanLossOf } from "../report/metrics.js";
import { r2Of } from "../report/spread.js";
import type { Certificate } from "../train/batch.js";
import { fitToBudget } from "../train/budget.js";
import { type Fit, type FitOptions, fit } from "../train/fit.js";
import type { OrderOptions, ProgressiveOptions, SolverOptions, SweepPoint } from "../train/options.js";
import type { PathPoint } from "../train/path.js";
import { bestOf, type StreamPoint } from "../train/points.js";
import type { ProgressiveReport } from "../train/progressive.js";
import type { ResumeOptions } from "../train/session.js";
import { crossValidate } from "../train/validate.js";
import type { CheckpointFlags } from "./checkpoint.js";
import { csvOptions, type DataFlags, type Format, formatOf, readerFor } from "./data.js";
import { type FeatureFlags, spaceOf } from "./features.js";
import {
  checkFlags,
  DATA_FLAGS,
  modelNameFor,
  PATH_THREADS,
  penaltyFactorsOf,
  picked,
  SEARCH_FLAGS,
  since,
  solverOf,
  strengthsOf,
} from "./flags.js";
import { inputsOf } from "./inputs.js";
import { warn } from "./output.js";
import { type PointResult, sweepOf, sweepResult } from "./sweep.js";

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
    replicas?: number;
    dense?: true | number;
    cache?: true | string;
    inclusion?: number;
    maxWeights?: number;
    maxBytes?: number;
    maxLoss?: number;
    folds?: number;
    lambdas?: number;
    from?: string;
    penaltyFactor?: string[];
    choose?: "min" | "1se";
    report?: string;
    kernels?: "wasm" | "baseline";
    threads?: number;
    json?: boolean;
    quiet?: boolean;
  };

/** What `--json` prints. */
export interface Result {
  model: string;
  solver: string;
  rows: number;
  skipped: number;
  columns: Fit["columns"];
  intercept: number;
  loss: { progressive: number | null; train: number | null; validation: number | null };
  /** With squared loss, what share of the loss of the rows' mean is gone. */
  r2: Result["loss"];
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

/**
 * Bytes of bytecode that a function runs before V8 optimises it, more than twice its default: a stream's work is in the
 * kernels, and what the optimising compiler leaves behind in memory is most of what grows with the input.
 */
const PATIENCE = 300_000;

type Running = Pick<FitOptions, "signal" | "onProgress"> & Pick<ProgressiveOptions, "onMilestone"> & ResumeOptions;

/** A training as run, in memory or streamed. */
export interface Trained extends Fit {
  skipped: number;
  /** Mean training loss of the best constant; null where rows were not kept. */
  constant: number | null;
  /** On the rows held out. */
  held: Assessment | null;
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
  /** For a report: ids that were met and, of data in memory, the models of a path. */
  seen?: Float64Array | null;
  path?: { points: readonly PathPoint[] };
}

/** Trains as the flags say, writes the model, measures it. Nothing is written unless all went well. */
export async function runTraining(
  files: readonly string[],
  flags: TrainFlags,
  running: Running,
): Promise<{ result: Result; trained: Trained; test: Assessment | null }> {
  const began = performance.now();
  const space = await spaceOf(flags);
  const format = formatOf(files, flags, space ? "csv" : "svmlight");
  checkFlags(format, flags, space);
  const writing = picked(flags, ["quantize", "stripNames"]);
  const fraction = flags.validate === undefined ? 0 : parseFraction(flags.validate);
  const solver = solverOf(flags);
  const options = {
    ...(flags.folds !== undefined && { threads: PATH_THREADS }),
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
    ? trainStreamed(files, format, space, { ...options, ...(flags.report && { keepSeen: true }) }, sweepOf(flags))
    : trainInMemory(files, format, space, options, flags));

  const measured = async (models: readonly Model[], path: string) =>
    evaluateEach(models, readerFor(models[0] as Model, await inputsOf([path]), flags, true), options);
  if (Number.isNaN(fraction)) {
    const models = trained.points?.map(({ model }) => model) ?? [trained.model];
    trained = validated(trained, await measured(models, flags.validate as string));
  }
  const { model, held, points, best } = trained;
  const test = flags.test === undefined ? null : ((await measured([model], flags.test))[0] as Assessment);
  const validationLoss = held && meanLossOf(held.metrics);
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
    r2: r2sOf(trained),
    objective: trained.objective,
    gap: trained.certificate?.gap ?? null,
    converged: trained.certificate?.converged ?? null,
    provenZero: trained.certificate?.provenZero ?? null,
    merged: trained.certificate?.merged ?? null,
    start: trained.certificate?.start ?? null,
    met: trained.met ?? null,
    progressive: best?.progressive ?? null,
    ...sweepResult(solver, points, best),
    metrics: { validation: held?.metrics ?? null, test: test?.metrics ?? null },
    seconds: { ...trained.seconds, total: since(began) },
    bytes: { model: modelBytes, dense: 4 * trained.columns.declared },
    runtime: trained.runtime,
    cache: trained.cache ?? null,
  };
  return { result, trained, test };
}

function r2sOf({ model, loss, constant, best, held }: Trained): Result["r2"] {
  const isKnown = model.loss === "squared" && loss.train !== null && constant !== null;
  return {
    progressive: best?.progressive.r2 ?? null,
    train: isKnown ? r2Of(loss.train!, constant) : null,
    validation: held?.metrics.r2 ?? null,
  };
}

/** Everything that readers and trainers take; each picks what is its own. */
type AllOptions = FitOptions &
  DatasetOptions & { target: string } & Pick<TrainFlags, "maxWeights" | "maxBytes" | "maxLoss" | "folds">;

/** Takes what was measured on other data, of one model or of each of a sweep, of which the best is then chosen. */
function validated(trained: Trained, measured: readonly Assessment[]): Trained {
  const { points } = trained;
  if (!points) return { ...trained, held: measured[0] as Assessment };
  points.forEach((it, i) => {
    it.loss.validation = meanLossOf(measured[i]!.metrics);
  });
  const best = bestOf(points);
  const { model, columns, loss, seen } = best;
  return { ...trained, model, columns, loss, seen, best, held: measured[points.indexOf(best)] as Assessment };
}

async function trainInMemory(
  files: readonly string[],
  format: Format,
  space: SpaceDefinition | null,
  options: AllOptions,
  { choose, report, lambdas }: TrainFlags,
): Promise<Trained> {
  const readTable = format === "ndjson" ? readNdjson : readCsv;
  const readLines = format === "vw" ? readVw : readSvmlight;
  using data = space ? await readTable(files, { ...options, space }) : await readLines(files, options);
  const began = performance.now();
  const fitted = await fitAsAsked(data, without(options, ["bits"]), choose);
  const seconds = { ...data.seconds, solve: since(began) };
  const { holdout } = data;
  const held = holdout && holdout.totalWeight > 0 ? assessOn(fitted.model, holdout) : null;
  const constant = constantLoss(data);
  if (constant === 0) warn("every label is the same: there is nothing to learn but the intercept");
  else if ((fitted.loss.train ?? 0) > 1.001 * constant) {
    warn(
      "the model is worse than always predicting the mean: large numbers want --bucket or --quantiles instead of " +
        "--number (or scaling), or the learning rate or the strengths do not fit",
    );
  }
  const trained = { ...fitted, skipped: data.tally.skipped, constant, held, seconds };
  if (report === undefined) return trained;
  const { pathBeside } = await import("./report.js");
  const path = fitted.path ?? (await pathBeside(data, without(options, ["bits"]), lambdas));
  return { ...trained, seen: data.dictionary.ids.slice(), ...(path && { path }) };
}

/** Fits at the strengths given, at those that cross-validation chooses, or within a budget. */
async function fitAsAsked(
  data: Dataset,
  options: AllOptions,
  choose: TrainFlags["choose"],
): Promise<Fit & Pick<Trained, "met" | "strengths" | "path">> {
  if (options.maxWeights !== undefined || options.maxBytes !== undefined || options.maxLoss !== undefined) {
    const { points, ...fitted } = await fitToBudget(data, options);
    return { ...fitted, path: { points } };
  }
  if (options.folds === undefined) return fit(data, options);
  const { points, minimum, oneStandardError } = await crossValidate(data, options);
  const { l1, l2 } = choose === "min" ? minimum : oneStandardError;
  return {
    ...(await fit(data, { ...without(options, [...SEARCH_FLAGS.split(" ")]), solver: "batch", l1, l2 })),
    strengths: { l1, l2 },
    path: { points },
  };
}

function without<O extends object>(options: O, names: string[]): O {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name))) as O;
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
  setFlagsFromString(`--interrupt-budget=${PATIENCE}`);
  const { streamCsv, streamNdjson, streamSvmlight, streamVw } = await import("../train/stream.js");
  const streamTable = format === "ndjson" ? streamNdjson : streamCsv;
  const streamLines = format === "vw" ? streamVw : streamSvmlight;
  const fitted = space ? await streamTable(files, { ...streaming, space }) : await streamLines(files, streaming);
  const { points, model, holdout } = fitted;
  const best = points.find((it) => it.model === model) as StreamPoint;
  const held = holdout && { metrics: holdout, ranking: best.ranking };
  return { ...fitted, best, constant: null, held, seconds: { load: 0, encode: 0, solve: since(began) } };
}
