import { OptionError } from "../errors.js";
import { parseFraction, quote } from "./cell.js";
import { compileExpression } from "./expression.js";
import {
  type BucketDefinition,
  type CategoryDefinition,
  checkSlots,
  type HashDefinition,
  isKind,
  kindOf,
  type NumberDefinition,
  type QuantilesDefinition,
  type SimpleDefinition,
  type TokensDefinition,
} from "./kinds.js";

/** The product of two or more features: one dimension for each combination of their ids. */
export interface CrossDefinition {
  kind: "cross";
  /** Names of features of the space, or features of their own that count only inside this cross. */
  of: (string | SimpleDefinition)[];
  /** Hash the combinations into this many dimensions. Without it ids are exact, up to 2⁵³ of them. */
  slots?: number;
}

/** A feature of one column, or a cross of several. */
export type Definition = SimpleDefinition | CrossDefinition;

/** A feature space before it has seen data: plain JSON. */
export interface SpaceDefinition {
  /** Features by name, in the order of their ids. */
  features: Record<string, Definition>;
  /** Columns computed from others: { rooms_per_person: "total_rooms / population" }. */
  derive?: Record<string, string>;
  /** Cells besides the empty one that mean missing, such as "NA". */
  missing?: string[];
}

/** The value of a numeric column as it is. */
export function number(column: string): NumberDefinition {
  return { kind: "number", column };
}

