import { type Command, Option } from "commander";
import type { Dataset } from "../data/dataset.js";
import { readCsv, readNdjson, readSvmlight, readVw } from "../data/read.js";
import { OptionError } from "../errors.js";
import { parseFraction } from "../features/cell.js";
import { constantLoss } from "../model/evaluate.js";
import { r2Of } from "../report/spread.js";
import { count, lossText, plural } from "../report/text.js";
import { fitPath, type Path, type PathOptions, type PathPoint } from "../train/path.js";
import { type CrossValidatedPoint, type CrossValidation, crossValidate } from "../train/validate.js";
import { axisText, plotText, type Screen, screenOf } from "./chart.js";
import { addDataFlags, csvOptions, DATA, type DataFlags, formatOf, numeric } from "./data.js";
import { addFeatureFlags, type FeatureFlags, spaceOf } from "./features.js";
import { PATH_THREADS } from "./flags.js";
import { inputsOf } from "./inputs.js";
import { checkOutputs, EXIT, LiveLine, print, warn } from "./output.js";
import { addPathFlags } from "./train.js";

type PathFlags = DataFlags &
  FeatureFlags & {
    loss?: "logistic" | "squared";
    validate?: string;
    folds?: number;
    bits?: number;
    kernels?: "wasm" | "baseline";
    threads?: number;
    report?: string;
    json?: boolean;
    quiet?: boolean;
  } & Pick<PathOptions, "lambdas" | "ratio" | "l1Ratio" | "tolerance" | "iterations" | "seed" | "intercept">;

export function addPath(program: Command, signal: AbortSignal): void {
  const command = program
    .command("path")
    .description("Fit a path of strengths and print what each keeps and loses.")
    .argument("<data...>", DATA);
  addDataFlags(command, "what to learn: a column, or a comparison such as 'price > 150'");
  addFeatureFlags(command);
  const group = "Path:";
  const add = (flags: string, text: string) =>
    command.addOption(new Option(flags, text).argParser(numeric).helpGroup(group));
  command.addOption(new Option("--loss <loss>", "default logistic").choices(["logistic", "squared"]).helpGroup(group));
  addPathFlags(command, group);
  add("--bits <n>", "of the hashes of Vowpal Wabbit text (default 22)");
  add("--folds <n>", "cross-validate in n parts");
  command.addOption(new Option("--validate <fraction>", "share of the rows to hold out").helpGroup(group));
  add("--tolerance <x>", "largest duality gap of each fit, relative (default 1e-6)");
  add("--iterations <n>", "Newton steps of each fit at most (default 1000)");
  add("--seed <n>", "decides what is held out (default 1)");
  command.addOption(new Option("--no-intercept", "learn no intercept").helpGroup(group));
  command.addOption(new Option("--kernels <kernels>", "default wasm").choices(["wasm", "baseline"]));
  command.addOption(new Option("--threads <n>", "threads at most (default 2)").argParser(numeric));
  command.option("--report <file>", "write a page in one HTML file: frontier, path and the best model, with the data");
  command.option("--json", "print one object");
  command.option("--quiet", "print nothing to standard error but warnings and errors");
  command.action((names: string[], flags: PathFlags) => path(names, flags, signal));
}

async function path(names: string[], flags: PathFlags, signal: AbortSignal): Promise<void> {
  const live = new LiveLine();
  const space = await spaceOf(flags);
  const files = await inputsOf(names);
  const format = formatOf(files, flags, space ? "csv" : "svmlight");
  const table = format === "csv" || format === "ndjson";
  if (table && !space) throw new OptionError("a table needs features: --number, --bucket, --category … (see --help)");
  if (table && flags.target === undefined) throw new OptionError("--target: say what to learn");
  await checkOutputs([flags.report], files);
  if (flags.bits !== undefined && format !== "vw") throw new OptionError("--bits: of Vowpal Wabbit text only");
  const holdout = flags.validate === undefined ? 0 : parseFraction(flags.validate);
  const { loss, positive, skipBad, kernels, threads = PATH_THREADS, target, weight, bits, seed } = flags;
  const reading = Object.fromEntries(
    Object.entries({ loss, positive, skipBad, kernels, threads, target, weight, bits, seed, holdout, signal }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  try {
    if (!flags.quiet) live.show(`reading ${names.join(" ")}`);
    const readTable = format === "ndjson" ? readNdjson : readCsv;
    using data = await (space
      ? readTable(files, { ...csvOptions(flags), ...reading, target: target as string, space })
      : (format === "vw" ? readVw : readSvmlight)(files, reading));
    const own = ["lambdas", "ratio", "l1Ratio", "tolerance", "iterations", "seed", "intercept"] as const;
    const options: PathOptions = {
      ...Object.fromEntries(own.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]])),
      signal,
      ...(!flags.quiet && {
        onProgress: ({ epoch, kept }) => live.show(`λ ${epoch}  ${plural(kept, "weight")}`),
      }),
    };
    const { folds } = flags;
    const found = folds === undefined ? await fitPath(data, options) : await crossValidate(data, { ...options, folds });
    live.clear();
    const { runtime } = data.engine;
    if (runtime.reason && !flags.quiet) warn(`running on ${runtime.kernels}: ${runtime.reason}`);
    const warnings = [];
    if (data.tally.skipped > 0) warnings.push(`${plural(data.tally.skipped, "bad line")} left out`);
    const short = found.points.filter((it) => !it.converged).length;
    if (short > 0) {
      const fits = `${short} of ${found.points.length} fits`;
      warnings.push(`${fits} did not reach the tolerance: raise --iterations or --tolerance`);
      process.exitCode = EXIT.notMet;
    }
    warnings.forEach(warn);
    if (flags.report !== undefined) {
      const { reportPath } = await import("./report.js");
      await reportPath(flags.report, data, { files, flags, found, warnings });
    }
    const constants = constantsOf(data);
    await print(flags.json ? `${JSON.stringify(asJson(found, constants))}\n` : asText(found, constants, data));
    const screen = flags.json ? null : screenOf();
    if (screen) await print(asCharts(found, screen));
  } finally {
    live.clear();
  }
}

