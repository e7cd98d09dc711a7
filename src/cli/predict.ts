import { type Command, Option } from "commander";
import { loadModel } from "../model/file.js";
import { platform } from "../platform.js";
import { plural } from "../report/text.js";
import { addDataFlags, DATA, type DataFlags, readerFor } from "./data.js";
import { inputsOf } from "./inputs.js";
import { print, warn } from "./output.js";

export function addPredict(program: Command, signal: AbortSignal): void {
  const command = program
    .command("predict")
    .description("Predict a line a row: the probability of yes, or the value.")
    .argument("<model>", "model file")
    .argument("<data...>", `data of the same form as in training: ${DATA}`)
    .option("-o, --output <file>", "write to a file, whole or not at all, instead of standard output")
    .addOption(new Option("--margin", "print x·w + b instead"));
  addDataFlags(command, "not needed");
  command.action(async (path: string, names: string[], flags: DataFlags & { output?: string; margin?: boolean }) => {
    const model = await loadModel(path);
    const reader = readerFor(model, await inputsOf(names), flags, false);
    let lines: string[] = [];
    const pass = reader.read((entries) => {
      const margin = model.marginOf(entries);
      lines.push(`${flags.margin ? margin : model.respond(margin)}\n`);
    });
    for await (const _ of pass) {
      signal.throwIfAborted();
      if (flags.output !== undefined) continue;
      await print(lines.join(""));
      lines = [];
    }
    if (flags.output !== undefined) await platform().save(flags.output, new TextEncoder().encode(lines.join("")));
    const { skipped, unseen } = reader.tally;
    if (skipped > 0) warn(`${plural(skipped, "bad line")} left out`);
    // A model without names knows only those of its weights.
    if (unseen > 0 && !model.space?.isStripped) warn(`${plural(unseen, "value")} not seen in training counted nothing`);
  });
}
