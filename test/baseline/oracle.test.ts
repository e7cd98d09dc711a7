import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.js";
import type { Loss, Rows } from "../../src/engine/kernels.js";
import { createTrainer } from "../../src/train/trainer.js";
import { ENGINES, raggedRows } from "../helpers.js";

// The papers' algorithms once more, as plainly as they can be written, in double precision.

const ROWS = 400;
const COLUMNS = 60;

type Dense = { x: Map<number, number>; y: number; s: number };

function denseOf({ pointers, indices, values, labels, weights }: Rows): Dense[] {
  return Array.from({ length: ROWS }, (_, i) => {
    const x = new Map<number, number>();
    for (let k = pointers.view[i]!; k < pointers.view[i + 1]!; k++) x.set(indices.view[k]!, values?.view[k] ?? 1);
    return { x, y: labels.view[i]!, s: weights?.view[i] ?? 1 };
  });
}

const GRADIENT: Record<Loss, (y: number, m: number) => number> = {
  logistic: (y, m) => -y / (1 + Math.exp(y * m)),
  squared: (y, m) => m - y,
};
const LOSS: Record<Loss, (y: number, m: number) => number> = {
  logistic: (y, m) => Math.log1p(Math.exp(-y * m)),
  squared: (y, m) => (y - m) ** 2 / 2,
};

type Result = { w: number[]; b: number; loss: number };

interface FtrlSettings {
  alpha: number;
  beta: number;
  lambda1: number;
  lambda2: number;
  batch: number;
  clip: number;
}

/** McMahan et al., KDD 2013, Algorithm 1; the intercept is coordinate −1, without λ₁ and λ₂. */
function ftrlOracle(rows: Dense[], loss: Loss, { alpha, beta, lambda1, lambda2, batch, clip }: FtrlSettings): Result {
  const z = new Map<number, number>();
  const n = new Map<number, number>();
  const weightOf = (j: number) => {
    const [zj, nj] = [z.get(j) ?? 0, n.get(j) ?? 0];
    const [l1, l2] = j < 0 ? [0, 0] : [lambda1, lambda2];
    return Math.abs(zj) <= l1 ? 0 : -(zj - Math.sign(zj) * l1) / ((beta + Math.sqrt(nj)) / alpha + l2);
  };
  let sum = 0;
  for (let from = 0; from < rows.length; from += batch) {
    const gradient = new Map<number, number>();
    for (const { x, y, s } of rows.slice(from, from + batch)) {
      let m = weightOf(-1);
      for (const [j, value] of x) m += weightOf(j) * value;
      sum += s * LOSS[loss](y, m);
      const g = s * GRADIENT[loss](y, m);
      for (const [j, value] of [[-1, 1] as const, ...x]) gradient.set(j, (gradient.get(j) ?? 0) + g * value);
    }
    const norm = Math.hypot(...gradient.values());
    for (const [j, total] of gradient) {
      const g = total * Math.min(1, clip / norm);
      const nj = n.get(j) ?? 0;
      const sigma = (Math.sqrt(nj + g * g) - Math.sqrt(nj)) / alpha;
      z.set(j, (z.get(j) ?? 0) + g - sigma * weightOf(j));
      n.set(j, nj + g * g);
    }
  }
  return { w: Array.from({ length: COLUMNS }, (_, j) => weightOf(j)), b: weightOf(-1), loss: sum };
}

interface SgdSettings {
  l1: number;
  l2: number;
  rate: number;
  decay: number;
}

/** The proximal step over all columns on every row: w ← S(w − ηg, η·l1)/(1 + η·l2). */
function sgdOracle(rows: Dense[], loss: Loss, { l1, l2, rate, decay }: SgdSettings, meanWeight: number): Result {
  const w = Array<number>(COLUMNS).fill(0);
  let b = 0;
  let sum = 0;
  // A row without weight is no step.
  const stepped = rows.filter(({ s }) => s > 0);
  stepped.forEach(({ x, y, s }, step) => {
    let m = b;
    for (const [j, value] of x) m += w[j]! * value;
    sum += s * LOSS[loss](y, m);
    const eta = rate / Math.sqrt(1 + decay * step);
    const g = (s / meanWeight) * GRADIENT[loss](y, m);
    for (let j = 0; j < COLUMNS; j++) {
      const v = w[j]! - eta * g * (x.get(j) ?? 0);
      w[j] = (Math.sign(v) * Math.max(Math.abs(v) - eta * l1, 0)) / (1 + eta * l2);
    }
    b -= eta * g;
  });
  return { w, b, loss: sum };
}

