import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  type Arrays,
  category,
  DataError,
  featureSpace,
  fit,
  NoughtError,
  number,
  OptionError,
  readArrays,
  readCsv,
  readRecords,
  readSvmlight,
  type TableDatasetOptions,
} from "../../src/node.js";
import { bytesOf, errorOf, rowsOf } from "../helpers.js";

const ENGINE = { kernels: "baseline" } as const;

describe("readArrays", () => {
  const good: Arrays = { rows: [0, 2, 2, 3], columns: [5, 1, 0], values: [2, 0, -1], labels: [1, 0, 0], dimension: 6 };

  test("takes rows, without zeros", async () => {
    const data = await readArrays({ ...good, weights: [1, 2, 0] }, ENGINE);
    expect(rowsOf(data)).toEqual([
      { label: 1, weight: 1, entries: [[5, 2]] },
      { label: -1, weight: 2, entries: [] },
      { label: -1, weight: 0, entries: [[0, -1]] },
    ]);
    expect([data.declared, data.totalWeight]).toEqual([6, 3]);
  });

  test.each<[Partial<Arrays>, string]>([
    [{ rows: [0] }, "arrays:1:1: rows: expected 0 first and one number more than there are rows"],
    [{ rows: [1, 2, 2, 3] }, "arrays:1:1: rows: expected 0 first and one number more than there are rows"],
    [{ labels: [1] }, "arrays:1:1: labels: 1 for 3 rows"],
    [{ weights: [1] }, "arrays:1:1: weights: 1 for 3 rows"],
    [{ values: [1] }, "arrays:1:1: values: 1 for 3 columns"],
    [{ rows: [0, 2, 2, 4] }, "arrays:1:1: columns: 3, but rows end at 4"],
    [{ rows: [0, 2, 1, 3] }, "arrays:2:1: row ends at 1, before its beginning 2"],
    [{ columns: [5, 6, 0] }, "arrays:1:1: column 6 is not a whole number below the dimension 6"],
    [{ columns: [5, 1, 0.5] }, "arrays:3:1: column 0.5 is not a whole number below the dimension 6"],
    [{ columns: [5, 5, 0] }, "arrays:1:1: column 5 appears twice in a row"],
    [{ values: [2, 0, Number.NaN] }, "arrays:3:1: value NaN is not a finite number"],
    [{ labels: [1, 0, Number.NaN] }, "arrays:3:1: label NaN is not a finite number"],
    [{ weights: [1, -1, 1] }, "arrays:2:1: weight -1 is not a number ≥ 0"],
    [{ labels: [1, 0, -1] }, "arrays:3:1: label -1 after 0: expected one coding, 1 against 0 or 1 against −1"],
  ])("refuses %j", async (part, message) => {
    const error = await errorOf(readArrays({ ...good, ...part }, ENGINE));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe(message);
  });
});

const space = featureSpace({ c: category("c"), n: number("n") });
const CSV = "c,n,y,s\na,1,1,1\nb,2,0,0.5\na,,1,2\n";
const TABLE: TableDatasetOptions & { name: string } = { ...ENGINE, space, target: "y", weight: "s", name: "t.csv" };

