import { basename } from "node:path";
import { type Command, Option } from "commander";
import { type Dataset, type DatasetOptions, readCsv, readSvmlight } from "../data/dataset.js";
import { OptionError } from "../errors.js";
import { evaluate, evaluateRows } from "../model/evaluate.js";
import { saveModel } from "../model/file.js";
import type { Metrics } from "../report/metrics.js";
import { count, duration, metricsText, plural, size } from "../report/text.js";
import { type Fit, type FitOptions, fit } from "../train/fit.js";
import type { Progress } from "../train/options.js";
import { type StreamFit, streamCsv, streamSvmlight } from "../train/stream.js";
import { addDataFlags, csvOptions, type DataFlags, isTable, numeric, readerFor } from "./data.js";
import { addFeatureFlags, type FeatureFlags, spaceOf } from "./features.js";
import { LiveLine, warn } from "./output.js";

type TrainFlags = DataFlags &
  FeatureFlags &
  Omit<FitOptions, "signal" | "onProgress"> & {
    loss?: "logistic" | "squared";
    validate?: string;
    test?: string;
    output?: string;
    stream?: boolean;
    kernels?: "wasm" | "baseline";
    threads?: number;
    json?: boolean;
    quiet?: boolean;
  };

/** Flags that go to the trainer as they are. */
const SOLVER_FLAGS = [
  "solver",
  "lambda1",
  "lambda2",
  "alpha",
  "beta",
  "batch",
  "clip",
  "initialAccumulator",
  "penalizeIntercept",
  "l1",
  "l2",
  "rate",
  "decay",
  "epochs",
  "order",
  "steps",
  "seed",
  "intercept",
] as const; // prettier-ignore

export function addTrain(program: Command, signal: AbortSignal): void {
  const command = program
    .command("train")
    .description("Train a model and write it to a file of its non-zero weights.")
    .argument("<data>", "CSV, TSV or svmlight text, also .gz; - for standard input")
    .option("-o, --output <file>", "model file (default: the data's name with .nought)");
  addDataFlags(command, "what to learn: a column, or a comparison such as 'price > 150'");
  addFeatureFlags(command);
  const add = (group: string, flags: string, text: string, choices?: string[]) => {
    const option = new Option(flags, text).helpGroup(group);
    if (choices) option.choices(choices);
    else if (/<(n|x)>/.test(flags)) option.argParser(numeric);
    command.addOption(option);
  };
  const [solver, ftrl, sgd] = [
    "Solver:",
    "Solver ftrl (strengths against the sum of gradients):",
    "Solver sgd (strengths against the mean loss):",
  ];
  add(solver, "--loss <loss>", "default logistic", ["logistic", "squared"]);
  add(solver, "--solver <solver>", "default ftrl; sgd when --l1 or --l2 is given", ["ftrl", "sgd"]);
  add(solver, "--epochs <n>", "passes over the data (default 1)");
  add(solver, "--order <order>", "how rows are visited (default shuffle)", ["shuffle", "file", "batches"]);
  add(solver, "--steps <n>", "with --order batches: how many to draw");
  add(solver, "--seed <n>", "decides every random choice (default 1)");
  add(solver, "--no-intercept", "learn no intercept");
  add(solver, "--stream", "never hold the data: rows in the order of the file, memory that does not grow with it");
  add(ftrl, "--lambda1 <x>", "L1 strength (default 1)");
  add(ftrl, "--lambda2 <x>", "L2 strength (default 0)");
  add(ftrl, "--alpha <x>", "learning rate (default 0.1)");
  add(ftrl, "--beta <x>", "smoothing of the rates (default 1)");
  add(ftrl, "--batch <n>", "rows a step, gradients summed (default 1)");
  add(ftrl, "--clip <x>", "largest norm of a step's gradient (default none)");
  add(ftrl, "--initial-accumulator <x>", "where the sums of squared gradients begin (default 0)");
  add(ftrl, "--penalize-intercept", "let the strengths hold for the intercept too");
  add(sgd, "--l1 <x>", "L1 strength (default 1e-4)");
  add(sgd, "--l2 <x>", "L2 strength (default 0)");
  add(sgd, "--rate <x>", "learning rate of the first step (default 0.1)");
  add(sgd, "--decay <x>", "rate of step t: rate/√(1 + decay·t) (default 0.01)");
  const checks = "Validation:";
  add(checks, "--validate <file|fraction>", "measure on a file, or on a random share of the rows held out");
  add(checks, "--test <file>", "measure the finished model on another file");
  const running = "Running:";
  add(running, "--kernels <kernels>", "default wasm", ["wasm", "baseline"]);
  add(running, "--threads <n>", "threads at most (default 1)");
  add(running, "--json", "print one result object");
  add(running, "--quiet", "print nothing but errors");
  command.action((file: string, flags: TrainFlags) => train(file, flags, signal));
}

