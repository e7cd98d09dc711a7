import { describe, expect, test } from "vitest";
import {
  type BatchOptions,
  category,
  DataError,
  DivergenceError,
  evaluate,
  type Fit,
  featureSpace,
  fit,
  ModelError,
  number,
  readArrays,
  readRecords,
} from "../../src/node.js";
import { Random } from "../../src/random.js";
import { errorOf } from "../helpers.js";

interface Problem {
  /** Dense, by rows. */
  x: number[][];
  y: number[];
  s: number[];
}

/** Seeded rows of which a few columns matter; values are small halves or all 1, so that singles hold them exactly. */
function randomProblem(loss: "logistic" | "squared", { n = 200, p = 30, ones = false, weighted = false }): Problem {
  const random = new Random(7);
  const x = Array.from({ length: n }, () =>
    Array.from({ length: p }, () => (random.below(4) > 0 ? 0 : ones ? 1 : (random.below(8) - 3.5) / 2)),
  );
  const margin = (row: number[]) => row.slice(0, 5).reduce((sum, it, j) => sum + it * (j % 2 ? -1 : 1), 0.3);
  const y = x.map((row) => {
    const m = margin(row) + random.unit() - 0.5;
    return loss === "squared" ? m : m > 0 ? 1 : -1;
  });
  return { x, y, s: y.map(() => (weighted ? random.below(4) : 1)) };
}

function arraysOf({ x, y, s }: Problem) {
  const [rows, columns, values]: [number[], number[], number[]] = [[0], [], []];
  for (const row of x) {
    row.forEach((value, j) => {
      if (value === 0) return;
      columns.push(j);
      values.push(value);
    });
    rows.push(columns.length);
  }
  return { rows, columns, values, labels: y, weights: s, dimension: x[0]!.length };
}

/** Recomputes objective and optimality violation from scratch: the gradient must lie in the subdifferential. */
function verify({ x, y, s }: Problem, { model }: Fit, loss: "logistic" | "squared", l1: number, l2: number) {
  const w = x[0]!.map((_, j) => model.weightOf(j));
  const total = s.reduce((a, b) => a + b);
  const margins = x.map((row) => row.reduce((sum, it, j) => sum + it * w[j]!, model.intercept));
  const losses = margins.map((m, i) =>
    loss === "squared" ? 0.5 * (y[i]! - m) ** 2 : Math.log1p(Math.exp(-y[i]! * m)),
  );
  const slopes = margins.map((m, i) => (loss === "squared" ? m - y[i]! : -y[i]! / (1 + Math.exp(y[i]! * m))));
  const objective =
    losses.reduce((sum, it, i) => sum + s[i]! * it, 0) / total +
    w.reduce((sum, it) => sum + l1 * Math.abs(it) + 0.5 * l2 * it * it, 0);
  const violations = w.map((wj, j) => {
    const g = x.reduce((sum, row, i) => sum + s[i]! * slopes[i]! * row[j]!, 0) / total + l2 * wj;
    return wj === 0 ? Math.max(Math.abs(g) - l1, 0) : Math.abs(g + l1 * Math.sign(wj));
  });
  const bias = Math.abs(slopes.reduce((sum, it, i) => sum + s[i]! * it, 0)) / total;
  return { objective, violation: Math.max(...violations), bias };
}

