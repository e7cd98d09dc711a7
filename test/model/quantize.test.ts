import { describe, expect, test } from "vitest";
import { SpaceLearner } from "../../src/features/learner.js";
import { category, decodeModel, encodeModel, featureSpace, Model, OptionError, type Quantize } from "../../src/node.js";
import { learn, modelOf, numberedModel, ROWS, wholeSpace } from "../fixtures/models.js";
import { errorOf } from "../helpers.js";

const ONE_HOT = modelOf(learn(wholeSpace(true)), 400);
const FOLDED = modelOf(learn(wholeSpace(true)), 400, 256);

/** A model with weights of our own. */
function weighing(weights: number[]): Model {
  const model = numberedModel(weights.length, 1e9);
  return new Model(model, model.ids, Float32Array.from(weights));
}

const readBack = (model: Model, quantize: Quantize) => decodeModel(encodeModel(model, { quantize }));
const bytesOf = (model: Model, quantize: Quantize) => encodeModel(model, { quantize }).length;

describe("quantize", () => {
  test.each(["int16", "int8", "auto:0.1", "auto:1e-3"] as const)(
    "%s: changes are within what the file says",
    (quantize) => {
      for (const model of [ONE_HOT, FOLDED, numberedModel(400, 1e6)]) {
        const again = readBack(model, quantize);
        const { weight, margin } = again.change!;
        expect(weight).toBeGreaterThan(0);
        let most = 0;
        model.ids.forEach((id, j) => {
          most = Math.max(most, Math.abs(again.weightOf(id) - model.values[j]!));
        });
        expect(weight).toBe(most);
        expect(margin === null).toBe(model.space === null);
        for (const row of model.space ? ROWS : []) {
          expect(Math.abs(again.margin(row) - model.margin(row))).toBeLessThanOrEqual(margin! + 1e-12);
        }
      }
    },
  );

  test("auto keeps its bound, in fewer bytes the larger it is", () => {
    const bounds = [1e-9, 1e-3, 1e-2, 0.1, 1];
    const files = bounds.map((bound) => encodeModel(ONE_HOT, { quantize: `auto:${bound}` }));
    files.forEach((file, i) => {
      expect(decodeModel(file).change?.margin ?? 0).toBeLessThanOrEqual(bounds[i]!);
    });
    // Not by much more than a step takes in the header, at least.
    for (let i = 1; i < files.length; i++) expect(files[i]!.length).toBeLessThan(files[i - 1]!.length + 32);
    expect(files.at(-1)!.length).toBeLessThan(0.8 * files[0]!.length);
    expect(decodeModel(files[0]!).values).toEqual(ONE_HOT.values);
  });

  test("f32 changes nothing and says nothing of it", () => {
    const again = readBack(ONE_HOT, "f32");
    expect(again.values).toEqual(ONE_HOT.values);
    expect(again.change).toBeNull();
  });

  test("int8 has 127 steps on either side; what rounds to 0 is left out", () => {
    const again = readBack(weighing([127, -127, 1, -1, 0.51, 0.49, -0.49, 63.6]), "int8");
    expect(Array.from(again.values)).toEqual([127, -127, 1, -1, 1, 64]);
    expect(again.change).toEqual({ weight: Math.max(...[0.49, 0.49, 0.4].map(Math.fround)), margin: null });
  });

  test("auto leaves weights as they are where no step keeps the bound in fewer bytes", () => {
    const model = weighing([65520, 1e-3]);
    expect(readBack(model, "auto:1e-5").values).toEqual(model.values);
  });

  test("no weights at all", () => {
    for (const quantize of ["f32", "int16", "int8", "auto:0.1"] as const) {
      expect(readBack(weighing([]), quantize).kept).toBe(0);
    }
  });

  test.each(["f64", "auto", "auto:", "auto:0", "auto:-1", "auto:x", "auto:Infinity", 8])(
    "%s is no way to write weights",
    async (it) => {
      expect(await errorOf(() => encodeModel(ONE_HOT, { quantize: it as Quantize }))).toBeInstanceOf(OptionError);
    },
  );

  test("what was lost before counts too", () => {
    const twice = readBack(readBack(ONE_HOT, "int8"), "auto:1e-2");
    ONE_HOT.ids.forEach((id, j) => {
      expect(Math.abs(twice.weightOf(id) - ONE_HOT.values[j]!)).toBeLessThanOrEqual(twice.change!.weight);
    });
    // Of columns with any values there is no bound on a margin.
    const numbered = readBack(readBack(numberedModel(50, 1e6), "int8"), "int16");
    expect(numbered.change).toEqual({ weight: expect.any(Number), margin: null });
  });
});

describe("bytes per weight", () => {
  test.each([10_000, 100_000])("%i of 233,280,000: at most 1.06 times the least", (count) => {
    const declared = 233_280_000;
    const model = numberedModel(count, declared);
    let least = 0; // log₂ of the number of choices
    for (let j = 0; j < model.kept; j++) least += Math.log2((declared - j) / (j + 1));
    for (const [quantize, bits] of [
      ["f32", 32],
      ["int16", 16],
      ["int8", 8],
    ] as const) {
      const spent = bytesOf(model, quantize) - bytesOf(numberedModel(0, declared), "f32");
      expect((8 * spent) / model.kept).toBeLessThan(1.06 * (least / model.kept + bits));
    }
  });
});

describe("stripNames", () => {
  test.each([ONE_HOT, FOLDED, modelOf(learn(wholeSpace()), 400)])("predicts the same without names", (model) => {
    const stripped = decodeModel(encodeModel(model, { stripNames: true }));
    const records = ROWS.flatMap((row) => [row, { ...row, city: "Paris", text: "nothing known", list: ["Oslo"] }]);
    for (const record of records) expect(stripped.margin(record)).toBe(model.margin(record));
    expect(encodeModel(stripped, { stripNames: true })).toEqual(encodeModel(model, { stripNames: true }));
    expect(new TextDecoder().decode(encodeModel(stripped))).not.toContain("Oslo");
  });

  test("values have numbers for names", () => {
    const stripped = decodeModel(encodeModel(ONE_HOT, { stripNames: true }));
    const id = stripped.ids.find((id) => ONE_HOT.nameOf(id) === "city = Rome")!;
    expect(stripped.nameOf(id)).toBe("city #1");
  });

  test("of values that hash alike 53 bits are kept, and none that no hash tells apart", async () => {
    // Two that the 32 bits of MurmurHash3 do not tell apart, found by search.
    const space = (values: string[]) => {
      const learner = new SpaceLearner(featureSpace({ c: category("c") }));
      for (const value of values) learner.observe(() => value);
      return learner.finish();
    };
    const twins = modelOf(space(["v40595", "v114311"]), 2);
    const stripped = decodeModel(encodeModel(twins, { stripNames: true }));
    expect(stripped.space!.state.learned[0]!.hashed!.bits).toBe(53);
    for (const c of ["v40595", "v114311", "c"]) expect(stripped.margin({ c })).toBe(twins.margin({ c }));
    // Halves of surrogate pairs are all the same in UTF-8.
    const halves = modelOf(space(["\ud800", "\ud801"]), 2);
    expect(await errorOf(() => encodeModel(halves, { stripNames: true }))).toBeInstanceOf(OptionError);
  });
});
