import { NoughtError, OptionError } from "../errors.js";
import { atomsOf } from "../features/atoms.js";
import { parseSpace } from "../features/define.js";
import type { Operator, Program } from "../features/expression.js";
import { hashValue } from "../features/hash.js";
import type { HashedValues, Learned, SimpleDefinition } from "../features/kinds.js";
import { FeatureSpace } from "../features/space.js";
import { check } from "./container.js";
import { checkRuns, encodeRice, gapsOf, readRuns, summed } from "./rice.js";

/** An expression: a number, a text, [column], or [operator, left, right]. */
export type Tree = number | string | [column: string] | [operator: Operator, left: Tree, right: Tree];

/** A feature space in a model's header, made so that little is left to do for who predicts by it. */
export interface PackedSpace {
  atoms: PackedAtom[];
  /** Features in the order of their ids: the first of them; one atom, or those that are crossed; into how many slots. */
  features: (
    | [name: string, offset: number, atoms: number[]]
    | [name: string, offset: number, atoms: number[], slots: number]
  )[];
  /** Cells that mean missing; absent where there were none given. */
  words?: string[];
  /** Computed columns; absent where there are none. */
  derive?: [column: string, expression: string, tree: Tree][];
  /** Of a model without names, how many bits the hashes of values have; else absent. */
  bits?: HashedValues["bits"];
}

/**
 * A simple feature and what it learned. An atom has `size` ids, of which the last says that the cell is missing where
 * they are one more than `dimension`. `range` says "learned" where training data gave a bucket's range. Values of a
 * category or of tokens are in their section: as many texts as the dimension or, in a model without names, so many hashes.
 */
export type PackedAtom = [
  kind: SimpleDefinition["kind"],
  column: string,
  dimension: number,
  size: number,
  ...rest: Rest,
];
type Rest =
  | []
  | [width: number, min: number, max: number, range?: "learned"]
  | [buckets: number, edges: number[]]
  | [hashes: number];

export interface Packed {
  space: PackedSpace;
  values: Uint8Array;
}

/**
 * Packs a space. With `needed`, names are left out: hashes of the values in these sets stand for them, of all where a
 * set is null. Throws OptionError when two values cannot be told apart then.
 */
export function packSpace(space: FeatureSpace, needed: (ReadonlySet<number> | null)[] | null): Packed {
  const { definition } = space.state;
  const { atoms, outputs, derived } = space.layout;
  const learned = atoms.map(({ definition: { kind }, learned: it }): Learned => {
    return hasValues(kind) && !it.hashed ? { values: [], ...it } : it;
  });
  const lessons = needed ? hashedOf(learned, needed) : learned;
  const derive = [...derived].map(([column, { program }]): [string, string, Tree] => [
    column,
    definition.derive![column]!,
    treeOf(program),
  ]);
  const bits = lessons.find(({ hashed }) => hashed)?.hashed?.bits;
  return {
    space: {
      atoms: atoms.map(({ definition, dimension, absent }, i): PackedAtom => {
        const { kind, column } = definition;
        return [kind, column, dimension - Number(absent !== null), dimension, ...restOf(definition, lessons[i]!)];
      }),
      features: space.features.map(({ name, offset }, i) => {
        const { parts, slots } = outputs[i]!;
        return slots === null ? [name, offset, [...parts]] : [name, offset, [...parts], slots];
      }),
      ...(definition.missing && { words: definition.missing }),
      ...(derive.length > 0 && { derive }),
      ...(bits && { bits }),
    },
    values: packValues(lessons),
  };
}

function treeOf(program: Program): Tree {
  const stack: Tree[] = [];
  for (const it of program) {
    if ("operator" in it) stack.push([it.operator, ...(stack.splice(-2) as [Tree, Tree])]);
    else stack.push("column" in it ? [it.column] : "text" in it ? it.text : it.number);
  }
  return stack[0] as Tree;
}

