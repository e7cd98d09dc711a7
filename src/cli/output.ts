import { CommanderError } from "commander";
import { DataError, ModelError, NoughtError, OptionError } from "../errors.js";

/** What a process ends with. */
export const EXIT = { done: 0, failed: 1, usage: 2, badData: 3, notMet: 4, interrupted: 130 } as const;

const ERASE_LINE = "\r\u001b[K";

/** A line on the terminal that overwrites itself; nothing where standard error is no terminal. */
export class LiveLine {
  #isShown = false;

  show(text: string): void {
    if (!process.stderr.isTTY) return;
    process.stderr.write(ERASE_LINE + text.slice(0, (process.stderr.columns ?? 80) - 1));
    this.#isShown = true;
  }

  clear(): void {
    if (this.#isShown) process.stderr.write(ERASE_LINE);
    this.#isShown = false;
  }
}

export function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`);
}

/** Shows an error, with the offending line where there is one, and returns the exit code. */
export function showError(error: unknown, interrupted: boolean): number {
  if (interrupted) {
    process.stderr.write("interrupted; no model was written\n");
    return EXIT.interrupted;
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (!(error instanceof NoughtError)) {
    const { message, code, stack } = error as Error & { code?: string };
    process.stderr.write(`error: ${code ? message : (stack ?? message)}\n`);
    return EXIT.failed;
  }
  process.stderr.write(`error: ${error.message}\n`);
  if (error instanceof DataError && error.place?.text !== undefined)
    process.stderr.write(excerpt(error.place.text, error.place.column));
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
