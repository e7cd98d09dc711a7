import { describe, expect, test } from "vitest";
import {
  category,
  cross,
  DataError,
  decodeModel,
  encodeModel,
  featureSpace,
  hash,
  type Model,
  OptionError,
  streamCsv,
  streamSvmlight,
} from "../../src/node.js";
import { Random } from "../../src/random.js";
import { foldId } from "../../src/slots.js";
import { bytesOf, cut, errorOf } from "../helpers.js";

/** Rows of ids up to 2⁵³, some in many rows, some in one. */
function rowsOf(count: number, seed: number): { label: number; ids: number[] }[] {
  const random = new Random(seed);
  const common = Array.from({ length: 300 }, () => random.below(2 ** 31) * 2 ** random.below(22) + 1);
  return Array.from({ length: count }, () => {
    const own = Array.from({ length: 12 }, () => common[random.below(common.length)]!);
    const ids = [...new Set([...own, random.below(2 ** 31) + 1])].sort((a, b) => a - b);
    return { label: (own[0]! + own[1]!) % 3 === 0 ? 1 : -1, ids };
  });
}

const textOf = (rows: { label: number; ids: number[] }[]) =>
  bytesOf(rows.map(({ label, ids }) => `${label} ${ids.map((id) => `${id}:1`).join(" ")}\n`).join(""));

const content = ({ ids, values, intercept }: Model) => ({ ids, values, intercept });

const SMALL = Array.from({ length: 6000 }, (_, i) => ({ label: i % 3 ? 1 : -1, ids: [1 + (i % 50), 60 + (i % 7)] }));

describe.each(["wasm", "baseline"] as const)("on %s", (kernels) => {
  test.each([{}, { batch: 5 }])("a dense table gives the weights of numbered columns (%o)", async (options) => {
    const numbered = await streamSvmlight(textOf(SMALL), { lambda1: 3, kernels, ...options });
    const dense = await streamSvmlight(textOf(SMALL), { lambda1: 3, dense: 1000, kernels, ...options });
    expect(content(dense.model)).toEqual(content(numbered.model));
    expect(dense.columns).toEqual({ ...numbered.columns, declared: 1000 });
    expect(dense.model.kept).toBeGreaterThan(5);
  });

  test("small ids that are columns themselves have the weights of numbered ones, and those from 2²² on too", async () => {
    const random = new Random(8);
    const rows = Array.from({ length: 4000 }, () => {
      const ids = [random.below(40), 2 ** 22 - 4 + random.below(8), 2 ** 40 + random.below(9), random.below(2 ** 23)];
      return { label: ids[1]! % 2 || -1, ids: [...new Set(ids)].sort((a, b) => a - b).map((id) => id + 1) };
    });
    const of = (many: number, options: object) =>
      streamSvmlight(textOf(rows), { kernels, keepSeen: true, ...options, sweep: Array(many).fill({ lambda1: 2 }) });
    for (const options of [{}, { batch: 3 }, { holdoutEvery: 3 }, { epochs: 2, threads: 2 }]) {
      const [own, numbered] = [await of(1, options), await of(9, options)];
      expect(content(own.model)).toEqual(content(numbered.model));
      expect(own.columns).toEqual(numbered.columns);
      expect(own.seen!.toSorted()).toEqual(numbered.seen!.toSorted());
    }
  });

  test("ids that share slots train as their slots do, and the model predicts through them", async () => {
    const rows = rowsOf(3000, 5);
    const bits = 9;
    const folded = await streamSvmlight(textOf(rows), { lambda1: 2, bits, kernels });
    const merged = rows.map(({ label, ids }) => {
      const values = new Map<number, number>();
      for (const id of ids) values.set(foldId(id - 1, 2 ** bits), (values.get(foldId(id - 1, 2 ** bits)) ?? 0) + 1);
      return { label, values };
    });
    expect(merged.some(({ values }) => [...values.values()].includes(2))).toBe(true);
    // In the order of the entries of each row, which svmlight text cannot have: through a dense table, one by one.
    const text = merged.map(({ label, values }) => {
      const ascending = [...values].sort(([a], [b]) => a - b);
      return `${label} ${ascending.map(([slot, value]) => `${slot + 1}:${value}`).join(" ")}\n`;
    });
    const slots = await streamSvmlight(bytesOf(text.join("")), { lambda1: 2, dense: 2 ** bits, kernels });
    expect(folded.columns.seen).toBe(slots.columns.seen);
    // Sums of a row have another order: equal but for rounding.
    for (let slot = 0; slot < 2 ** bits; slot++) {
      const [a, b] = [folded, slots].map(({ model }) => model.values[model.ids.indexOf(slot)] ?? 0);
      expect(Math.abs(a! - b!)).toBeLessThan(1e-4);
    }
    const again = decodeModel(encodeModel(folded.model));
    expect(again.slots).toBe(2 ** bits);
    const id = rows[7]!.ids.at(-1)! - 1;
    expect(again.weightOf(id)).toBe(folded.model.values[folded.model.ids.indexOf(foldId(id, 2 ** bits))] ?? 0);
  });
});

