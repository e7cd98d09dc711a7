import { describe, expect, test } from "vitest";
import { fit, Model, OptionError, toOnnx } from "../../src/node.js";
import { Random } from "../../src/random.js";
import { learn, modelOf, numberedModel, wholeSpace } from "../fixtures/models.js";
import { errorOf, problem } from "../helpers.js";

const ONNXRUNTIME: string = "onnxruntime-web";
const ort = await import(ONNXRUNTIME).catch(() => null);
if (ort) ort.env.wasm.numThreads = 1;

const { model: trained } = await fit(problem({ rows: 500 }), { l1: 0.01 });

describe.skipIf(!ort)(`ONNX, as the runtime has it (needs ${ONNXRUNTIME} installed)`, () => {
  const ROWS = 50;
  const spaced = modelOf(learn(wholeSpace()), 600);
  const squared = new Model({ ...spaced, loss: "squared" }, spaced.ids, spaced.values);
  const single = numberedModel(1, 100);

  test.each([
    ["logistic", spaced],
    ["squared", squared],
    ["one weight", single],
    ["of training", trained],
  ])("%s", async (_, model) => {
    const random = new Random(3);
    const values = Float32Array.from({ length: ROWS * model.kept }, () =>
      random.unit() < 0.8 ? 0 : random.unit() * 3,
    );
    const session = await ort.InferenceSession.create(toOnnx(model));
    const out = await session.run({ columns: new ort.Tensor("float32", values, [ROWS, model.kept]) });
    for (let i = 0; i < ROWS; i++) {
      const row = values.subarray(i * model.kept, (i + 1) * model.kept);
      const margin = row.reduce((sum, value, j) => sum + value * model.values[j]!, model.intercept);
      const expected = model.respond(margin);
      if (model.loss === "squared") expect(Math.abs(out.value.data[i] - expected)).toBeLessThan(1e-4);
      else {
        expect(out.label.data[i]).toBe(expected > 0.5 ? 1n : 0n);
        expect(out.probabilities.data[2 * i + 1]).toBeCloseTo(expected, 5);
        expect(out.probabilities.data[2 * i]).toBeCloseTo(1 - expected, 5);
      }
    }
  });
});

test("a model without weights is refused", async () => {
  const none = new Model(numberedModel(1, 100), new Float64Array(0), new Float32Array(0));
  expect(await errorOf(() => toOnnx(none))).toBeInstanceOf(OptionError);
});

test("the metadata say what the columns are", () => {
  const model = modelOf(learn(wholeSpace()), 60);
  const text = new TextDecoder().decode(toOnnx(model));
  expect(text).toContain("nought.ids");
  expect(text).toContain(JSON.stringify([...model.ids]));
  expect(text).toContain(JSON.stringify(Array.from(model.ids, (id) => model.nameOf(id))));
});
