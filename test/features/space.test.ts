import { describe, expect, test } from "vitest";
import { Entries } from "../../src/features/entries.js";
import { SpaceLearner } from "../../src/features/learner.js";
import {
  bucket,
  category,
  cross,
  DataError,
  type Definition,
  FeatureSpace,
  type Fields,
  featureSpace,
  hash,
  number,
  OptionError,
  quantiles,
  type SpaceDefinition,
  tokens,
} from "../../src/node.js";
import { errorOf } from "../helpers.js";

type Rest = Omit<SpaceDefinition, "features">;

function learn(features: Record<string, Definition>, records: Fields[], rest: Rest = {}): FeatureSpace {
  const learner = new SpaceLearner(featureSpace(features, rest));
  for (const record of records) learner.observe((column) => record[column]);
  return learner.finish();
}

/** [id, value] pairs of a record, and how many values were not seen in training. */
function encode(space: FeatureSpace, record: Fields): { pairs: number[][]; unseen: number } {
  const entries = new Entries();
  const unseen = space.encodeFields(entries, record);
  return { pairs: Array.from({ length: entries.length }, (_, k) => [entries.ids[k]!, entries.values[k]!]), unseen };
}

function namesOf(space: FeatureSpace): string[] {
  return Array.from({ length: space.declared }, (_, id) => space.nameOf(id));
}

