// Files to stream: a part of them is generated, seeded, and then repeated up to the size asked for.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Random } from "../../src/random.js";

/** Text that is repeated, and what one repetition holds. */
export interface Part {
  text: Buffer;
  rows: number;
  features: number;
}

/** Draws ids of which few are common and many rare, as words are by Zipf's law: the k-th has a share of about 1/k. */
function draw(random: Random, ids: number): number {
  return Math.floor(ids ** random.unit());
}

/** Returns a part of `rows` lines that `line` makes; it returns how many features the line has. */
function partOf(rows: number, line: (out: string[]) => number): Part {
  const lines: string[] = [];
  let features = 0;
  for (let i = 0; i < rows; i++) features += line(lines);
  return { text: Buffer.from(`${lines.join("\n")}\n`), rows, features };
}

function sortedIds(random: Random, count: number, ids: number): number[] {
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(draw(random, ids));
  return [...drawn].sort((a, b) => a - b);
}

/** 14 features a row out of 980,000; 364, as word pairs are, out of 4 million. */
const SHAPES = {
  onehot: { rows: 100_000, count: 14, ids: 980_000 },
  pairs: { rows: 10_000, count: 364, ids: 4_000_000 },
};

/** Rows of ids without values in Vowpal Wabbit's format. */
export function vowpal(shape: keyof typeof SHAPES): Part {
  const { rows, count, ids } = SHAPES[shape];
  const random = new Random(1);
  return partOf(rows, (out) => {
    const row = sortedIds(random, count, ids);
    return out.push(`${random.unit() < 0.3 ? 1 : -1} | ${row.join(" ")}`) && row.length;
  });
}

/** The same as svmlight text. */
export function svmlight(shape: keyof typeof SHAPES | "forty"): Part {
  const { rows, count, ids } = shape === "forty" ? { rows: 50_000, count: 40, ids: 500_000 } : SHAPES[shape];
  const random = new Random(1);
  return partOf(rows, (out) => {
    const row = sortedIds(random, count, ids);
    return out.push(`${random.unit() < 0.3 ? 1 : -1} ${row.map((id) => `${id + 1}:1`).join(" ")}`) && row.length;
  });
}

/** Words of reviews with their weights, from ../shared/data; null where it is not. */
export function reviews(): Part | null {
  const file = new URL("../../../shared/data/imdb_uni.svm.gz", import.meta.url);
  if (!existsSync(file)) return null;
  const text = gunzipSync(readFileSync(file));
  const count = (byte: number) => text.reduce((sum, it) => sum + Number(it === byte), 0);
  return { text, rows: count(10), features: count(58) };
}

/** Columns of `table` but the first, y. */
export const TABLE_COLUMNS = Array.from({ length: 30 }, (_, c) => `c${c + 1}`);

/** A CSV of y and 30 columns of 20,000 values each. */
export function table(): Part {
  const random = new Random(1);
  return partOf(50_000, (out) => {
    const cells = TABLE_COLUMNS.map(() => random.below(20_000));
    return out.push(`${Number(random.unit() < (cells[0]! % 2 ? 0.4 : 0.1))},${cells.join()}`) && cells.length;
  });
}

/** Columns of `clicks` but the first, y. */
export const NUMBERS = Array.from({ length: 13 }, (_, c) => `i${c + 1}`);
export const WORDS = Array.from({ length: 26 }, (_, c) => `c${c + 1}`);

/** A CSV of clicks as Criteo's are: y, 13 counts and 26 hashes of 8 hex digits, of which some are missing. */
export function clicks(): Part {
  const random = new Random(1);
  const hash = (value: number) => (Math.imul(value + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0");
  return partOf(50_000, (out) => {
    const counts = NUMBERS.map(() => (random.below(4) ? draw(random, 5000) : ""));
    const words = WORDS.map((_, c) => (random.below(8) ? hash(draw(random, 100 * (c + 1) ** 2)) : ""));
    return (
      out.push(`${Number(random.unit() < 0.25)},${counts.join()},${words.join()}`) && NUMBERS.length + WORDS.length
    );
  });
}

export interface Written {
  rows: number;
  features: number;
  megabytes: number;
}

/** Writes a part again and again, after a header, until there are `megabytes`, or `rows` where given. */
export function write(file: string, part: Part, until: { megabytes: number } | { rows: number }, header = ""): Written {
  mkdirSync(new URL(".", `file://${file}`), { recursive: true });
  const times = "rows" in until ? until.rows / part.rows : Math.ceil((until.megabytes * 1e6) / part.text.length);
  const descriptor = openSync(file, "w");
  let bytes = writeSync(descriptor, header);
  try {
    for (let left = times; left > 0; left--) {
      const share = left < 1 ? endOfLine(part, Math.round(left * part.rows)) : part.text.length;
      for (let at = 0; at < share; ) at += writeSync(descriptor, part.text, at, share - at);
      bytes += share;
    }
    fsyncSync(descriptor); // or it is written to the disk while it is read
  } finally {
    closeSync(descriptor);
  }
  return { rows: Math.round(times * part.rows), features: times * part.features, megabytes: bytes / 1e6 };
}

/** Where in a part so many lines end. */
function endOfLine({ text }: Part, lines: number): number {
  let at = 0;
  for (let i = 0; i < lines; i++) at = text.indexOf(10, at) + 1;
  return at;
}