describe.each(["wasm", "baseline"] as const)("batch on %s", (kernels) => {
  test.each<["logistic" | "squared", { ones?: boolean; weighted?: boolean }, Partial<BatchOptions>]>([
    ["logistic", {}, { l1: 0.01 }],
    ["logistic", { ones: true, weighted: true }, { l1: 0.005 }],
    ["logistic", {}, { l1: 0.01, l2: 0.1 }],
    ["logistic", {}, { l1: 0, l2: 0.01 }],
    ["logistic", { weighted: true }, { l1: 0.01, intercept: false }],
    ["squared", {}, { l1: 0.02 }],
    ["squared", { ones: true, weighted: true }, { l1: 0.01, l2: 0.05 }],
    ["squared", {}, { l1: 0.02, intercept: false }],
  ])("%s loss on %j with %j: the optimum, by its conditions", async (loss, shape, options) => {
    const problem = randomProblem(loss, shape);
    const { l1 = 0, l2 = 0, intercept = true } = options;
    const found = await fit(arraysOf(problem), { solver: "batch", tolerance: 1e-9, ...options, loss, kernels });
    const { objective, violation, bias } = verify(problem, found, loss, l1, l2);
    expect(found.certificate?.converged || (found.certificate?.relativeGap ?? 1) < 1e-6).toBe(true);
    expect(violation).toBeLessThan(2e-5);
    if (intercept) expect(bias).toBeLessThan(1e-12);
    else expect(found.model.intercept).toBe(0);
    expect(found.objective).toBeCloseTo(objective, 12);
    expect(found.certificate?.objective).toBeCloseTo(objective, 12);
    if (l1 > 0) expect(found.columns.kept).toBeLessThan(30);
  });

  test("the gap bounds what a solve stopped early is above the optimum", async () => {
    const problem = randomProblem("logistic", {});
    const best = await fit(arraysOf(problem), { solver: "batch", l1: 0.002, tolerance: 1e-10, kernels });
    for (const iterations of [1, 2, 3]) {
      const early = await fit(arraysOf(problem), { solver: "batch", l1: 0.002, tolerance: 1e-12, iterations, kernels });
      const { gap = 0, converged, objective = 0 } = early.certificate ?? {};
      expect(converged).toBe(false);
      expect(objective - (best.objective ?? 0)).toBeLessThanOrEqual(gap);
    }
  });

  test("at λmax and above every weight is exactly 0, and that is certified at once", async () => {
    const found = await fit(arraysOf(randomProblem("logistic", {})), { solver: "batch", l1: 10, kernels });
    expect(found.columns.kept).toBe(0);
    expect(found.certificate).toMatchObject({ converged: true, iterations: 0 });
  });
});

test("WebAssembly and TypeScript give the same bits", async () => {
  const arrays = arraysOf(randomProblem("logistic", { n: 500 }));
  const [a, b] = await Promise.all(
    (["wasm", "baseline"] as const).map((kernels) => fit(arrays, { solver: "batch", l1: 0.003, kernels })),
  );
  expect(a!.model.values).toEqual(b!.model.values);
  expect([a!.model.intercept, a!.certificate]).toEqual([b!.model.intercept, b!.certificate]);
});

test("separable data at a tiny l1, and columns alike", async () => {
  const x = Array.from({ length: 40 }, (_, i) => [i % 2, i % 2, 1 - (i % 2)]);
  const problem: Problem = { x, y: x.map((row) => (row[0] ? 1 : -1)), s: x.map(() => 1) };
  const found = await fit(arraysOf(problem), { solver: "batch", l1: 1e-6 });
  expect(found.certificate?.converged).toBe(true);
  expect(verify(problem, found, "logistic", 1e-6, 0).violation).toBeLessThan(1e-6);
});

test.each([1e-1, 1e-2, 1e-3, 1e-4, 1e-6])(
  "columns that add up to the intercept, on rows that part, l1 %d",
  async (l1) => {
    const x = Array.from({ length: 99 }, (_, i) => [0, 1, 2].map((j) => Number(i % 3 === j)));
    const problem: Problem = { x, y: x.map((row) => (row[0] ? 1 : -1)), s: x.map(() => 1) };
    const found = await fit(arraysOf(problem), { solver: "batch", l1 });
    expect(found.certificate?.converged).toBe(true);
    const least = await fit(arraysOf(problem), { solver: "batch", l1, tolerance: 1e-10 });
    const { gap = 0, objective = 0 } = found.certificate ?? {};
    expect(objective - (least.objective ?? 0)).toBeLessThanOrEqual(gap);
  },
);

