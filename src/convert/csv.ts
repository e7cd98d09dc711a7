import type { Model } from "../model/model.js";

/** Writes the weights as CSV (RFC 4180): id, name, weight; first the intercept, without an id, then the largest in size. */
export function toCsv(model: Model): string {
  const rows = model.weights().map(({ id, name, weight }) => `${id},${quoted(name)},${weight}\r\n`);
  return `id,name,weight\r\n,intercept,${model.intercept}\r\n${rows.join("")}`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
