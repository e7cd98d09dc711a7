import type { Command } from "commander";
import { evaluateRows } from "../model/evaluate.js";
import { loadModel } from "../model/file.js";
import { metricsText, plural } from "../report/text.js";
import { addDataFlags, DATA, type DataFlags, readerFor } from "./data.js";
import { inputsOf } from "./inputs.js";
import { print, warn } from "./output.js";

export function addEvaluate(program: Command, signal: AbortSignal): void {
  const command = program
    .command("evaluate")
    .description("Measure a model on labelled data.")
    .argument("<model>", "model file")
    .argument("<data...>", `data of the same form as in training: ${DATA}`)
    .option("--json", "print one result object");
  addDataFlags(command, "by default what the model was trained on");
  command.action(async (path: string, names: string[], flags: DataFlags & { json?: boolean }) => {
    const model = await loadModel(path);
    const reader = readerFor(model, await inputsOf(names), flags, true);
    const metrics = await evaluateRows(model, reader, signal);
    const { skipped, unseen } = reader.tally;
    if (skipped > 0) warn(`${plural(skipped, "bad line")} left out`);
    if (unseen > 0 && !model.space?.isStripped) warn(`${plural(unseen, "value")} not seen in training counted nothing`);
    const text = flags.json
      ? JSON.stringify({ ...metrics, skipped, unseen })
      : `${plural(metrics.rows, "row")}: ${metricsText(metrics)}`;
    await print(`${text}\n`);
  });
}