test("tables, threads and the ways to read give the same bytes", async () => {
  const text = textOf(rowsOf(9000, 6));
  const one = encodeModel((await streamSvmlight(text, { bits: 10 })).model);
  expect(encodeModel((await streamSvmlight(text, { bits: 10, threads: 2 })).model)).toEqual(one);
  expect(encodeModel((await streamSvmlight(text, { bits: 10, kernels: "baseline" })).model)).toEqual(one);
  // A comment in every line is read by TypeScript, not by the kernel.
  const commented = bytesOf(new TextDecoder().decode(text).replaceAll("\n", " # \n"));
  expect(encodeModel((await streamSvmlight(cut(commented, 1000, 50_000), { bits: 10 })).model)).toEqual(one);
});

test("a feature space is trained in a table of its dimensions, or shares slots", async () => {
  const text = bytesOf(
    `a,b,y\n${Array.from({ length: 4000 }, (_, i) => `v${i % 9},w${i % 40},${i % 9 > 3 ? 1 : 0}\n`).join("")}`,
  );
  const space = featureSpace({ a: category("a"), b: hash("b", 1e6), ab: cross("a", "b") });
  const given = await streamCsv(text, { space, target: "y", lambda1: 1, dense: true });
  expect(given.columns).toMatchObject({ declared: 10_000_009, seen: 9 + 40 + 360 });
  expect(given.model.training.seenByFeature).toEqual([9, 40, 360]);
  const shared = await streamCsv(text, { space, target: "y", lambda1: 1, bits: 8 });
  expect(shared.model.slots).toBe(256);
  expect(shared.model.predict({ a: "v8", b: "w8" })).toBeGreaterThan(0.8);
  expect(shared.model.weights()[0]!.name).toMatch(/^#\d+$/);
  // A table is never larger than the dimensions that are declared, and its model is read again.
  const small = featureSpace({ a: category("a") });
  for (const table of [{ bits: 20 }, { dense: 1000 }]) {
    const { model, columns } = await streamCsv(text, { space: small, target: "y", lambda1: 1, ...table });
    expect(columns.declared).toBe(9);
    expect(content(decodeModel(encodeModel(model)))).toEqual(content(model));
  }
});

test("an index past a dense table is bad data, with its place", async () => {
  const error = await errorOf(streamSvmlight(bytesOf("1 3:1\n-1 4:1 11:1\n"), { dense: 10, name: "x.svm" }));
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toBe("x.svm:2:1: index 11 is beyond the 10 dimensions of the table");
});

test("values that share a slot do not add up to more than single precision holds", async () => {
  for (const kernels of ["wasm", "baseline"] as const) {
    const error = await errorOf(
      streamSvmlight(bytesOf("1 3:1\n-1 5:3e38 7:3e38 9:3e38\n"), { bits: 1, kernels, name: "x" }),
    );
    expect(error.message).toBe("x:2:1: values that share a slot add up beyond single precision");
  }
});

test.each([
  [{ bits: 0 }, "bits 0: expected a whole number from 1 to 28"],
  [{ bits: 29 }, "bits 29"],
  [{ bits: 8, dense: 10 }, "bits and dense are two ways"],
  [{ dense: true }, "this format declares no dimension"],
  [{ dense: 1.5 }, "dense 1.5"],
  [{ dense: 2 ** 33 }, "more than WebAssembly's 4 GiB"],
  [{ solver: "sgd", bits: 8 }, "of solver"],
])("%o is refused", async (options, message) => {
  const error = await errorOf(streamSvmlight(textOf(SMALL), options as object));
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toContain(message);
});
