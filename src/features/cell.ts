import { DataError } from "../errors.js";

/** What stands in one field of a record. null, undefined and "" mean missing. */
export type Cell = string | number | boolean | null | undefined | readonly string[];

/** Decimal notation, and nothing else that JavaScript's Number() would take (hex, "Infinity", blanks). */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads decimal notation; NaN when `text` is anything else or its number is not finite. */
export function parseDecimal(text: string): number {
  const number = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : Number.NaN;
}

/** Reads a decimal number or a fraction such as "1/60"; NaN when `text` is neither. */
export function parseFraction(text: string): number {
  const [numerator, denominator = "1", ...rest] = text.split("/");
  const value = parseDecimal(numerator as string) / parseDecimal(denominator);
  return rest.length === 0 && Number.isFinite(value) ? value : Number.NaN;
}

export function isMissing(cell: Cell): cell is null | undefined | "" {
  return cell === "" || cell === null || cell === undefined;
}

/** Returns a cell that is not missing as a number. Throws DataError, without a place, when it is not one. */
export function numberOf(cell: Cell, field: string): number {
  if (typeof cell === "number" && Number.isFinite(cell)) return cell;
  if (typeof cell === "boolean") return cell ? 1 : 0;
  const number = typeof cell === "string" ? parseDecimal(cell.trim()) : Number.NaN;
  if (Number.isNaN(number)) throw new DataError(`${field}: value ${quote(cell)} is not a finite decimal number`);
  return number;
}

/** Returns a cell that is not missing as text. Throws DataError, without a place, when it is a list. */
export function textOf(cell: Cell, field: string): string {
  if (typeof cell === "string") return cell;
  if (typeof cell === "number" || typeof cell === "boolean") return String(cell);
  throw new DataError(`${field}: value ${quote(cell)} is not text`);
}

/** Shows a value inside a message: quoted, and cut when it is long. */
export function quote(value: unknown): string {
  let text: string;
  try {
    const isNumber = typeof value === "number" || typeof value === "bigint";
    text = isNumber ? String(value) : (JSON.stringify(value) ?? String(value));
  } catch {
    text = "an object too deep to show"; // or one that holds itself
  }
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}
