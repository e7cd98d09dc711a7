import { describe, expect, test } from "vitest";
import { Random } from "../../src/random.js";
import { joined } from "../fixtures/forge.js";
import { bytesOf, cut, ENGINES } from "../helpers.js";
import { casesOf } from "./corpus.js";
import { outcomeOf, READERS, spaceOutcomeOf, trainingOf } from "./readers.js";

/** Longer texts are not cut at every byte. */
const SHORT = 400;

describe.each(Object.keys(READERS))("%s", (reader) => {
  const cases = casesOf(reader);

  test(`${cases.length} texts give what is expected, read line by line`, async () => {
    const found = [];
    for (const { bytes, options } of cases) found.push(await outcomeOf(reader, () => bytes, { options }));
    expect(named(found)).toEqual(named(cases.map(({ expected }) => expected)));
  });

  test.each([null, "simd", "scalar", "baseline"] as const)("and by kernels (%s), in pieces", async (build) => {
    using engine = build && (await ENGINES[build]());
    const random = new Random(7);
    for (const { name, bytes, options, expected } of cases) {
      const all = bytes.length <= SHORT ? Array.from(bytes, (_, i) => i) : [];
      const some = Array.from({ length: 3 }, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
      for (const places of [[], all, some]) {
        const found = await outcomeOf(reader, () => cut(bytes, ...places), { options, ...(engine && { engine }) });
        expect(found, `${name}, cut at ${places}`).toEqual(expected);
      }
    }
  });

  test("and on one thread and two, trained on as they come", async () => {
    for (const { name, bytes, options, expected } of cases.filter(({ isFirst }) => isFirst)) {
      const short = "rows" in expected ? { rows: expected.rows.length, skipped: expected.skipped } : expected;
      for (const threads of [1, 2]) {
        const found = await trainingOf(reader, bytes, { ...options, threads });
        expect(found ?? short, `${name}, ${threads}`).toEqual(short);
      }
    }
  });

  function named(outcomes: object[]) {
    return Object.fromEntries(outcomes.map((it, i) => [cases[i]!.name, it]));
  }
});

test.each(["simd", "scalar", "baseline"] as const)(
  "objects behind as many as are read one by one, by kernels (%s) as without",
  async (build) => {
    using engine = await ENGINES[build]();
    const first = bytesOf('{"x":1,"c":"a","y":1}\n{"y":0}\n'.repeat(128));
    for (const { name, bytes, options } of casesOf("ndjson")) {
      const input = () => cut(joined(first, bytes), first.length);
      const expected = await outcomeOf("ndjson", input, { options });
      expect(await outcomeOf("ndjson", input, { options, engine }), name).toEqual(expected);
    }
  },
);

test("feature spaces as JSON", () => {
  const cases = casesOf("space");
  const found = cases.map(({ name, bytes }) => [name, spaceOutcomeOf(bytes)]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(cases.map(({ name, expected }) => [name, expected])));
});
