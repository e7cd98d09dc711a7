import { describe, expect, test } from "vitest";
import { measure } from "../../src/node.js";
import { Random } from "../../src/random.js";
import { count, metricsText, plural, size } from "../../src/report/text.js";

/** Share of the pairs (positive, negative) that are in order, by weight; ties count half. */
function aucByPairs(margins: number[], labels: number[], weights: number[]): number {
  let [right, total] = [0, 0];
  margins.forEach((p, i) => {
    margins.forEach((n, j) => {
      if (labels[i] !== 1 || labels[j] !== -1) return;
      const pair = weights[i]! * weights[j]!;
      total += pair;
      right += pair * (p > n ? 1 : p === n ? 0.5 : 0);
    });
  });
  return right / total;
}

describe("measure", () => {
  test.each([1, 2, 3, 4, 5])("AUC with ties and weights is the share of ordered pairs (seed %i)", (seed) => {
    const random = new Random(seed);
    const margins = Array.from({ length: 150 }, () => random.below(12) / 4 - 1.5);
    const labels = margins.map(() => (random.unit() < 0.4 ? 1 : -1));
    const weights = margins.map(() => random.below(3) / 2);
    const ones = margins.map(() => 1);
    expect(measure("logistic", margins, labels).auc).toBeCloseTo(aucByPairs(margins, labels, ones), 12);
    expect(measure("logistic", margins, labels, weights).auc).toBeCloseTo(aucByPairs(margins, labels, weights), 12);
  });

  test("logistic loss", () => {
    const got = measure("logistic", [0, 2, -1], [1, 1, 1], [1, 1, 2]);
    const [p2, p1] = [1 / (1 + Math.exp(-2)), 1 / (1 + Math.exp(1))];
    expect(got.logLoss).toBeCloseTo((Math.LN2 - Math.log(p2) - 2 * Math.log(p1)) / 4, 14);
    expect(got.rmse).toBeCloseTo(Math.sqrt((0.25 + (1 - p2) ** 2 + 2 * (1 - p1) ** 2) / 4), 14);
    expect(got).toMatchObject({ rows: 3, accuracy: 0.25, auc: null });
  });

  test("squared loss", () => {
    expect(measure("squared", [1, 2], [3, 2], [1, 3])).toEqual({
      rows: 2,
      logLoss: null,
      auc: null,
      accuracy: null,
      rmse: 1,
      r2: 1 - 4 / 0.75,
    });
  });

  test.each([0, 1e9])(
    "R² is 1 without errors, 0 of the mean, and below 0 of what is worse (labels around %d)",
    (at) => {
      const [labels, weights] = [[1, 2, 6, 9].map((it) => at + it), [1, 2, 1, 0]];
      const r2 = (margins: number[]) => measure("squared", margins, labels, weights).r2;
      expect(r2(labels)).toBe(1);
      expect(r2(labels.map(() => at + 2.75))).toBeCloseTo(0, 6);
      expect(r2(labels.map(() => at + 9))).toBeLessThan(-1);
      expect(measure("squared", [1, 2], [0.1, 0.1], [3, 7]).r2).toBe(null);
      expect(measure("logistic", [1, -2], [1, -1]).r2).toBe(null);
    },
  );

  test("perfect and reversed order", () => {
    expect(measure("logistic", [-1, 1], [-1, 1]).auc).toBe(1);
    expect(measure("logistic", [1, -1], [-1, 1]).auc).toBe(0);
  });
});

test("numbers for people", () => {
  expect([count(1234567), plural(1, "row"), plural(1200, "row")]).toEqual(["1,234,567", "1 row", "1,200 rows"]);
  expect([0, 999, 6900, 123456, 2.5e9].map(size)).toEqual(["0 B", "999 B", "6.9 kB", "123 kB", "2.5 GB"]);
  expect(metricsText({ rows: 2, logLoss: 0.22314, auc: 0.9576, accuracy: 0.9124, rmse: 0.3, r2: null })).toBe(
    "log-loss 0.2231, AUC 0.958, accuracy 91.2%",
  );
  const squared = { rows: 2, logLoss: null, auc: null, accuracy: null, rmse: 12.3456 };
  expect(metricsText({ ...squared, r2: null })).toBe("RMSE 12.35");
  expect(metricsText({ ...squared, r2: 0.88 })).toBe("RMSE 12.35, R² 0.8800 against the rows' mean");
});
