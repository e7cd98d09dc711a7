import { expect, test } from "vitest";
import { Random } from "../../src/random.js";
import { spread } from "../../src/serve/spread.js";

const random = new Random(7);
const uniform = (limit: number) => () => Math.floor(random.unit() * limit);
/** Ids that most of them are near others. */
const clustered = (limit: number) => () => Math.floor(random.unit() ** 9 * limit);
const stretches = (limit: number) => () => Math.floor((random.below(4) / 4) * limit) + random.below(3000);

test.each([
  ["none", 0, 1000, uniform],
  ["one", 1, 1000, uniform],
  ["few of many", 40, 2 ** 53, uniform],
  ["as many as there are", 5000, 5000, uniform],
  ["of a cross", 20_000, 233_280_000, uniform],
  ["of 32 bits", 20_000, 2 ** 32, uniform],
  ["in clusters", 20_000, 2 ** 40, clustered],
  ["near the least", 20_000, 2 ** 53, clustered],
  ["in stretches", 9000, 233_280_000, stretches],
] as const)("ids are found, and others are not: %s", (_, count, limit, kind) => {
  const draw = kind(limit);
  const kept = new Map<number, number>();
  if (count === limit) for (let id = 0; id < limit; id++) kept.set(id, id + 1);
  while (kept.size < count) kept.set(draw(), kept.size + 1);
  if (count > 1) kept.set(limit - 1, -1).set(0, -2); // the first and the last that can be
  const ids = [...kept.keys()].sort((a, b) => a - b);
  const own = limit > 2 ** 32 ? Float64Array.from(ids) : Uint32Array.from(ids);
  const find = spread(
    own,
    Float32Array.from(ids, (id) => kept.get(id)!),
    limit,
  );
  for (const id of ids) {
    expect(find(id)).toBe(kept.get(id));
    for (const near of [id - 1, id + 1, id + 0.5]) if (!kept.has(near)) expect(find(near)).toBe(0);
  }
  for (let i = 0; i < 10_000; i++) {
    const id = draw();
    expect(find(id)).toBe(kept.get(id) ?? 0);
  }
  for (const id of [-1, -1e9, limit, 2 * limit, 2 ** 53, 1e300, Number.POSITIVE_INFINITY, Number.NaN]) {
    expect(find(id)).toBe(0);
  }
});
