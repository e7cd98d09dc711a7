import type { Program } from "../features/expression.js";
import { hashId, hashText, hashValue } from "../features/hash.js";
import type { Sections } from "../model/container.js";
import type { PackedSpace } from "../model/packing.js";
import { decodeRice } from "../model/rice.js";
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

function isMissing(cell: Cell): cell is null | undefined | "" {
  return cell == null || cell === "";
}

function decimalOf(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? +text : Number.NaN;
}

/** Ids and values, each pair at the same place. */
interface Pairs {
  ids: number[];
  values: number[];
  length: number;
}

function push(pairs: Pairs, id: number, value = 1): void {
  pairs.ids[pairs.length] = id;
  pairs.values[pairs.length++] = value;
}

/** Sums the values of equal ids. */
function merge(pairs: Pairs): void {
  const sums = new Map<number, number>();
  for (let i = 0; i < pairs.length; i++) {
    const id = pairs.ids[i]!;
    const value = pairs.values[i]!;
    sums.set(id, sums.has(id) ? Math.fround(Math.fround(sums.get(id)!) + Math.fround(value)) : value);
  }
  pairs.length = 0;
  for (const [id, value] of sums) push(pairs, id, value);
}

/** Returns what calls `visit` with the ids and values of a record, in the order in which Model sums them. */
export function recordReader(
  { atoms, missing, features, words = [], derive = [] }: PackedSpace,
  { edges, values }: Sections<DataView>,
  length: number,
): (record: Fields, visit: (id: number, value: number) => void) => void {
  let column: string;
  let record: Fields;
  const fail = (what: string): never => {
    throw new DataError(`${column}: ${what}`);
  };
  const numberOf = (cell: Cell): number => {
    const number = typeof cell === "string" ? decimalOf(cell.trim()) : typeof cell === "boolean" ? +cell : cell;
    return Number.isFinite(number) ? (number as number) : fail("not a finite decimal number");
  };
  const textOf = (cell: Cell): string =>
    typeof cell === "string" ? cell : /^(nu|bo)/.test(typeof cell) ? `${cell}` : fail("not text");
  const single = (value: number) => (Number.isFinite(Math.fround(value)) ? value : fail("beyond single precision"));

  const programs = new Map(derive.map(([name, , program]) => [name, program]));
  const read = (name: string): Cell => {
    const program = programs.get(name);
    if (program) return run(program);
    if (!Object.hasOwn(Object(record), name)) fail(`no field ${name}`);
    return words.includes(record[name] as string) ? null : record[name];
  };
  const run = (program: Program): Cell => {
    const stack: Cell[] = [];
    for (const it of program) {
      if ("operator" in it) {
        const b = stack.pop();
        const a = stack.pop();
        stack.push(isMissing(a) || isMissing(b) ? null : apply(it.operator, a, b));
      } else stack.push("column" in it ? read(it.column) : "text" in it ? it.text : it.number);
    }
    return isMissing(stack[0]) ? null : numberOf(stack[0]);
  };
  const apply = (operator: string, a: Cell, b: Cell): Cell => {
    if (/[!=]=/.test(operator) && (typeof a === "string" || typeof b === "string")) {
      const [s, t] = [textOf(a), textOf(b)];
      const [x, y] = [decimalOf(s), decimalOf(t)];
      return (Number.isFinite(x) && Number.isFinite(y) ? x === y : s === t) === (operator !== "!=");
    }
    const [x, y] = [numberOf(a), numberOf(b)];
    const order = x - y;
    const result = {
      "+": x + y,
      "-": order,
      "*": x * y,
      "/": x / y,
    }[operator];
    if (result !== undefined) return Number.isFinite(result) ? result : null;
    // Left are < <= > >= == !=.
    return operator === "!=" ? order !== 0 : operator.includes(order < 0 ? "<" : order > 0 ? ">" : "=");
  };

  type Named = [kind: string, column: string, count: number, hashes?: number, bits?: 32 | 53];
  const named = atoms.filter(([kind]) => kind === "category" || kind === "tokens") as unknown as Named[];
  const hashed = named.reduce((sum, [, , , hashes = 0]) => sum + hashes, 0);
  const list: ArrayLike<string | number> = named[0]?.[4]
    ? decodeRice(values, length, 2 * hashed)
    : JSON.parse(new TextDecoder().decode(new Uint8Array(values.buffer, values.byteOffset, length)) || "[]");
  let edge = 0;
  let next = 0;
  const all = atoms.map((atom, i) => {
    const [kind, column, first, second, third] = atom as [string, string, number, number, number];
    const ids = new Map<string | number, number>();
    let dimension = first;
    if (kind === "number") dimension = 1;
    if (kind === "bucket") dimension = Math.ceil(((third - second) / first) * (1 - 1e-12));
    if (kind === "quantiles") dimension = second + 1;
    const isNamed = named.includes(atom as unknown as Named);
    for (let left = isNamed ? (second ?? first) : 0, id = -1; left; left--, next++) {
      id += third ? (list[next] as number) + 1 : 1;
      ids.set(list[third ? hashed + next : next]!, id);
    }
    const steps = kind === "quantiles" ? Array.from({ length: second }, () => edges.getFloat64(8 * edge++, true)) : [];
    const hasMissing = missing.includes(i);
    const size = dimension + +hasMissing;
    return {
      ...{ kind, column, first, second, third, dimension, ids, steps, hasMissing, size },
      to: { ids: [], values: [], length: 0 } as Pairs,
    };
  });
  const encode = (
    { kind, first, second, third, dimension, ids, steps, hasMissing, to }: (typeof all)[number],
    cell: Cell,
  ): void => {
    to.length = 0;
    if (kind === "hash") push(to, hashText(isMissing(cell) ? "" : textOf(cell)) % first);
    else if (isMissing(cell)) {
      if (hasMissing) push(to, dimension);
    } else if (kind === "category" || kind === "tokens") {
      const isList = kind === "tokens";
      const texts = isList
        ? Array.isArray(cell)
          ? cell.map(textOf)
          : (textOf(cell).match(/\S+/g) ?? [])
        : [textOf(cell)];
      for (const text of texts) {
        const id = ids.get(third ? hashValue(text, third as 32) : text);
        if (id !== undefined) push(to, id);
      }
      if (isList) merge(to);
    } else {
      const value = numberOf(cell);
      if (kind === "number") push(to, 0, single(value));
      else if (kind === "quantiles") push(to, countUpTo(steps, value));
      else if (value >= second && value <= third && dimension) {
        push(to, Math.min(Math.floor((value - second) / first), dimension - 1));
      }
    }
  };

  let offset = 0;
  const outputs = features.map(([, parts, slots]) => {
    const output = { parts: parts.map((part) => all[part]!), slots, offset };
    offset += slots ?? output.parts.reduce((product, { size }) => product * size, 1);
    return output;
  });
  const isMerged = outputs.some(({ slots, parts }) => slots && parts.some(({ kind }) => /^[nt]/.test(kind)));
  const out: Pairs = { ids: [], values: [], length: 0 };
  const cross = (output: (typeof outputs)[number], i: number, id: number, value: number): void => {
    const { parts, slots, offset } = output;
    const part = parts[i];
    if (!part) {
      push(out, offset + (slots ? id % slots : id), single(value));
      return;
    }
    const { ids, values, length } = part.to;
    for (let k = 0; k < length; k++) {
      cross(output, i + 1, slots ? hashId(id, ids[k]!) : id * part.size + ids[k]!, value * values[k]!);
    }
  };
  return (given, visit) => {
    record = given;
    for (const atom of all) {
      column = atom.column;
      encode(atom, read(column));
    }
    out.length = 0;
    for (const output of outputs) cross(output, 0, 0, 1);
    if (isMerged) merge(out);
    for (let i = 0; i < out.length; i++) visit(out.ids[i]!, out.values[i]!);
  };
}
