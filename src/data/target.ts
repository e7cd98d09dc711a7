import { DataError } from "../errors.js";
import { type Cell, isMissing, numberOf, quote, textOf } from "../features/cell.js";
import { CellReader } from "../features/cellreader.js";
import type { SpaceDefinition } from "../features/define.js";
import { compileExpression, withQuotes } from "../features/expression.js";
import type { Fields } from "../features/space.js";
import { meant } from "../near.js";
import type { LabelCoder } from "./label.js";

/**
 * What is learned from a record: a column, which may be one that the space derives, an expression such as "price > 150",
 * or a function of the record.
 */
export type Target = string | ((record: Fields) => number | boolean);

export interface Labeller {
  readonly columns: readonly string[];
  label(field: (column: string) => Cell, coder: LabelCoder, record?: Fields): number;
  /** What the target may be meant to be where there is no such column: the same, with that word in quotes. */
  meant?(word: string): string | null;
}

/** Prepares a target for a table's columns. Throws OptionError when it is neither a column nor an expression. */
export function labeller(target: Target | null, columns: readonly string[], space: SpaceDefinition): Labeller {
  if (target === null) return { columns: [], label: () => 0 };
  const check = (value: Cell, coder: LabelCoder): number => {
    if (isMissing(value)) throw new DataError("target is missing");
    if (typeof value === "boolean") return coder.code(value ? 1 : 0);
    const word = typeof value === "string" ? value.trim().toLowerCase() : value;
    if (word === "true" || word === "false") return coder.code(word === "true" ? 1 : 0);
    try {
      return coder.code(numberOf(value, "target"), typeof target === "string" ? target : undefined);
    } catch (error) {
      if (typeof value !== "string" || typeof target !== "string" || !Number.isNaN(Number(value))) throw error;
      const example = `'${target} == ${quote(value)}'`;
      throw new DataError(`target: ${quote(value)} is no label; a target of text is compared, as in ${example}`);
    }
  };
  if (typeof target === "function") {
    return {
      columns: [],
      label: (field, coder, record) =>
        check(target(record ?? Object.fromEntries(columns.map((it) => [it, field(it)]))), coder),
    };
  }
  const isDerived = (column: string) => Object.hasOwn(space.derive ?? {}, column);
  if (isDerived(target)) {
    const cells = new CellReader(space, [target]);
    return { columns: cells.columns, label: (field, coder) => check(cells.read(target, field), coder) };
  }
  if (columns.includes(target)) return { columns: [target], label: (field, coder) => check(field(target), coder) };
  const expression = compileExpression(target);
  const cells = new CellReader(space, expression.columns);
  return {
    columns: cells.columns,
    label(field, coder) {
      const cell = (column: string) => (isDerived(column) ? cells.read(column, field) : field(column));
      return check(expression.evaluate(cell), coder);
    },
    meant: (word) => withQuotes(target, word),
  };
}

/** Characters of a text that tell slices apart. */
const SLICE_LENGTH = 200;

export function sliceOf(cell: Cell, column: string): string | null {
  return isMissing(cell) ? null : textOf(cell, column).slice(0, SLICE_LENGTH);
}

export function weightOf(cell: Cell, column: string): number {
  if (isMissing(cell)) throw new DataError(`${column}: the row's weight is missing`);
  const weight = numberOf(cell, column);
  if (weight < 0) throw new DataError(`${column}: weight ${weight} is negative`);
  return weight;
}

export function offsetOf(cell: Cell, column: string): number {
  if (isMissing(cell)) throw new DataError(`${column}: the row's offset is missing`);
  return numberOf(cell, column);
}

/** Throws DataError where a column that is needed is not there. */
export function checkColumns(
  needed: readonly string[],
  columns: readonly string[],
  target: Labeller,
  source: string,
): void {
  const known = new Set(columns);
  const unknown = needed.find((column) => !known.has(column));
  if (unknown !== undefined) throw new DataError(absence(unknown, columns, target), { source, line: 1, column: 1 });
}

/** Columns that a name is compared with, to tell which one was meant. */
const MOST_COMPARED = 10_000;

function absence(column: string, columns: readonly string[], target: Labeller): string {
  const shown = columns.slice(0, 20).map(quote).join(", ");
  const more = columns.length > 20 ? ` and ${columns.length - 20} more` : "";
  const near = meant(column, columns.slice(0, MOST_COMPARED));
  const quoted = target.meant?.(column) ?? null;
  const hint = quoted === null ? "" : `; text stands in quotes: '${quoted}'`;
  return `no column ${quote(column)}${near === null ? "" : ` (is ${quote(near)} meant?)`}; there are ${shown}${more}${hint}`;
}

/** Adds to an error that the column it is about has not been met. */
export function explained(error: unknown, column: string, columns: readonly string[], target: Labeller): unknown {
  const isPlain = error instanceof DataError && !error.place;
  return isPlain ? new DataError(`${error.problem}: ${absence(column, columns, target)}`) : error;
}
