import { describe, expect, test } from "vitest";
import {
  category,
  decodeModel,
  encodeModel,
  featureSpace,
  fromJson,
  ModelError,
  toCsv,
  toJson,
} from "../../src/node.js";
import { goldenModels, learn, modelOf, wholeSpace } from "../fixtures/models.js";
import { errorOf } from "../helpers.js";

const golden = Object.entries(goldenModels());
const folded = modelOf(learn(wholeSpace()), 60, 64);

describe("JSON", () => {
  test.each([...golden, ["folded", { model: folded }] as const])("%s comes back to the bit", (_, { model }) => {
    const text = toJson(model);
    expect(encodeModel(fromJson(text))).toEqual(encodeModel(model));
    expect(text.split("\n").length).toBe(model.kept + 3);
  });

  test("of a model whose names were left out, too", () => {
    const bytes = encodeModel(golden[1]![1].model, { stripNames: true, quantize: "int8" });
    expect(fromJson(toJson(decodeModel(bytes))).weights()).toEqual(decodeModel(bytes).weights());
  });

  // biome-ignore lint/suspicious/noExplicitAny: taken apart
  test.each<[string, (it: any) => void, string]>([
    ["another version", (it) => (it.nought = 2), '"nought" is 2; expected 1'],
    ["no weights", (it) => delete it.weights, '"weights" is undefined; expected a list'],
    ["ids that do not ascend", (it) => it.weights.reverse(), "does not ascend from"],
    ["an id that is none", (it) => (it.weights[2].id = 1.5), "weights[2]: id 1.5 does not ascend"],
    [
      "a weight of 0",
      (it) => (it.weights[1].weight = 0),
      "weights[1]: weight 0; expected a number of single precision",
    ],
    ["a weight of double precision", (it) => (it.weights[1].weight = 0.1), "weights[1]: weight 0.1; expected"],
    ["a weight that is text", (it) => (it.weights[1].weight = "1"), 'weights[1]: weight "1"; expected'],
    ["a weight that is null", (it) => (it.weights[1] = null), "weights[1] is null; expected {"],
    ["no training", (it) => delete it.training, '"training" is undefined; expected an object'],
    ["a change that is none", (it) => (it.change = "small"), "it does not say how far its weights are off"],
    ["a change below 0", (it) => (it.change = { weight: -1, margin: null }), "it does not say how far"],
    ["a name that is another's", (it) => (it.weights[0].name = "x"), 'not "x"'],
    ["an unknown loss", (it) => (it.loss = "hinge"), "unknown loss"],
    ["a dimension that is none", (it) => (it.declared = 3), "JSON of a model: ids do not ascend below the declared"],
    ["a space of nothing", (it) => (it.space = {}), "feature space"],
    ["half of what was learned", (it) => it.space.learned.pop(), "JSON of a model: its feature space"],
    ["no training", (it) => delete it.training, "JSON of a model: "],
    ["slots that are none", (it) => (it.slots = 3), '"slots" is no power of two'],
  ])("%s is refused", async (_, change, message) => {
    const parts = JSON.parse(toJson(golden[0]![1].model));
    change(parts);
    const error = await errorOf(() => fromJson(JSON.stringify(parts)));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toContain(message);
  });

  test("what is no JSON is refused", async () => {
    expect(await errorOf(() => fromJson('{"nought":1'))).toBeInstanceOf(ModelError);
  });
});

describe("CSV", () => {
  test("has the intercept, then the weights as Model lists them, quoted where they must be", () => {
    const hostile = ["plain", 'say "hi", you', "two\nlines", "=1+1"];
    const space = learn(
      featureSpace({ c: category("c") }),
      hostile.map((c) => ({ c })),
    );
    const model = modelOf(space, 4);
    const text = toCsv(model);
    expect(text.startsWith(`id,name,weight\r\n,intercept,${model.intercept}\r\n`)).toBe(true);
    expect(rowsOf(text).slice(2)).toEqual(model.weights().map((it) => [String(it.id), it.name, String(it.weight)]));
    expect(model.kept).toBeGreaterThan(1);
  });

  /** Reads RFC 4180. */
  function rowsOf(text: string): string[][] {
    const rows: string[][] = [[]];
    for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
      rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? bare!);
      if (end !== ",") rows.push([]);
    }
    return rows.slice(0, -1);
  }
});
