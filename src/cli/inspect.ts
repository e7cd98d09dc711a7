import { type Command, Option } from "commander";
import { OptionError } from "../errors.js";
import { partsOf } from "../model/codec.js";
import { readModel } from "../model/file.js";
import type { Model } from "../model/model.js";
import { featureStates } from "../report/features.js";
import { count, plural, size } from "../report/text.js";
import { type Evidence, evidenceOf, whyOf, whyText } from "../report/why.js";
import { barText, screenOf } from "./chart.js";
import { addDataFlags, type DataFlags, numeric, readerFor } from "./data.js";
import { inputsOf } from "./inputs.js";
import { print, printable, warn } from "./output.js";

interface InspectFlags extends DataFlags {
  top: number;
  json?: boolean;
  why?: string;
  data?: string[];
}

export function addInspect(program: Command, signal: AbortSignal): void {
  const command = program
    .command("inspect")
    .description("Show what a model kept, by feature and by weight, or why it did not.")
    .argument("<model>", "model file")
    .addOption(new Option("--top <n>", "how many of the largest weights to show").default(20).argParser(numeric))
    .addOption(new Option("--why <name>", 'say why one column has its weight or none, as "country = AD"'))
    .addOption(new Option("--data <files...>", "with --why: what it was trained on, to look for the column there"))
    .option("--json", "print one object, with every weight");
  addDataFlags(command, "by default what the model was trained on");
  command.action(async (path: string, flags: InspectFlags) => {
    const { top, json, why, data } = flags;
    if (!(Number.isInteger(top) && top >= 0)) throw new OptionError(`--top ${top}: expected a whole number ≥ 0`);
    if (data && why === undefined) throw new OptionError("--data: with --why, which says what to look for there");
    const { model, bytes } = await readModel(path);
    if (why !== undefined) await print(await tellWhy(model, why, flags, signal));
    else await print(json ? `${JSON.stringify(asJson(model, bytes))}\n` : asText(model, bytes, top));
  });
}

async function tellWhy(model: Model, name: string, flags: InspectFlags, signal: AbortSignal): Promise<string> {
  const why = whyOf(model, name);
  let evidence: Evidence | null = null;
  if (flags.data && why.id !== null) {
    const { weight } = model.training.options;
    const trained = { ...(typeof weight === "string" && { weight }), ...flags };
    evidence = await evidenceOf(model, why.id, readerFor(model, await inputsOf(flags.data), trained, true), signal);
    const { rows } = model.training;
    if (evidence.rows !== rows) {
      warn(`the model was trained on ${plural(rows, "row")}; of this data it would be ${count(evidence.rows)}`);
    }
  }
  return flags.json ? `${JSON.stringify({ ...why, evidence })}\n` : `${printable(whyText(why, evidence, model))}\n`;
}

function asJson(model: Model, bytes: Uint8Array) {
  const { loss, intercept, declared, training, change } = model;
  return {
    loss,
    intercept,
    declared,
    kept: model.kept,
    bytes: bytes.length,
    parts: partsOf(bytes),
    change,
    training,
    features: featureStates(model),
    weights: model.weights(),
  };
}

function asText(model: Model, bytes: Uint8Array, top: number): string {
  const { options, rows, seen } = model.training;
  const parts = Object.entries(partsOf(bytes)).filter(([, length]) => length > 0);
  const strengths = ["lambda1", "lambda2", "l1", "l2"]
    .filter((it) => it in options)
    .map((it) => `${it} ${Number(Number(options[it]).toPrecision(3))}`);
  const head = [
    model.loss,
    ...(options.solver === undefined ? [] : [options.solver]),
    ...strengths,
    plural(model.kept, "weight"),
    `trained on ${plural(rows, "row")}`,
    `${size(bytes.length)} (${parts.map(([name, length]) => `${name} ${size(length)}`).join(", ")})`,
  ];
  const lines = [
    head.join(" · "),
    `declared ${count(model.declared)}, seen ${count(seen)}, set to zero ${count(seen - model.kept)}, kept ${count(model.kept)}`,
  ];
  const { change } = model;
  if (change) {
    const margin = change.margin === null ? "" : `, no margin by more than ${change.margin.toExponential(1)}`;
    lines.push(`written in fewer bits: no weight is off by more than ${change.weight.toExponential(1)}${margin}`);
  }
  const { calibration } = model.training;
  if (calibration) {
    const { slope, intercept, rows: told } = calibration;
    lines.push(`calibrated on ${plural(told, "row")}: slope ${slope.toFixed(4)}, intercept ${intercept.toFixed(4)}`);
  }
  const features = featureStates(model);
  if (features.length > 0) {
    const width = features.reduce((widest, { name }) => Math.max(widest, name.length), 7);
    const cells = (...numbers: string[]) => numbers.map((it) => it.padStart(13)).join("");
    lines.push("", `${"feature".padEnd(width)}${cells("declared", "seen", "zero", "kept")}`);
    for (const { name, declared, seen, zero, kept } of features) {
      lines.push(`${name.padEnd(width)}${cells(count(declared), count(seen), count(zero), count(kept))}`);
    }
  }
  const signed = (weight: number) => `${weight < 0 ? "−" : "+"}${Math.abs(weight).toFixed(4)}`;
  lines.push("", `${signed(model.intercept)}  intercept`);
  const weights = model.weights(top);
  const screen = screenOf();
  const barOf = screen ? (weight: number) => barText(weight / Math.abs(weights[0]!.weight), screen) : () => "";
  const named = weights.map(({ name, weight }) => `${signed(weight)}  ${barOf(weight)}${printable(name)}`);
  return `${[...lines.map(printable), ...named].join("\n")}\n`;
}
