import { Random } from "../random.js";

/** Made-up rows as svmlight text, and a strength for them. */
export interface Sample {
  rows: number;
  features: number;
  text: Uint8Array;
  l1: number;
}

/** Features of a row. Their ids are drawn as the fourth power of a uniform number: small ones are in most rows. */
const PER_ROW = 30;
const IDS = 2 ** 16;
/** Ids that the label depends on. */
const TELLING = 50;

/** Makes rows of features without values, the same ones every time. */
export function sampleOf(rows: number): Sample {
  const random = new Random(1);
  const lines: string[] = [];
  for (let i = 0; i < rows; i++) {
    const ids = new Set<number>();
    while (ids.size < PER_ROW) ids.add(1 + Math.floor(IDS * random.unit() ** 4));
    const sorted = [...ids].sort((a, b) => a - b);
    const telling = sorted.reduce((sum, id) => sum + (id > TELLING ? 0 : id % 2 ? 1 : -1), 0);
    lines.push(`${telling + random.unit() > 0.5 ? "+1" : "-1"} ${sorted.map((id) => `${id}:1`).join(" ")}\n`);
  }
  return { rows, features: rows * PER_ROW, text: new TextEncoder().encode(lines.join("")), l1: 1e-3 };
}
