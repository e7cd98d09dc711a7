import type { Command } from "commander";
import { OptionError } from "../errors.js";
import { plattScale, scaled } from "../model/calibrate.js";
import { type Judged, judge } from "../model/evaluate.js";
import { loadModel, saveModel } from "../model/file.js";
import { checkQuantize, type Quantize } from "../model/quantize.js";
import { measure } from "../report/metrics.js";
import { Ranking } from "../report/ranking.js";
import { plural, size } from "../report/text.js";
import { addDataFlags, addThreads, DATA, type DataFlags, readerFor, warningsOf } from "./data.js";
import { inputsOf } from "./inputs.js";
import { checkOutputs, print, warn } from "./output.js";

interface CalibrateFlags extends DataFlags {
  output: string;
  json?: boolean;
  threads?: number;
  quantize?: Quantize;
  stripNames?: boolean;
}

export function addCalibrate(program: Command, signal: AbortSignal): void {
  const command = program
    .command("calibrate")
    .description("Scale a model so that its probabilities are those observed (Platt scaling).")
    .argument("<model>", "model file")
    .argument("<data...>", `labelled data that it was not trained on: ${DATA}`)
    .requiredOption("-o, --output <file>", "the scaled model")
    .option("--quantize <how>", "write weights as f32 (default), int16, int8 or auto:bound on the change of a margin")
    .option("--strip-names", "write hashes in place of the values of categories and tokens: a smaller file")
    .option("--json", "print one result object");
  addThreads(command);
  addDataFlags(command, "by default what the model was trained on");
  command.action(async (path: string, names: string[], flags: CalibrateFlags) => {
    if (flags.offset !== undefined) throw new OptionError("--offset: it would be scaled too; leave it out");
    if (flags.quantize !== undefined) checkQuantize(flags.quantize);
    const { quantize, stripNames } = flags;
    const model = await loadModel(path);
    if (model.loss !== "logistic") throw new OptionError(`a model with ${model.loss} loss has no probabilities`);
    const files = await inputsOf(names);
    await checkOutputs([flags.output], files); // the model itself may be the output
    const reader = readerFor(model, files, flags, true);
    const [judged] = (await judge([model], reader, { ...flags, signal })) as [Judged];
    const { slope, intercept } = plattScale(judged);
    const rows = judged.margins.length;
    const options = { ...(quantize !== undefined && { quantize }), ...(stripNames !== undefined && { stripNames }) };
    const bytes = await saveModel(scaled(model, { slope, intercept }, rows), flags.output, options);
    warningsOf(model, reader).forEach(warn);
    const before = standing(judged);
    const after = standing({ ...judged, margins: judged.margins.map((m) => slope * m + intercept) });
    if (slope <= 0) warn(`the slope is ${slope.toPrecision(3)}: the model ranks these rows the wrong way round`);
    const text = flags.json
      ? JSON.stringify({ slope, intercept, rows, before, after, model: flags.output, bytes })
      : [
          `✓ slope ${slope.toFixed(4)}, intercept ${intercept.toFixed(4)}, from ${plural(rows, "row")}`,
          `  log-loss ${before.logLoss?.toFixed(4)} → ${after.logLoss?.toFixed(4)}`,
          `  calibration error ${before.calibrationError.toFixed(4)} → ${after.calibrationError.toFixed(4)}`,
          `  model ${flags.output} ${size(bytes)}`,
        ].join("\n");
    await print(`${text}\n`);
  });
}

/** How good probabilities are. */
function standing({ margins, labels, weights }: Judged) {
  const { logLoss } = measure("logistic", margins, labels, weights);
  return { logLoss, calibrationError: new Ranking(margins, labels, weights).reliability().error };
}
