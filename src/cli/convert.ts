import { type Command, Option } from "commander";
import { OptionError } from "../errors.js";
import { decodeModel, encodeModel } from "../model/codec.js";
import { readAs } from "../model/file.js";
import type { Model } from "../model/model.js";
import type { Quantize } from "../model/quantize.js";
import { checkWritable, deliver } from "./output.js";

interface ConvertFlags {
  to?: Format;
  quantize?: Quantize;
  stripNames?: boolean;
}

type Format = keyof typeof SUFFIXES;

const SUFFIXES = {
  nought: /\.nought$/i,
  liblinear: /\.(model|liblinear)$/i,
  json: /\.json$/i,
  csv: /\.csv$/i,
  onnx: /\.onnx$/i,
  js: /\.m?js$/i,
};

/** Each is loaded when it is asked for. */
const WRITERS: Record<Format, (model: Model, flags: ConvertFlags) => Promise<Uint8Array | string>> = {
  nought: async (model, flags) => encodeModel(model, flags),
  liblinear: async (model) => (await import("../convert/liblinear.js")).toLiblinear(model),
  json: async (model) => (await import("../convert/json.js")).toJson(model),
  csv: async (model) => (await import("../convert/csv.js")).toCsv(model),
  onnx: async (model) => (await import("../convert/onnx.js")).toOnnx(model),
  js: async (model) => (await import("../convert/javascript.js")).toJavaScript(model),
};

export function addConvert(program: Command): void {
  const formats = Object.keys(SUFFIXES);
  program
    .command("convert")
    .description("Write a model in another form, or read one from LIBLINEAR's text or from JSON.")
    .argument("<model>", "a model file, LIBLINEAR's text, or JSON as this writes it; - for standard input")
    .argument("<output>", "what to write; - for standard output")
    .addOption(new Option("--to <format>", "by default from the output's name").choices(formats))
    .addOption(new Option("--quantize <how>", "to nought: f32, int16, int8 or auto:bound, as of train"))
    .addOption(new Option("--strip-names", "to nought: hashes in place of names"))
    .action(async (from: string, output: string, flags: ConvertFlags) => {
      const format = flags.to ?? (formats as Format[]).find((it) => SUFFIXES[it].test(output));
      if (!format) throw new OptionError(`${output}: --to says in what form to write it (${formats.join(", ")})`);
      if (format !== "nought" && (flags.quantize ?? flags.stripNames) !== undefined) {
        throw new OptionError(`--quantize, --strip-names: to nought, not to ${format}`);
      }
      if (output !== "-") await checkWritable(output);
      await deliver(output, await WRITERS[format](await readAs(from, decodeAny), flags));
    });
}

/** Reads a model in any form that its first bytes tell. */
async function decodeAny(bytes: Uint8Array): Promise<Model> {
  const start = new TextDecoder().decode(bytes.subarray(0, 100)).trimStart();
  if (start.startsWith("{")) return (await import("../convert/json.js")).fromJson(new TextDecoder().decode(bytes));
  if (start.startsWith("solver_type")) return (await import("../convert/liblinear.js")).fromLiblinear(bytes);
  return decodeModel(bytes);
}
