import { type Command, InvalidArgumentError, Option } from "commander";
import type { CsvOptions } from "../data/csv.js";
import type { RowReader } from "../data/reader.js";
import { uncompressedName } from "../data/source.js";
import { OptionError } from "../errors.js";
import { parseFraction } from "../features/cell.js";
import { comparedWith } from "../features/expression.js";
import type { Model } from "../model/model.js";
import { readerOf } from "../model/score.js";
import { plural } from "../report/text.js";

/** Flags about the data, as every command takes them. */
export interface DataFlags {
  format?: "csv" | "tsv" | "ndjson" | "svmlight" | "vw";
  delimiter?: string;
  header?: boolean;
  target?: string;
  weight?: string;
  offset?: string;
  /** A text until the command begins, which then has it in the target. */
  positive?: number | string;
  skipBad?: number;
}

/** What `<data...>` may be. */
export const DATA =
  "CSV, TSV, NDJSON, svmlight or Vowpal Wabbit files, also .gz or .zst, one or more; globs in quotes; - for standard input";

/** Parses a flag's number or fraction. */
export function numeric(text: string): number {
  const number = parseFraction(text);
  if (Number.isNaN(number)) throw new InvalidArgumentError("Expected a number.");
  return number;
}

/** As numeric, or several divided by commas. */
export function numerics(text: string): number | number[] {
  const numbers = text.split(",").map(numeric);
  return numbers.length === 1 ? (numbers[0] as number) : numbers;
}

export function addDataFlags(command: Command, target: string): Command {
  const add = (option: Option) => command.addOption(option.helpGroup("Data:"));
  add(new Option("--format <format>", "by default from the file's name").choices(Object.keys(FORMATS)));
  add(new Option("--target <column|comparison>", target));
  add(
    new Option("--positive <label>", 'the label that means "yes", all others "no": a number or a text').argParser(
      label,
    ),
  );
  add(new Option("--weight <column>", "column of sample weights"));
  add(new Option("--offset <column>", "column of what each row's margin begins with"));
  add(new Option("--delimiter <character>", "between fields of a table; \\t is a tab"));
  add(new Option("--no-header", 'the table has no header: columns are "1", "2" …'));
  add(new Option("--skip-bad <n>", "leave out up to n bad lines").argParser(numeric));
  return command.hook("preAction", () => {
    const { target, positive } = command.opts<DataFlags>();
    if (typeof positive !== "string") return;
    if (target === undefined) {
      throw new OptionError(
        `--positive ${positive}: a label that is text is of a table: --target says in which column`,
      );
    }
    command.setOptionValue("target", comparedWith(target, positive));
    command.setOptionValue("positive", undefined);
  });
}

/** A label: a number, or another text; true and false are 1 and 0. */
function label(text: string): number | string {
  const word = text.trim().toLowerCase();
  if (word === "true" || word === "false") return Number(word === "true");
  const number = parseFraction(text);
  return Number.isNaN(number) ? text : number;
}

export type Format = "csv" | "ndjson" | "svmlight" | "vw";

/**
 * Tells the format of files, by their names or, where these do not tell, `usual`. Throws OptionError where files differ,
 * or on a flag that is of another format.
 */
export function formatOf(files: readonly string[], flags: DataFlags, usual: Format): Format {
  const format = flags.format ? FORMATS[flags.format] : (namedFormat(files) ?? usual);
  if (format === "csv") return format;
  const what = FORMAT_NAMES[format];
  if (flags.delimiter !== undefined) throw new OptionError(`--delimiter: ${what} has its own`);
  if (flags.header === false) throw new OptionError(`--no-header: ${what} never has one`);
  return format;
}

const FORMATS: Record<NonNullable<DataFlags["format"]>, Format> = {
  csv: "csv",
  tsv: "csv",
  ndjson: "ndjson",
  svmlight: "svmlight",
  vw: "vw",
};
/** For messages. */
export const FORMAT_NAMES: Record<Format, string> = {
  csv: "a table",
  ndjson: "NDJSON",
  svmlight: "svmlight text",
  vw: "Vowpal Wabbit text",
};
const SUFFIXES: [RegExp, Format][] = [
  [/\.(csv|tsv|tab)$/i, "csv"],
  [/\.(ndjson|jsonl)$/i, "ndjson"],
  [/\.(svm|svmlight|libsvm)$/i, "svmlight"],
  [/\.vw$/i, "vw"],
];

/** The format that names of files tell; undefined where none does. */
function namedFormat(files: readonly string[]): Format | undefined {
  const told = (file: string) => SUFFIXES.find(([suffix]) => suffix.test(uncompressedName(file)))?.[1];
  const first = files.find(told);
  if (first === undefined) return undefined;
  const other = files.find((file) => told(file) && told(file) !== told(first));
  if (other) throw new OptionError(`${first} and ${other} differ in format: --format says how to read all`);
  return told(first);
}

export function csvOptions(flags: DataFlags): CsvOptions {
  const given = flags.delimiter?.replace("\\t", "\t");
  if (flags.format === "tsv" && given !== undefined && given !== "\t") {
    throw new OptionError("--format tsv: its delimiter is a tab; use --format csv with --delimiter");
  }
  const usual = flags.format === "tsv" ? "\t" : flags.format === "csv" ? "," : undefined;
  const delimiter = given ?? usual;
  return { ...(delimiter !== undefined && { delimiter }), ...(flags.header === false && { header: false }) };
}

/** Opens data for a finished model, in one pass. `labelled`: whether rows must have a target. */
export function readerFor(model: Model, files: readonly string[], flags: DataFlags, labelled: boolean): RowReader {
  const usual = model.space ? "csv" : model.vwBits === null ? "svmlight" : "vw";
  const format = formatOf(files, flags, usual);
  if (format !== usual && !(format === "ndjson" && model.space)) {
    const trained = model.space ? "a table with named columns" : FORMAT_NAMES[usual];
    throw new OptionError(`this model was trained on ${trained}; the data is ${FORMAT_NAMES[format]}`);
  }
  const { target, weight, offset, positive, skipBad } = flags;
  const given = Object.entries({ target, weight, offset, positive, skipBad }).filter(
    ([, value]) => value !== undefined,
  );
  const table = format === "csv" || format === "ndjson" ? { format, ...csvOptions(flags) } : {};
  return readerOf(model, files, { ...table, ...Object.fromEntries(given) }, labelled);
}

/** Adds the flag of commands that score rows. */
export function addThreads(command: Command): void {
  command.addOption(new Option("--threads <n>", "threads at most (default 1)").argParser(numeric));
}

/** What to tell of rows that were left out, and of values that the model does not know. */
export function warningsOf({ space }: Model, { tally: { skipped, unseen } }: RowReader): string[] {
  const warnings: string[] = [];
  if (skipped > 0) warnings.push(`${plural(skipped, "bad line")} left out`);
  // A model without names knows only those of its weights.
  if (unseen > 0 && !space?.isStripped)
    warnings.push(`${plural(unseen, "value")} not seen in training counted nothing`);
  return warnings;
}
