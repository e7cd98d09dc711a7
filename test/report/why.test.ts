import { beforeAll, describe, expect, test } from "vitest";
import { svmlightReader } from "../../src/data/svmlight.js";
import {
  category,
  type Fit,
  featureSpace,
  fit,
  Model,
  measure,
  readRecords,
  readSvmlight,
  streamSvmlight,
} from "../../src/node.js";
import { type Evidence, evidenceOf, whyOf, whyText } from "../../src/report/why.js";
import { bytesOf, errorOf, problem, svmlightOf } from "../helpers.js";

// Columns 0 … 3 matter; 200 is as 0, 201 is in two rows, 202 in none.
const lines = svmlightOf(problem({ rows: 1000 }))
  .trim()
  .split("\n");
const text = lines
  .map(
    (line, i) =>
      `${line}${/ 1:1\b/.test(line) ? " 201:1" : ""}${i % 700 === 5 ? " 202:1" : ""}${i === 0 ? " 204:0" : ""}\n`,
  )
  .join("");

describe.each([
  ["logistic", 0.003, "0.0030"],
  ["squared", 0.05, "0.050"],
] as const)("%s loss", (loss, l1, shown) => {
  let fitted: Fit;
  beforeAll(async () => {
    using data = await readSvmlight(bytesOf(text), { loss });
    fitted = await fit(data, { l1 });
  });
  const evidence = (id: number, model = fitted.model): Promise<Evidence> =>
    evidenceOf(model, id, svmlightReader(bytesOf(text), { loss, keep: false }));

  test("the gradient is what the loss changes by", async () => {
    const { model } = fitted;
    const lossAt = async (id: number, change: number) => {
      const ids = Float64Array.from(new Set([...model.ids, id])).sort();
      // In double precision, which a model's weights are not.
      const weights = Array.from(ids, (it) => model.weightOf(it) + (it === id ? change : 0));
      using data = await readSvmlight(bytesOf(text), { loss });
      const margins = marginsOf(data, (it) => weights[ids.indexOf(it)] ?? 0, model.intercept);
      const { logLoss, rmse } = measure(loss, margins, data.rows.labels.view.subarray(0, data.count), null);
      return logLoss ?? rmse ** 2 / 2;
    };
    for (const id of [0, 7, 201]) {
      const step = 1e-4;
      const slope = ((await lossAt(id, step)) - (await lossAt(id, -step))) / (2 * step);
      expect((await evidence(id)).gradient).toBeCloseTo(slope, 7);
    }
  });

  test("at the optimum it is l1 of what is kept, and less of what is not", async () => {
    const { model } = fitted;
    for (let id = 0; id < 202; id++) {
      const { gradient, rows } = await evidence(id);
      const weight = model.weightOf(id);
      expect(rows).toBe(1000);
      if (weight !== 0) expect(gradient / (-Math.sign(weight) * l1)).toBeCloseTo(1, 1);
      else expect(Math.abs(gradient)).toBeLessThan(l1 * 1.01);
    }
  });

  test("the count proves what the screen proves", async () => {
    let proven = 0;
    for (let id = 0; id < 204; id++) {
      const { bound, holding } = await evidence(id);
      proven += Number(holding > 0 && bound <= l1);
    }
    expect(proven).toBe(fitted.certificate!.provenZero);
    expect(proven).toBeGreaterThan(0);
  });

  test("it is said in a line", async () => {
    const { model } = fitted;
    const say = async (name: string) => {
      const why = whyOf(model, name);
      return whyText(why, await evidence(why.id!), model);
    };
    expect(await say("1")).toMatch(/^1: kept, [+−]\d\.\d{4}, number \d+ of \d+ by size; seen in \d+ rows of 1,000$/);
    expect(await say("201")).toContain(` rows of 1,000; 0 at the very bound of L1, ${shown}: `);
    expect(await say("202")).toMatch(
      new RegExp(`: seen in 2 rows of 1,000; proven 0 by counting: at most \\S+ pulls at it, l1 is ${shown}$`),
    );
    expect(await say("203")).toBe("203: never seen, in none of 1,000 rows");
    const zero = Array.from({ length: 200 }, (_, id) => id).filter((id) => model.weightOf(id) === 0);
    expect(zero.length).toBeGreaterThan(10);
    const said = await Promise.all(zero.map((id) => say(String(id + 1))));
    const own = said.filter((it) => it.includes(`; set to 0 by L1, ${shown}; it would enter at l1 ≤ `));
    expect(own.length).toBeGreaterThan(10);
  });

  test("rows that were held out are left out", async () => {
    using data = await readSvmlight(bytesOf(text), { loss, holdout: 0.3, seed: 5 });
    const { model } = await fit(data, { l1, holdout: 0.3, seed: 5 });
    expect((await evidence(0, model)).rows).toBe(model.training.rows);
    expect(model.training.rows).toBeLessThan(1000);
  });
});

function marginsOf(
  data: Awaited<ReturnType<typeof readSvmlight>>,
  weightOf: (id: number) => number,
  intercept: number,
) {
  const { pointers, indices } = data.rows;
  return Array.from({ length: data.count }, (_, i) => {
    let margin = intercept;
    for (let k = pointers.view[i]!; k < pointers.view[i + 1]!; k++) {
      margin += weightOf(data.dictionary.ids[indices.view[k]!]!);
    }
    return margin;
  });
}

describe("from the model alone", () => {
  const records = Array.from({ length: 60 }, (_, i) => ({ city: ["Oslo", "Rome", "Bonn"][i % 3], y: i % 3 ? 0 : 1 }));
  let model: Model;
  beforeAll(async () => {
    using data = await readRecords(records, { space: featureSpace({ city: category("city") }), target: "y" });
    model = (await fit(data, { l1: 0.05 })).model;
  });
  const say = (name: string, it = model) => whyText(whyOf(it, name), null, it);

  test("kept, seen and 0, never seen", () => {
    expect(say("city = Oslo")).toMatch(/^city = Oslo: kept, \+\d\.\d{4}, number 1 of 1 by size$/);
    expect(say("city = Rome")).toMatch(/^city = Rome: seen in training and set to 0; --data counts its rows/);
    expect(say("city = Lima")).toBe("city = Lima: never seen in training");
  });

  test("counts of numbered columns tell where they can", () => {
    const parts = { ...model, space: null, declared: 10 };
    const seen = (count: number, rows = 60) =>
      new Model(
        { ...parts, training: { ...model.training, rows, seen: count } },
        Float64Array.of(3),
        Float32Array.of(1),
      );
    expect(say("5", seen(1))).toBe("5: never seen in training");
    expect(say("5", seen(10))).toContain("5: seen in training and set to 0");
    expect(say("5", seen(4))).toContain("5: without a weight, never seen or set to 0");
    expect(say("5", seen(1, 0))).toContain("5: without a weight, never seen or set to 0");
  });

  test("where counts are of columns that moved, one that did not may have been there all the same", async () => {
    const { model, columns } = await streamSvmlight(bytesOf("0 1:1\n0 2:1\n"), { loss: "squared" });
    expect(columns).toEqual({ declared: 2, seen: 0, kept: 0 });
    expect(say("1", model)).toBe("1: never seen in training, or only in rows without an error to learn from");
  });

  test("a name that cannot be is refused with near ones", async () => {
    expect(await errorOf(() => whyOf(model, "ciyt = Oslo"))).toMatchObject({
      name: "OptionError",
      message: 'no column can have the name "ciyt = Oslo"; near it are "city = Oslo", "city"',
    });
    expect((await errorOf(() => whyOf(model, "city"))).message).not.toMatch(/near it are .*"city"/);
  });
});
