import { describe, expect, test } from "vitest";
import {
  crossValidate,
  DataError,
  evaluate,
  fit,
  fitPath,
  fitToBudget,
  OptionError,
  type PathOptions,
  readArrays,
} from "../../src/node.js";
import { errorOf, problem } from "../helpers.js";

const ARRAYS = problem({ rows: 600 });
const SHORT: PathOptions = { lambdas: 12, ratio: 0.02, tolerance: 1e-10 };

describe.each(["wasm", "baseline"] as const)("a path on %s", (kernels) => {
  test("begins where every weight is 0, and each of its points is what fit finds there", async () => {
    const told: unknown[] = [];
    const { points, nullLoss } = await fitPath(ARRAYS, { ...SHORT, kernels, onPoint: (point) => told.push(point) });
    expect(told).toEqual(points);
    expect(points).toHaveLength(12);
    expect(points[0]).toMatchObject({ kept: 0, converged: true, explained: 0 });
    expect(points[0]!.loss.train).toBeCloseTo(nullLoss, 12);
    expect(points[1]!.kept).toBeGreaterThan(0); // λmax is not too large
    expect(points[11]!.lambda / points[0]!.lambda).toBeCloseTo(0.02, 12);
    for (const { l1, kept, model, loss, converged } of points) {
      const alone = await fit(ARRAYS, { solver: "batch", l1, tolerance: 1e-10, kernels });
      expect(converged).toBe(true);
      expect(loss.train).toBeCloseTo(alone.loss.train as number, 6);
      expect(Math.abs(kept - alone.columns.kept)).toBeLessThanOrEqual(1);
      for (const id of ARRAYS.support) expect(model.weightOf(id)).toBeCloseTo(alone.model.weightOf(id), 3);
    }
  });

  test("elastic net, squared loss, without an intercept", async () => {
    const labels = ARRAYS.labels as number[];
    const options = { ...SHORT, l1Ratio: 0.5, loss: "squared", intercept: false, kernels } as const;
    const { points } = await fitPath({ ...ARRAYS, labels: labels.map((y) => 1 + y / 3) }, options);
    const { l1, l2, lambda, model } = points[6]!;
    expect([l1, l2]).toEqual([lambda / 2, lambda / 2]);
    const arrays = { ...ARRAYS, labels: labels.map((y) => 1 + y / 3) };
    const alone = await fit(arrays, {
      solver: "batch",
      loss: "squared",
      l1,
      l2,
      intercept: false,
      tolerance: 1e-8,
      kernels,
    });
    expect(model.intercept).toBe(0);
    for (const id of ARRAYS.support) expect(model.weightOf(id)).toBeCloseTo(alone.model.weightOf(id), 4);
  });

  test("unpenalised columns are in the model from the start", async () => {
    const penaltyFactors = (id: number) => (id === 0 ? 0 : id === 1 ? 3 : 1);
    const { points } = await fitPath(ARRAYS, { ...SHORT, penaltyFactors, kernels });
    expect(points[0]!.kept).toBe(1);
    expect(Math.abs(points[0]!.model.weightOf(0))).toBeGreaterThan(0.1);
    expect(points[1]!.kept).toBeGreaterThan(1);
    expect(points.every(({ converged }) => converged)).toBe(true);
  });
});

test("a path measures on the rows held out", async () => {
  using data = await readArrays(ARRAYS, { holdout: 0.3 });
  const { points } = await fitPath(data, SHORT);
  const { loss, model } = points[5]!;
  expect(loss.validation).toBeCloseTo(evaluate(model, data.holdout!).logLoss as number, 6);
});