function isValidated(found: Path | CrossValidation): found is CrossValidation {
  return "minimum" in found;
}

/** Mean losses of the best constants, of the rows trained on and of those held out. */
interface Constants {
  train: number;
  validation: number | null;
}

function constantsOf(data: Dataset): Constants {
  const { holdout } = data;
  const validation = holdout && holdout.totalWeight > 0 ? constantLoss(holdout) : null;
  return { train: constantLoss(data), validation };
}

/** What a model explains of the constants' loss; of a cross-validation, of that of all rows. */
function r2sOf(point: PathPoint | CrossValidatedPoint, { train, validation }: Constants) {
  const { loss } = point;
  const held = loss.validation !== null && validation !== null ? r2Of(loss.validation, validation) : null;
  return { train: r2Of(loss.train, train), validation: held, cv: "cv" in point ? r2Of(point.cv.mean, train) : null };
}

function asJson(found: Path | CrossValidation, constants: Constants): object {
  const plain = (point: PathPoint) => {
    const { model, ...rest } = point;
    const r2 = model.loss === "squared" && { r2: r2sOf(point, constants) };
    return { ...rest, ...r2, intercept: model.intercept };
  };
  const points = found.points.map(plain);
  const shared = { nullLoss: found.nullLoss, constantLoss: constants };
  if (!isValidated(found)) return { ...shared, points };
  return { ...shared, points, minimum: plain(found.minimum), oneStandardError: plain(found.oneStandardError) };
}

/** Loss and weights kept, from the strongest λ to the weakest, and where the least loss is. */
function asCharts({ points }: Path | CrossValidation, screen: Screen): string {
  const lossOf = (point: PathPoint | CrossValidatedPoint) =>
    "cv" in point ? point.cv.mean : (point.loss.validation ?? point.loss.train);
  const losses = points.map(lossOf);
  const isHeld = points.some((it) => "cv" in it || it.loss.validation !== null);
  const mark = isHeld ? { at: losses.indexOf(Math.min(...losses)), of: points.length } : null;
  const ends = [points[0], points.at(-1)].map((it) => `λ ${it!.lambda.toExponential(1)}`) as [string, string];
  const kept = points.map((it) => it.kept);
  const lines = [
    ...plotText(
      { title: isHeld ? "loss held out (▲ least)" : "training loss", values: losses, format: lossText },
      screen,
    ),
    ...axisText(ends, mark, screen),
    ...plotText({ title: "weights kept, logarithmic", values: kept, isLog: true, format: count }, screen),
    ...axisText(ends, mark, screen),
  ];
  return `\n${lines.join("\n")}\n`;
}

function asText(found: Path | CrossValidation, constants: Constants, { count: rows, loss }: Dataset): string {
  const validated = isValidated(found) ? found : null;
  const { validation } = constants;
  const isSquared = loss === "squared";
  const cells = (texts: string[]) => texts.map((text, k) => text.padStart(k === 0 ? 12 : 11)).join("");
  const percent = (share: number | null) => (share === null ? "–" : `${(100 * share).toFixed(2)}%`);
  const r2 = isSquared ? ["R²"] : [];
  const header = ["λ", "kept", ...(isSquared ? ["train", "R²"] : ["explained", "train"])];
  if (validation !== null) header.push("held out", ...r2);
  if (validated) header.push("cv", "± se", ...r2);
  const lines = found.points.map((point) => {
    const r2s = r2sOf(point, constants);
    const share = (it: keyof typeof r2s) => (isSquared ? [percent(r2s[it])] : []);
    const train = lossText(point.loss.train);
    const texts = [point.lambda.toExponential(3), count(point.kept)];
    texts.push(...(isSquared ? [train, ...share("train")] : [percent(point.explained), train]));
    if (validation !== null)
      texts.push(point.loss.validation === null ? "–" : lossText(point.loss.validation), ...share("validation"));
    const { cv } = point as Partial<CrossValidatedPoint>;
    if (cv) texts.push(lossText(cv.mean), lossText(cv.standardError), ...share("cv"));
    const marks = [
      ...(validated?.minimum === point ? ["least loss"] : []),
      ...(validated?.minimum === point && point === found.points.at(-1) ? ["so far: try a smaller --ratio"] : []),
      ...(validated?.oneStandardError === point ? ["within one standard error"] : []),
    ];
    return cells(texts) + (marks.length > 0 ? `  ← ${marks.join(", ")}` : "");
  });
  const held = validation === null ? "" : `; of always the mean of the rows held out ${lossText(validation)}`;
  const nothing = `loss without features ${lossText(found.nullLoss)}${held}`;
  return `${plural(rows, "row")}; ${nothing}\n${cells(header)}\n${lines.join("\n")}\n`;
}
