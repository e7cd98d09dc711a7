import { once } from "node:events";
import { constants, writeSync } from "node:fs";
import { access, open, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CommanderError } from "commander";
import { DataError, ModelError, NoughtError, OptionError } from "../errors.js";
import { platform } from "../platform.js";

/** What a process ends with. */
export const EXIT = { done: 0, failed: 1, usage: 2, badData: 3, notMet: 4, interrupted: 130 } as const;

const ERASE_LINE = "\r\u001b[K";

/** A line on the terminal that overwrites itself; nothing where standard error is no terminal. */
export class LiveLine {
  #isShown = false;

  show(text: string): void {
    if (!process.stderr.isTTY) return;
    tell(ERASE_LINE + text.slice(0, (process.stderr.columns ?? 80) - 1));
    this.#isShown = true;
  }

  clear(): void {
    if (this.#isShown) tell(ERASE_LINE);
    this.#isShown = false;
  }
}

/**
 * Writes to standard output. Not through process.stdout, which takes as long to load as to train a small model, unless
 * the reader is slow. A reader that has had enough (`| head`) is no failure: it ends the process.
 */
export async function print(text: string | Uint8Array): Promise<void> {
  let rest = typeof text === "string" ? new TextEncoder().encode(text) : text;
  try {
    while (!isSlow && rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  } catch (cause) {
    onFailure(cause as NodeJS.ErrnoException);
    process.stdout.on("error", onFailure);
    isSlow = true;
  }
  // A copy: the caller may use its bytes again.
  if (isSlow && rest.length > 0 && !process.stdout.write(rest.slice())) await once(process.stdout, "drain");
}

/**
 * Writes a file whole or not at all, or for "-" standard output. Throws OptionError where a file is there already that
 * begins otherwise, and so holds something else, such as the table that the model was trained on.
 */
export async function deliver(output: string, content: string | Uint8Array): Promise<void> {
  if (output === "-") return print(content);
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const begun = await beginningOf(output);
  if (begun?.some((byte, i) => byte !== bytes[i])) {
    throw new OptionError(`${output} is there already, with something else in it: take another name, or remove it`);
  }
  await platform().save(output, bytes);
}

/** Bytes that tell what a file is: `{"nought`, `id,name,`, `solver_t`. */
const TELLING = 8;

/** The first bytes of a file; null where there is none, or no regular one. */
async function beginningOf(path: string): Promise<Uint8Array | null> {
  if (!(await stat(path).catch(() => null))?.isFile()) return null;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(TELLING), 0, TELLING);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Whether the rest of the output goes through process.stdout. */
let isSlow = false;

function onFailure(error: NodeJS.ErrnoException): void {
  if (error.code !== "EAGAIN") process.exit(error.code === "EPIPE" ? EXIT.done : showError(error));
}

/** Writes to standard error. */
export function tell(text: string): void {
  isTold = true;
  process.stderr.write(text);
}

let isTold = false;

/** Waits until all that was printed and told is written. */
export async function flush(): Promise<void> {
  if (isSlow) await new Promise((resolve) => process.stdout.write("", resolve));
  if (isTold) await new Promise((resolve) => process.stderr.write("", resolve));
}

export function warn(text: string): void {
  tell(`warning: ${text}\n`);
}

/** Finds out now whether a file can be written, not after the first minute. Throws NoughtError. */
export async function checkWritable(path: string): Promise<void> {
  if (path === "-") throw new OptionError("cannot write -: what is written whole or not at all needs a file's name");
  try {
    const target = await realpath(path).catch(() => path);
    const kind = await stat(target).catch(() => null);
    if (kind?.isDirectory()) throw new Error("it is a directory");
    // A file is put in the place of another; a device or a pipe is written to.
    await access(!kind || kind.isFile() ? `${dirname(target)}/.` : target, constants.W_OK);
  } catch (cause) {
    throw new NoughtError(`cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * As checkWritable, of all that a command will write. Throws OptionError where one would take the place of another, or of a
 * file that is read.
 */
export async function checkOutputs(outputs: readonly Name[], inputs: readonly Name[]): Promise<void> {
  const taken = new Set(await Promise.all(inputs.map(fileOf)));
  for (const path of outputs) {
    if (path === undefined) continue;
    await checkWritable(path);
    const file = await fileOf(path);
    if (file === null) continue;
    if (taken.has(file)) throw new OptionError(`cannot write ${path}: the command reads it, or writes it twice`);
    taken.add(file);
  }
}

type Name = string | undefined;

/** The path of a file without links, there or not; null for what is no file, as a device. */
async function fileOf(path: Name): Promise<string | null> {
  if (path === undefined || path === "-") return null;
  const target = await realpath(path).catch(async () =>
    join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path)),
  );
  const kind = await stat(target).catch(() => null);
  return !kind || kind.isFile() ? target : null;
}

/** Shows an error, with the offending line where there is one, and returns the exit code. */
export function showError(error: unknown, interrupt?: AbortSignal, left = ""): number {
  if (interrupt?.aborted) {
    // Such as a checkpoint that could not be written.
    if (error !== interrupt.reason) tell(`error: ${(error as Error).message}\n`);
    tell(`interrupted${left}\n`);
    return EXIT.interrupted;
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (!(error instanceof NoughtError)) {
    const { message, code, stack } = error as Error & { code?: string };
    tell(`error: ${code ? message : (stack ?? message)}\n`);
    return EXIT.failed;
  }
  tell(`error: ${error.message}\n`);
  if (error instanceof DataError && error.place?.text !== undefined)
    tell(excerpt(error.place.text, error.place.column));
  if (error instanceof OptionError) return EXIT.usage;
  return error instanceof DataError || error instanceof ModelError ? EXIT.badData : EXIT.failed;
}

/** A line of text that comes from data, without the signs that steer a terminal. */
export function printable(line: string): string {
  return line.replace(/\p{Cc}/gu, " ");
}

/** The part of a line around a column, with a caret below it. */
function excerpt(text: string, column: number): string {
  const width = 100;
  const from = Math.max(0, column - 1 - width / 2);
  const part = printable(text.slice(from, from + width));
  return `  ${part}\n  ${" ".repeat(column - 1 - from)}^\n`;
}
