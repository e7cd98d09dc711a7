import { basename } from "node:path";
import pkg from "../../package.json" with { type: "json" };
import type { Dataset } from "../data/dataset.js";
import { encodeModel } from "../model/codec.js";
import { assessOn, constantLoss } from "../model/evaluate.js";
import type { Model } from "../model/model.js";
import { platform } from "../platform.js";
import type { FrontierPoint } from "../report/charts/frontier.js";
import { stepOf } from "../report/figures/strength.js";
import type { Assessment } from "../report/metrics.js";
import { type Findings, reportHtml } from "../report/report.js";
import { r2Of } from "../report/spread.js";
import { plural } from "../report/text.js";
import type { FitOptions } from "../train/fit.js";
import type { BatchOptions } from "../train/options.js";
import { fitPath, lambdaMax, type Path, type PathPoint } from "../train/path.js";
import type { CrossValidation } from "../train/validate.js";
import type { Course } from "./course.js";
import type { DataFlags } from "./data.js";
import type { PointResult } from "./sweep.js";
import type { Result, Trained, TrainFlags } from "./training.js";

/** Writes a report, whole or not at all. */
async function write(path: string, findings: Omit<Findings, "command" | "footer" | "notes">): Promise<void> {
  const footer = `nought ${pkg.version}, ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const command = ["nought", ...process.argv.slice(2).map(shellWord)].join(" ");
  await platform().save(path, new TextEncoder().encode(await reportHtml({ ...findings, command, footer, notes: [] })));
}

/** A word as a shell takes it. */
function shellWord(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A training as it ended, with what it was asked. */
export interface Training {
  files: readonly string[];
  flags: TrainFlags;
  result: Result;
  trained: Trained;
  test: Assessment | null;
  course: Course;
  warnings: readonly string[];
}

/** Writes the report of a training. */
export async function reportTraining(path: string, training: Training): Promise<void> {
  const { files, flags, result, trained, test, course, warnings } = training;
  const { model, held, certificate, seen = null } = trained;
  const steps = trained.path?.points.map(stepOf);
  const chosen = steps ? (result.l1 as number) + (result.l2 as number) : null;
  await write(path, {
    ...{
      kind: "train",
      title: titleOf(model, flags, files),
      warnings,
      model,
      bytes: result.bytes.model,
      seen,
      certificate,
      r2: result.r2,
    },
    asked: [
      ["data", files.join(" ")],
      ...askedOf(model),
      ...(flags.validate === undefined ? [] : [["validate", flags.validate] as const]),
      ...(flags.test === undefined ? [] : [["test", flags.test] as const]),
      ["time", `${result.seconds.total.toFixed(2)} s`],
    ],
    path: steps && steps.length > 1 ? { steps, chosen } : null,
    frontier: trained.path
      ? searched(training, trained.path.points)
      : result.points && swept(result.points, result.best),
    curve: course.curve,
    crossValidated: null,
    heldBack: result.progressive?.holdout ?? null,
    slices: result.progressive?.slices ?? [],
    measured: test
      ? { on: rowsOf([flags.test as string]), ...test }
      : held && { on: heldName(flags.validate), ...held },
  });
}

/** What is predicted, where that is known; else where from. */
function titleOf({ training }: Model, { target }: DataFlags, files: readonly string[]): string {
  return target ?? String(training.options.target ?? namesOf(files));
}

function namesOf(files: readonly string[]): string {
  return files.map((it) => basename(it)).join(", ");
}

function rowsOf(files: readonly string[]): string {
  return `rows of ${namesOf(files)}`;
}

function askedOf({ loss, training }: Model): (readonly [string, string])[] {
  const options = Object.entries(training.options).filter(([name]) => name !== "target");
  return [
    ["rows", plural(training.rows, "row")],
    ["loss", loss],
    ...options.map(([name, value]) => [name, shown(value)] as const),
  ];
}

function shown(value: string | number | boolean): string {
  return String(typeof value === "number" ? Number(value.toPrecision(6)) : value);
}

function heldName(validate: string | undefined): string {
  return validate === undefined || /^[\d./]+$/.test(validate) ? "rows held out" : rowsOf([validate]);
}

/** The models of a path or of a search, by weights or, where bytes were asked for, by bytes. */
function searched({ flags, result, trained }: Training, points: readonly PathPoint[]): Findings["frontier"] {
  const { maxWeights, maxBytes, maxLoss, quantize, stripNames } = flags;
  const isBytes = maxBytes !== undefined && maxWeights === undefined;
  const writing = { ...(quantize && { quantize }), ...(stripNames && { stripNames }) };
  const sizeOf = (model: Model) => (isBytes ? encodeModel(model, writing).length : model.kept);
  const isAsked = (maxWeights ?? maxBytes ?? maxLoss) !== undefined;
  const { train, validation } = trained.model.training.loss;
  const data = {
    points: points.map(stepOf).map(({ model, loss }) => ({ size: sizeOf(model), loss })),
    unit: isBytes ? "bytes" : "weights",
    budget: isAsked ? { size: maxWeights ?? maxBytes, loss: maxLoss } : null,
    chosen: { size: isBytes ? result.bytes.model : trained.model.kept, loss: { train: train as number, validation } },
    isPath: true,
  };
  return { data, how: isAsked ? " that the search tried" : " at one strength" };
}

/** The models of a sweep, by weights. */
function swept(points: readonly PointResult[], best: number | null): Findings["frontier"] {
  const models = points.map(({ kept, loss }): FrontierPoint => {
    const { progressive, validation, holdout } = loss;
    return { size: kept, loss: { train: progressive as number, validation: validation ?? holdout } };
  });
  return {
    data: { points: models, unit: "weights", chosen: models[best as number] ?? null, isPath: false },
    how: " of the sweep",
  };
}

/** A path as it ended, with what it was asked. */
export interface PathRun {
  files: readonly string[];
  flags: DataFlags;
  found: Path | CrossValidation;
  warnings: readonly string[];
}

/** Writes the report of a path. The model that it tells of is the one of the least held-out loss, else the last. */
export async function reportPath(
  path: string,
  data: Dataset,
  { files, flags, found, warnings }: PathRun,
): Promise<void> {
  const steps = found.points.map(stepOf);
  const last = found.points.at(-1) as PathPoint;
  const heldOf = ({ loss }: PathPoint) => loss.validation ?? Number.POSITIVE_INFINITY;
  const least = found.points.reduce((best, it) => (heldOf(it) < heldOf(best) ? it : best));
  const chosen = "oneStandardError" in found ? found.oneStandardError : least.loss.validation === null ? null : least;
  const { model, lambda, relativeGap, converged } = chosen ?? last;
  const { holdout } = data;
  const { loss } = stepOf(chosen ?? last);
  const constant = model.loss === "squared" ? constantLoss(data) : 0;
  const cv = "oneStandardError" in found ? found.oneStandardError.cv : null;
  await write(path, {
    ...{ kind: "path", title: titleOf(model, flags, files), warnings, model, bytes: encodeModel(model).length },
    seen: data.dictionary.ids,
    certificate: { gap: relativeGap * found.nullLoss, converged, objective: null, provenZero: null },
    asked: [
      ["data", files.join(" ")],
      ...askedOf(model),
      ["strengths", `${steps.length}, from ${steps[0]?.lambda.toPrecision(4)} to ${last.lambda.toPrecision(4)}`],
      ["model shown", `the one at λ = ${lambda.toPrecision(4)}, ${whyShown(found, chosen)}`],
    ],
    path: { steps, chosen: chosen?.lambda ?? null },
    frontier: {
      data: {
        points: steps.map(({ kept, loss }) => ({ size: kept, loss })),
        ...{ unit: "weights", chosen: chosen && { size: chosen.kept, loss }, isPath: true },
      },
      how: " at one strength",
    },
    curve: null,
    heldBack: null,
    slices: [],
    crossValidated: cv && { ...cv, r2: r2Of(cv.mean, constant) },
    r2: { train: r2Of(loss.train, constant), progressive: null },
    measured: holdout && holdout.totalWeight > 0 ? { on: "rows held out", ...assessOn(model, holdout) } : null,
  });
}

function whyShown(found: Path | CrossValidation, chosen: PathPoint | null): string {
  if ("oneStandardError" in found) return "the sparsest within one standard error of the least cross-validated loss";
  return chosen
    ? "which has the least loss on the rows held out"
    : "the last; rows held out (--validate) would tell which is best";
}

/** An evaluation as it ended. */
export interface EvaluationRun {
  model: Model;
  modelPath: string;
  /** Of the model's file. */
  bytes: number;
  files: readonly string[];
  flags: DataFlags;
  assessment: Assessment;
  warnings: readonly string[];
}

/** Writes the report of a model measured on data. */
export async function reportEvaluation(
  path: string,
  { model, modelPath, bytes, files, flags, assessment, warnings }: EvaluationRun,
): Promise<void> {
  const { certificate } = model.training;
  await write(path, {
    ...{ kind: "evaluate", title: titleOf(model, flags, files), warnings, model, bytes, seen: null },
    asked: [["model", modelPath], ["data", files.join(" ")], ...askedOf(model)],
    certificate: certificate ? { ...certificate, converged: null, provenZero: null } : null,
    ...{ path: null, frontier: null, curve: null, heldBack: null, crossValidated: null },
    ...{ r2: { train: null, progressive: null }, slices: [] },
    measured: { on: rowsOf(files), ...assessment },
  });
}

/** Entries of data that gets a path beside the fit asked for; of larger data only where --lambdas asks for one. */
const CHEAP = 1e6;
/** Its strengths, how far below the one asked for it goes, and how exact it is: a chart shows three digits. */
const [BESIDE, BELOW, ROUGH] = [30, 4, 1e-4];

/** Fits a path around the strength of a batch fit, for its report; null where that is not cheap, or there is no L1. */
export async function pathBeside(
  data: Dataset,
  options: FitOptions,
  lambdas?: number,
): Promise<Trained["path"] | null> {
  if (options.solver !== "batch" || (lambdas === undefined && data.entries > CHEAP)) return null;
  const { l1 = 1e-4, l2 = 0, from: _, onProgress: _told, ...solving } = options as BatchOptions;
  if (l1 === 0) return null;
  const l1Ratio = l1 / (l1 + l2);
  const largest = await lambdaMax(data, solving);
  const ratio = Math.min(1e-2, l1 / (BELOW * largest));
  return fitPath(data, { ...solving, lambdas: lambdas ?? BESIDE, ratio, l1Ratio, tolerance: ROUGH });
}
