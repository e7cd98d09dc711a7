import { type Command, InvalidArgumentError, Option } from "commander";
import { OptionError } from "../errors.js";
import { evaluateEach } from "../model/evaluate.js";
import { readModel } from "../model/file.js";
import type { Assessment } from "../report/metrics.js";
import type { Confusion, Ranking, Reliability } from "../report/ranking.js";
import { count, metricsText, plural } from "../report/text.js";
import { addDataFlags, addThreads, DATA, type DataFlags, numeric, readerFor, warningsOf } from "./data.js";
import { inputsOf } from "./inputs.js";
import { checkOutputs, print, warn } from "./output.js";

interface EvaluateFlags extends DataFlags {
  report?: string;
  json?: boolean;
  threads?: number;
  threshold?: number | "best";
}

export function addEvaluate(program: Command, signal: AbortSignal): void {
  const command = program
    .command("evaluate")
    .description("Measure a model on labelled data.")
    .argument("<model>", "model file")
    .argument("<data...>", `data of the same form as in training: ${DATA}`)
    .addOption(
      new Option(
        "--threshold <p>",
        'tell what comes of "yes" above this probability; "best" is the one of highest F1',
      ).argParser(threshold),
    )
    .option("--report <file>", "write a page in one HTML file: reliability, ROC, weights, with the data")
    .option("--json", "print one result object");
  addThreads(command);
  addDataFlags(command, "by default what the model was trained on");
  command.action(async (path: string, names: string[], flags: EvaluateFlags) => {
    const { model, bytes } = await readModel(path);
    if (flags.threshold !== undefined && model.loss !== "logistic") {
      throw new OptionError(`--threshold: a model with ${model.loss} loss has no probabilities`);
    }
    const files = await inputsOf(names);
    await checkOutputs([flags.report], [path, ...files]);
    const reader = readerFor(model, files, flags, true);
    const [assessment] = (await evaluateEach([model], reader, { ...flags, signal })) as [Assessment];
    const { metrics, ranking } = assessment;
    const reliability = ranking?.reliability() ?? null;
    const confusion = ranking && confusionOf(ranking, flags.threshold);
    const warnings = warningsOf(model, reader);
    warnings.forEach(warn);
    if (flags.report !== undefined) {
      const { reportEvaluation } = await import("./report.js");
      const run = { model, modelPath: path, bytes: bytes.length, files, flags, assessment, warnings };
      await reportEvaluation(flags.report, run);
    }
    const { skipped, unseen } = reader.tally;
    if (flags.json) {
      const calibration = { calibrationError: reliability?.error ?? null, reliability: reliability?.bins ?? null };
      await print(`${JSON.stringify({ ...metrics, ...calibration, confusion, skipped, unseen })}\n`);
      return;
    }
    const lines = [
      `${plural(metrics.rows, "row")}: ${metricsText(metrics)}`,
      ...(confusion ? confusionText(confusion) : []),
      ...(reliability ? reliabilityText(reliability) : []),
    ];
    await print(`${lines.join("\n")}\n`);
  });
}

function threshold(text: string): number | "best" {
  if (text === "best") return text;
  const probability = numeric(text);
  if (probability >= 0 && probability <= 1) return probability;
  throw new InvalidArgumentError('Expected a probability, from 0 to 1, or "best".');
}

function confusionOf(ranking: Ranking, asked: EvaluateFlags["threshold"]): Confusion | null {
  if (asked === undefined) return null;
  return ranking.confusion(asked === "best" ? ranking.bestThreshold() : asked);
}

function confusionText(it: Confusion): string[] {
  const { precision, recall, f1, accuracy } = it;
  const share = (name: string, of: number | null) => `${name} ${of === null ? "–" : `${(100 * of).toFixed(1)}%`}`;
  const shares = [share("precision", precision), share("recall", recall), `F1 ${f1?.toFixed(4) ?? "–"}`];
  const row = (name: string, ...cells: (string | number)[]) => {
    const shown = cells.map((cell) => (typeof cell === "string" ? cell : count(cell)).padStart(14));
    return `  ${name.padEnd(6)}${shown.join("")}`;
  };
  return [
    "",
    `"yes" above ${Number(it.threshold.toPrecision(6))}: ${[...shares, share("accuracy", accuracy)].join(", ")}`,
    row("", 'said "yes"', 'said "no"'),
    row("is yes", it.truePositives, it.falseNegatives),
    row("is no", it.falsePositives, it.trueNegatives),
  ];
}

function reliabilityText({ bins, error }: Reliability): string[] {
  const row = (...cells: string[]) => cells.map((cell) => cell.padStart(12)).join("");
  return [
    "",
    `calibration error ${error.toFixed(4)}`,
    row("rows", "predicted", "observed"),
    ...bins.map(({ rows, prediction, rate }) => row(count(rows), prediction.toFixed(4), rate.toFixed(4))),
  ];
}
