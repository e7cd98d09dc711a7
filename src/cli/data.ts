import { type Command, InvalidArgumentError, Option } from "commander";
import { type CsvOptions, csvSource } from "../data/csv.js";
import type { RowReader } from "../data/reader.js";
import { svmlightReader } from "../data/svmlight.js";
import { type TableOptions, tableReader } from "../data/table.js";
import { OptionError } from "../errors.js";
import { parseFraction } from "../features/cell.js";
import type { Model } from "../model/model.js";

/** Flags about the data, as every command takes them. */
export interface DataFlags {
  format?: "csv" | "tsv" | "svmlight";
  delimiter?: string;
  header?: boolean;
  target?: string;
  weight?: string;
  offset?: string;
  positive?: number;
  skipBad?: number;
}

/** Parses a flag's number or fraction. */
export function numeric(text: string): number {
  const number = parseFraction(text);
  if (Number.isNaN(number)) throw new InvalidArgumentError("Expected a number.");
  return number;
}

export function addDataFlags(command: Command, target: string): Command {
  const add = (option: Option) => command.addOption(option.helpGroup("Data:"));
  add(new Option("--format <format>", "by default from the file's name").choices(["csv", "tsv", "svmlight"]));
  add(new Option("--target <column|comparison>", target));
  add(new Option("--positive <label>", 'the label that means "yes", all others "no"').argParser(numeric));
  add(new Option("--weight <column>", "column of sample weights"));
  add(new Option("--offset <column>", "column of what each row's margin begins with"));
  add(new Option("--delimiter <character>", "between fields of a table; \\t is a tab"));
  add(new Option("--no-header", 'the table has no header: columns are "1", "2" …'));
  add(new Option("--skip-bad <n>", "leave out up to n bad lines").argParser(numeric));
  return command;
}

/** Whether an input is a table (CSV, TSV) rather than svmlight text. Throws OptionError on a table's flag without one. */
export function isTable(file: string, flags: DataFlags, hasFeatures: boolean): boolean {
  const isNamed = hasFeatures || /\.(csv|tsv|tab)(\.gz)?$/i.test(file);
  const answer = flags.format ? flags.format !== "svmlight" : isNamed;
  if (!answer && flags.delimiter !== undefined) throw new OptionError("--delimiter: svmlight text has its own");
  if (!answer && flags.header === false) throw new OptionError("--no-header: svmlight text never has one");
  return answer;
}

export function csvOptions(flags: DataFlags): CsvOptions {
  const given = flags.delimiter?.replace("\\t", "\t");
  if (flags.format === "tsv" && given !== undefined && given !== "\t") {
    throw new OptionError("--format tsv: its delimiter is a tab; use --format csv with --delimiter");
  }
  const delimiter = given ?? (flags.format && { csv: ",", tsv: "\t", svmlight: undefined }[flags.format]);
  return { ...(delimiter !== undefined && { delimiter }), ...(flags.header === false && { header: false }) };
}

/** Opens data for a finished model, in one pass. `labelled`: whether rows must have a target. */
export function readerFor(model: Model, file: string, flags: DataFlags, labelled: boolean): RowReader {
  const { skipBad = 0 } = flags;
  const recorded = model.training.options;
  const positive = flags.positive ?? recorded.positive;
  const coding = typeof positive === "number" ? { positive } : {};
  if (!isTable(file, flags, model.space !== null)) {
    if (model.space)
      throw new OptionError("this model was trained on a table with named columns; the data is svmlight text");
    // Labels that are not needed may be any numbers.
    return svmlightReader(file, { loss: labelled ? model.loss : "squared", ...coding, skipBad, keep: false });
  }
  if (!model.space) throw new OptionError("this model was trained on svmlight text; the data is a table");
  const target = flags.target ?? recorded.target;
  if (labelled && typeof target !== "string") throw new OptionError("--target: say what to compare predictions with");
  const options: TableOptions = {
    loss: model.loss,
    target: labelled ? (target as string) : null,
    ...coding,
    ...(labelled && flags.weight !== undefined && { weight: flags.weight }),
    ...(flags.offset !== undefined && { offset: flags.offset }),
    skipBad,
  };
  return tableReader(csvSource(file, { ...csvOptions(flags), keep: false }), model.space, options);
}
