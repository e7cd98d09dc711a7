import { expect, test } from "vitest";
import { bucket, category, cross, featureSpace, hash, number, OptionError, parseSpace } from "../../src/node.js";
import { errorOf } from "../helpers.js";

const C = { kind: "category", column: "c" };

test.each<[unknown, string]>([
  [null, "feature space: expected an object, got null"],
  [[], "feature space: expected an object, got []"],
  [{ features: {} }, "feature space: no features"],
  [{ features: { c: C }, extra: 1 }, 'feature space: unknown field "extra"; expected features, derive, missing'],
  [
    { features: { c: { kind: "colour", column: "c" } } },
    'feature "c": kind "colour"; expected number, bucket, quantiles, category, tokens, hash or cross',
  ],
  [
    { features: { c: { kind: "toString", column: "c" } } },
    'feature "c": kind "toString"; expected number, bucket, quantiles, category, tokens, hash or cross',
  ],
  [{ features: { c: { kind: "category" } } }, 'feature "c": expected "column" with a column\'s name, got undefined'],
  [{ features: { c: { ...C, slots: 3 } } }, 'feature "c": unknown field "slots"; expected kind, column'],
  [
    { features: { b: { kind: "bucket", column: "x", width: "wide" } } },
    'feature "b": "width" is "wide"; expected a number',
  ],
  [{ features: { b: bucket("x", 0) } }, 'bucket of "x": width 0 is not a positive number'],
  [{ features: { b: { ...bucket("x", 1), min: 0 } } }, 'bucket of "x": min and max go together'],
  [{ features: { b: bucket("x", 1, 2, 2) } }, 'bucket of "x": min 2 is not below max 2'],
  [
    { features: { q: { kind: "quantiles", column: "x", buckets: 1 } } },
    'quantiles of "x": 1 buckets; expected a whole number, 2 or more',
  ],
  [{ features: { h: hash("x", 0) } }, 'hash of "x": 0 slots; expected a whole number from 1 to 2³²'],
  [{ features: { h: hash("x", 2 ** 32 + 1) } }, 'hash of "x": 4294967297 slots; expected a whole number from 1 to 2³²'],
  [{ features: { c: C, x: { kind: "cross", of: ["c"] } } }, 'feature "x": expected "of" with two features or more'],
  [{ features: { c: C, x: cross("c", "d") } }, 'cross "x": "d" is not a feature to cross; there are "c"'],
  [
    { features: { c: C, x: cross("c", "c"), y: cross("c", "x") } },
    'cross "y": "x" is not a feature to cross; there are "c"',
  ],
  [
    { features: { c: C, x: { kind: "cross", of: ["c", { kind: "cross", of: ["c", "c"] }] } } },
    'part of feature "x": kind "cross"; expected number, bucket, quantiles, category, tokens, hash or cross',
  ],
  [
    { features: { c: C, x: cross("c", "c", { slots: 1.5 }) } },
    'feature "x": 1.5 slots; expected a whole number from 1 to 2³²',
  ],
  [{ features: { c: C }, derive: { d: 3 } }, 'derive "d": expected an expression'],
  [
    { features: { c: C }, derive: { d: "1 +" } },
    'expression "1 +": expected a number, a text or a column, got its end',
  ],
  [{ features: { c: C }, missing: "NA" }, 'missing: expected a list of texts, got "NA"'],
])("parseSpace refuses %j", async (value, message) => {
  const error = await errorOf(() => parseSpace(value));
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toBe(message);
});

test("fractions are numbers, and what parseSpace returns parses again", () => {
  const space = parseSpace({
    features: { lat: { kind: "bucket", column: "lat", width: "1/60", min: "-90", max: 90 } },
    derive: { d: "a / b" },
    missing: ["NA"],
  });
  expect(space.features.lat).toEqual({ kind: "bucket", column: "lat", width: 1 / 60, min: -90, max: 90 });
  expect(parseSpace(JSON.parse(JSON.stringify(space)))).toEqual(space);
});

test("builders make plain definitions", () => {
  const space = featureSpace(
    { n: number("n"), x: cross(bucket("lat", 0.5), category("c"), { slots: 10 }) },
    { missing: ["-"] },
  );
  expect(JSON.parse(JSON.stringify(space))).toEqual({
    features: {
      n: { kind: "number", column: "n" },
      x: {
        kind: "cross",
        of: [
          { kind: "bucket", column: "lat", width: 0.5 },
          { kind: "category", column: "c" },
        ],
        slots: 10,
      },
    },
    missing: ["-"],
  });
});

test("a feature may be named __proto__", () => {
  const space = parseSpace(JSON.parse('{"features": {"__proto__": {"kind": "number", "column": "n"}}}'));
  expect(Object.keys(space.features)).toEqual(["__proto__"]);
});
