import { describe, expect, test } from "vitest";
import { sigmoid } from "../../src/baseline/math.js";
import { OptionError, Ranking } from "../../src/node.js";
import { Random } from "../../src/random.js";

interface Row {
  margin: number;
  label: number;
  weight: number;
}

/** Rows with ties, weights of 0 and margins of either sign. */
function rowsOf(seed: number, count = 300): Row[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const margin = (random.below(80) - 40) / 16;
    return { margin, label: random.unit() < sigmoid(margin) ? 1 : -1, weight: random.below(4) / 2 };
  });
}

function rankingOf(rows: readonly Row[]): Ranking {
  return new Ranking(
    rows.map((it) => it.margin),
    rows.map((it) => it.label),
    rows.map((it) => it.weight),
  );
}

function sum(rows: readonly Row[], of: (row: Row) => number = () => 1): number {
  return rows.reduce((total, row) => total + row.weight * of(row), 0);
}

/** F1 by definition; null where it has none. */
function f1(rows: readonly Row[], threshold: number): number | null {
  const yes = rows.filter(({ margin }) => sigmoid(margin) > threshold);
  const right = sum(yes, ({ label }) => Number(label > 0));
  const positives = sum(rows, ({ label }) => Number(label > 0));
  return sum(yes) + positives > 0 ? (2 * right) / (sum(yes) + positives) : null;
}

describe.each([1, 2, 3, 4])("seed %i", (seed) => {
  const rows = rowsOf(seed);
  const ranking = rankingOf(rows);

  test("bins of reliability hold the rows between their margins, about a tenth of the weight each", () => {
    const { bins, error } = ranking.reliability();
    const counted = rows.filter(({ weight }) => weight > 0).sort((a, b) => a.margin - b.margin);
    let from = 0;
    let expected = 0;
    for (const bin of bins) {
      const own = counted.slice(from, from + bin.rows);
      expect(counted[from - 1]?.margin).not.toBe(own[0]!.margin);
      expect(bin.weight).toBe(sum(own));
      expect(bin.prediction).toBeCloseTo(sum(own, ({ margin }) => sigmoid(margin)) / sum(own), 12);
      expect(bin.rate).toBeCloseTo(sum(own, ({ label }) => Number(label > 0)) / sum(own), 12);
      expect(Math.abs(bin.weight - sum(rows) / 10)).toBeLessThan(sum(rows) / 20);
      expected += (bin.weight / sum(rows)) * Math.abs(bin.prediction - bin.rate);
      from += bin.rows;
    }
    expect(from).toBe(counted.length);
    expect(bins).toHaveLength(10);
    expect(error).toBeCloseTo(expected, 12);
  });

  test("points of the ROC curve are what their thresholds give, and enclose the AUC", () => {
    const points = ranking.roc(1000)!;
    let area = 0;
    for (const [i, { threshold, falsePositiveRate, truePositiveRate }] of points.entries()) {
      const { truePositives, falsePositives, trueNegatives, recall } = ranking.confusion(threshold);
      expect([truePositiveRate, recall]).toEqual([recall, truePositives / sum(rows, (it) => Number(it.label > 0))]);
      expect(falsePositiveRate).toBeCloseTo(falsePositives / (falsePositives + trueNegatives), 12);
      const before = points[i - 1];
      if (before) {
        area += ((falsePositiveRate - before.falsePositiveRate) * (truePositiveRate + before.truePositiveRate)) / 2;
      }
    }
    expect(area).toBeCloseTo(ranking.auc!, 12);
  });

  test("the best threshold has the highest F1 of all", () => {
    const best = ranking.confusion(ranking.bestThreshold());
    const candidates = [0, ...rows.map(({ margin }) => sigmoid(margin))].map((it) => f1(rows, it) ?? 0);
    expect(best.f1).toBeCloseTo(Math.max(...candidates), 12);
  });

  test.each([0, 0.2, 0.5, 0.9])("confusion at %f", (threshold) => {
    const got = ranking.confusion(threshold);
    const { truePositives, falsePositives, trueNegatives, falseNegatives } = got;
    expect(truePositives + falsePositives + trueNegatives + falseNegatives).toBe(sum(rows));
    expect(got.accuracy).toBe((truePositives + trueNegatives) / sum(rows));
    expect(got.precision).toBe(truePositives / (truePositives + falsePositives));
    expect(got.f1).toBeCloseTo(f1(rows, threshold)!, 12);
  });
});

test("a curve of many rows is thinned evenly", () => {
  const points = rankingOf(rowsOf(5, 20_000).map((row, i) => ({ ...row, margin: row.margin + i / 1e6 }))).roc(50)!;
  expect(points.length).toBeLessThanOrEqual(50);
  expect(points.length).toBeGreaterThan(45);
  expect(points[0]).toMatchObject({ falsePositiveRate: 0, truePositiveRate: 0 });
  expect(points.at(-1)).toEqual({ threshold: 0, falsePositiveRate: 1, truePositiveRate: 1 });
  for (let i = 1; i < points.length; i++) {
    const step =
      points[i]!.falsePositiveRate +
      points[i]!.truePositiveRate -
      points[i - 1]!.falsePositiveRate -
      points[i - 1]!.truePositiveRate;
    expect(step).toBeLessThan(0.06);
  }
});

test("rows that are all tied are one bin and one step", () => {
  const ranking = new Ranking([-0, 0, 0, 0], [1, -1, -1, -1]);
  expect(ranking.reliability()).toEqual({
    bins: [{ rows: 4, weight: 4, prediction: 0.5, rate: 0.25 }],
    error: 0.25,
  });
  expect(ranking.roc()).toHaveLength(2);
  expect([ranking.auc, ranking.bestThreshold()]).toEqual([0.5, 0.25]);
});

test("one class alone has no curve; a threshold that is no probability is refused", () => {
  const ranking = new Ranking([1, 2], [-1, -1]);
  expect([ranking.auc, ranking.roc(), ranking.confusion(0.9).precision]).toEqual([null, null, null]);
  expect(ranking.confusion(0.5)).toMatchObject({ precision: 0, recall: null, f1: 0, accuracy: 0 });
  expect(() => ranking.confusion(1.5)).toThrow(new OptionError("threshold 1.5: expected a probability, from 0 to 1"));
});

test("weights whose sums are rounded leave no count below 0 and no share above 1", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed);
    const rows = Array.from({ length: 5 + random.below(100) }, (_, i) => {
      const margin = 4 * random.unit() - 2;
      const label = i < 2 ? 2 * i - 1 : (seed % 2 ? margin : random.unit() - 0.5) > 0 ? 1 : -1;
      return { margin, label, weight: random.below(10) ? random.unit() : 1e-17 };
    });
    const ranking = rankingOf(rows);
    expect(ranking.confusion(0)).toMatchObject({ trueNegatives: 0, falseNegatives: 0, recall: 1 });
    const roc = ranking.roc(20)!;
    expect(roc.length).toBeLessThanOrEqual(20);
    const shares = roc.flatMap((it) => [it.falsePositiveRate, it.truePositiveRate]);
    expect(Math.max(...shares, ranking.auc!)).toBeLessThanOrEqual(1);
  }
});
