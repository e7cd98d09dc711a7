import { type Command, Option } from "commander";
import { count, duration, lossText, metricsText, plural, r2Text, size } from "../report/text.js";
import { addCheckpointFlags, Saving } from "./checkpoint.js";
import { addDataFlags, DATA, numeric, numerics } from "./data.js";
import { addFeatureFlags } from "./features.js";
import { modelNameFor } from "./flags.js";
import { inputsOf } from "./inputs.js";
import { Live } from "./live.js";
import { checkOutputs, EXIT, print, warn } from "./output.js";
import { progressiveText } from "./progressive.js";
import { sweepText } from "./sweep.js";
import { type Result, runTraining, type TrainFlags } from "./training.js";

export function addTrain(program: Command, signal: AbortSignal): void {
  const command = program
    .command("train")
    .description("Train a model and write it to a file of its non-zero weights.")
    .argument("<data...>", DATA)
    .option("-o, --output <file>", "model file (default: the first data file's name with .nought)");
  command
    .option("--quantize <how>", "write weights as f32 (default), int16, int8 or auto:bound on the change of a margin")
    .option("--strip-names", "write hashes in place of the values of categories and tokens: a smaller file");
  addDataFlags(command, "what to learn: a column, or a comparison such as 'price > 150'");
  addFeatureFlags(command);
  const add = (group: string, flags: string, text: string, choices?: string[]) => {
    const option = new Option(flags, text).helpGroup(group);
    if (choices) option.choices(choices);
    else if (/<x,…>/.test(flags)) option.argParser(numerics);
    else if (/<column>/.test(flags)) option.argParser((value: string, list: string[] = []) => [...list, value]);
    else if (/[<[](n|x)[>\]]/.test(flags)) option.argParser(numeric);
    command.addOption(option);
  };
  const [solver, ftrl, sgd, batch] = [
    "Solver:",
    "Solver ftrl (strengths against the sum of gradients):",
    "Solvers sgd and batch (strengths against the mean loss):",
    "Solver batch (the certified optimum, in memory):",
  ];
  add(solver, "--loss <loss>", "default logistic", ["logistic", "squared"]);
  add(solver, "--solver <solver>", "default batch, with --stream or --epochs ftrl (see README)", [
    "ftrl",
    "sgd",
    "batch",
  ]);
  add(solver, "--epochs <n>", "passes over the data (default 1)");
  add(solver, "--order <order>", "how rows are visited (default shuffle)", ["shuffle", "file", "batches"]);
  add(solver, "--steps <n>", "with --order batches: how many to draw");
  add(solver, "--seed <n>", "decides every random choice (default 1)");
  add(solver, "--no-intercept", "learn no intercept");
  add(solver, "--stream", "never hold the data: rows in the order of the file, memory that does not grow with it");
  add(solver, "--cache [file]", "with --stream: keep the parsed rows beside the data, for later passes and runs");
  add(
    ftrl,
    "--bits <n>",
    "with --stream: a table of 2ⁿ slots, which ids past it share by their hash; Vowpal Wabbit text: its hashes' bits",
  );
  add(ftrl, "--dense [n]", "with --stream: a table of all dimensions, or of n");
  add(
    solver,
    "--inclusion <x>",
    "with --stream: the chance of a new feature to be taken up when it occurs (default 1)",
  );
  add(ftrl, "--hogwild", "with --stream: threads update one table without locks; no two runs give the same bits");
  add(ftrl, "--replicas <n>", "with --stream: batches at once, on all threads, from the same weights (default 1)");
  add(ftrl, "--lambda1 <x,…>", "L1 strength (default 1); of several, each is trained in one reading (--stream)");
  add(ftrl, "--lambda2 <x,…>", "L2 strength (default 0)");
  add(ftrl, "--alpha <x,…>", "learning rate (default 0.1)");
  add(ftrl, "--beta <x,…>", "smoothing of the rates (default 1)");
  add(ftrl, "--batch <n>", "rows a step, gradients summed (default 1)");
  add(ftrl, "--clip <x>", "largest norm of a step's gradient (default none)");
  add(ftrl, "--initial-accumulator <x>", "where the sums of squared gradients begin (default 0)");
  add(ftrl, "--penalize-intercept", "let the strengths hold for the intercept too");
  add(batch, "--tolerance <x>", "largest duality gap, relative to the model without features (default 1e-6)");
  add(batch, "--iterations <n>", "Newton steps at most (default 1000)");
  add(batch, "--from <model>", "start there, and say how far from the optimum it was");
  command.addOption(
    new Option(
      "--penalty-factor <feature=x>",
      "what the strengths count times for a feature; 0: unpenalised; may be repeated",
    )
      .argParser((value: string, list: string[] = []) => [...list, value])
      .helpGroup(batch),
  );
  add(sgd, "--l1 <x,…>", "L1 strength (default 1e-4)");
  add(sgd, "--l2 <x,…>", "L2 strength (default 0)");
  add(sgd, "--rate <x,…>", "learning rate of the first step (default 0.1)");
  add(sgd, "--decay <x,…>", "rate of step t: rate/√(1 + decay·t) (default 0.01)");
  const search = "Search for the strength (solver batch):";
  add(search, "--max-weights <n>", "the best model of at most n weights");
  add(search, "--max-bytes <n>", "the best model whose file has at most n bytes");
  add(search, "--max-loss <x>", "the sparsest model whose mean loss (held out, if any is) is at most x");
  add(search, "--folds <n>", "cross-validate a path of strengths in n parts");
  add(search, "--choose <rule>", "of the path: the least loss, or the sparsest within a standard error (default)", [
    "min",
    "1se",
  ]);
  addPathFlags(command, search);
  addCheckpointFlags(command);
  const checks = "Validation:";
  add(checks, "--validate <file|fraction>", "measure on a file (or a glob), or on a random share of the rows held out");
  add(checks, "--test <file>", "measure the finished model on another file (or a glob)");
  add(checks, "--holdout-every <n>", "with --stream: predict every nth row and never learn it");
  add(checks, "--slice <column>", "with --stream: tell the progressive loss by a column's values; may be repeated");
  const running = "Running:";
  add(running, "--kernels <kernels>", "default wasm", ["wasm", "baseline"]);
  add(running, "--threads <n>", "threads at most (default 1, with --folds or --stream 2)");
  add(
    running,
    "--report <file>",
    "write a page in one HTML file: what was found, with charts and their data (see README)",
  );
  add(running, "--json", "print one result object");
  add(running, "--quiet", "print nothing but warnings and errors");
  command.action((names: string[], flags: TrainFlags) => train(names, flags, signal));
}

