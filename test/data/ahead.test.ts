import { describe, expect, test } from "vitest";
import { BlockStore } from "../../src/data/blocks.js";
import type { Table } from "../../src/data/blocktypes.js";
import { csvSource } from "../../src/data/csv.js";
import { DIRECT, Dictionary, MemoryTables } from "../../src/data/dictionary.js";
import type { RowReader } from "../../src/data/reader.js";
import { svmlightReader } from "../../src/data/svmlight.js";
import { learnSpace, tableReader } from "../../src/data/table.js";
import { vwReader } from "../../src/data/vw.js";
import { PROGRESS } from "../../src/engine/texts.js";
import { hash } from "../../src/features/define.js";
import { createEngine, encodeModel, type Input, streamSvmlight } from "../../src/node.js";
import { platform, providePlatform } from "../../src/platform.js";
import { Random } from "../../src/random.js";
import { bytesOf, cut, ENGINES } from "../helpers.js";

// Workers parse only what is longer than a few megabytes: each text is repeated until it is.
const LENGTH = 7e6;
const NUMBERED: Table = { slots: 0, beyond: "numbered" };
const OPEN: Table = { slots: DIRECT, beyond: "numbered" };
const SIZE = { rows: 4096, entries: 1 << 16 };

/** Text of lines that `line` makes; from half of it on they may be as `isLate` has them. */
function textOf(line: (random: Random, isLate: boolean) => string, header = ""): Uint8Array {
  const random = new Random(3);
  const half = (isLate: boolean) => {
    const part = Array.from({ length: 4000 }, () => `${line(random, isLate)}\n`).join("");
    return part.repeat(Math.ceil(LENGTH / 2 / part.length));
  };
  return bytesOf(header + half(false) + half(true));
}

const ids = (random: Random, most: number, count: number) =>
  [...new Set(Array.from({ length: count }, () => 1 + Math.floor(most ** random.unit())))].sort((a, b) => a - b);

const HASHED = textOf((random) => {
  const name = random.below(900) === 0 ? '"a ""b"""' : `n${random.below(5000)}`;
  return `${random.below(2)},${name},${random.below(700)},${1 + random.below(2)}`;
}, "y,name,number,w\n");

/** Returns what opens that table, with names hashed to so many slots. */
function hashesOf(slots: number) {
  return async (input: () => AsyncIterable<Uint8Array>): Promise<RowReader> => {
    const source = csvSource(input(), { keep: false });
    const options = { loss: "logistic", target: "y", weight: "w" } as const;
    const space = await learnSpace(source, { features: { a: hash("name", slots), b: hash("number", 300) } }, options);
    return tableReader(source, space, options);
  };
}

const TEXTS: Record<
  string,
  { text: Uint8Array; table?: Table; open(input: () => AsyncIterable<Uint8Array>): Promise<RowReader> }
> = {
  "svmlight: ids near and far, later values, comments and bad lines": {
    text: textOf((random, isLate) => {
      if (random.below(3000) === 0) return isLate ? "1 7:x" : "# a comment";
      const far = random.below(500) === 0 ? ` ${2 ** 33 + random.below(100)}:1` : "";
      const value = () => (isLate && random.below(9) === 0 ? "0.5" : "1");
      return `${random.below(2) || -1} ${ids(random, 2 ** 31, 12)
        .map((id) => `${id}:${value()}`)
        .join(" ")}${far}`;
    }),
    open: async (input) => svmlightReader(input(), { loss: "logistic", skipBad: 1e6, keep: false }),
  },
  "svmlight: a new id in every row, for which blocks begin without room": {
    text: bytesOf(Array.from({ length: 700_000 }, (_, i) => `${i % 2} ${i + 1}:1\n`).join("")),
    open: async (input) => svmlightReader(input(), { loss: "logistic", keep: false }),
  },
  "svmlight: small ids that are columns themselves, and others behind them": {
    text: textOf((random, isLate) => {
      const far = random.below(isLate ? 9 : 4000) === 0 ? ` ${DIRECT + random.below(3) * 2 ** 28}:1` : "";
      return `${random.below(2)} ${ids(random, DIRECT - 1, 9)
        .map((id) => `${id}:1`)
        .join(" ")}${far}`;
    }),
    table: OPEN,
    open: async (input) => svmlightReader(input(), { loss: "logistic", keep: false }),
  },
  "svmlight: the slots of a table, and ids past it": {
    text: textOf(
      (random) =>
        `${random.below(2)} ${ids(random, 2 ** 18 + 40, 9)
          .map((id) => `${id}:1`)
          .join(" ")}`,
    ),
    table: { slots: 2 ** 18, beyond: "refused" },
    open: async (input) => svmlightReader(input(), { loss: "logistic", skipBad: 1e6, keep: false }),
  },
  "Vowpal Wabbit: a folded table, what repeats, later weights": {
    text: textOf((random, isLate) => {
      const weight = isLate && random.below(50) === 0 ? " 2.5" : "";
      return `${random.below(2) || -1}${weight} |a ${ids(random, 1e6, 9).join(" ")} |b ${ids(random, 99, 3).join(" ")}`;
    }),
    table: { slots: 2 ** 12, beyond: "folded" },
    open: async (input) => vwReader(input(), { loss: "logistic", keep: false }),
  },
  "Vowpal Wabbit: hashes that are columns themselves, and others behind them": {
    text: textOf((random) => `${random.below(2) || -1} |a x${ids(random, 1e6, 9).join(" x")}`),
    table: OPEN,
    open: async (input) => vwReader(input(), { loss: "logistic", keep: false, bits: 24 }),
  },
  "CSV: hashes, weights, quotes that only the host reads": { text: HASHED, open: hashesOf(1 << 12) },
  "CSV: hashes that are columns themselves, and others behind them": {
    ...{ text: HASHED, table: OPEN, open: hashesOf(2 ** 24) },
  },
};

