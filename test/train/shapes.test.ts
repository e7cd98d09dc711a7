import { describe, expect, test } from "vitest";
import { type Arrays, decodeModel, encodeModel, fit, readArrays, score, streamSvmlight } from "../../src/node.js";
import { bytesOf, errorOf, svmlightOf } from "../helpers.js";

const LABELS = [1, -1, 1, -1, 1, -1];
const ROWS = LABELS.map((_, i) => i);

/** Data at the limits of what has a shape, and the columns that may have a weight. */
const SHAPES: Record<string, { data: Arrays; mayBeKept: number[] }> = {
  "one row": { data: { rows: [0, 2], columns: [0, 2], labels: [1], dimension: 3 }, mayBeKept: [0, 2] },
  "one row without entries": { data: { rows: [0, 0], columns: [], labels: [-1], dimension: 3 }, mayBeKept: [] },
  "no columns": { data: { rows: [...ROWS.map(() => 0), 0], columns: [], labels: LABELS, dimension: 0 }, mayBeKept: [] },
  "a column of zeros": {
    data: { rows: [...ROWS, 6], columns: ROWS.map(() => 1), values: ROWS.map(() => 0), labels: LABELS, dimension: 2 },
    mayBeKept: [],
  },
  "a constant column": {
    data: { rows: [...ROWS, 6], columns: ROWS.map(() => 1), labels: LABELS, dimension: 2 },
    mayBeKept: [1],
  },
  "100,000,000 columns with one entry": {
    data: { rows: [0, 1, 1, 1, 1, 1, 1], columns: [99_999_999], labels: LABELS, dimension: 1e8 },
    mayBeKept: [99_999_999],
  },
};

describe.each(Object.entries(SHAPES))("%s", (_, { data, mayBeKept }) => {
  test.each(["logistic", "squared"] as const)("trains alike on every set of kernels, %s loss", async (loss) => {
    for (const options of [{ l1: 0.01 }, { lambda1: 0.01 }, { solver: "sgd", l1: 0.01 }] as const) {
      // Of one class alone no intercept is the best: only solvers that walk towards it end.
      const isOneClass = loss === "logistic" && new Set(Array.from(data.labels)).size === 1;
      if (isOneClass && !("lambda1" in options || "solver" in options)) {
        expect((await errorOf(fit(data, { loss, ...options }))).message).toMatch(/^every label is the same/);
        continue;
      }
      const models = [];
      for (const kernels of ["wasm", "baseline"] as const) {
        const { model } = await fit(await readArrays(data, { loss, kernels }), options);
        models.push(encodeModel(model));
        expect(mayBeKept).toEqual(expect.arrayContaining(Array.from(model.ids)));
        expect(Number.isFinite(model.intercept)).toBe(true);
        expect(decodeModel(models[0]!).declared).toBe(data.dimension);
      }
      expect(models[1]).toEqual(models[0]);
    }
  });
});

test("rows of more columns, or of fewer, than a model was trained on are scored: what it does not know counts nothing", async () => {
  const { data } = SHAPES["a constant column"]!;
  const { model } = await streamSvmlight(bytesOf(svmlightOf(data)), { lambda1: 0 });
  const marginsOf = async (text: string) => {
    for await (const { margins } of score(model, bytesOf(text))) return Array.from(margins);
    return [];
  };
  const known = model.intercept + model.weightOf(1);
  expect(await marginsOf("0 1:1\n0 2:1\n0 2:1 3:5 9007199254740991:1\n0\n")).toEqual([
    model.intercept,
    known,
    known,
    model.intercept,
  ]);
});

test("no rows are none", async () => {
  const none = { rows: [0], columns: [], labels: [], dimension: 3 };
  for (const work of [() => fit(none), () => streamSvmlight(new Uint8Array())]) {
    expect((await errorOf(work())).message).toMatch(/no rows|rows: expected 0 first/);
  }
});
