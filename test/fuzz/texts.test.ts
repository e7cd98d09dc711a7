import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../src/random.js";
import { outcomeOf } from "../corpus/readers.js";
import { FUZZERS, seedsOf } from "./fuzzers.js";
import { mutated } from "./mutate.js";

// Most texts end in an error, and a trace is most of what one costs.
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

test.each(["svmlight", "vw", "csv", "ndjson", "space", "expression"])(
  "100,000 cases of %s",
  async (name) => {
    const fuzz = await FUZZERS[name]!();
    await fuzz(new Random(name.length), 100_000);
  },
  300_000,
);

describe.each(["svmlight", "vw", "csv", "ndjson"])("%s", (reader) => {
  test("takes twice the time for twice the text, whatever is in it", async () => {
    const seeds = seedsOf(reader, "");
    const random = new Random(3);
    const secondsOf = async (part: Uint8Array, size: number) => {
      const bytes = new Uint8Array(size).map((_, i) => part[i % part.length]!);
      const began = performance.now();
      await outcomeOf(reader, () => bytes, { options: { skipBad: 1e9 } });
      return (performance.now() - began) / 1000;
    };
    for (let round = 0; round < 8; round++) {
      const part = mutated(seeds, random).subarray(0, 40);
      if (part.length === 0) continue;
      // The least of several: other programs have the processor too.
      let ratio = Number.POSITIVE_INFINITY;
      for (let again = 0; again < 8 && ratio >= 2.5; again++) {
        const once = await secondsOf(part, 1 << 16);
        const twice = await secondsOf(part, 1 << 17);
        ratio = Math.min(ratio, twice < 0.02 ? 0 : twice / once);
      }
      expect(ratio, JSON.stringify(Buffer.from(part).toString("latin1"))).toBeLessThan(2.5);
    }
  });
});
