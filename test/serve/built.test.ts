import { expect, test } from "vitest";
import { encodeModel, Model } from "../../src/node.js";
import { learn, modelOf, numberedModel, ROWS, wholeSpace } from "../fixtures/models.js";

// What is published, with what is left out of it for its size.
const { load, ModelError } = await import(new URL("../../dist/predict.js", import.meta.url).href);

test("dist/predict.js predicts what Model predicts, and refuses damaged files", () => {
  for (const slots of [null, 256]) {
    const model = modelOf(learn(wholeSpace()), 600, slots);
    for (const stripNames of [false, true]) {
      const bytes = encodeModel(model, { stripNames });
      const predictor = load(bytes);
      for (const row of ROWS) expect(predictor.predict(row)).toBe(model.predict(row));
      for (const id of model.ids) expect(predictor.weightOf(id)).toBe(model.weightOf(id));
      expect(predictor).toMatchObject({ loss: "logistic", intercept: model.intercept, kept: model.kept });
      for (let at = 0; at < bytes.length; at += 7) {
        expect(() => load(bytes.map((byte, i) => (i === at ? byte ^ 4 : byte)))).toThrow(ModelError);
      }
    }
  }
});

test("it finds an id with which a part of the dimension begins, where its place is rounded down", () => {
  for (const declared of [147, 294, 309, 483]) {
    // Two thirds of the dimension are where the second of its 1½ parts begins.
    const ids = Float64Array.of((2 * declared) / 3, declared - 2, declared - 1);
    const { weightOf } = load(encodeModel(new Model(numberedModel(3, declared), ids, Float32Array.of(1, 2, 3))));
    expect(Array.from(ids, weightOf)).toEqual([1, 2, 3]);
  }
});