/** Trains through the engine as fit does, in the order of the rows. */
function train(engine: Engine, rows: Rows, loss: Loss, options: object, meanWeight = 1): Result {
  const trainer = createTrainer(engine, loss, options, meanWeight);
  trainer.reserve({ columns: COLUMNS, longestRow: 40, batchEntries: rows.indices.length });
  const sum = trainer.train(rows, null, 0, ROWS);
  const out = engine.memory.f64(COLUMNS);
  trainer.weightsInto(out, 0, COLUMNS);
  return { w: Array.from(out.view), b: trainer.intercept(), loss: sum };
}

function expectClose(got: Result, expected: Result, tolerance: number): void {
  const scale = Math.max(...expected.w.map(Math.abs));
  expect(scale).toBeGreaterThan(0.01);
  got.w.forEach((w, j) => {
    expect(Math.abs(w - expected.w[j]!) / scale, `w[${j}]`).toBeLessThan(tolerance);
  });
  expect(Math.abs(got.b - expected.b)).toBeLessThan(tolerance * Math.max(scale, Math.abs(expected.b)));
  expect(Math.abs(got.loss / expected.loss - 1)).toBeLessThan(tolerance);
}

describe.each(["simd", "baseline"] as const)("on %s", (build) => {
  describe.each(["logistic", "squared"] as const)("%s loss", (loss) => {
    test.each([
      ["one row a step", { batch: 1, clip: Number.POSITIVE_INFINITY }],
      ["batches", { batch: 16, clip: Number.POSITIVE_INFINITY }],
      ["clipped batches", { batch: 16, clip: 0.5 }],
    ])("FTRL, %s, is Algorithm 1", async (_, part) => {
      using engine = await ENGINES[build]();
      const rows = raggedRows(engine.memory, { rows: ROWS, columns: COLUMNS, ones: false, weighted: true });
      const settings = { alpha: 0.05, beta: 1, lambda1: 0.4, lambda2: 0.1, ...part };
      const expected = ftrlOracle(denseOf(rows), loss, settings);
      const got = train(engine, rows, loss, settings);
      expectClose(got, expected, 1e-4);
      expect(expected.w.filter((w) => w === 0).length).toBeGreaterThan(0);
    });

    test.each([
      ["l1", { l1: 5e-3, l2: 0, rate: 0.03, decay: 0.01 }],
      ["l2", { l1: 0, l2: 0.01, rate: 0.03, decay: 0 }],
      ["both, with rescaling on the way", { l1: 1e-3, l2: 2, rate: 0.04, decay: 0 }],
    ])("lazy SGD with %s is the dense proximal step", async (_, settings) => {
      using engine = await ENGINES[build]();
      const rows = raggedRows(engine.memory, { rows: ROWS, columns: COLUMNS, ones: false, weighted: true });
      const dense = denseOf(rows);
      const meanWeight = dense.reduce((sum, { s }) => sum + s, 0) / ROWS;
      const got = train(engine, rows, loss, { solver: "sgd", ...settings }, meanWeight);
      const expected = sgdOracle(dense, loss, settings, meanWeight);
      expectClose(got, expected, 1e-9);
      expect(got.w.map((w) => w === 0)).toEqual(expected.w.map((w) => w === 0));
    });
  });

  test.each([
    ["ftrl", { lambda1: 3 }],
    ["sgd", { solver: "sgd", l1: 0.05 }],
  ])("zeros of %s are +0, never −0", async (_, options) => {
    using engine = await ENGINES[build]();
    const rows = raggedRows(engine.memory, { rows: ROWS, columns: COLUMNS, ones: false, weighted: false });
    const { w } = train(engine, rows, "logistic", options);
    const zeros = w.filter((it) => it === 0);
    expect(zeros.length).toBeGreaterThan(5);
    expect(zeros.every((it) => Object.is(it, 0))).toBe(true);
  });

  test("a row of weight 2 counts as two in a batch's summed gradient, and in the loss", async () => {
    using engine = await ENGINES[build]();
    const once = raggedRows(engine.memory, { rows: ROWS, columns: COLUMNS, ones: true, weighted: true });
    const twice = raggedRows(engine.memory, { rows: ROWS, columns: COLUMNS, ones: true, weighted: true });
    once.weights?.view.fill(2);
    twice.weights?.view.fill(1);
    const order = engine.memory.u32(2 * ROWS);
    order.view.set(Array.from({ length: 2 * ROWS }, (_, t) => t >> 1));
    const results = [once, twice].map((rows, i) => {
      const trainer = createTrainer(engine, "logistic", { batch: 20 * (i + 1), lambda1: 0.2 }, 1);
      trainer.reserve({ columns: COLUMNS, longestRow: 40, batchEntries: 2 * rows.indices.length });
      const sum = trainer.train(rows, i === 0 ? null : order, 0, ROWS * (i + 1));
      const out = engine.memory.f64(COLUMNS);
      trainer.weightsInto(out, 0, COLUMNS);
      return { w: Array.from(out.view), b: trainer.intercept(), loss: sum };
    });
    expectClose(results[0]!, results[1]!, 1e-5);
  });
});
