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

test.each(["model", "checkpoint", "cache"])(
  "100,000 cases of %s",
  async (name) => {
    const fuzz = await FUZZERS[name]!();
    await fuzz(new Random(name.length), 100_000);
  },
  300_000,
);