/** Few distinct small values: columns repeat, add up, and part the rows. */
function tangled(seed: number): Problem {
  const random = new Random(seed);
  const [n, p] = [3 + random.below(40), 1 + random.below(25)];
  const x = Array.from({ length: n }, () => Array.from({ length: p }, () => Math.max(0, random.below(6) - 3) / 2));
  for (const row of x) for (let j = 1; j < p; j += 3) row[j] = row[j - 1]! + (row[j + 1] ?? 0);
  const y = x.map((row, i) => (i < 2 ? 2 * i - 1 : random.below(3) === 0 || row[0]! > 0 ? 1 : -1));
  return { x, y, s: y.map(() => random.below(3)).map((s, i) => (i < 2 ? 1 : s)) };
}

test.each(["logistic", "squared"] as const)("tangled columns, %s loss: what is certified holds", async (loss) => {
  const misses: unknown[] = [];
  for (let seed = 0; seed < 150; seed++) {
    const problem = tangled(seed);
    const [l1, l2, intercept] = [10 ** -(1 + (seed % 5)), seed % 4 === 0 ? 1e-3 : 0, seed % 3 > 0];
    const found = await fit(arraysOf(problem), { solver: "batch", loss, l1, l2, intercept });
    const { objective } = verify(problem, found, loss, l1, l2);
    const { converged, gap = 0, relativeGap } = found.certificate ?? {};
    const better = await fit(arraysOf(problem), { solver: "batch", loss, l1, l2, intercept, tolerance: 1e-9 });
    const least = verify(problem, better, loss, l1, l2).objective;
    if (!converged || objective - least > gap + 1e-14) {
      misses.push({ seed, l1, l2, intercept, relativeGap, above: objective - least, gap });
    }
  }
  expect(misses).toEqual([]);
});

describe.each(["logistic", "squared"] as const)("%s loss", (loss) => {
  test("offsets are what margins begin with", async () => {
    const problem = randomProblem(loss, {});
    const offsets = problem.y.map((_, i) => ((i % 7) - 3) / 4);
    const options = { solver: "batch", l1: 0.01, tolerance: 1e-9, loss } as const;
    const found = await fit({ ...arraysOf(problem), offsets }, options);
    // For squared loss the same as labels less the offsets; for logistic loss as a column whose weight is held at 1.
    const w = problem.x[0]!.map((_, j) => found.model.weightOf(j));
    const margins = problem.x.map(
      (row, i) => row.reduce((sum, it, j) => sum + it * w[j]!, found.model.intercept) + offsets[i]!,
    );
    const slopes = margins.map((m, i) =>
      loss === "squared" ? m - problem.y[i]! : -problem.y[i]! / (1 + Math.exp(problem.y[i]! * m)),
    );
    const violations = w.map((wj, j) => {
      const g = problem.x.reduce((sum, row, i) => sum + slopes[i]! * row[j]!, 0) / slopes.length;
      return wj === 0 ? Math.max(Math.abs(g) - 0.01, 0) : Math.abs(g + 0.01 * Math.sign(wj));
    });
    expect(Math.max(...violations)).toBeLessThan(1e-5);
    expect(found.columns.kept).toBeGreaterThan(2);
    expect(found.certificate?.relativeGap).toBeLessThan(1e-6);
    using data = await readArrays({ ...arraysOf(problem), offsets }, { loss });
    const measured = evaluate(found.model, data);
    expect(measured.logLoss ?? measured.rmse ** 2 / 2).toBeCloseTo(found.loss.train as number, 9);
    if (loss === "logistic") {
      expect((await errorOf(fit(data, { solver: "ftrl" }))).message).toContain("takes no offsets");
    }
  });

  test("a solve from a streaming model says how far that was, and ends where every solve does", async () => {
    using data = await readArrays(arraysOf(randomProblem(loss, { n: 400 })), { loss });
    const streamed = await fit(data, { solver: "sgd", l1: 0.01, epochs: 3 });
    const cold = await fit(data, { solver: "batch", l1: 0.01 });
    const warm = await fit(data, { solver: "batch", l1: 0.01, from: streamed.model });
    expect(warm.certificate?.objective).toBeCloseTo(cold.certificate?.objective as number, 6);
    expect(warm.certificate?.start?.objective).toBeCloseTo(streamed.objective as number, 9);
    expect(warm.certificate?.start?.above).toBeGreaterThan(0);
    expect(cold.certificate?.start).toBeNull();
    const other = await fit(arraysOf(randomProblem(loss === "squared" ? "logistic" : "squared", {})), {
      solver: "batch",
      loss: loss === "squared" ? "logistic" : "squared",
    });
    expect(await errorOf(fit(data, { solver: "batch", from: other.model }))).toBeInstanceOf(ModelError);
  });
});

