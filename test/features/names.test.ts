import { describe, expect, test } from "vitest";
import { hashText } from "../../src/features/hash.js";
import {
  bucket,
  category,
  cross,
  decodeModel,
  encodeModel,
  featureSpace,
  hash,
  quantiles,
  tokens,
} from "../../src/node.js";
import { learn, modelOf, numberedModel, wholeSpace } from "../fixtures/models.js";

describe("idOf finds what nameOf names", () => {
  test.each([
    ["all kinds", modelOf(learn(wholeSpace()), 600)],
    ["all kinds, folded", modelOf(learn(wholeSpace()), 600, 256)],
    ["without names", decodeModel(encodeModel(modelOf(learn(wholeSpace()), 600), { stripNames: true }))],
    ["numbered columns", numberedModel(100, 1e6)],
  ])("%s", (_, model) => {
    for (const id of model.ids) expect(model.nameOf(model.idOf(model.nameOf(id))!)).toBe(model.nameOf(id));
    expect(model.kept).toBeGreaterThan(90);
  });

  test("every id of a small space", () => {
    const space = learn(
      featureSpace({
        c: category("c"),
        q: quantiles("q", 3),
        b: bucket("q", 0.1),
        t: tokens("c"),
        "c × b": cross("c", "b"),
        three: cross("b", "c", tokens("d")),
        mixed: cross("c", "q", { slots: 7 }),
      }),
      [
        { c: "a", q: 1, d: "u v" },
        { c: "a × b", q: 2, d: "" },
        { c: "c × b [1.00, 1.10)", q: null, d: "w" },
      ],
    );
    for (let id = 0; id < space.declared; id++) expect([id, space.idOf(space.nameOf(id))]).toEqual([id, id]);
  });
});

test("values that training never met, and names that no id has", () => {
  const space = learn(featureSpace({ c: category("c"), h: hash("c", 100), b: bucket("x", 1), x: cross("c", "b") }), [
    { c: "a", x: 1 },
    { c: "b", x: 4 },
  ]);
  const places = (...names: string[]) => names.map((name) => space.idOf(name));
  expect(places("c = a", "c = z", "c missing", "c = z × b [1.0, 2.0)")).toEqual([0, null, null, null]);
  expect(places("h = a", "h #7")).toEqual([2 + (hashText("a") % 100), 9]);
  const none = [
    "",
    "c",
    "c =",
    "cc = a",
    "h #100",
    "h #07",
    "h #",
    "b [0.5, 1.5)",
    "b [9.0, 10.0)",
    "b missing!",
    "c = a × c = b",
  ];
  expect(places(...none).filter((it) => typeof it === "number")).toEqual([]);
  expect(places("", "d = a", "h #100", "h #07", "h #", "b [0.5, 1.5)", "b [9.0, 10.0)")).toEqual(
    Array(7).fill(undefined),
  );
});

test("numbered columns are 1 to their dimension", () => {
  const model = numberedModel(5, 100);
  expect(["1", "100", "0", "101", "01", "x", "1.5", "1e1"].map((it) => model.idOf(it))).toEqual([
    0,
    99,
    ...Array(6).fill(undefined),
  ]);
});
