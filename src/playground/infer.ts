import { csvSource } from "../data/csv.js";
import { Tolerance } from "../data/reader.js";
import type { Input } from "../data/source.js";
import { DataError } from "../errors.js";
import { isMissing, parseDecimal } from "../features/cell.js";
import {
  bucket,
  category,
  cross,
  type Definition,
  quantiles,
  type SpaceDefinition,
  tokens,
} from "../features/define.js";
import { featureSpace } from "../features/space.js";

/** What was found out about a table: what can be asked of it, and from which features. */
export interface Plan {
  /** Columns that can be asked for. */
  targets: string[];
  target: string;
  /** What is learned, as an expression, and in words. */
  expression: string;
  question: string;
  space: SpaceDefinition;
  /** What became of columns that were left out. */
  notes: string[];
}

/** Rows looked at. */
const SAMPLE = 20_000;
/** Numbers of so few values are names rather than quantities. */
const FEW = 12;
const BUCKETS = 10;
/** Cells of a map, across the wider way. */
const ACROSS = 72;
/** Values of a category at most, and as a share of the rows. */
const MOST_VALUES = 2000;
const MOST_SHARE = 0.5;

interface Column {
  name: string;
  counts: Map<string, number>;
  filled: number;
  isNumeric: boolean;
  words: number;
}

/** Looks through a table. Throws DataError where it is none, or nothing can be asked of it. */
export async function inferPlan(input: Input, name: string, asked: string | null): Promise<Plan> {
  const { columns, rows } = await sampleOf(input, name);
  const targets = columns.filter(({ counts }) => counts.size > 1).map(({ name }) => name);
  const target = asked !== null && targets.includes(asked) ? asked : targets.at(-1);
  if (target === undefined) throw new DataError(`${name}: no column has more than one value`);
  const column = columns.find((it) => it.name === target)!;
  const { expression, question } = questionOf(column);
  const others = columns.filter((it) => it !== column);
  const [features, notes] = featuresOf(others, rows);
  if (Object.keys(features).length === 0) throw new DataError(`${name}: no column to predict ${target} from`);
  return { targets, target, expression, question, space: featureSpace(features), notes };
}

async function sampleOf(input: Input, name: string): Promise<{ columns: Column[]; rows: number }> {
  let columns: Column[] = [];
  let rows = 0;
  for await (const batch of csvSource(input, { name, keep: true }).read(new Tolerance(0))) {
    if (columns.length === 0) {
      columns = batch.columns.map((name) => ({ name, counts: new Map(), filled: 0, isNumeric: true, words: 0 }));
    }
    for (const { cells } of batch.rows) {
      for (const [i, column] of columns.entries()) {
        const cell = cells[i];
        if (!isMissing(cell)) observe(column, String(cell));
      }
    }
    rows += batch.rows.length;
    if (rows >= SAMPLE) break;
  }
  if (rows === 0) throw new DataError(`${name}: no rows`);
  return { columns, rows };
}

function observe(column: Column, text: string): void {
  column.filled++;
  column.counts.set(text, (column.counts.get(text) ?? 0) + 1);
  if (column.isNumeric && Number.isNaN(parseDecimal(text.trim()))) column.isNumeric = false;
  column.words += text.split(/\s+/).length;
}

/** A question that can be answered by yes and no. */
function questionOf({ name, counts, isNumeric }: Column): { expression: string; question: string } {
  const column = `\`${name}\``;
  const values = [...counts.keys()];
  if (isNumeric && counts.size > 2) {
    const all = [...counts].flatMap(([text, count]) => Array<number>(count).fill(Number(text))).sort((a, b) => a - b);
    const median = all[Math.floor((all.length - 1) / 2)]!;
    // The median may be the largest of all.
    return median < all.at(-1)!
      ? { expression: `${column} > ${inBrackets(median)}`, question: `Is ${name} above its median, ${median}?` }
      : { expression: `${column} >= ${inBrackets(median)}`, question: `Is ${name} ${median}?` };
  }
  if (isNumeric) {
    const most = Math.max(...values.map(Number));
    return { expression: `${column} >= ${inBrackets(most)}`, question: `Is ${name} ${most}?` };
  }
  const common = values.reduce((best, it) => (counts.get(it)! > counts.get(best)! ? it : best));
  const quoted = common.includes('"') ? `'${common}'` : `"${common}"`;
  return { expression: `${column} == ${quoted}`, question: `Is ${name} “${common}”?` };
}

/** Expressions have no sign before a number. */
function inBrackets(number: number): string {
  return number < 0 ? `(0 - ${-number})` : String(number);
}

function featuresOf(columns: readonly Column[], rows: number): [Record<string, Definition>, string[]] {
  const features: Record<string, Definition> = {};
  const notes: string[] = [];
  const up = columns.find((it) => isPlace(it, /(^|[^a-z])lat(itude)?$/i, 90));
  const across = columns.find((it) => isPlace(it, /(^|[^a-z])(lon|lng|long|longitude)$/i, 180));
  const isMap = up && across;
  if (isMap) {
    const width = widthOf(up, across);
    features[up.name] = bucket(up.name, width);
    features[across.name] = bucket(across.name, width);
    features.place = cross(up.name, across.name);
  }
  for (const column of columns) {
    const { name, counts, isNumeric, filled, words } = column;
    if (isMap && (column === up || column === across)) continue;
    const isName = counts.size <= MOST_VALUES && counts.size <= Math.max(2, MOST_SHARE * rows);
    if (counts.size < 2) notes.push(`${name} has one value: left out`);
    else if (isNumeric) features[name] = counts.size <= FEW ? category(name) : quantiles(name, BUCKETS);
    else if (isName) features[name] = category(name);
    else if (words / filled >= 2) features[name] = tokens(name);
    else notes.push(`${name} is different in nearly every row: left out`);
  }
  return [features, notes];
}

function isPlace({ name, counts, isNumeric }: Column, pattern: RegExp, most: number): boolean {
  return isNumeric && pattern.test(name) && [...counts.keys()].every((it) => Math.abs(Number(it)) <= most);
}

/** Degrees of a cell: 1, 2 or 5 times a power of ten. */
function widthOf(up: Column, across: Column): number {
  const spans = [up, across].map(({ counts }) => {
    const values = [...counts.keys()].map(Number);
    return values.reduce((most, it) => Math.max(most, it)) - values.reduce((least, it) => Math.min(least, it));
  });
  const exact = Math.max(...spans, 1e-6) / ACROSS;
  const power = 10 ** Math.floor(Math.log10(exact));
  return Number(([1, 2, 5].map((it) => it * power).find((it) => it >= exact) ?? 10 * power).toPrecision(1));
}
