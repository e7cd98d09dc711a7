import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { encodeRice } from "../../src/model/rice.js";
import {
  category,
  cross,
  DataError,
  decodeModel,
  type EncodeOptions,
  encodeModel,
  type Fields,
  featureSpace,
  hash,
  load,
  Model,
  ModelError,
  number,
  tokens,
} from "../../src/node.js";
import { foldId } from "../../src/slots.js";
import { forged, withSections } from "../fixtures/forge.js";
import { goldenModels, goldenPath, learn, modelOf, numberedModel, wholeSpace } from "../fixtures/models.js";
import { outcome, records } from "../fixtures/records.js";
import { errorOf } from "../helpers.js";

const FORMS = ["indexed", "compact"] as const;
const WRITTEN: EncodeOptions[] = [
  {},
  { stripNames: true },
  { quantize: "int16" },
  { quantize: "int8", stripNames: true },
  { quantize: "auto:1e-4" },
];

describe("predicts what Model predicts, bit for bit", () => {
  test.each([
    ["all kinds", false, null],
    ["one-hot kinds", true, null],
    ["all kinds, folded", false, 256],
  ] as const)("%s, however it is written", async (_, oneHot, slots) => {
    const model = modelOf(learn(wholeSpace(oneHot)), 600, slots);
    for (const options of WRITTEN) {
      const again = decodeModel(encodeModel(model, options));
      for (const form of FORMS) {
        const predictor = load(encodeModel(model, options), { form });
        let refused = 0;
        for (const record of records(1500)) {
          const expected = outcome(() => again.predict(record));
          const got = outcome(() => predictor.predict(record));
          if (!Object.is(got, expected)) expect([got, record]).toEqual([expected, record]);
          refused += Number(got === "DataError");
        }
        expect(refused).toBeGreaterThan(100);
        expect(refused).toBeLessThan(1000);
      }
    }
  });
});

describe("computed columns", () => {
  test.each([
    "a + b * 2 - -c / (a - b)",
    "a / (b - b)",
    "a < b",
    "a <= b",
    "a > b",
    "a >= b",
    "a == b",
    "a = 2",
    "a != b",
    'a == "x"',
    '"x" != `a`',
    'a = "1e999"',
    "a * 1e308 * 10 > b",
    "a",
  ])("%s", (expression) => {
    const space = learn(featureSpace({ n: number("d"), c: category("d") }, { derive: { d: expression } }), [
      { a: 1, b: 2, c: 3 },
      { a: 2, b: 2, c: "" },
      { a: 3, b: 2, c: 3 },
    ]);
    const model = modelOf(space, 10);
    const predictor = load(encodeModel(model));
    const cells = [0, 1, 2, -3.5, "2", " 2", "x", "1e999", "", null, true, false, ["x"]] as Fields[string][];
    let finite = 0;
    for (const a of cells) {
      for (const b of cells) {
        const record = { a, b, c: 3 };
        const expected = outcome(() => model.margin(record));
        expect([outcome(() => predictor.margin(record)), a, b]).toEqual([expected, a, b]);
        finite += Number(typeof expected === "number");
      }
    }
    expect(finite).toBeGreaterThan(20);
  });
});

describe("weights", () => {
  test.each([0, 1, 31, 32, 33, 5000])("of %i ids are found in either form, and others are not", (count) => {
    const model = numberedModel(count, 1e9);
    const clusters = Float64Array.from(model.ids, (_, i) =>
      i % 97 ? Math.floor(i / 97) * 1e6 + i : i * 12_345,
    ).sort();
    for (const it of [model, new Model(model, clusters, model.values)]) {
      const bytes = encodeModel(it);
      for (const form of FORMS) {
        const { weightOf, kept } = load(bytes, { form });
        expect(kept).toBe(count);
        const wrong = Array.from(it.ids).filter((id) =>
          [id && id - 1, id, id + 1].some((near) => weightOf(near) !== it.weightOf(near)),
        );
        expect(wrong).toEqual([]);
        for (const id of [0, 1, 999_999_999]) expect(weightOf(id)).toBe(it.weightOf(id));
      }
    }
  });

  test("of folded ids, and of ids up to 2⁵³", () => {
    const folded = modelOf(learn(featureSpace({ h: hash("h", 2 ** 32) })), 40, 64);
    const large = new Model(folded, Float64Array.of(0, 2 ** 33, Number.MAX_SAFE_INTEGER - 1), Float32Array.of(1, 2, 3));
    const wide = new Model(
      { ...large, slots: null, space: null, declared: Number.MAX_SAFE_INTEGER },
      large.ids,
      large.values,
    );
    for (const form of FORMS) {
      const { weightOf } = load(encodeModel(folded), { form });
      for (const id of [0, 63, 64, 1e6, 2 ** 32 - 1]) expect(weightOf(id)).toBe(folded.weightOf(foldId(id, 64)));
      const found = load(encodeModel(wide), { form });
      expect(Array.from(wide.ids, found.weightOf)).toEqual([1, 2, 3]);
    }
  });
});

