import { afterAll, beforeAll, test } from "vitest";
import { Random } from "../../src/random.js";
import { FUZZERS } from "./fuzzers.js";

// As of texts.
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

// A cache is read as a training reads it, which takes ten times as long as a model.
test.each([
  ["model", 100_000],
  ["checkpoint", 100_000],
  ["cache", 20_000],
] as const)(
  "cases of %s: %i",
  async (name, cases) => {
    const fuzz = await FUZZERS[name]!();
    await fuzz(new Random(name.length), cases);
  },
  300_000,
);
