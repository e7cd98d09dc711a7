import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import {
  bucket,
  category,
  cross,
  decodeModel,
  encodeModel,
  featureSpace,
  fit,
  Model,
  ModelError,
  number,
  OptionError,
  readRecords,
} from "../../src/node.js";
import { bodyOf, forged, type Header, joined, sealed, sectionsOf, withHeader } from "../fixtures/forge.js";
import { goldenModels, goldenPath } from "../fixtures/models.js";
import { errorOf } from "../helpers.js";

const READER = fileURLToPath(new URL("../fixtures/reader.py", import.meta.url));
const PYTHON =
  ["python3", "python"].find((it) => {
    try {
      return execFileSync(it, ["-c", "import sys; print(sys.version_info[0])"], { encoding: "utf8" }).startsWith("3");
    } catch {
      return false; // not there
    }
  }) ?? null;

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

  test("knows texts that columns are derived by", async () => {
    const space = featureSpace({ south: number("south") }, { derive: { south: "city == 'Rome'" } });
    using data = await readRecords(RECORDS, { space, target: "y", kernels: "baseline" });
    const { model } = await fit(data, { lambda1: 0 });
    const again = decodeModel(encodeModel(model));
    for (const record of RECORDS) expect(again.predict(record)).toBe(model.predict(record));
    expect(model.predict(RECORDS[0]!)).not.toBe(model.predict(RECORDS[1]!));
  });

  test("is not made of numbers that could not be read", () => {
    const { ids, values, intercept } = model;
    const wild = (weights: Float32Array, intercept: number) => () =>
      encodeModel(new Model({ ...model, space: model.space, intercept }, ids, weights));
    expect(wild(values.with(1, Number.NaN), intercept)).toThrow(
      new ModelError("a model with a weight of NaN has no file"),
    );
    expect(wild(values, Number.NEGATIVE_INFINITY)).toThrow(
      new ModelError("a model with an intercept of -Infinity has no file"),
    );
  });

  test("is read from an ArrayBuffer, or from within a larger one", () => {
    const larger = new Uint8Array(bytes.length + 7);
    larger.set(bytes, 7);
    expect(decodeModel(larger.subarray(7)).kept).toBe(model.kept);
    expect(decodeModel(larger.slice(7).buffer).kept).toBe(model.kept);
  });

  test("says what is wrong", async () => {
    const changed = (at: number, value: number) => bytes.map((byte, i) => (i === at ? value : byte));
    expect((await errorOf(() => decodeModel(changed(7, 1)))).message).toBe(
      "model file of version 1; this is nought for version 2",
    );
    expect((await errorOf(() => decodeModel(changed(40, 1)))).message).toBe(
      "model file is damaged: its digest does not match",
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

describe.each(Object.entries(goldenModels()))("golden file %s", (name, { model, options }) => {
  const file = new Uint8Array(readFileSync(goldenPath(name)));
  /** How many of some damaged files are refused with ModelError, and what the hungriest took, in bytes. */
  const refused = (files: Iterable<Uint8Array>) => {
    let [count, most] = [0, 0];
    for (const it of files) {
      const before = process.memoryUsage().arrayBuffers;
      try {
        decodeModel(it);
      } catch (error) {
        if (error instanceof ModelError) count++;
      }
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    return { count, isBounded: most <= 4 * file.length };
  };

  test("is what encodeModel makes", () => {
    expect(encodeModel(model, options)).toEqual(file);
  });

  test("every flipped bit is refused", () => {
    const flipped = function* () {
      const damaged = file.slice();
      for (let bit = 0; bit < 8 * file.length; bit++) {
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        yield damaged;
        damaged[bit >> 3]! ^= 1 << (bit & 7);
      }
    };
    expect(refused(flipped())).toEqual({ count: 8 * file.length, isBounded: true });
    expect(decodeModel(file).kept).toBeGreaterThan(0);
  });

  test("every truncation is refused, and a byte too many", () => {
    const cuts = Array.from(file.keys(), (length) => file.subarray(0, length));
    expect(refused([...cuts, Uint8Array.of(...file, 0)])).toEqual({ count: file.length + 1, isBounded: true });
  });

  test("any two sections swapped are refused, with the digest made to match too", () => {
    const sections = sectionsOf(file);
    const full = [0, 1, 2].filter((i) => sections[i]!.length > 0);
    const swaps = full.flatMap((a, i) => full.slice(i + 1).map((b) => [a, b] as const));
    expect(swaps.length).toBeGreaterThan(0);
    const swapped = <T>(list: readonly T[], [a, b]: readonly [number, number]) =>
      list.map((_, i) => list[i === a ? b : i === b ? a : i]!);
    const inPlace = swaps.map((swap) =>
      joined(file.subarray(0, bodyOf(file)), ...swapped(sections, swap), file.subarray(-32)),
    );
    const byName = swaps.map((swap) => forged(file, (it) => (it.sections = swapped(it.sections, swap))));
    expect(refused([...inPlace, ...byName])).toEqual({ count: 2 * swaps.length, isBounded: true });
  });

  test("lengths that lie are refused, though the digest matches", () => {
    const lies: ((header: Header) => void)[] = [
      (it) => (it.kept = 2 ** 40),
      (it) => it.kept++,
      (it) => it.kept--,
      (it) => (it.kept = -1),
      (it) => (it.kept = 0.5),
      (it) => (it.declared = 3),
      (it) => (it.sections[0] = [0, 2 ** 40]),
      (it) => (it.sections[0] = [0, -1]),
      (it) => it.sections[0][1]--,
      (it) => (it.sections = []),
      (it) => (it.sections = {}),
      (it) => (it.step = "much"),
      (it) => (it.step = 0),
      (it) => (it.intercept = "much"),
      (it) => (it.space = { atoms: [] }),
      (it) => (it.space = { atoms: [["category", "c", 2 ** 40, 2 ** 40]], features: [["c", 0, [0]]] }),
      (it) => (it.space = { atoms: [["quantiles", "c", 9, 9, 9, 2 ** 40]], features: [["c", 0, [0]]] }),
      (it) => (it.space = { atoms: [["category", "c", 9, 9, 2 ** 40]], features: [["c", 0, [0]]], bits: 32 }),
      (it) => (it.space = { atoms: [["number", "c", 1, 1]], features: [["c", 0, [1]]] }),
      (it) => (it.training = null),
    ];
    expect(refused(lies.map((lie) => forged(file, lie)))).toEqual({ count: lies.length, isBounded: true });
    const length = file.slice();
    new DataView(length.buffer).setUint32(8, 2 ** 32 - 1, true);
    expect(refused([sealed(length)])).toEqual({ count: 1, isBounded: true });
  });

  test("a key that is there twice is refused", async () => {
    const text = new TextDecoder().decode(file.subarray(12, bodyOf(file)));
    const twice = withHeader(file, text.replace("{", '{"kept":1,'));
    expect((await errorOf(() => decodeModel(twice))).message).toContain("its header is not canonical");
  });

  test.skipIf(PYTHON === null)("a reader in Python finds the same in it", () => {
    const read = JSON.parse(execFileSync(PYTHON!, [READER, goldenPath(name)], { encoding: "utf8" }));
    const again = decodeModel(file);
    expect(read.header.intercept).toBe(model.intercept);
    expect(read.ids).toEqual(Array.from(again.ids));
    expect(read.weights).toEqual(Array.from(again.values));
    const learned = again.space?.state.learned ?? [];
    const values = learned.map(({ values, hashed: it }) => {
      return values ?? (it && Object.fromEntries(it.ids.map((id, i) => [id, it.hashes[i]])));
    });
    expect(read.values).toEqual(values.filter((it) => it));
  });
});

describe("Model", () => {
  test("margin is the intercept and the weights of the record's features", () => {
    const weight = (name: string) => model.weights().find((it) => it.name === name)?.weight ?? 0;
    const margin = model.intercept + weight("city = Oslo") + weight("x") * 2.5 + weight("city = Oslo × x [2.0, 3.0)");
    expect(model.margin({ city: "Oslo", x: 2.5 })).toBeCloseTo(margin, 12);
    expect(model.predict({ city: "Oslo", x: 2.5 })).toBeCloseTo(1 / (1 + Math.exp(-margin)), 12);
    expect(model.margin({ city: "Paris", x: null })).toBe(model.intercept);
  });

  test("explain names what adds up to the margin", () => {
    const parts = model.explain({ city: "Oslo", x: 2.5 });
    expect(parts.reduce((sum, { contribution }) => sum + contribution, 0)).toBe(model.margin({ city: "Oslo", x: 2.5 }));
    expect(parts[0]).toEqual({ name: "intercept", value: 1, contribution: model.intercept });
    const weights = new Map(model.weights().map((it) => [it.name, it.weight]));
    for (const { name, value, contribution } of parts.slice(1)) expect(contribution).toBe(weights.get(name)! * value);
    expect(parts.map((it) => it.name)).toContain("city = Oslo");
    expect(model.explain({ city: "Paris", x: null })).toEqual([parts[0]]);
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