/** What a space learned, with hashes for its values: of those in `needed`. */
function hashedOf(learned: readonly Learned[], needed: readonly (ReadonlySet<number> | null)[]): Learned[] {
  const hashed = (bits: HashedValues["bits"]) =>
    learned.map((it, i): Learned | null => {
      const { values, ...rest } = it;
      if (!values) return it;
      const ids = [...values.keys()].filter((id) => needed[i]?.has(id) ?? true);
      const hashes = values.map((value) => hashValue(value, bits));
      const times = new Map<number, number>();
      for (const hash of hashes) times.set(hash, (times.get(hash) ?? 0) + 1);
      // One that is not needed must not pass for one that is, either.
      if (ids.some((id) => times.get(hashes[id]!)! > 1)) return null;
      return { ...rest, hashed: { count: values.length, bits, ids, hashes: ids.map((id) => hashes[id]!) } };
    });
  for (const lessons of [hashed(32), hashed(53)]) if (!lessons.includes(null)) return lessons as Learned[];
  throw new OptionError("names cannot be left out: two values have the same hash");
}

function restOf(it: SimpleDefinition, { min = 0, max = 0, edges = [], hashed }: Learned): Rest {
  if (it.kind === "quantiles") return [it.buckets, edges];
  if (it.kind !== "bucket") return hashed ? [hashed.ids.length] : [];
  return it.min === undefined ? [it.width, min, max, "learned"] : [it.width, min, max];
}

/** Texts as JSON, a list for each atom that has any; or of each such atom the ids, as differences, and the hashes. */
function packValues(lessons: readonly Learned[]): Uint8Array {
  const runs = lessons.flatMap(({ hashed }) => {
    if (!hashed) return [];
    return [gapsOf(hashed.ids), hashed.hashes];
  });
  if (runs.length > 0) return encodeRice(...runs);
  return new TextEncoder().encode(JSON.stringify(lessons.flatMap(({ values }) => (values ? [values] : []))));
}

/** Unpacks a space from JSON and its values. Throws NoughtError where they do not fit together. */
export function unpackSpace(packed: PackedSpace, values: DataView): FeatureSpace {
  const { atoms, features, words, derive = [] } = packed;
  checkShape(packed);
  const valuesOf = valueReader(packed, values);
  const learned = atoms.map((atom): Learned => {
    const [kind, , dimension, size, , second, third] = atom as [
      string,
      string,
      number,
      number,
      unknown,
      unknown,
      unknown,
    ];
    const missing = size > dimension && { missing: true };
    if (kind === "bucket") return { min: second as number, max: third as number, ...missing };
    if (kind === "quantiles") return { edges: second as number[], ...missing };
    return hasValues(kind) ? { ...valuesOf(atom), ...missing } : { ...missing };
  });
  const definitions = atoms.map(definitionOf);
  const names = new Map<number, string>();
  for (const [name, , parts] of features.toReversed()) if (parts.length === 1) names.set(parts[0]!, name);
  const definition = {
    features: Object.fromEntries(
      features.map(([name, , parts, slots]) => [
        name,
        parts.length === 1
          ? definitions[parts[0]!]
          : { kind: "cross", of: parts.map((it) => names.get(it) ?? definitions[it]), slots },
      ]),
    ),
    ...(derive.length > 0 && { derive: Object.fromEntries(derive) }),
    ...(words && { missing: words }),
  };
  const space = parseSpaceState({ definition, learned });
  const again = packSpace(space, null);
  check(JSON.stringify(again.space) === JSON.stringify(packed), "its feature space is not as it is written");
  const isSame = again.values.length === values.byteLength && again.values.every((it, i) => it === values.getUint8(i));
  check(isSame, "its values are not as they are written");
  return space;
}

/** Throws ModelError unless a packed space is made of what one is made of. */
function checkShape({ atoms, features, derive = [] }: PackedSpace): void {
  const isWhole =
    [atoms, features, derive].every(Array.isArray) &&
    [...atoms, ...features, ...derive].every(Array.isArray) &&
    features.every(([name, , parts]) => {
      const isAtom = (it: unknown) => isCount(it) && it < atoms.length;
      return typeof name === "string" && Array.isArray(parts) && parts.length > 0 && parts.every(isAtom);
    });
  check(isWhole, "its feature space is incomplete");
}