/** What tells numbers from others, and from the same in another order. */
function sumOf(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]! * (1 + (i % 89));
  return sum;
}

/** Blocks as they are handed over, and what is known at the end. */
async function blocksOf({ text, table, open }: (typeof TEXTS)[string], threads: number, chunk: number) {
  using engine = await createEngine({ threads });
  const blocks: unknown[] = [];
  const store = new BlockStore(
    engine,
    table ?? NUMBERED,
    SIZE,
    ({ rows, count, entries, first }) => {
      const { pointers, indices, labels, values, weights } = rows;
      const all = [pointers, indices, labels, values, weights];
      const lengths = [count + 1, entries, count, entries, count];
      const sums = all.map((it, a) => it && sumOf(it.view.subarray(0, lengths[a])));
      blocks.push([first, count, entries, store.dictionary?.length, ...sums]);
    },
    true,
  );
  const places = Array.from({ length: Math.floor(text.length / chunk) }, (_, i) => (i + 1) * chunk);
  const reader = await open(() => cut(text, ...places));
  store.reach(reader.declared); // as a training does
  for await (const _ of reader.parse!(store));
  const { rows, largest, unseen } = store;
  store.flush();
  const columns = store.dictionary && sumOf(store.dictionary.ids);
  return { blocks, rows, largest, unseen, columns, tally: { ...reader.tally }, declared: reader.declared };
}

describe.each(Object.entries(TEXTS))("%s", (_, it) => {
  test("fills the same blocks on two threads as on one", async () => {
    const expected = await blocksOf(it, 1, 1 << 20);
    expect(expected.blocks.length).toBeGreaterThan(15);
    for (const chunk of [1 << 20, 300_001]) expect(await blocksOf(it, 2, chunk)).toEqual(expected);
  });
});

test.each(Object.entries(ENGINES))("%s kernels number ids up to the first that has no room", async (_, create) => {
  using engine = await create();
  const { memory, kernels } = engine;
  const tables = new MemoryTables(memory);
  const dictionary = new Dictionary(tables);
  const expected = new Dictionary();
  const random = new Random(5);
  const ids = Array.from({ length: 9000 }, () => Math.floor(2 ** (32 * random.unit())));
  const none = memory.u32(0);
  const o = {
    ...{ pointers: none, labels: memory.f64(0), weights: null, indices: memory.u32(ids.length), values: null },
    ...{ seen: none, progress: memory.u32(Object.keys(PROGRESS).length), number: memory.f64(1), least: DIRECT },
    ...{ table: 0, mask: 0, most: 0, enough: 0, limit: 0, salt: 0, before: 0, room: 0, score: null },
  };
  o.indices.view.set(ids);
  tables.lengthen("ids", ids.length);
  let stops = 0;
  for (let at = 0; at < ids.length; stops++) {
    o.progress.view[PROGRESS.reached] = dictionary.length;
    o.progress.view[PROGRESS.hashed] = dictionary.large;
    at = kernels.numberEntries(at, ids.length, { ...o, ids: tables.ids, direct: tables.direct, hashed: tables.hashed });
    dictionary.extend(o.progress.view[PROGRESS.reached]!, o.progress.view[PROGRESS.hashed]!);
    if (at === ids.length) break;
    expect(o.number.view[0]).toBe(ids[at]);
    dictionary.widen(ids[at]!);
  }
  expect(stops).toBeGreaterThan(5);
  expect(Array.from(o.indices.view)).toEqual(ids.map((id) => expected.add(id)));
  expect(dictionary.ids).toEqual(expected.ids);
});

test("texts that are read into memory that threads share last until the next is asked for", async () => {
  const text = textOf((random) => `${random.below(2)} ${ids(random, 1e6, 9).join(":1 ")}:1`);
  const node = platform();
  let [count, given] = [0, 0];
  const open: typeof node.open = async function* (_, ask) {
    const random = new Random(5);
    let [next, other] = ask!(1 << 20);
    for (let at = 0; at < text.length; at += given) {
      count++;
      given = Math.min(1 + random.below(next.length), text.length - at);
      next.fill(57).set(text.subarray(at, at + given));
      yield next.subarray(0, given);
      next.fill(56);
      [next, other] = [other, next];
    }
  };
  const train = async (input: Input, threads: number) => encodeModel((await streamSvmlight(input, { threads })).model);
  const expected = await train(text, 1);
  providePlatform({ ...node, open });
  try {
    expect(Buffer.compare(await train("a file", 2), expected)).toBe(0);
    expect(count).toBeGreaterThan(8);
  } finally {
    providePlatform(node);
  }
});
