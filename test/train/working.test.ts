import { expect, test } from "vitest";
import { Random } from "../../src/random.js";
import { largest } from "../../src/train/working.js";

test.each([1, 2, 3, 10, 257])("the n-th largest of %i numbers, ties among them", (length) => {
  const random = new Random(length);
  const numbers = Float64Array.from({ length }, () => random.below(length));
  const sorted = numbers.slice().sort().reverse();
  for (let n = 1; n <= length; n += 1 + (length >> 4)) expect(largest(numbers.slice(), n)).toBe(sorted[n - 1]);
});