describe("cross-validation", () => {
  test("each fold is a fit on the other rows", async () => {
    const labels = Array.from(ARRAYS.labels);
    const found = await crossValidate(ARRAYS, { ...SHORT, folds: 3, seed: 4 });
    const { points, minimum, oneStandardError } = found;
    expect(minimum.cv.mean).toBe(Math.min(...points.map(({ cv }) => cv.mean)));
    expect(oneStandardError.lambda).toBeGreaterThanOrEqual(minimum.lambda);
    expect(oneStandardError.cv.mean).toBeLessThanOrEqual(minimum.cv.mean + minimum.cv.standardError);
    // The base rate's loss when nothing is learned, up to how the folds fall; far less at the minimum.
    const share = labels.filter((y) => y > 0).length / labels.length;
    const entropy = -share * Math.log(share) - (1 - share) * Math.log(1 - share);
    expect(points[0]!.cv.mean).toBeCloseTo(entropy, 2);
    expect(minimum.cv.mean).toBeLessThan(0.8 * entropy);
  });

  test("with as many folds as rows, a fold is a fit without its row", async () => {
    const small = problem({ rows: 30 });
    const options = { lambdas: 4, ratio: 0.3, tolerance: 1e-10 };
    const { points } = await crossValidate(small, { ...options, folds: 30 });
    let sum = 0;
    for (let out = 0; out < 30; out++) {
      const weights = Array.from(small.labels, (_, i) => Number(i !== out));
      const { model } = await fit({ ...small, weights }, { solver: "batch", l1: points[3]!.l1, tolerance: 1e-10 });
      let m = model.intercept;
      for (let k = small.rows[out]!; k < small.rows[out + 1]!; k++) m += model.weightOf(small.columns[k]!);
      sum += Math.log1p(Math.exp(-small.labels[out]! * m));
    }
    expect(points[3]!.cv.mean).toBeCloseTo(sum / 30, 4);
  });

  test("a fold may have no column that the path begins with", async () => {
    const alone = { rows: [0, 1, 1, 1, 1], columns: [0], labels: [1, 0, 1, 0], dimension: 1 };
    for (const kernels of ["wasm", "baseline"] as const) {
      const options = { intercept: false, folds: 2, lambdas: 10, ratio: 0.1, kernels };
      const { points } = await crossValidate(alone, options);
      expect(points.map(({ cv }) => Number.isFinite(cv.mean))).toEqual(Array(10).fill(true));
    }
  });

  test("the same whatever ran before on the engine", async () => {
    using data = await readArrays(ARRAYS);
    const options = { ...SHORT, lambdas: 5, folds: 2 };
    const first = await crossValidate(data, options);
    await fit(data, { solver: "batch", l1: 0.01 });
    const again = await crossValidate(data, options);
    expect(again.points.map(({ cv }) => cv)).toEqual(first.points.map(({ cv }) => cv));
  });
});

describe("a budget", () => {
  test("of weights: the best model within it", async () => {
    const found = await fitToBudget(ARRAYS, { maxWeights: 4 });
    expect(found.met).toBe(true);
    expect(found.columns.kept).toBe(4);
    expect(Array.from(found.model.ids)).toEqual(ARRAYS.support);
    expect(found.certificate.converged).toBe(true);
    const denser = await fitToBudget(ARRAYS, { maxWeights: 12 });
    expect(denser.loss.train).toBeLessThan(found.loss.train as number);
  });

  test("of a loss: the sparsest model that reaches it", async () => {
    const { loss } = await fitToBudget(ARRAYS, { maxWeights: 4 });
    const goal = (loss.train as number) + 0.005;
    const found = await fitToBudget(ARRAYS, { maxLoss: goal });
    expect(found.met).toBe(true);
    expect(found.loss.train).toBeLessThanOrEqual(goal);
    expect(found.loss.train).toBeGreaterThan(goal - 0.01);
    expect(found.columns.kept).toBeLessThanOrEqual(4);
  });

  test("of bytes and of a loss that cannot be had: the nearest miss", async () => {
    const found = await fitToBudget(ARRAYS, { maxBytes: 440, maxLoss: 0.01 });
    expect(found.met).toBe(false);
    expect(found.columns.kept).toBeGreaterThan(0);
  });
});

test.each([
  [{ lambdas: 1 }, "lambdas 1: expected a whole number ≥ 2"],
  [{ ratio: 1 }, "ratio 1: expected a number in (0, 1)"],
  [{ l1Ratio: 0 }, "l1Ratio 0: expected a finite number > 0"],
  [{ l1Ratio: 1.5 }, "l1Ratio 1.5: expected a number in (0, 1]"],
  [{ l1: 0.1 }, "l1 is no option of a path"],
  [{ folds: 1 }, "folds 1: expected a whole number ≥ 2"],
  [{ folds: 601 }, "folds 601: there are 600 rows"],
  [{ penaltyFactors: () => -1 }, "penaltyFactors: -1 for index 2: expected ≥ 0"],
  [{ penaltyFactors: { city: 2 } }, 'penaltyFactors: there is no feature "city"'],
])("%j is refused", async (options, message) => {
  const error = await errorOf(crossValidate(ARRAYS, options as object));
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toContain(message);
});

test("columns that have nothing to do with the target have no path", async () => {
  const none = { rows: [0, 1, 2, 2, 2], columns: [0, 0], labels: [1, -1, 1, -1], dimension: 1 };
  const error = await errorOf(fitPath(none));
  expect(error).toBeInstanceOf(DataError);
});

test("a budget needs a limit", async () => {
  expect((await errorOf(fitToBudget(ARRAYS, {}))).message).toContain("a budget needs");
});
