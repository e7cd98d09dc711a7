import { expect, test } from "vitest";
import { fit, fitPath } from "../../src/node.js";

/** One column of a value a row. */
function column(values: number[], labels: number[]) {
  return { rows: [...values.keys(), values.length], columns: values.map(() => 0), values, labels, dimension: 1 };
}

const SIGNS = Array.from({ length: 200 }, (_, i) => (i % 2 ? 1 : -1));

test.each([0, 1e6, 1.7e9])("labels around %d are screened by what varies in them", async (mean) => {
  const labels = SIGNS.map((sign) => mean + 10 * sign);
  const { objective, certificate, columns } = await fit(column(SIGNS, labels), { loss: "squared", l1: 0.1 });
  // w = 10 − l1: ½·l1² + l1·(10 − l1)
  expect(objective).toBeCloseTo(0.995, 5);
  expect(certificate).toMatchObject({ converged: true, provenZero: 0 });
  expect(columns.kept).toBe(1);
});

test.each([10, 1, 0.1])(
  "an unpenalised column that nearly is the intercept, ±%d around 2000, is fitted",
  async (spread) => {
    const years = SIGNS.map((sign) => 2000 + spread * sign);
    const { objective, certificate } = await fit(column(years, SIGNS), {
      loss: "squared",
      l1: 0.01,
      penaltyFactors: () => 0,
    });
    expect(certificate?.converged).toBe(true);
    expect(objective).toBeLessThan(1e-6);
  },
);

test("rows that weigh nothing leave the certificate of an elastic net as it is", async () => {
  const rows = Array.from({ length: 121 }, (_, i) => 2 * i);
  const columns = Array.from({ length: 120 }, (_, i) => [i % 7, 7 + (i % 5)]).flat();
  const labels = Array.from({ length: 120 }, (_, i) => (i < 60 ? (i % 7) - 2 + (i % 3) : 1e4));
  const weights = labels.map((_, i) => (i < 60 ? 1 : 0));
  const options = { loss: "squared", l1: 0.05, l2: 0.1 } as const;
  const all = await fit({ rows, columns, labels, weights, dimension: 12 }, options);
  const [some, dimension] = [60, 12];
  const alone = { rows: rows.slice(0, some + 1), columns: columns.slice(0, 2 * some), labels: labels.slice(0, some) };
  const without = await fit({ ...alone, dimension }, { ...options, tolerance: 1e-12 });
  expect(all.certificate!.converged).toBe(true);
  expect(all.objective! - all.certificate!.gap).toBeLessThanOrEqual(without.objective! * (1 + 1e-15));
});

test("a path over columns that a pass solves exactly takes a step a strength", async () => {
  const rows = Array.from({ length: 41 }, (_, i) => i);
  const columns = Array.from({ length: 40 }, (_, i) => i % 8);
  const labels = columns.map((j, i) => j - 3 + (i % 3));
  const { points } = await fitPath({ rows, columns, labels, dimension: 8 }, { loss: "squared", intercept: false });
  expect(points.every(({ converged }) => converged)).toBe(true);
});
