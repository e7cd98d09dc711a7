import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { category, featureSpace, type Model, OptionError, toJavaScript } from "../../src/node.js";
import { learn, modelOf, numberedModel, wholeSpace } from "../fixtures/models.js";
import { outcome, records } from "../fixtures/records.js";
import { errorOf } from "../helpers.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nought-javascript-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

let modules = 0;
async function imported(model: Model) {
  const path = join(folder, `${++modules}.mjs`);
  writeFileSync(path, await toJavaScript(model));
  return import(pathToFileURL(path).href);
}

test.each([
  ["all kinds", false, null],
  ["one-hot kinds", true, null],
  ["all kinds, folded", false, 256],
] as const)("%s: it predicts what Model predicts, bit for bit", async (_, oneHot, slots) => {
  const model = modelOf(learn(wholeSpace(oneHot)), 600, slots);
  const { predict, margin, weightOf, DataError, loss, intercept } = await imported(model);
  let refused = 0;
  for (const record of records(1500)) {
    const expected = outcome(() => model.predict(record));
    expect(outcome(() => predict(record))).toBe(expected);
    expect(outcome(() => margin(record))).toBe(outcome(() => model.margin(record)));
    refused += Number(expected === "DataError");
  }
  expect(refused).toBeGreaterThan(100);
  expect(() => predict({})).toThrow(DataError);
  for (const id of model.ids) expect(weightOf(id)).toBe(model.weightOf(id));
  expect([loss, intercept]).toEqual([model.loss, model.intercept]);
});

test("names stay names", async () => {
  const names = [
    "*/ throw 1",
    "\nthrow 1",
    "\u2028throw 1",
    "`; throw 1; `",
    '"); throw 1; ("',
    "</script>",
    "__proto__",
  ];
  const features = Object.fromEntries(names.map((name) => [name, category(name)]));
  const row = Object.fromEntries(names.map((name) => [name, name]));
  const model = modelOf(learn(featureSpace(features), [row]), 7);
  const { predict } = await imported(model);
  expect(predict(row)).toBe(model.predict(row));
});

test("it needs nothing and evaluates nothing", async () => {
  const text = await toJavaScript(modelOf(learn(wholeSpace()), 60));
  expect(text).not.toMatch(/\b(import|require|eval|Function|WebAssembly)\b/);
});

test("a model of numbered columns is refused", async () => {
  expect(await errorOf(toJavaScript(numberedModel(5, 100)))).toBeInstanceOf(OptionError);
});
