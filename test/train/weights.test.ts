import { expect, test } from "vitest";
import { featureSpace, fit, number, quantiles, readCsv, readRecords, streamCsv } from "../../src/node.js";

test("streamed sgd gives the same model when every row weighs 100", async () => {
  const rows = Array.from({ length: 3000 }, (_, i) => `${(i % 7) / 7},${i % 7 > 2 ? 1 : 0},100`);
  const csv = new TextEncoder().encode(`x,y,s\n${rows.join("\n")}\n`);
  const options = { space: featureSpace({ x: number("x") }), target: "y", solver: "sgd", l1: 0.01 } as const;
  const plain = await streamCsv(csv, options);
  const weighted = await streamCsv(csv, { ...options, weight: "s" });
  expect(weighted.model.values).toEqual(plain.model.values);
  expect(weighted.model.intercept).toBe(plain.model.intercept);
  expect(plain.model.kept).toBe(1);
});

test("quantile edges at whole ranks are the values there", async () => {
  const records = Array.from({ length: 101 }, (_, i) => ({ x: i, y: i % 2 }));
  using data = await readRecords(records, { space: featureSpace({ x: quantiles("x", 20) }), target: "y" });
  expect(data.space?.state.learned[0]?.edges).toEqual(Array.from({ length: 19 }, (_, i) => 5 * (i + 1)));
});

test.each([{}, { solver: "sgd" } as const])("a holdout that weighs nothing measures nothing: %j", async (solver) => {
  // Which rows are held out depends on the seed and the row alone.
  const csv = (weights: string[]) =>
    new TextEncoder().encode(`x,y,s\n${weights.map((s, i) => `${i % 3},${i % 2},${s}\n`).join("")}`);
  const options = { ...solver, space: featureSpace({ x: number("x") }), target: "y", weight: "s", holdout: 0.3 };
  const ids = Array.from({ length: 200 }, (_, i) => String(i + 1));
  using all = await readCsv(csv(ids), options);
  const held = new Set(all.holdout?.rows.weights?.view);
  const weightless = csv(ids.map((s) => (held.has(Number(s)) ? "0" : s)));
  using data = await readCsv(weightless, options);
  expect(data.holdout?.count).toBe(held.size);
  expect((await fit(data, solver)).loss.validation).toBeNull();
  const streamed = await streamCsv(weightless, options);
  expect([streamed.holdout, streamed.loss.validation]).toEqual([null, null]);
});
