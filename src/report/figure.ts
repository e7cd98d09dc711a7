import { escaped } from "./charts/markup.js";
import { count } from "./text.js";

/** Rows of a table: text, numbers, or null where there is nothing to say. */
export interface Table {
  columns: readonly string[];
  rows: readonly (readonly Value[])[];
  /** How many rows there are, where these are only the first. */
  total?: number;
}
type Value = string | number | null;

/** A picture of a report, with the data behind it. */
export interface Figure {
  title: string;
  /** A sentence or two. */
  caption: string;
  /** What is drawn, as markup. */
  body: string;
  data: Table;
  /** Name of the file that the data is downloaded as. */
  file: string;
  /** Whether it takes the page's whole width. */
  isWide?: boolean;
}

/** Rows that a page shows; the file has more. */
const MOST_SHOWN = 200;
/** Longest file, in characters: browsers download no link of 2 MB, and base64 makes four of three. */
const MOST_CHARACTERS = 1_000_000;

/** Returns a figure as markup. */
export function figureHtml({ title, caption, body, data, file, isWide }: Figure): string {
  const { text, rows } = csvOf(data);
  const { columns, rows: held, total: all = held.length } = data;
  const left = rows < all ? `, the first ${count(rows)} rows of ${count(all)}` : "";
  const link = `data:text/csv;charset=utf-8;base64,${base64(text)}`;
  return `<figure${isWide ? ' class="wide"' : ""}>
<figcaption><h2>${escaped(title)}</h2>
<p>${escaped(caption)}</p></figcaption>
${body}
<div class="data"><details><summary>Table</summary>
${tableHtml({ columns, rows: held.slice(0, MOST_SHOWN) }, title)}
${all > MOST_SHOWN ? `<p>The first ${MOST_SHOWN} rows of ${count(all)}.</p>` : ""}</details>
<a href="${link}" download="${escaped(file)}">CSV${left}</a></div>
</figure>`;
}

/** Returns a table as markup, numbers to the right. It scrolls by itself, also by keys. */
export function tableHtml({ columns, rows }: Table, name: string): string {
  const isNumber = columns.map((_, k) => rows.every((row) => typeof row[k] !== "string"));
  const cell = (name: string, k: number, text: string) =>
    `<${name}${isNumber[k] ? ' class="number"' : ""}>${escaped(text)}</${name}>`;
  const lines = rows.map((row) => `<tr>${row.map((value, k) => cell("td", k, shown(value))).join("")}</tr>`);
  return `<div class="table" role="region" aria-label="${escaped(name)}" tabindex="0"><table><thead><tr>${columns.map((it, k) => cell("th", k, it)).join("")}</tr></thead>
<tbody>${lines.join("\n")}</tbody></table></div>`;
}

function shown(value: Value): string {
  if (typeof value !== "number") return value ?? "–";
  if (Number.isInteger(value)) return count(value).replace("-", "−");
  return String(Number(value.toPrecision(5))).replace("-", "−");
}

/** Returns a table as CSV (RFC 4180), cut where it gets too long, and how many of its rows that has. */
function csvOf({ columns, rows }: Table): { text: string; rows: number } {
  const lineOf = (values: readonly Value[]) => `${values.map(field).join(",")}\r\n`;
  let text = lineOf(columns);
  for (const [i, row] of rows.entries()) {
    const line = lineOf(row);
    if (text.length + line.length > MOST_CHARACTERS) return { text, rows: i };
    text += line;
  }
  return { text, rows: rows.length };
}

function field(value: Value): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function base64(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}