describe("load", () => {
  test("every flipped bit and every truncation of a file is refused", () => {
    for (const name of Object.keys(goldenModels())) {
      const file = new Uint8Array(readFileSync(goldenPath(name)));
      let refused = 0;
      const refuses = (bytes: Uint8Array) => {
        try {
          load(bytes);
        } catch (error) {
          if (error instanceof ModelError) refused++;
        }
      };
      for (let bit = 0; bit < 8 * file.length; bit++) {
        file[bit >> 3]! ^= 1 << (bit & 7);
        refuses(file);
        file[bit >> 3]! ^= 1 << (bit & 7);
      }
      for (let length = 0; length < file.length; length++) refuses(file.subarray(0, length));
      expect(refused).toBe(9 * file.length);
      expect(load(file).kept).toBeGreaterThan(0);
    }
  });

  test("lengths that lie are refused, though the digest matches", async () => {
    const file = new Uint8Array(readFileSync(goldenPath("whole-f32")));
    for (const lie of [
      forged(file, (it) => (it.kept = 2 ** 40)),
      forged(file, (it) => (it.sections[0] = [0, 2 ** 40])),
      forged(file, (it) => (it.declared = 3)),
      forged(file, (it) => delete it.sections),
    ]) {
      expect(await errorOf(() => load(lie))).toBeInstanceOf(ModelError);
    }
  });

  test("a count that lies costs no more than four times the file", async () => {
    const steps = encodeModel(numberedModel(20_000, 1e8), { quantize: "int8" });
    const empty = encodeRice([]);
    const dense = withSections(steps, [encodeRice(new Array(600_000).fill(0)), empty, new Uint8Array(0)]);
    const lies: [string, Uint8Array][] = [
      ["one weight more", forged(steps, (it) => it.kept++)],
      ["as many as there are bits", forged(steps, (it) => (it.kept = 8 * it.sections[0][1]))],
      ["ids of one bit, and no weights", forged(dense, (it) => (it.kept = 600_000))],
      ["a dimension of three", forged(steps, (it) => (it.declared = 3))],
    ];
    for (const [name, lie] of lies) {
      for (const read of [...FORMS.map((form) => () => load(lie, { form })), () => decodeModel(lie)]) {
        const before = process.memoryUsage().arrayBuffers;
        expect(await errorOf(read), name).toBeInstanceOf(ModelError);
        expect(process.memoryUsage().arrayBuffers - before, name).toBeLessThan(4 * lie.length);
      }
    }
  });

  test("a model of numbered columns takes no records, but tells weights", async () => {
    const model = numberedModel(5, 100);
    const predictor = load(encodeModel(model));
    expect(predictor.weightOf(model.ids[0]!)).toBe(model.values[0]);
    expect(await errorOf(() => predictor.predict({}))).toBeInstanceOf(DataError);
  });

  test("what is wrong with a record is said by its field", async () => {
    const space = learn(featureSpace({ x: number("x"), c: category("c") }), [{ x: 1, c: "a" }]);
    const predictor = load(encodeModel(modelOf(space, 4)));
    const says = async (record: Fields) => (await errorOf(() => predictor.predict(record))).message;
    expect(await says({ x: "much", c: "a" })).toBe("x: not a number");
    expect(await says({ x: 1, c: ["a"] })).toBe("c: not text");
    expect(await says({ x: 1e39, c: "a" })).toBe("x: too large");
    expect(await says({ c: "a" })).toContain("no field x");
  });

  test("products of one slot that add up beyond single precision are refused, as by Model", async () => {
    const space = learn(featureSpace({ all: cross(number("x"), tokens("t"), { slots: 1 }) }), [{ x: 1, t: "a b" }]);
    const model = modelOf(space, 1);
    const record = { x: 3e38, t: "a b" };
    expect((await errorOf(() => model.predict(record))).message).toMatch(/add up beyond single precision/);
    expect((await errorOf(() => load(encodeModel(model)).predict(record))).message).toMatch(/too large/);
  });
});
