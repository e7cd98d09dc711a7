import type { Command } from "commander";
import { loadModel } from "../model/file.js";
import { scoreRows } from "../model/score.js";
import type { Purpose } from "../model/scorer.js";
import { platform } from "../platform.js";
import { addDataFlags, addThreads, DATA, type DataFlags, readerFor, warningsOf } from "./data.js";
import { inputsOf } from "./inputs.js";
import { checkOutputs, print, warn } from "./output.js";

interface PredictFlags extends DataFlags {
  output?: string;
  margin?: boolean;
  threads?: number;
}

export function addPredict(program: Command, signal: AbortSignal): void {
  const command = program
    .command("predict")
    .description("Predict a line a row: the probability of yes, or the value.")
    .argument("<model>", "model file")
    .argument("<data...>", `data of the same form as in training: ${DATA}`)
    .option("-o, --output <file>", "write to a file, whole or not at all, instead of standard output")
    .option("--margin", "print x·w + b instead");
  addThreads(command);
  addDataFlags(command, "not needed");
  command.action(async (path: string, names: string[], flags: PredictFlags) => {
    const model = await loadModel(path);
    const files = await inputsOf(names);
    await checkOutputs([flags.output], [path, ...files]);
    const reader = readerFor(model, files, flags, false);
    const purpose: Purpose = { text: flags.margin ? "margin" : "prediction", isLabelled: false };
    const scored = scoreRows([model], reader, purpose, { ...flags, signal });
    const lines = (async function* () {
      for await (const { text } of scored) yield text;
    })();
    if (flags.output !== undefined) await platform().save(flags.output, lines);
    else for await (const text of lines) await print(text);
    warningsOf(model, reader).forEach(warn);
  });
}
