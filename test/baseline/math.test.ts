import { describe, expect, test } from "vitest";
import { entropy, expNegative, log, log1pExp, log1pUnit, sigmoid, softThreshold } from "../../src/baseline/math.js";
import { Random } from "../../src/random.js";

/** Distance of two numbers in units of the last place of the larger. */
function ulps(a: number, b: number): number {
  const size = Math.max(Math.abs(a), Math.abs(b));
  return a === b ? 0 : Math.abs(a - b) / 2 ** (Math.floor(Math.log2(size)) - 52);
}

test("expNegative is e^x within 4 ulp, to −708", () => {
  const random = new Random(1);
  for (let i = 0; i < 20_000; i++) {
    const x = -(random.unit() ** 4) * 708;
    expect(ulps(expNegative(x), Math.exp(x)), `x = ${x}`).toBeLessThanOrEqual(4);
  }
  expect([expNegative(0), expNegative(-708.0001), expNegative(Number.NEGATIVE_INFINITY)]).toEqual([1, 0, 0]);
});

test("log1pUnit is log(1 + u) within 4 ulp on [0, 1]", () => {
  const random = new Random(2);
  for (let i = 0; i < 20_000; i++) {
    const u = random.unit() ** (1 + (i % 8));
    expect(ulps(log1pUnit(u), Math.log1p(u)), `u = ${u}`).toBeLessThanOrEqual(4);
  }
  expect(log1pUnit(0)).toBe(0);
  expect(ulps(log1pUnit(1), Math.LN2)).toBeLessThanOrEqual(1);
});

test("log is log x within 8 ulp, and not caught by what is no positive number", () => {
  const random = new Random(3);
  for (let i = 0; i < 20_000; i++) {
    const x = 2 ** (2000 * random.unit() - 1000);
    expect(ulps(log(x), Math.log(x)), `x = ${x}`).toBeLessThanOrEqual(8);
  }
  expect([1, 0, Number.POSITIVE_INFINITY, -1, Number.NaN].map(log)).toEqual(
    [0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN, Number.NaN], // biome-ignore format: a line
  );
});

test("entropy is −u·log u − (1−u)·log(1−u) but for 2⁻⁵¹", () => {
  const random = new Random(4);
  for (let i = 0; i < 20_000; i++) {
    const far = random.unit() ** (1 + (i % 16));
    const u = i % 2 ? far : 1 - Math.max(far, 2 ** -50);
    const exact = -u * Math.log(u) - (1 - u) * Math.log1p(-u);
    expect(Math.abs(entropy(u) - exact), `u = ${u}`).toBeLessThanOrEqual(2 ** -51);
  }
  expect([0, 1, 1e-19].map(entropy)).toEqual([0, 0, 0]);
  expect(ulps(entropy(0.5), Math.LN2)).toBeLessThanOrEqual(1);
});

test("log1pExp and sigmoid do not overflow", () => {
  expect(log1pExp(1e6)).toBe(1e6);
  expect(log1pExp(-1e6)).toBe(0);
  expect([sigmoid(1e6), sigmoid(-1e6), sigmoid(0)]).toEqual([1, 0, 0.5]);
  expect(sigmoid(2) + sigmoid(-2)).toBeCloseTo(1, 15);
});

describe("softThreshold", () => {
  test.each([
    [0.5, 0.3, 0.2],
    [-0.5, 0.3, -0.2],
    [0.3, 0.3, 0],
    [-0.3, 0.3, 0],
    [0, 0, 0],
    [0.7, 0, 0.7],
  ])("S(%f, %f) = %f", (v, t, expected) => {
    expect(softThreshold(v, t)).toBeCloseTo(expected, 15);
  });

  test("a weight of +0.1 that a step of 0.3 would take to −0.2 lands on exactly 0", () => {
    expect(0.1 - 0.3).toBeCloseTo(-0.2, 15);
    expect(Object.is(softThreshold(0.1, 0.3), 0)).toBe(true);
    expect(Object.is(softThreshold(-0.1, 0.3), 0)).toBe(true);
  });
});
