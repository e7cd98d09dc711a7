import type { Operator } from "../features/expression.js";
import { hashId } from "../features/hash.js";
import type { PackedSpace, Tree } from "../model/packing.js";
import { readNumber, start } from "../model/rice.js";
import { mix } from "../random.js";
import { countUpTo } from "./weights.js";

// What src/features does with records, once more in as few bytes as it takes: tests hold the two together.

/** What stands in one field of a record. null, undefined and "" mean missing. */
export type Cell = string | number | boolean | null | undefined | readonly string[];
/** Fields of a record by name. */
export type Fields = { readonly [column: string]: Cell };

/** A record's field that is not there, or that is not what the model takes. */
export class DataError extends Error {
  override readonly name = "DataError";
}

type Pair = [id: number, value: number];

/** An id of value 1, if there is one. */
const entry = (id: number | undefined): Pair[] => (id! >= 0 ? [[id!, 1]] : []);

const isMissing = (cell: Cell) => cell == null || cell === "";

/** MurmurHash3 as in features/hash.ts; what is beyond the end counts as 0. */
const hashText = (text: string, seed = 0): number => {
  const bytes = new TextEncoder().encode(text);
  const { length } = bytes;
  for (let i = 0; i < length; i += 4) {
    const k = Math.imul(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24), 0xcc9e2d51);
    seed ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    if (i + 4 <= length) seed = Math.imul((seed << 13) | (seed >>> 19), 5) + 0xe6546b64;
  }
  return mix(seed ^ length);
};

const decimalOf = (text: string) => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? +text : Number.NaN);

/** Returns what makes a record into ids and values in turn, in the order in which Model sums them. */
export function recordReader(
  { atoms, features, words = [], derive = [], bits }: PackedSpace,
  view: DataView,
): (record: Fields) => Pair[] {
  let column: string;
  let record: Fields;
  const fail = (what: string): never => {
    throw new DataError(`${column}: ${what}`);
  };
  const numberOf = (cell: Cell): number => {
    const number = typeof cell === "string" ? decimalOf(cell.trim()) : typeof cell === "boolean" ? +cell : cell;
    return Number.isFinite(number) ? (number as number) : fail("not a number");
  };
  const textOf = (cell: Cell): string =>
    typeof cell === "string" ? cell : /^(nu|bo)/.test(typeof cell) ? `${cell}` : fail("not text");
  const single = (value: number) => (Number.isFinite(Math.fround(value)) ? value : fail("too large"));
  /** Sums the values of equal ids, in single precision. */
  const merge = (pairs: Pair[]): Pair[] => {
    const sums = new Map<number, number>();
    for (const [id, value] of pairs) sums.set(id, Math.fround(single((sums.get(id) ?? 0) + value)));
    return [...sums];
  };

  const trees = new Map(derive.map(([name, , tree]) => [name, tree]));
  const read = (name: string): Cell => {
    const tree = trees.get(name);
    if (tree !== undefined) {
      const value = evaluate(tree);
      return isMissing(value) ? null : numberOf(value);
    }
    if (!Object.hasOwn(Object(record), name)) fail(`no field ${name}`);
    return words.includes(record[name] as string) ? null : record[name];
  };
  const evaluate = (tree: Tree): Cell => {
    if (!Array.isArray(tree)) return tree;
    const [name, left, right] = tree;
    return right === undefined ? read(name) : apply(name as Operator, evaluate(left!), evaluate(right));
  };
  const apply = (operator: Operator, a: Cell, b: Cell): Cell => {
    if (isMissing(a) || isMissing(b)) return null;
    const isText = /[!=]=/.test(operator) && (typeof a === "string" || typeof b === "string");
    const x = isText ? decimalOf(textOf(a)) : numberOf(a);
    const y = isText ? decimalOf(textOf(b)) : numberOf(b);
    let order = x - y;
    const result = { "+": x + y, "-": order, "*": x * y, "/": x / y }[operator as "+"];
    if (result !== undefined) return Number.isFinite(result) ? result : null;
    // Of two texts, or of numbers beyond all.
    if (Number.isNaN(order)) order = +(textOf(a) !== textOf(b));
    return (order < 0 ? /[<!]/ : order ? /[>!]/ : /^[^!]?=/).test(operator);
  };

  const at = start();
  const texts = bits ? [] : JSON.parse(new TextDecoder().decode(view));
  const run = (length: number) => {
    const numbers: number[] = [];
    for (let i = 0; i < length; i++) numbers.push(readNumber(view, at, i));
    return numbers;
  };
  const encoders = atoms.map(([kind, , dimension, size, ...rest]): ((cell: Cell) => Pair[]) => {
    const [first, min, max] = rest as [number, number, number];
    const ids = new Map<string | number, number>();
    if (/^[ct]/.test(kind)) {
      const gaps = bits && run(first);
      let id = -1;
      (gaps ? run(first) : texts.shift()).forEach((key: string | number, i: number) => {
        id += gaps ? gaps[i]! + 1 : 1;
        ids.set(key, id);
      });
    }
    const known = (text: string) =>
      entry(ids.get(bits ? hashText(text) + (bits > 32 ? (hashText(text, 1) >>> 11) * 2 ** 32 : 0) : text));
    return (cell) => {
      if (kind === "hash") return entry(hashText(textOf(cell ?? "")) % dimension);
      if (isMissing(cell)) return entry(size > dimension ? dimension : -1);
      if (kind === "category") return known(textOf(cell));
      if (kind === "tokens") {
        return merge((Array.isArray(cell) ? cell.map(textOf) : (textOf(cell).match(/\S+/g) ?? [])).flatMap(known));
      }
      const value = numberOf(cell);
      if (kind === "number") return [[0, single(value)]];
      if (kind === "quantiles") return entry(countUpTo(min as unknown as number[], value));
      return entry(value < min || value > max ? -1 : Math.min(Math.floor((value - min) / first), dimension - 1));
    };
  });

  const isMerged = features.some((it) => it[3]);
  return (given) => {
    record = given;
    const lists = encoders.map((encode, i) => {
      column = atoms[i]![1];
      return encode(read(column));
    });
    const pairs: Pair[] = [];
    for (const [, offset, parts, slots] of features) {
      const cross = (i: number, id: number, value: number): void => {
        const part = parts[i];
        if (part === undefined) pairs.push([offset + (slots ? id % slots : id), Math.fround(single(value))]);
        else {
          for (const [own, times] of lists[part]!) {
            cross(i + 1, slots ? hashId(id, own) : id * atoms[part]![3] + own, value * times);
          }
        }
      };
      cross(0, 0, 1);
    }
    return isMerged ? merge(pairs) : pairs;
  };
}