test("penalty factors by the name of a feature", async () => {
  const space = featureSpace({ a: number("a"), b: category("b") });
  const records = Array.from({ length: 60 }, (_, i) => ({
    a: (i % 5) / 4,
    b: "xyz"[i % 3]!,
    y: Number(i % 3 === 0 && i % 5 > 1),
  }));
  using data = await readRecords(records, { space, target: "y" });
  const { model } = await fit(data, { l1: 0.2, penaltyFactors: { b: 0.01 } });
  expect(model.weights().map(({ name }) => name[0])).not.toContain("a");
  expect(model.kept).toBeGreaterThan(0);
});

test.each([
  ["labels", 1e30],
  ["labels", 1e-30],
  ["labels", 1e-150],
  ["weights", 1e150],
  ["values", 1e-20],
])("%s times %d: the same model, scaled", async (what, scale) => {
  const problem = randomProblem("squared", { n: 60, p: 8 });
  const arrays = arraysOf(problem);
  const scaled = (name: string, numbers: number[]) => (what === name ? numbers.map((it) => it * scale) : numbers);
  const l1 = 0.02 * (what === "weights" ? 1 : scale);
  const options = { solver: "batch", loss: "squared", tolerance: 1e-5 } as const;
  const plain = await fit(arrays, { ...options, l1: 0.02 });
  const found = await fit(
    {
      ...arrays,
      labels: scaled("labels", arrays.labels),
      values: scaled("values", arrays.values),
      weights: scaled("weights", arrays.weights),
    },
    { ...options, l1 },
  );
  // A weight below single precision is 0: what is left then is the mean.
  if (what !== "labels" || scale > 1e-40) {
    expect(Array.from(found.model.ids)).toEqual(Array.from(plain.model.ids));
    const factor = what === "values" ? 1 / scale : what === "labels" ? scale : 1;
    for (const id of plain.model.ids)
      expect(found.model.weightOf(id) / factor).toBeCloseTo(plain.model.weightOf(id), 2);
  } else expect(found.columns.kept).toBe(0);
});

test.each(["wasm", "baseline"] as const)("no column is left, the tolerance out of reach (%s)", async (kernels) => {
  const two = {
    rows: [0, 2, 4],
    columns: [0, 1, 0, 1],
    values: [-0.379720763945822, 0.6539337000129435, 1.5802232849319573, -0.11324738856090577],
    labels: [2.7152909409325994, 2.6859943993324387],
    weights: [2.740647537513006, 1.7176583915565433],
    dimension: 2,
  };
  const options = { solver: "batch", loss: "squared", intercept: false, l1: 10, tolerance: 1e-300, kernels } as const;
  const { certificate, columns } = await fit(two, options);
  expect(columns.kept).toBe(0);
  expect(certificate).toMatchObject({ iterations: 0, converged: false });
  expect(certificate!.relativeGap).toBeLessThan(1e-14);
});

test("labels times 1e140 under a strength that leaves no weight: certified", async () => {
  const { labels, ...rows } = arraysOf(randomProblem("squared", { n: 60, p: 8 }));
  const huge = labels.map((it) => it * 1e140);
  const { certificate } = await fit({ ...rows, labels: huge }, { solver: "batch", loss: "squared", l1: 1e142 });
  expect(certificate).toMatchObject({ converged: true, iterations: 0 });
});