/** Buckets of fixed width; the range is that of the training data unless given. `bucket("latitude", 1 / 60, -90, 90)` */
export function bucket(column: string, width: number, min?: number, max?: number): BucketDefinition {
  return { kind: "bucket", column, width, ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

/** Buckets of equal share of the training rows. `quantiles("income", 10)`: deciles. */
export function quantiles(column: string, buckets: number): QuantilesDefinition {
  return { kind: "quantiles", column, buckets };
}

/** One dimension a distinct value. */
export function category(column: string): CategoryDefinition {
  return { kind: "category", column };
}

/** One dimension a distinct word, counted. */
export function tokens(column: string): TokensDefinition {
  return { kind: "tokens", column };
}

/** A distinct value in one of `slots` dimensions by its hash. */
export function hash(column: string, slots: number): HashDefinition {
  return { kind: "hash", column, slots };
}

/** Every combination of features: `cross("lat", "lon")`, `cross("lat", "lon", { slots: 1000 })`, `cross(bucket(…), "country")`. */
export function cross(...parts: (string | SimpleDefinition | { slots: number })[]): CrossDefinition {
  const isOption = (part: (typeof parts)[number]): part is { slots: number } =>
    typeof part === "object" && !("kind" in part);
  const options = parts.find(isOption);
  const of = parts.filter((part) => !isOption(part)) as (string | SimpleDefinition)[];
  return { kind: "cross", of, ...(options && { slots: options.slots }) };
}

/**
 * Checks that a value, such as parsed JSON, is a space's definition and returns a copy of it.
 * Widths may be fractions such as "1/60". Throws OptionError that names the field at fault.
 */
export function parseSpace(value: unknown): SpaceDefinition {
  const { features, derive, missing } = fieldsOf(value, "feature space", ["features", "derive", "missing"]);
  const parsed: [string, Definition][] = Object.entries(objectOf(features, "features")).map(([name, definition]) => [
    name,
    parseDefinition(definition, `feature ${quote(name)}`),
  ]);
  if (parsed.length === 0) throw new OptionError("feature space: no features");
  const byName = new Map(parsed);
  for (const [name, definition] of parsed) {
    if (definition.kind !== "cross") continue;
    for (const part of definition.of) {
      if (typeof part !== "string" || (byName.get(part) ?? definition).kind !== "cross") continue;
      const known = parsed.filter(([, it]) => it.kind !== "cross").map(([it]) => it);
      throw new OptionError(
        `cross ${quote(name)}: ${quote(part)} is not a feature to cross; there are ${known.map(quote).join(", ")}`,
      );
    }
  }
  nameParts(parsed);
  const derived = Object.entries(objectOf(derive ?? {}, "derive")).map(([name, expression]): [string, string] => {
    if (typeof expression !== "string") throw new OptionError(`derive ${quote(name)}: expected an expression`);
    compileExpression(expression);
    return [name, expression];
  });
  if (missing !== undefined && !(Array.isArray(missing) && missing.every((it) => typeof it === "string"))) {
    throw new OptionError(`missing: expected a list of texts, got ${quote(missing)}`);
  }
  return {
    features: recordOf(parsed),
    ...(derived.length > 0 && { derive: recordOf(derived) }),
    ...(missing !== undefined && { missing: [...(missing as string[])] }),
  };
}

/** Calls parts of crosses that are features of the space by name, the first that is the same. */
function nameParts(features: readonly [string, Definition][]): void {
  const names = new Map<string, string>();
  for (const [name, it] of features) {
    if (it.kind !== "cross" && !names.has(JSON.stringify(it))) names.set(JSON.stringify(it), name);
  }
  const byName = new Map(features);
  for (const [, it] of features) {
    if (it.kind !== "cross") continue;
    it.of = it.of.map((part) => names.get(JSON.stringify(typeof part === "string" ? byName.get(part) : part)) ?? part);
  }
}

/** 2⁵³ ids are no more than 53 features of two values each. */
const MOST_PARTS = 53;

function parseDefinition(value: unknown, what: string): Definition {
  const kind = objectOf(value, what).kind;
  if (kind === "cross") {
    const { of, slots } = fieldsOf(value, what, ["kind", "of", "slots"]);
    if (!Array.isArray(of) || of.length < 2) throw new OptionError(`${what}: expected "of" with two features or more`);
    if (of.length > MOST_PARTS) throw new OptionError(`${what}: ${of.length} features; expected ${MOST_PARTS} at most`);
    const parts = of.map((part) => (typeof part === "string" ? part : parseSimple(part, `part of ${what}`)));
    if (slots === undefined) return { kind, of: parts };
    const count = parseNumber(slots, "slots", what);
    checkSlots(what, count);
    return { kind, of: parts, slots: count };
  }
  return parseSimple(value, what);
}

/** The fields of each kind besides `kind` and `column`, all numbers; those with ? may be left out. */
const NUMBERS = {
  number: [],
  bucket: ["width", "min?", "max?"],
  quantiles: ["buckets"],
  category: [],
  tokens: [],
  hash: ["slots"],
} as const satisfies Record<SimpleDefinition["kind"], readonly string[]>;

function parseSimple(value: unknown, what: string): SimpleDefinition {
  const kind = objectOf(value, what).kind;
  if (!isKind(kind)) {
    throw new OptionError(`${what}: kind ${quote(kind)}; expected ${Object.keys(NUMBERS).join(", ")} or cross`);
  }
  const names = NUMBERS[kind].map((name) => name.replace("?", ""));
  const fields = fieldsOf(value, what, ["kind", "column", ...names]);
  if (typeof fields.column !== "string" || fields.column === "") {
    throw new OptionError(`${what}: expected "column" with a column's name, got ${quote(fields.column)}`);
  }
  const result: Record<string, unknown> = { kind, column: fields.column };
  for (const [i, name] of names.entries()) {
    const given = fields[name];
    if (given === undefined && NUMBERS[kind][i]?.endsWith("?")) continue;
    result[name] = parseNumber(given, name, what);
  }
  const definition = result as unknown as SimpleDefinition;
  kindOf(definition).check(definition);
  return definition;
}

function parseNumber(given: unknown, name: string, what: string): number {
  const number = typeof given === "string" ? parseFraction(given) : given;
  if (typeof number === "number" && !Number.isNaN(number)) return number;
  throw new OptionError(`${what}: "${name}" is ${quote(given)}; expected a number`);
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new OptionError(`${what}: expected an object, got ${quote(value)}`);
}

function fieldsOf(value: unknown, what: string, known: string[]): Record<string, unknown> {
  const object = objectOf(value, what);
  const unknown = Object.keys(object).find((field) => !known.includes(field));
  if (unknown !== undefined) {
    throw new OptionError(`${what}: unknown field ${quote(unknown)}; expected ${known.join(", ")}`);
  }
  return object;
}

/** Object.fromEntries on no prototype: names come from users. */
function recordOf<V>(entries: [string, V][]): Record<string, V> {
  const record: Record<string, V> = Object.create(null);
  for (const [name, value] of entries) record[name] = value;
  return record;
}