describe("tables", () => {
  test("a CSV and the same records give the same rows", async () => {
    const expected = [
      [1, 1, 0, 1, 2, 1],
      [-1, 0.5, 1, 1, 2, 2],
      [1, 2, 0, 1, 3, 1],
    ];
    const records = [
      { c: "a", n: 1, y: 1, s: 1 },
      { c: "b", n: 2, y: 0, s: 0.5 },
      { c: "a", n: null, y: true, s: 2 },
    ];
    for (const data of [await readCsv(bytesOf(CSV), TABLE), await readRecords(records, TABLE)]) {
      expect(rowsOf(data).map((it) => [it.label, it.weight, ...it.entries.flat()])).toEqual(expected);
      expect([data.declared, data.seen, data.totalWeight]).toEqual([4, 4, 3.5]);
    }
  });

  test.each<[TableDatasetOptions["target"], number[]]>([
    ["n > 1.5", [-1, 1]],
    ["c == 'a'", [1, -1]],
    [({ n }) => Number(n) === 2, [-1, 1]],
    ["s * 2 - 1", [1, -1]],
  ])("target %s", async (target, labels) => {
    const data = await readCsv(bytesOf("c,n,y,s\na,1,1,1\nb,2,0,0.5\n"), { ...TABLE, target });
    expect(rowsOf(data).map((it) => it.label)).toEqual(labels);
  });

  test.each<[string, Partial<TableDatasetOptions>, string]>([
    ["a,x,1,1\n", {}, 't.csv:2:3: n: value "x" is not a finite decimal number'],
    ["a,NaN,1,1\n", {}, 't.csv:2:3: n: value "NaN" is not a finite decimal number'],
    [
      '"a\nb",1,yes,1\n',
      {},
      't.csv:3:6: target: "yes" is no label; a target of text is compared, as in \'y == "yes"\'',
    ],
    ["a,1,,1\n", {}, "t.csv:2:5: target is missing"],
    [
      "a,1,1,1\na,1,3,1\n",
      {},
      "t.csv:3:5: label 3 fits no two-class coding: expected 1 against 0 or −1 (or say which label is positive, or take squared loss); an amount is compared, as in 'y > 3'",
    ],
    ["a,1,0,1\na,1,-1,1\n", {}, "t.csv:3:5: label -1 after 0: expected one coding, 1 against 0 or 1 against −1"],
    ["a,1,1,-2\n", {}, "t.csv:2:7: s: weight -2 is negative"],
    ["a,1,1,\n", {}, "t.csv:2:7: s: the row's weight is missing"],
    ["a,1,1,1\n", { target: "z" }, 't.csv:1:1: no column "z"; there are "c", "n", "y", "s"'],
    ["a,1,1,1\n", { weight: "w" }, 't.csv:1:1: no column "w"; there are "c", "n", "y", "s"'],
    ["", {}, "t.csv: no rows"],
  ])("%j with %j is bad data", async (rows, part, message) => {
    const error = await errorOf(readCsv(bytesOf(`c,n,y,s\n${rows}`), { ...TABLE, ...part }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe(message);
  });

  test("bad cells are skipped and counted up to skipBad", async () => {
    const text = `${CSV}a,x,1,1\na,1\na,3,0,1\n`;
    const data = await readCsv(bytesOf(text), { ...TABLE, skipBad: 2 });
    expect([data.count, data.tally.skipped]).toEqual([4, 2]);
    expect((await errorOf(readCsv(bytesOf(text), { ...TABLE, skipBad: 1 }))).message).toMatch(/^t\.csv:[56]:/);
  });

  test("test data shares the training data's columns and counts what it never saw", async () => {
    const train = await readCsv(bytesOf(CSV), TABLE);
    const test = await readCsv(bytesOf("c,n,y,s\nz,5,1,1\nb,1,0,1\n"), { ...TABLE, like: train });
    expect(test.engine).toBe(train.engine);
    expect(test.tally.unseen).toBe(1);
    expect(rowsOf(test).map((it) => it.entries)).toEqual([
      [[2, 5]],
      [
        [1, 1],
        [2, 1],
      ],
    ]);
  });

  test("options that do not fit", async () => {
    const { space: _, ...bare } = TABLE;
    const svmlight = await readSvmlight(bytesOf("1 1:1\n"), ENGINE);
    const errors = [
      await errorOf(readCsv(bytesOf(CSV), bare)),
      await errorOf(readCsv(bytesOf(CSV), { ...TABLE, like: svmlight })),
      await errorOf(readCsv(bytesOf(CSV), { ...TABLE, loss: "hinge" as "logistic" })),
      await errorOf(readCsv(bytesOf(CSV), { ...TABLE, holdout: 1 })),
    ];
    for (const error of errors) expect(error).toBeInstanceOf(OptionError);
  });
});

describe("holdout", () => {
  const text = Array.from({ length: 2000 }, (_, i) => `${i % 2} ${i + 1}:1\n`).join("");
  const idsOf = (rows: ReturnType<typeof rowsOf>) => rows.map((it) => it.entries[0]?.[0]);

  test("is the same for the same seed, a share of the rows, and shares the columns", async () => {
    const [first, again, other] = [
      await readSvmlight(bytesOf(text), { ...ENGINE, holdout: 0.2, seed: 4 }),
      await readSvmlight(bytesOf(text), { ...ENGINE, holdout: 0.2, seed: 4 }),
      await readSvmlight(bytesOf(text), { ...ENGINE, holdout: 0.2, seed: 5 }),
    ];
    expect(first.holdout?.count).toBeGreaterThan(320);
    expect(first.holdout?.count).toBeLessThan(480);
    expect(first.count + (first.holdout?.count ?? 0)).toBe(2000);
    expect(idsOf(rowsOf(again))).toEqual(idsOf(rowsOf(first)));
    expect(idsOf(rowsOf(other))).not.toEqual(idsOf(rowsOf(first)));
    expect(first.holdout?.dictionary).toBe(first.dictionary);
    expect(first.holdout?.entries).toBe(0); // no column of its rows is in training
  });

  test("without any there is none", async () => {
    expect((await readSvmlight(bytesOf(text), ENGINE)).holdout).toBeNull();
  });
});

test("a file that is not there", async () => {
  const error = await errorOf(readSvmlight("/nowhere/x.svm", ENGINE));
  expect(error).toBeInstanceOf(NoughtError);
  expect(error.message).toMatch(/^cannot read \/nowhere\/x\.svm: ENOENT/);
});

const A9A = new URL("../../../shared/data/a9a", import.meta.url);
describe.skipIf(!existsSync(A9A))("a9a (needs ../shared/data)", () => {
  test("has the rows and entries that LIBSVM's page tells", async () => {
    const data = await readSvmlight(A9A.pathname, ENGINE);
    expect([data.count, data.declared, data.entries, data.rows.values]).toEqual([32_561, 123, 451_592, null]);
  });
});

test("a disposed dataset says so, and so does its holdout", async () => {
  const data = await readSvmlight(new TextEncoder().encode("1 1:1\n-1 2:1\n".repeat(50)), { holdout: 0.5 });
  data.dispose();
  await expect(fit(data)).rejects.toThrow("disposed");
  expect(() => data.holdout?.rows).toThrow("this dataset is disposed of");
});

test("test sets read into a training set's engine, one after another, do not pile up in its memory", async () => {
  using train = await readSvmlight(bytesOf("1 1:1\n-1 2:1\n"));
  const before = train.engine.memory.mark();
  for (let i = 0; i < 3; i++) {
    const test = await readSvmlight(bytesOf("1 1:0.5\n-1 2:2\n".repeat(100)), { like: train, holdout: 0.5, seed: i });
    expect(train.engine.memory.mark()).toBeGreaterThan(before);
    test.dispose();
    test.dispose();
    expect(train.engine.memory.mark()).toBe(before);
  }
  expect(rowsOf(train)).toHaveLength(2);
});

test("bytes in memory are read in pieces, between which a signal is heard", async () => {
  const text = bytesOf("1 1:1\n-1 2:1\n".repeat(2_000_000));
  const controller = new AbortController();
  const reading = readSvmlight(text, { ...ENGINE, signal: controller.signal });
  setImmediate(() => controller.abort(new Error("enough")));
  await expect(reading).rejects.toThrow("enough");
});
