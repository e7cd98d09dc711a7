import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// A corpus of inputs, most of them bad, with what must come of each. A file a reader, JSON a line:
//
//     name     what the case is about
//     input    text, or a list of parts: texts, { repeat: text, times }, and { hex: bytes }
//     each     inputs alike: a list of texts, or of lists of texts; the case stands for all of them. %0 in its strings is
//              the first of a list, %1 the second …
//     options  what the reader is given, besides its own defaults
//     error    the message expected, of a DataError; or [class, message]
//     rows     where there is no error, the rows expected: "label*weight id:value …", of tables "label | name:value | …"
//     skipped  bad lines left out; 0 where it is not given

type Part = string | { repeat: string; times: number } | { hex: string };

interface Line {
  name: string;
  input: string | Part[];
  each?: (string | string[])[];
  options?: Record<string, unknown>;
  error?: string | [name: string, message: string];
  rows?: string[];
  skipped?: number;
}

/** What must come of an input. */
export type Outcome = { error: [name: string, message: string] } | { rows: string[]; skipped: number };

export interface Case {
  name: string;
  /** Whether it is the first of its line. */
  isFirst: boolean;
  bytes: Uint8Array;
  options: Record<string, unknown>;
  expected: Outcome;
}

/** Returns the cases of a reader's file, each of `each` as one. Throws where two have one name. */
export function casesOf(reader: string): Case[] {
  const path = fileURLToPath(new URL(`${reader}.jsonl`, import.meta.url));
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  const cases = lines.flatMap((line) => {
    const { each, ...one } = JSON.parse(line) as Line;
    if (!each) return [caseOf(one)];
    return each.map((it, i) => {
      const values = [it].flat();
      const filled = fill(one, values) as Line;
      return caseOf({ ...filled, name: `${filled.name} ${JSON.stringify(values[0])}` }, i === 0);
    });
  });
  const twice = cases.find(({ name }, i) => cases.findIndex((it) => it.name === name) < i);
  if (twice) throw new Error(`${reader}.jsonl: two cases are named ${twice.name}`);
  return cases;
}

function caseOf({ name, input, options = {}, error, rows = [], skipped = 0 }: Line, isFirst = true): Case {
  const bytes = new Uint8Array(Buffer.concat([input].flat().map(bytesOfPart)));
  const one = { name, isFirst, bytes, options };
  if (error === undefined) return { ...one, expected: { rows, skipped } };
  return { ...one, expected: { error: typeof error === "string" ? ["DataError", error] : error } };
}

function bytesOfPart(part: Part): Buffer {
  if (typeof part === "string") return Buffer.from(part);
  return "hex" in part ? Buffer.from(part.hex, "hex") : Buffer.from(part.repeat.repeat(part.times));
}

/** Puts values in place of %0, %1 … in all texts. */
function fill(it: unknown, values: readonly string[]): unknown {
  if (typeof it === "string") return it.replace(/%(\d)/g, (mark, i) => values[i] ?? mark);
  if (typeof it !== "object" || it === null) return it;
  if (Array.isArray(it)) return it.map((part) => fill(part, values));
  return Object.fromEntries(Object.entries(it).map(([key, part]) => [key, fill(part, values)]));
}
