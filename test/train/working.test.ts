import { describe, expect, test } from "vitest";
import { NOWHERE } from "../../src/engine/kernels.js";
import { Random } from "../../src/random.js";
import { ENGINES } from "../helpers.js";

describe.each(["baseline", "scalar"] as const)("%s", (build) => {
  test.each([1, 2, 3, 10, 257])("the worst violators of %i columns, ties among them", async (length) => {
    using engine = await ENGINES[build]();
    const { kernels, memory } = engine;
    const random = new Random(length);
    const [weights, penalties, scores] = [memory.f64(length), memory.f64(2 * length), memory.f64(length)];
    const [gradients, order, chosen] = [memory.f64(length), memory.u32(length), memory.u32(length)];
    for (let j = 0; j < length; j++) gradients.view[j] = 1 + random.below(length);
    for (let j = 0; j < length; j++) order.view[j] = j;
    const sorted = gradients.view.slice().sort().reverse();
    for (let n = 1; n <= length; n += 1 + (length >> 4)) {
      expect(kernels.choose(length, order, weights, gradients, penalties, NOWHERE, n, scores, chosen)).toBe(n);
      const columns = chosen.view.slice(0, n);
      expect(columns).toEqual(columns.slice().sort());
      // Of those as bad as the last that has room, the first ones.
      expect(Math.min(...columns.map((j) => gradients.view[j]!))).toBeGreaterThanOrEqual(sorted[n - 1]!);
    }
  });
});