function hasValues(kind: string): boolean {
  return kind === "category" || kind === "tokens";
}

function definitionOf([kind, column, dimension, , first, min, max, range]: PackedAtom): object {
  if (kind === "bucket") return { kind, column, width: first, ...(range !== "learned" && { min, max }) };
  if (kind === "quantiles") return { kind, column, buckets: first };
  return kind === "hash" ? { kind, column, slots: dimension } : { kind, column };
}

/** Reads what an atom's values are, the next ones. */
function valueReader({ atoms, bits }: PackedSpace, view: DataView): (atom: PackedAtom) => Learned {
  if (bits) {
    check(bits === 32 || bits === 53, "its hashes are of no known length");
    const counts = atoms.flatMap(([kind, , , , hashes]) => (hasValues(kind) ? [hashes, hashes] : []));
    check(counts.every(isCount), "it does not say how many hashes it has");
    checkRuns(view, counts);
    const runs = readRuns(view, counts);
    return ([, , count]) => {
      const [gaps, hashes] = runs.splice(0, 2) as [Float64Array, Float64Array];
      const ids = [...summed(gaps)];
      check(ids.length === 0 || ids.at(-1)! < count, "a value is beyond their number");
      return { hashed: { count, bits, ids, hashes: [...hashes] } };
    };
  }
  const lists = JSON.parse(UTF8.decode(view)) as string[][];
  check(Array.isArray(lists) && lists.every(Array.isArray), "its values are no lists");
  return () => {
    const values = lists.shift();
    check(values, "it has fewer values than it says");
    return { values };
  };
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the feature space that JSON tells of. Throws NoughtError where it cannot be. */
export function parseSpaceState({ definition, learned }: { definition: unknown; learned: unknown }): FeatureSpace {
  const parsed = parseSpace(definition);
  const atoms = [...atomsOf(parsed).values()];
  const isWhole = isList(learned, (it) => Object(it) === it) && (learned as Learned[]).length === atoms.length;
  must(isWhole, "its feature space is incomplete");
  atoms.forEach(({ definition: { kind } }, i) => {
    checkLearned(kind, (learned as Learned[])[i]!);
  });
  return new FeatureSpace({ definition: parsed, learned: learned as Learned[] });
}

function checkLearned(kind: SimpleDefinition["kind"], { missing, min, max, edges, values, hashed }: Learned): void {
  must(missing === undefined || typeof missing === "boolean", '"missing" is neither true nor false');
  const isRange = Number.isFinite(min) && Number.isFinite(max) && min! <= max!;
  must(kind !== "bucket" || isRange, "a bucket's range is no range");
  const isAfter = (edge: unknown, i: number) => Number.isFinite(edge) && (i === 0 || (edge as number) > edges![i - 1]!);
  must(kind !== "quantiles" || isList(edges, isAfter), "quantile edges do not ascend");
  if (kind !== "category" && kind !== "tokens") return;
  if (hashed) must(isHashed(hashed), "its hashes do not fit their values");
  else
    must(
      isList(values, (it) => typeof it === "string"),
      "a category is no text",
    );
  const known: unknown[] = hashed?.hashes ?? values!;
  must(new Set(known).size === known.length, "a category is there twice");
}

function isHashed({ count, bits, ids, hashes }: HashedValues): boolean {
  const isAfter = (id: unknown, i: number) => isCount(id) && id < count && (i === 0 || id > ids[i - 1]!);
  const isHash = (it: unknown) => isCount(it) && it < 2 ** bits;
  return isCount(count) && isList(ids, isAfter) && isList(hashes, isHash) && ids.length === hashes.length;
}

function isList(value: unknown, holds: (it: unknown, i: number) => boolean): boolean {
  return Array.isArray(value) && value.every(holds);
}

function must(holds: boolean, problem: string): void {
  if (!holds) throw new NoughtError(problem);
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
