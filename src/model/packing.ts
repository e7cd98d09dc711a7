import { OptionError } from "../errors.js";
import { parseSpace } from "../features/define.js";
import type { Program } from "../features/expression.js";
import { hashValue } from "../features/hash.js";
import type { HashedValues, Learned, SimpleDefinition } from "../features/kinds.js";
import { atomsOf, FeatureSpace } from "../features/space.js";
import { check } from "./container.js";
import { decodeRice, encodeRice } from "./rice.js";

/** A feature space in a model's header, made so that little is left to do for who predicts by it. */
export interface PackedSpace {
  atoms: PackedAtom[];
  /** The atoms, by their numbers, whose last id says that the cell is missing. */
  missing: number[];
  /** Features in the order of their ids: one atom, or those that are crossed, into slots if there is a number of them. */
  features: ([name: string, atoms: number[]] | [name: string, atoms: number[], slots: number])[];
  /** Cells that mean missing; absent where there were none given. */
  words?: string[];
  /** Computed columns; absent where there are none. */
  derive?: [column: string, expression: string, program: Program][];
}

/**
 * A simple feature and what it learned. `range` says "learned" where training data gave a bucket's range. Values of a
 * category or of tokens are in their section: `count` texts or, in a model without names, `hashes` of so many bits.
 */
export type PackedAtom =
  | [kind: "number", column: string]
  | [kind: "bucket", column: string, width: number, min: number, max: number, range?: "learned"]
  | [kind: "quantiles", column: string, buckets: number, edges: number]
  | [kind: "category" | "tokens", column: string, count: number]
  | [kind: "category" | "tokens", column: string, count: number, hashes: number, bits: 32 | 53]
  | [kind: "hash", column: string, slots: number];

export interface Packed {
  space: PackedSpace;
  edges: Uint8Array;
  values: Uint8Array;
}

/**
 * Packs a space. With `needed`, names are left out: hashes of the values in these sets stand for them, of all where a
 * set is null. Throws OptionError when two values cannot be told apart then.
 */
export function packSpace(space: FeatureSpace, needed: (ReadonlySet<number> | null)[] | null): Packed {
  const { definition, learned } = space.state;
  const keys = [...atomsOf(definition).keys()];
  const lessons = keys.map((_, i) => (needed ? hashedOf(learned[i] ?? {}, needed[i]!) : (learned[i] ?? {})));
  const atoms = [...atomsOf(definition).values()].map(({ definition }, i) => packAtom(definition, lessons[i]!));
  const numberOf = (part: string | SimpleDefinition) =>
    keys.indexOf(JSON.stringify(typeof part === "string" ? definition.features[part] : part));
  const features = Object.entries(definition.features).map(([name, it]): PackedSpace["features"][number] => {
    if (it.kind !== "cross") return [name, [numberOf(it)]];
    const parts = it.of.map(numberOf);
    return it.slots === undefined ? [name, parts] : [name, parts, it.slots];
  });
  const derive = [...space.layout.derived].map(([column, { program }]): [string, string, Program] => [
    column,
    definition.derive![column]!,
    program,
  ]);
  return {
    space: {
      atoms,
      missing: [...keys.keys()].filter((i) => lessons[i]!.missing),
      features,
      ...(definition.missing && { words: definition.missing }),
      ...(derive.length > 0 && { derive }),
    },
    edges: packEdges(lessons),
    values: packValues(lessons),
  };
}

/** What a kind learned, with hashes for its values: of those in `needed`. */
function hashedOf(learned: Learned, needed: ReadonlySet<number> | null): Learned {
  const { values, ...rest } = learned;
  if (!values) return learned;
  const ids = [...values.keys()].filter((id) => needed?.has(id) ?? true);
  for (const bits of [32, 53] as const) {
    const hashes = values.map((value) => hashValue(value, bits));
    const times = new Map<number, number>();
    for (const hash of hashes) times.set(hash, (times.get(hash) ?? 0) + 1);
    // One that is not needed must not pass for one that is, either.
    if (ids.some((id) => times.get(hashes[id]!)! > 1)) continue;
    return { ...rest, hashed: { count: values.length, bits, ids, hashes: ids.map((id) => hashes[id]!) } };
  }
  throw new OptionError("names cannot be left out: two values have the same hash");
}

function packAtom(it: SimpleDefinition, { min = 0, max = 0, edges, values, hashed }: Learned): PackedAtom {
  const { kind, column } = it;
  if (kind === "number") return [kind, column];
  if (kind === "hash") return [kind, column, it.slots];
  if (kind === "quantiles") return [kind, column, it.buckets, edges?.length ?? 0];
  if (kind === "bucket") {
    return it.min === undefined ? [kind, column, it.width, min, max, "learned"] : [kind, column, it.width, min, max];
  }
  return hashed ? [kind, column, hashed.count, hashed.ids.length, hashed.bits] : [kind, column, values?.length ?? 0];
}

function packEdges(lessons: Learned[]): Uint8Array {
  const edges = lessons.flatMap((it) => it.edges ?? []);
  const view = new DataView(new ArrayBuffer(8 * edges.length));
  edges.forEach((edge, i) => {
    view.setFloat64(8 * i, edge, true);
  });
  return new Uint8Array(view.buffer);
}

