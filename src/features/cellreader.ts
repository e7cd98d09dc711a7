import { OptionError } from "../errors.js";
import { type Cell, quote } from "./cell.js";
import type { SpaceDefinition } from "./define.js";
import { compileExpression, type Expression, MOST_TOKENS } from "./expression.js";

/** Reads the cells that a space needs from a record, with derived columns and words for "missing" applied. */
export class CellReader {
  /** Columns of the source that the space reads. */
  readonly columns: readonly string[];
  readonly derived = new Map<string, Expression>();
  readonly missing: ReadonlySet<string>;

  constructor(definition: SpaceDefinition, wanted: Iterable<string>) {
    for (const [name, text] of Object.entries(definition.derive ?? {})) this.derived.set(name, compileExpression(text));
    this.missing = new Set(definition.missing);
    const columns = new Set<string>();
    let size = 0;
    const need = (column: string, within: readonly string[] = []) => {
      const expression = this.derived.get(column);
      if (within.includes(column)) throw new OptionError(`derive ${quote(column)}: it is derived from itself`);
      size += expression?.size ?? 0;
      if (size > MOST_TOKENS) {
        throw new OptionError(
          `derive ${quote(within[0] ?? column)}: expands to more than ${MOST_TOKENS} numbers, columns and signs`,
        );
      }
      if (!expression) columns.add(column);
      for (const input of expression?.columns ?? []) need(input, [...within, column]);
    };
    for (const column of wanted) {
      size = 0;
      need(column);
    }
    this.columns = [...columns];
  }

  read(column: string, field: (column: string) => Cell): Cell {
    const expression = this.derived.get(column);
    if (expression) {
      const value = expression.evaluate((input) => this.read(input, field));
      return typeof value === "boolean" ? Number(value) : value;
    }
    const cell = field(column);
    return typeof cell === "string" && this.missing.has(cell) ? null : cell;
  }
}