/** Flags of a path of strengths. */
export function addPathFlags(command: Command, group: string): void {
  const add = (flags: string, text: string) =>
    command.addOption(new Option(flags, text).argParser(numeric).helpGroup(group));
  add("--lambdas <n>", "strengths in the path (default 100)");
  add("--ratio <x>", "the smallest strength as a share of the largest (default 1e-3; of a budget 1e-4)");
  add("--l1-ratio <x>", "share of the strength that is L1, the rest L2 (default 1)");
}

async function train(names: string[], flags: TrainFlags, signal: AbortSignal): Promise<void> {
  const live = new Live(flags.quiet ?? false, flags.holdoutEvery !== undefined);
  const saving = await Saving.of(flags);
  try {
    const files = await inputsOf(names);
    const { output = modelNameFor(files[0] as string), saveState, checkpoint, validate, test: other } = flags;
    await checkOutputs([output, flags.report, saveState, checkpoint], [...files, validate, other]);
    live.show(`reading ${names.join(" ")}`);
    const { report, stream = false } = flags;
    const course = report === undefined ? null : new (await import("./course.js")).Course();
    const listeners = live.listeners(stream);
    const running = { signal, ...(course?.beside(listeners, stream) ?? listeners), ...saving.options };
    const { result, trained, test } = await runTraining(files, flags, running);
    live.clear();
    if (result.runtime.reason && !flags.quiet) warn(`running on ${result.runtime.kernels}: ${result.runtime.reason}`);
    const warnings = warningsOf(result);
    warnings.forEach(warn);
    if (result.converged === false || result.met === false) process.exitCode = EXIT.notMet;
    if (report !== undefined && course) {
      const { reportTraining } = await import("./report.js");
      await reportTraining(report, { files, flags, result, trained, test, course, warnings });
    }
    if (flags.json) await print(`${JSON.stringify(result)}\n`);
    else if (!flags.quiet) await print(summary(result) + (report === undefined ? "" : `  report ${report}\n`));
  } catch (error) {
    live.clear();
    if (error === signal.reason) saving.tellInterrupted();
    throw saving.placed(error);
  } finally {
    live.clear();
  }
}

function warningsOf({ skipped, cache, gap, converged, met }: Result): string[] {
  const warnings = [];
  if (skipped > 0) warnings.push(`${plural(skipped, "bad line")} left out`);
  if (cache?.reason) warnings.push(cache.reason);
  if (converged === false) {
    warnings.push(
      `the gap ${gap?.toExponential(1)} did not reach the tolerance: raise --iterations or --tolerance, or --l1`,
    );
  }
  if (met === false) {
    warnings.push("no model is within the budget; this is the nearest: within the size, with the least loss");
  }
  return warnings;
}

/** A strength, as short as it is exact enough to be given again. */
function shown(strength: unknown): string {
  return String(Number((strength as number).toPrecision(4)));
}

function summary(result: Result): string {
  const { columns, loss, r2, seconds, bytes, model, rows, gap, provenZero, merged, start, progressive } = result;
  const { points, best, metrics } = result;
  const { validation, test } = metrics;
  const isShort = result.converged === false || result.met === false;
  const { kept, seen, declared } = columns;
  const lines = [
    ...(points ? sweepText(points, best as number) : []),
    `${isShort ? "✗" : "✓"} ${plural(kept, "weight")} of ${count(seen)} seen (${count(declared)} declared), ${plural(rows, "row")}, ${duration(seconds.total)}`,
    loss.train === null
      ? `  progressive loss ${lossText(loss.progressive!)}${r2Text(r2.progressive)}`
      : `  training loss ${lossText(loss.train)}${r2Text(r2.train)}`,
    ...(progressive ? progressiveText(progressive) : []),
    ...(gap === null
      ? []
      : [
          `  l1 ${shown(result.l1)}${result.l2 === 0 ? "" : `, l2 ${shown(result.l2)}`}, duality gap ${gap.toExponential(1)}; ${count(provenZero ?? 0)} of ${plural(seen, "weight")} proven zero before training` +
            (merged ? `, ${count(merged)} held the same as another` : ""),
        ]),
    ...(start ? [`  it started ${start.above.toExponential(1)} above the optimum at most`] : []),
    ...(validation ? [`  validation ${metricsText(validation)}`] : []),
    ...(test ? [`  test ${metricsText(test)}`] : []),
    `  model ${model} ${size(bytes.model)} (dense ${size(bytes.dense)})`,
  ];
  return `${lines.join("\n")}\n`;
}
