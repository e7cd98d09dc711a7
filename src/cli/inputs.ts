import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { NoughtError, OptionError } from "../errors.js";

/**
 * Lists the files that arguments name. A glob that is no file's name stands for its matches, sorted by their code
 * units, so that rows come in the same order everywhere. Throws NoughtError where none matches or a file is not there,
 * OptionError where one is listed twice.
 */
export async function inputsOf(names: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const name of names) {
    const cause = name === "-" ? null : await stat(name).then(() => null, asIs);
    if (!cause) files.push(name);
    else if (/[*?[{(]/.test(name)) files.push(...(await matchesOf(name)));
    else throw new NoughtError(`cannot read ${name}: ${cause.message}`, { cause });
  }
  const twice = files.find((file, i) => files.indexOf(file) < i);
  if (twice !== undefined) throw new OptionError(`${twice} is listed twice: its rows would count double`);
  return files;
}

const asIs = (error: Error) => error;

async function matchesOf(pattern: string): Promise<string[]> {
  // Loaded where it is needed: few commands have a glob that the shell left to them.
  const { glob } = await import("tinyglobby");
  const slashed = process.platform === "win32" ? pattern.replaceAll("\\", "/") : pattern;
  const files = await glob(slashed, { absolute: isAbsolute(pattern), expandDirectories: false });
  if (files.length === 0) throw new NoughtError(`cannot read ${pattern}: no file matches`);
  return files.sort();
}
