import { expect, test } from "vitest";
import { encodeModel } from "../../src/node.js";
import { learn, modelOf, ROWS, wholeSpace } from "../fixtures/models.js";

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