test.each([1e160, 1e300])("labels times %d: a loss beyond double precision is told", async (scale) => {
  const arrays = arraysOf(randomProblem("squared", { n: 20, p: 4 }));
  const labels = arrays.labels.map((y) => y * scale);
  const error = await errorOf(fit({ ...arrays, labels }, { solver: "batch", loss: "squared", l1: 1 }));
  expect(error).toBeInstanceOf(DivergenceError);
});

test("one class has no best intercept", async () => {
  const data = await readArrays({ rows: [0, 1, 2], columns: [0, 1], labels: [1, 1], dimension: 2 });
  const error = await errorOf(fit(data, { solver: "batch" }));
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toContain("every label is the same");
  const without = await fit(data, { solver: "batch", intercept: false, l1: 0.01 });
  expect(without.certificate?.converged).toBe(true);
});

test("a signal stops a solve", async () => {
  const controller = new AbortController();
  const solving = fit(arraysOf(randomProblem("logistic", { n: 4000, p: 300 })), {
    solver: "batch",
    l1: 1e-7,
    tolerance: 1e-14,
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("enough")),
  });
  await expect(solving).rejects.toThrow("enough");
});

test.each([
  ["logistic", 0.03],
  ["squared", 0.13],
] as const)("columns proven zero before a %s solve are zero without the proof", async (loss, l1) => {
  // 300 rows; column j occurs in about 300/(j + 2) of them, so that the last are rare.
  const random = new Random(5);
  const x = Array.from({ length: 300 }, () => Array.from({ length: 60 }, (_, j) => Number(random.below(j + 2) === 0)));
  const y = x.map((row) => (row[0]! - row[1]! + random.unit() > 0.5 ? 1 : -1));
  const problem: Problem = { x, y, s: y.map(() => 1) };
  const found = await fit(arraysOf(problem), { solver: "batch", loss, l1, tolerance: 1e-9 });
  expect(found.certificate?.provenZero).toBeGreaterThan(0);
  // The conditions of the whole problem hold, the screened columns included.
  expect(verify(problem, found, loss, l1, 0).violation).toBeLessThan(1e-5);
});

test("ridge alone, on columns that lean on each other, takes few steps: conjugate gradients go on though no slope is beyond its l1", async () => {
  const [count, size, random] = [300, 200, new Random(5)];
  const columns = Array.from({ length: count * size }, (_, k) => k % size);
  const values: number[] = [];
  const labels: number[] = [];
  for (let i = 0; i < count; i++) {
    const common = random.unit() - 0.5;
    for (let j = 0; j < size; j++) values.push(Math.fround(common + 0.3 * (random.unit() - 0.5)));
    labels.push(common + 0.3 * (random.unit() - 0.5) > 0 ? 1 : -1);
  }
  const rows = Array.from({ length: count + 1 }, (_, i) => i * size);
  const data = { rows, columns, values, labels, dimension: size };
  for (const [loss, l2] of [
    ["logistic", 1e-5],
    ["squared", 1e-4],
  ] as const) {
    const { certificate } = await fit(data, { solver: "batch", loss, l1: 0, l2 });
    expect(certificate!.converged).toBe(true);
    expect(certificate!.iterations).toBeLessThan(30);
  }
});

test("many columns without penalties that part the rows: a fit that is told to stop does so in the middle of them", async () => {
  const random = new Random(5);
  const [count, free] = [67, 235];
  const columns = Array.from({ length: count * free }, (_, k) => k % free);
  const values = columns.map(() => [1e-38, 1e-42, 1][random.below(3)]!);
  const rows = Array.from({ length: count + 1 }, (_, i) => i * free);
  const labels = Array.from({ length: count }, () => (random.unit() < 0.5 ? -1 : 1));
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("enough")), 100);
  const began = performance.now();
  const fitted = fit(
    { rows, columns, values, labels, dimension: free },
    { l1: 0.004, intercept: false, penaltyFactors: () => 0, signal: stop.signal },
  );
  await expect(fitted).rejects.toThrow("enough");
  expect(performance.now() - began).toBeLessThan(1500);
});
