import type { Command } from "commander";
import { evaluateRows } from "../model/evaluate.js";
import { readModel } from "../model/file.js";
import { metricsText, plural } from "../report/text.js";
import { checkFolder } from "./checkpoint.js";
import { addDataFlags, DATA, type DataFlags, readerFor } from "./data.js";
import { inputsOf } from "./inputs.js";
import { print, warn } from "./output.js";

type EvaluateFlags = DataFlags & { report?: string; json?: boolean };

export function addEvaluate(program: Command, signal: AbortSignal): void {
  const command = program
    .command("evaluate")
    .description("Measure a model on labelled data.")
    .argument("<model>", "model file")
    .argument("<data...>", `data of the same form as in training: ${DATA}`)
    .option("--report <file>", "write a page in one HTML file: reliability, ROC, weights, with the data")
    .option("--json", "print one result object");
  addDataFlags(command, "by default what the model was trained on");
  command.action(async (path: string, names: string[], flags: EvaluateFlags) => {
    const { model, bytes } = await readModel(path);
    if (flags.report !== undefined) await checkFolder(flags.report);
    const files = await inputsOf(names);
    const reader = readerFor(model, files, flags, true);
    const assessment = await evaluateRows(model, reader, signal);
    const { metrics } = assessment;
    const { skipped, unseen } = reader.tally;
    const warnings = [];
    if (skipped > 0) warnings.push(`${plural(skipped, "bad line")} left out`);
    if (unseen > 0 && !model.space?.isStripped) {
      warnings.push(`${plural(unseen, "value")} not seen in training counted nothing`);
    }
    warnings.forEach(warn);
    if (flags.report !== undefined) {
      const { reportEvaluation } = await import("./report.js");
      const run = { model, modelPath: path, bytes: bytes.length, files, flags, assessment, warnings };
      await reportEvaluation(flags.report, run);
    }
    const text = flags.json
      ? JSON.stringify({ ...metrics, skipped, unseen })
      : `${plural(metrics.rows, "row")}: ${metricsText(metrics)}`;
    await print(`${text}\n`);
  });
}
