import { beforeAll, describe, expect, test } from "vitest";
import {
  bucket,
  category,
  cross,
  decodeModel,
  encodeModel,
  featureSpace,
  fit,
  type Model,
  ModelError,
  number,
  OptionError,
  readRecords,
} from "../../src/node.js";
import { load } from "../../src/predict.js";
import { errorOf } from "../helpers.js";

const RECORDS = Array.from({ length: 60 }, (_, i) => ({
  city: ["Oslo", "Rome", ""][i % 3],
  x: (i % 7) / 2,
  y: i % 3 ? 0 : 1,
}));
const SPACE = featureSpace({ city: category("city"), x: number("x"), at: cross("city", bucket("x", 1)) });

async function trained(loss: "logistic" | "squared" = "logistic"): Promise<Model> {
  using data = await readRecords(RECORDS, { space: SPACE, target: "y", loss, kernels: "baseline" });
  return (await fit(data, { lambda1: 0.2, epochs: 3 })).model;
}

let model: Model;
let bytes: Uint8Array;
beforeAll(async () => {
  model = await trained();
  bytes = encodeModel(model);
});

describe("model file", () => {
  test("gives back the same model and the same bytes", () => {
    const again = decodeModel(bytes);
    expect(encodeModel(again)).toEqual(bytes);
    expect(again.weights()).toEqual(model.weights());
    expect(again.training).toEqual(model.training);
    expect([again.intercept, again.declared, again.loss]).toEqual([model.intercept, model.declared, model.loss]);
    for (const record of RECORDS) expect(again.predict(record)).toBe(model.predict(record));
  });

  test("is read from an ArrayBuffer, or from within a larger one", () => {
    const larger = new Uint8Array(bytes.length + 7);
    larger.set(bytes, 7);
    expect(decodeModel(larger.subarray(7)).kept).toBe(model.kept);
    expect(decodeModel(larger.slice(7).buffer).kept).toBe(model.kept);
  });

  test("every flipped bit is refused", () => {
    const damaged = bytes.slice();
    let refused = 0;
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      try {
        decodeModel(damaged);
      } catch (error) {
        if (error instanceof ModelError) refused++;
      }
      damaged[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(refused).toBe(8 * bytes.length);
    expect(decodeModel(damaged).kept).toBe(model.kept);
  });

  test("every truncation is refused, and a byte too many", () => {
    let refused = 0;
    for (let length = 0; length < bytes.length; length++) {
      try {
        decodeModel(bytes.subarray(0, length));
      } catch (error) {
        if (error instanceof ModelError) refused++;
      }
    }
    expect(refused).toBe(bytes.length);
    expect(() => decodeModel(Uint8Array.of(...bytes, 0))).toThrow(ModelError);
  });

  test("says what is wrong", async () => {
    const newer = bytes.slice();
    newer[7] = 9;
    const damaged = bytes.slice();
    damaged[40]! ^= 1;
    expect((await errorOf(() => decodeModel(newer))).message).toBe(
      "model file of version 9; this is nought for version 1",
    );
    expect((await errorOf(() => decodeModel(damaged))).message).toBe(
      "model file is damaged: its checksum does not match",
    );
    expect((await errorOf(() => decodeModel(new Uint8Array(3)))).message).toBe("not a nought model");
  });

  test("large ids survive", async () => {
    const ids = [0, 127, 128, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER - 1];
    const data = { rows: [0, ids.length], columns: ids, labels: [1], dimension: Number.MAX_SAFE_INTEGER };
    const fitted = await fit(data, { lambda1: 0, kernels: "baseline" });
    const again = decodeModel(encodeModel(fitted.model));
    expect(Array.from(again.ids)).toEqual(ids);
    expect(again.values).toEqual(fitted.model.values);
  });
});

describe("Model", () => {
  test("load of nought/predict reads the same bytes", () => {
    const loaded = load(bytes);
    for (const record of RECORDS) expect(loaded.predict(record)).toBe(model.predict(record));
  });

  test("margin is the intercept and the weights of the record's features", () => {
    const weight = (name: string) => model.weights().find((it) => it.name === name)?.weight ?? 0;
    const margin = model.intercept + weight("city = Oslo") + weight("x") * 2.5 + weight("city = Oslo × x [2.0, 3.0)");
    expect(model.margin({ city: "Oslo", x: 2.5 })).toBeCloseTo(margin, 12);
    expect(model.predict({ city: "Oslo", x: 2.5 })).toBeCloseTo(1 / (1 + Math.exp(-margin)), 12);
    expect(model.margin({ city: "Paris", x: null })).toBe(model.intercept);
  });

  test("weights come by name, the largest in size first, none 0", () => {
    const weights = model.weights();
    const sizes = weights.map((it) => Math.abs(it.weight));
    expect(weights.length).toBe(model.kept);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(weights.every((it) => it.name === model.nameOf(it.id))).toBe(true);
    expect(Array.from(model.ids)).toEqual(Array.from(model.ids).sort((a, b) => a - b));
  });

  test("probabilities are for logistic loss only", async () => {
    expect(model.predictProbability({ city: "Oslo", x: 1 })).toBe(model.predict({ city: "Oslo", x: 1 }));
    const squared = await trained("squared");
    expect(squared.predict({ city: "Oslo", x: 1 })).toBe(squared.margin({ city: "Oslo", x: 1 }));
    const error = await errorOf(() => squared.predictProbability({ city: "Oslo" }));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toBe("a model with squared loss predicts values, not probabilities");
  });

  test("numbered columns are named from 1 and take no records", async () => {
    const data = { rows: [0, 1, 2], columns: [0, 4], labels: [1, -1], dimension: 5 };
    const { model } = await fit(data, { lambda1: 0, kernels: "baseline" });
    expect(
      model
        .weights()
        .map((it) => it.name)
        .sort(),
    ).toEqual(["1", "5"]);
    expect(await errorOf(() => model.predict({ x: 1 }))).toBeInstanceOf(OptionError);
  });
});