/** Texts of all atoms that have any as one list of JSON; or all ids, as differences, and then all hashes. */
function packValues(lessons: Learned[]): Uint8Array {
  const hashed = lessons.flatMap((it) => it.hashed ?? []);
  if (hashed.length > 0) {
    const gaps = hashed.flatMap(({ ids }) => ids.map((id, i) => id - (ids[i - 1] ?? -1) - 1));
    return encodeRice([...gaps, ...hashed.flatMap(({ hashes }) => hashes)]);
  }
  const texts = lessons.flatMap(({ values = [] }) => values);
  return texts.length > 0 ? new TextEncoder().encode(JSON.stringify(texts)) : new Uint8Array(0);
}

/** A section of a file: a view that goes on beyond its length. */
export interface Section {
  view: DataView;
  length: number;
}

/** Unpacks a space from JSON and its sections. Throws NoughtError where they do not fit together. */
export function unpackSpace(packed: PackedSpace, edges: Section, values: Section): FeatureSpace {
  const { atoms, missing, features, words, derive = [] } = packed;
  check([atoms, missing, features, derive].every(Array.isArray), "its feature space is incomplete");
  const edgesOf = edgeReader(edges);
  const valuesOf = valueReader(atoms, values);
  const learned = atoms.map((atom, i): Learned => {
    const [kind] = atom;
    let lesson: Learned = {};
    if (kind === "bucket") lesson = { min: atom[3], max: atom[4] };
    else if (kind === "quantiles") lesson = { edges: edgesOf(atom[3]) };
    else if (kind === "category" || kind === "tokens") lesson = valuesOf(atom);
    return missing.includes(i) ? { ...lesson, missing: true } : lesson;
  });
  const definitions = atoms.map(definitionOf);
  const names = new Map<number, string>();
  for (const [name, [atom]] of features.filter(([, parts]) => parts.length === 1).toReversed()) names.set(atom!, name);
  const definition = {
    features: Object.fromEntries(
      features.map(([name, parts, slots]) => [
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
  const again = packSpace(space, null).space;
  check(JSON.stringify(again) === JSON.stringify(packed), "its feature space is not as it is written");
  return space;
}

function definitionOf(atom: PackedAtom): object {
  const [kind, column] = atom;
  if (kind === "bucket") {
    const [, , width, min, max, range] = atom;
    return range === "learned" ? { kind, column, width } : { kind, column, width, min, max };
  }
  if (kind === "quantiles") return { kind, column, buckets: atom[2] };
  return kind === "hash" ? { kind, column, slots: atom[2] } : { kind, column };
}

/** Reads so many edges, the next ones. */
function edgeReader({ view, length }: Section): (count: number) => number[] {
  let at = 0;
  return (count) => {
    check(isCount(count) && at + 8 * count <= length, "it has fewer edges than it says");
    return Array.from({ length: count }, () => {
      at += 8;
      return view.getFloat64(at - 8, true);
    });
  };
}

type PackedValues = [kind: string, column: string, count: number, hashes?: number, bits?: HashedValues["bits"]];

/** Reads what an atom's values are, the next ones. */
function valueReader(atoms: readonly PackedAtom[], section: Section): (atom: PackedAtom) => Learned {
  const all = atoms.filter(([kind]) => kind === "category" || kind === "tokens") as PackedValues[];
  for (const [, , count] of all) check(isCount(count), "it has no number of values");
  const sum = (part: 2 | 3) => all.reduce((total, it) => total + (it[part] ?? 0), 0);
  let read = 0;
  if (all.some(([, , , hashes]) => hashes !== undefined)) {
    const numbers = decodeRice(section.view, section.length, 2 * sum(3));
    return (atom) => {
      const [, , count, hashes, bits] = atom as PackedValues;
      check(isCount(hashes) && (bits === 32 || bits === 53), "its hashes are of no known length");
      let id = -1;
      const ids = Array.from(numbers.subarray(read, read + hashes), (gap) => (id += gap + 1));
      check(id < count, "a value is beyond their number");
      read += hashes;
      const from = numbers.length / 2 + read - hashes;
      return { hashed: { count, bits, ids, hashes: Array.from(numbers.subarray(from, from + hashes)) } };
    };
  }
  const { view, length } = section;
  const texts: unknown =
    length > 0 ? JSON.parse(UTF8.decode(new Uint8Array(view.buffer, view.byteOffset, length))) : [];
  check(Array.isArray(texts) && texts.length === sum(2), "it has other values than it says");
  return (atom) => {
    read += atom[2] as number;
    return { values: texts.slice(read - (atom[2] as number), read) };
  };
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the feature space that JSON tells of. Throws NoughtError where it cannot be. */
export function parseSpaceState({ definition, learned }: { definition: unknown; learned: unknown }): FeatureSpace {
  return new FeatureSpace({ definition: parseSpace(definition), learned: parseLearned(learned) });
}

function parseLearned(value: unknown): Learned[] {
  check(Array.isArray(value), "its feature space is incomplete");
  for (const { missing, min, max, edges, values, hashed } of value as Learned[]) {
    check(missing === undefined || typeof missing === "boolean", '"missing" is neither true nor false');
    const isRange = Number.isFinite(min) && Number.isFinite(max) && min! <= max!;
    check((min === undefined && max === undefined) || isRange, "a bucket's range is no range");
    const isAscending = edges?.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1]!)) ?? true;
    check(isAscending, "quantile edges do not ascend");
    check(values?.every((it) => typeof it === "string") ?? true, "a category is no text");
    for (const known of [values, hashed?.hashes]) {
      check(new Set<unknown>(known).size === (known?.length ?? 0), "a category is there twice");
    }
  }
  return value as Learned[];
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