describe("number", () => {
  const space = learn({ n: number("x") }, [{ x: 1 }, { x: null }]);

  test("is one dimension and a bucket for missing", () => {
    expect(namesOf(space)).toEqual(["n", "n missing"]);
    expect(encode(space, { x: "2.5" })).toEqual({ pairs: [[0, 2.5]], unseen: 0 });
    expect(encode(space, { x: "" })).toEqual({ pairs: [[1, 1]], unseen: 0 });
    expect(encode(space, { x: true })).toEqual({ pairs: [[0, 1]], unseen: 0 });
  });

  test.each(["abc", "NaN", "Infinity", "0x10", "1e999", [], Number.NaN])("refuses %j", async (x) => {
    const error = await errorOf(() => encode(space, { x }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/^x: value .+ is not a finite decimal number$/);
  });

  test("refuses what single precision cannot hold", async () => {
    expect((await errorOf(() => encode(space, { x: 1e39 }))).message).toMatch(/beyond single precision/);
  });
});

describe("bucket", () => {
  test("learns a range of whole buckets", () => {
    const space = learn({ lat: bucket("lat", 0.5) }, [{ lat: 1.2 }, { lat: 2.5 }]);
    expect(namesOf(space)).toEqual(["lat [1.00, 1.50)", "lat [1.50, 2.00)", "lat [2.00, 2.50)", "lat [2.50, 3.00)"]);
    expect(encode(space, { lat: 1.5 })).toEqual({ pairs: [[1, 1]], unseen: 0 });
    expect(encode(space, { lat: 0.9 })).toEqual({ pairs: [], unseen: 1 });
  });

  test("takes a given range with its upper end", () => {
    const space = learn({ lat: bucket("lat", 1 / 60, -90, 90) }, []);
    expect(space.declared).toBe(10_800);
    expect([-90, 89.999, 90].map((lat) => encode(space, { lat }).pairs[0]?.[0])).toEqual([0, 10_799, 10_799]);
    expect(encode(space, { lat: 90.1 }).unseen).toBe(1);
  });
});

describe("quantiles", () => {
  const records = (values: number[]) => values.map((x) => ({ x }));

  test("edges interpolate as type 7 and belong to the upper bucket", () => {
    const space = learn({ q: quantiles("x", 4) }, records([4, 1, 3, 2]));
    expect(space.state.learned[0]?.edges).toEqual([1.75, 2.5, 3.25]);
    expect(namesOf(space)).toEqual(["q < 1.75", "q [1.75, 2.5)", "q [2.5, 3.25)", "q ≥ 3.25"]);
    expect([1.7, 1.75, 3, 9].map((x) => encode(space, { x }).pairs[0]?.[0])).toEqual([0, 1, 2, 3]);
  });

  test("equal edges merge", () => {
    expect(learn({ q: quantiles("x", 4) }, records([5, 5, 5, 5, 9])).state.learned[0]?.edges).toEqual([5]);
  });

  test("without data there is one bucket", () => {
    expect(namesOf(learn({ q: quantiles("x", 4) }, []))).toEqual(["q (all)"]);
  });
});

test("category gives each value met an id; others count as unseen", () => {
  const space = learn({ c: category("c") }, [{ c: "b" }, { c: "a" }, { c: "b" }, { c: 7 }, { c: undefined }]);
  expect(namesOf(space)).toEqual(["c = b", "c = a", "c = 7", "c missing"]);
  expect(encode(space, { c: "a" })).toEqual({ pairs: [[1, 1]], unseen: 0 });
  expect(encode(space, { c: null })).toEqual({ pairs: [[3, 1]], unseen: 0 });
  expect(encode(space, { c: "z" })).toEqual({ pairs: [], unseen: 1 });
});

test("a missing value that training never met is unseen", () => {
  const space = learn({ c: category("c") }, [{ c: "a" }]);
  expect(encode(space, { c: "" })).toEqual({ pairs: [], unseen: 1 });
});

test("tokens are counted, from text or a list", () => {
  const space = learn({ t: tokens("t") }, [{ t: "to be or  not to be" }]);
  expect(namesOf(space)).toEqual(["t: to", "t: be", "t: or", "t: not"]);
  const expected = {
    pairs: [
      [1, 2],
      [0, 1],
    ],
    unseen: 1,
  };
  expect(encode(space, { t: "be to be happy" })).toEqual(expected);
  expect(encode(space, { t: ["be", "to", "be", "happy"] })).toEqual(expected);
});

test("hash stays within its slots and has no missing bucket", () => {
  const space = learn({ c: category("c"), h: hash("h", 8) }, [{ c: "x" }]);
  expect(space.declared).toBe(9);
  for (const h of ["a", "b", 3, "", null]) {
    const [[id, value] = [], ...more] = encode(space, { c: "?", h }).pairs;
    expect([value, more]).toEqual([1, []]);
    expect(id).toBeGreaterThanOrEqual(1);
    expect(id).toBeLessThan(9);
  }
  expect(space.nameOf(8)).toBe("h #7");
});

test("words for missing and derived columns", () => {
  const space = learn(
    { r: bucket("ratio", 1) },
    [
      { a: 4, b: 2 },
      { a: "NA", b: 1 },
      { a: 1, b: 0 },
    ],
    { derive: { ratio: "half * 2", half: "a / b / 2" }, missing: ["NA"] },
  );
  expect(space.columns).toEqual(["a", "b"]);
  expect(namesOf(space)).toEqual(["r [2.0, 3.0)", "r missing"]);
  expect(encode(space, { a: 5, b: 2 }).pairs).toEqual([[0, 1]]);
  expect(encode(space, { a: 5, b: 0 }).pairs).toEqual([[1, 1]]);
});

test("a column derived from itself is refused", async () => {
  const error = await errorOf(() => learn({ n: number("p") }, [], { derive: { p: "q + 1", q: "p * 2" } }));
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toBe('derive "p": it is derived from itself');
});

describe("cross", () => {
  test("ids are exact and in order, names join the parts'", () => {
    const space = learn({ a: category("a"), b: category("b"), x: cross("a", "b") }, [
      { a: "p", b: "u" },
      { a: "q", b: "v" },
    ]);
    expect(namesOf(space).slice(4)).toEqual(["a = p × b = u", "a = p × b = v", "a = q × b = u", "a = q × b = v"]);
    expect(encode(space, { a: "q", b: "u" }).pairs).toEqual([
      [1, 1],
      [2, 1],
      [6, 1],
    ]);
    expect(space.features).toEqual([
      { name: "a", offset: 0, dimension: 2 },
      { name: "b", offset: 2, dimension: 2 },
      { name: "x", offset: 4, dimension: 4 },
    ]);
    expect(encode(space, { a: "q", b: "?" })).toEqual({ pairs: [[1, 1]], unseen: 1 });
  });

  test("parts given in place count inside the cross only", () => {
    const space = learn({ x: cross(category("a"), tokens("t"), number("n")) }, [{ a: "p", t: "u v", n: 1 }]);
    expect(namesOf(space)).toEqual(["a = p × t: u × n", "a = p × t: v × n"]);
    expect(encode(space, { a: "p", t: "v u v", n: 0.5 }).pairs).toEqual([
      [1, 1],
      [0, 0.5],
    ]);
  });

  test("233,280,000 dimensions are declared and used exactly", () => {
    const space = learn({ at: cross(bucket("lat", 1 / 60, -90, 90), bucket("lon", 1 / 60, -180, 180)) }, []);
    expect(space.declared).toBe(233_280_000);
    expect(encode(space, { lat: 90, lon: 180 }).pairs).toEqual([[233_279_999, 1]]);
    expect(space.nameOf(233_279_999)).toBe("lat [89.983, 90.000) × lon [179.983, 180.000)");
  });

  test("ids are exact up to 2⁵³ − 1, and an OptionError beyond", async () => {
    const side = (column: string, n: number) => bucket(column, 1, 0, n);
    const [a, b] = [6361 * 69431, 20394401]; // 2⁵³ − 1 = 6361 · 69431 · 20394401
    const space = learn({ x: cross(side("a", a), side("b", b)) }, []);
    expect(space.declared).toBe(Number.MAX_SAFE_INTEGER);
    expect(encode(space, { a, b }).pairs).toEqual([[Number.MAX_SAFE_INTEGER - 1, 1]]);
    expect(encode(space, { a, b: b - 2 }).pairs).toEqual([[Number.MAX_SAFE_INTEGER - 3 + 1, 1]]);
    const error = await errorOf(() => learn({ x: cross(side("a", 2 ** 27), side("b", 2 ** 26)) }, []));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toBe(
      'feature "x": 9007199254740992 dimensions, 9007199254740992 with those before it; ids are exact up to 2⁵³ − 1. ' +
        'Give the cross "slots" to hash it.',
    );
  });

  test("hashed ids stay within their slots and merge", () => {
    const space = learn({ x: cross(tokens("s"), tokens("t"), { slots: 3 }) }, [{ s: "a b c d", t: "e f g h" }]);
    expect(space.declared).toBe(3);
    const { pairs } = encode(space, { s: "a b c d", t: "e f g h" });
    expect(new Set(pairs.map(([id]) => id)).size).toBe(pairs.length);
    expect(pairs.reduce((sum, [, value]) => sum + value!, 0)).toBe(16);
    expect(pairs.every(([id]) => id! < 3)).toBe(true);
    expect(space.nameOf(2)).toBe("s × t #2");
  });
});

test("a space survives JSON", () => {
  const records = [
    { a: "p", n: 0.1, t: "x y", lat: 1.3 },
    { a: "", n: 0.7, t: "y", lat: null },
  ];
  const space = learn(
    {
      a: category("a"),
      q: quantiles("n", 3),
      x: cross("a", bucket("lat", 1 / 3), tokens("t"), { slots: 1000 }),
      h: hash("t", 5),
      d: number("d"),
    },
    records,
    { derive: { d: "n * 2" }, missing: ["-"] },
  );
  const again = new FeatureSpace(JSON.parse(JSON.stringify(space.state)));
  expect(again.declared).toBe(space.declared);
  expect(namesOf(again)).toEqual(namesOf(space));
  for (const record of [...records, { a: "-", n: 3, t: "z", lat: 9 }]) {
    expect(encode(again, record)).toEqual(encode(space, record));
  }
});