/** What `--json` prints. */
interface Result {
  model: string;
  solver: string;
  rows: number;
  skipped: number;
  columns: Fit["columns"];
  intercept: number;
  loss: { progressive: number; train: number | null; validation: number | null };
  objective: number | null;
  gap: number | null;
  converged: boolean | null;
  metrics: { validation: Metrics | null; test: Metrics | null };
  seconds: { load: number; encode: number; solve: number; total: number };
  bytes: { model: number; dense: number };
  runtime: Fit["runtime"];
  [strength: string]: unknown;
}

async function train(file: string, flags: TrainFlags, signal: AbortSignal): Promise<void> {
  const live = new LiveLine();
  const onProgress = (it: Progress) =>
    live.show(
      `epoch ${it.epoch}  ${plural(it.rows, "row")}  loss ${it.loss.toFixed(4)}  ${count(it.kept)} kept  ${size(it.bytes)}`,
    );
  try {
    if (!flags.quiet) live.show(`reading ${file}`);
    const { result, validation, test } = await run(file, flags, { signal, ...(!flags.quiet && { onProgress }) });
    live.clear();
    if (result.skipped > 0) warn(`${plural(result.skipped, "bad line")} left out`);
    if (result.runtime.reason && !flags.quiet) warn(`running on ${result.runtime.kernels}: ${result.runtime.reason}`);
    if (flags.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else if (!flags.quiet) process.stdout.write(summary(result, validation, test));
  } finally {
    live.clear();
  }
}

function summary(
  { columns, loss, seconds, bytes, model, rows }: Result,
  validation: Metrics | null,
  test: Metrics | null,
): string {
  const { kept, seen, declared } = columns;
  const lines = [
    `✓ ${plural(kept, "weight")} of ${count(seen)} seen (${count(declared)} declared), ${plural(rows, "row")}, ${duration(seconds.total)}`,
    loss.train === null
      ? `  progressive loss ${loss.progressive.toFixed(4)}`
      : `  training loss ${loss.train.toFixed(4)}`,
    ...(validation ? [`  validation ${metricsText(validation)}`] : []),
    ...(test ? [`  test ${metricsText(test)}`] : []),
    `  model ${model} ${size(bytes.model)} (dense ${size(bytes.dense)})`,
  ];
  return `${lines.join("\n")}\n`;
}

type Running = Pick<FitOptions, "signal" | "onProgress">;
type Outcome = { result: Result; validation: Metrics | null; test: Metrics | null };

async function run(file: string, flags: TrainFlags, running: Running): Promise<Outcome> {
  const began = performance.now();
  const space = await spaceOf(flags);
  const table = isTable(file, flags, space !== null);
  if (table && !space)
    throw new OptionError("a table needs features: --number, --bucket, --category … or --features (see --help)");
  if (table && flags.target === undefined)
    throw new OptionError("--target: say what to learn, a column or a comparison");
  if (!table && space) throw new OptionError("svmlight text has no columns by name: feature flags need a table");
  if (!table && flags.target !== undefined) throw new OptionError("--target: svmlight text holds its labels itself");

  const fraction = flags.validate === undefined ? 0 : numericOrNaN(flags.validate);
  const common: DatasetOptions = {
    ...picked(flags, ["loss", "positive", "skipBad", "kernels", "threads", "seed"]),
    ...(Number.isNaN(fraction) ? {} : { holdout: fraction }),
  };
  const solver = {
    ...picked(flags, SOLVER_FLAGS),
    ...(flags.solver === undefined && ("l1" in flags || "l2" in flags) && { solver: "sgd" }),
  } as FitOptions;
  // Recorded in the model, so that `evaluate` and `predict` need not be told again.
  const recorded = picked(flags, ["target", "positive", "weight"]);

  const columns = { ...csvOptions(flags), ...picked(flags, ["target", "weight"]) } as { target: string };
  let fitted: Fit & Partial<StreamFit>;
  let validation: Metrics | null = null;
  let loading = { load: 0, encode: 0 };
  let skipped = 0;
  const solving = { began: performance.now(), seconds: 0 };
  if (flags.stream) {
    if (flags.order !== undefined && flags.order !== "file")
      throw new OptionError("--stream takes rows in the order of the file");
    const options = { ...common, ...solver, ...recorded, ...running } as Parameters<typeof streamCsv>[1];
    fitted = space ? await streamCsv(file, { ...options, ...columns, space }) : await streamSvmlight(file, options);
    validation = fitted.holdout ?? null;
    skipped = fitted.skipped ?? 0;
    solving.seconds = since(solving.began);
  } else {
    const { signal } = running;
    const options = { ...common, ...(signal && { signal }) };
    using data: Dataset = space
      ? await readCsv(file, { ...options, ...columns, space })
      : await readSvmlight(file, options);
    loading = data.seconds;
    skipped = data.tally.skipped;
    solving.began = performance.now();
    fitted = await fit(data, { ...solver, ...recorded, ...running } as FitOptions);
    solving.seconds = since(solving.began);
    if (data.holdout && data.holdout.count > 0) validation = evaluate(fitted.model, data.holdout);
  }

  const { model } = fitted;
  if (Number.isNaN(fraction))
    validation = await evaluateRows(model, readerFor(model, flags.validate as string, flags, true));
  const test = flags.test === undefined ? null : await evaluateRows(model, readerFor(model, flags.test, flags, true));
  const meanLoss = validation && (validation.logLoss ?? validation.rmse ** 2 / 2);
  model.training.loss.validation = meanLoss;
  const output =
    flags.output ??
    `${file === "-" ? "model" : basename(file).replace(/(\.(csv|tsv|tab|txt|svm|svmlight|libsvm))?(\.gz)?$/i, "")}.nought`;
  const modelBytes = await saveModel(model, output);
  const strengths = solver.solver === "sgd" ? { l1: solver.l1 ?? 1e-4, l2: solver.l2 ?? 0 } : strengthsOf(solver);
  const result: Result = {
    model: output,
    solver: solver.solver ?? "ftrl",
    rows: fitted.rows,
    skipped,
    columns: fitted.columns,
    ...strengths,
    intercept: model.intercept,
    loss: { ...fitted.loss, validation: meanLoss },
    objective: fitted.objective,
    gap: null,
    converged: null,
    metrics: { validation, test },
    seconds: { ...loading, solve: solving.seconds, total: since(began) },
    bytes: { model: modelBytes, dense: 4 * fitted.columns.declared },
    runtime: fitted.runtime,
  };
  return { result, validation, test };
}

function strengthsOf(solver: FitOptions): { lambda1: number; lambda2: number } {
  const { lambda1 = 1, lambda2 = 0 } = solver as { lambda1?: number; lambda2?: number };
  return { lambda1, lambda2 };
}

function picked<F extends object>(flags: F, names: readonly string[]): Partial<F> {
  return Object.fromEntries(Object.entries(flags).filter(([name]) => names.includes(name))) as Partial<F>;
}

function numericOrNaN(text: string): number {
  try {
    return numeric(text);
  } catch {
    return Number.NaN;
  }
}

function since(began: number): number {
  return (performance.now() - began) / 1000;
}
