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
test.each(["model", "checkpoint", "cache"] as const)(
  "100,000 cases of %s",
  async (name) => {
    const fuzz = await FUZZERS[name]!();
    await fuzz(new Random(name.length), 100_000);
  },
  300_000,
);
