import { type Command, Option } from "commander";
import { until } from "../data/until.js";
import { OptionError } from "../errors.js";
import { loadModel } from "../model/file.js";
import type { Contribution, Model } from "../model/model.js";
import { plural } from "../report/text.js";
import { addDataFlags, DATA, type DataFlags, numeric, readerFor } from "./data.js";
import { inputsOf } from "./inputs.js";
import { print, warn } from "./output.js";

export function addExplain(program: Command, signal: AbortSignal): void {
  const command = program
    .command("explain")
    .description("Say what each prediction is made of: an object a row, as NDJSON.")
    .argument("<model>", "model file")
    .argument("<data...>", `data of the same form as in training: ${DATA}`)
    .addOption(new Option("--top <n>", "how many of the largest contributions to name").default(10).argParser(numeric));
  addDataFlags(command, "not needed");
  command.action(async (path: string, names: string[], flags: DataFlags & { top: number }) => {
    const { top } = flags;
    if (!(Number.isInteger(top) && top >= 0)) throw new OptionError(`--top ${top}: expected a whole number ≥ 0`);
    const model = await loadModel(path);
    const reader = readerFor(model, await inputsOf(names), flags, false);
    let lines: string[] = [];
    const pass = reader.read((entries, _label, _weight, row, offset = 0) => {
      const margin = model.marginOf(entries) + offset;
      const begun = flags.offset !== undefined && { offset };
      const told = explained(model, margin, model.contributionsOf(entries), top);
      lines.push(`${JSON.stringify({ row: row + 1, ...begun, ...told })}\n`);
    });
    for await (const _ of until(signal, pass)) {
      await print(lines.join(""));
      lines = [];
    }
    if (reader.tally.skipped > 0) warn(`${plural(reader.tally.skipped, "bad line")} left out`);
  });
}

/** The contributions that are largest in size, and the sum of the others: all, with intercept and offset, are the margin. */
function explained(model: Model, margin: number, [intercept, ...parts]: Contribution[], top: number) {
  const largest = parts.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  const others = largest.splice(top);
  return {
    prediction: model.respond(margin),
    margin,
    intercept: intercept!.contribution,
    contributions: largest,
    others: { count: others.length, contribution: others.reduce((sum, it) => sum + it.contribution, 0) },
  };
}
