import { describe, expect, test } from "vitest";
import { type Dataset, DivergenceError, fit, OptionError, readArrays, Stepper } from "../../src/node.js";
import { Random } from "../../src/random.js";
import { bitsOf, errorOf, problem } from "../helpers.js";

const arrays = () => problem({ rows: 600 });

/** Steps of all rows with squared loss, written as the formula has it. */
function plain(data: Dataset, start: number[], steps: number, l1: number, l2: number, rate: number) {
  const { pointers, indices, labels } = data.rows;
  const w = Float64Array.from(start);
  let bias = 0;
  for (let step = 0; step < steps; step++) {
    const g = new Float64Array(w.length);
    let slope = 0;
    for (let i = 0; i < data.count; i++) {
      const columns = indices.view.subarray(pointers.view[i]!, pointers.view[i + 1]!);
      const q = (columns.reduce((sum, j) => sum + w[j]!, bias) - labels.view[i]!) / data.count;
      for (const j of columns) g[j]! += q;
      slope += q;
    }
    bias -= rate * slope;
    for (let j = 0; j < w.length; j++) {
      const v = w[j]! - rate * g[j]!;
      w[j] = (Math.sign(v) * Math.max(Math.abs(v) - rate * l1, 0)) / (1 + rate * l2);
    }
  }
  return { w, bias };
}

describe.each(["wasm", "baseline"] as const)("steps (%s)", (kernels) => {
  test("are those of the formula", async () => {
    using data = await readArrays(arrays(), { kernels, loss: "squared" });
    const random = new Random(1);
    const start = Array.from({ length: data.seen }, () => random.unit() - 0.5);
    const [l1, l2, rate] = [0.01, 0.3, 0.5];
    const stepper = new Stepper(data, { l1, l2, rate, start });
    for (let i = 0; i < 40; i++) stepper.step();
    const { w, bias } = plain(data, start, 40, l1, l2, rate);
    expect(stepper.intercept).toBeCloseTo(bias, 10);
    for (let j = 0; j < data.seen; j++) expect(stepper.weights[j]).toBeCloseTo(w[j]!, 10);
    expect(Array.from(stepper.weights, (it) => it === 0)).toEqual(Array.from(w, (it) => it === 0));
  });

  test("arrive at the optimum that the batch solver certifies, with the same zeros", async () => {
    using data = await readArrays(arrays(), { kernels });
    const { model } = await fit(data, { l1: 0.01, tolerance: 1e-9 });
    const stepper = new Stepper(data, { l1: 0.01, rate: 1 });
    for (let i = 0; i < 4000; i++) stepper.step();
    const kept = data.dictionary.ids.filter((_, j) => stepper.weights[j] !== 0);
    expect(kept.sort()).toEqual(model.ids);
    for (const [j, id] of data.dictionary.ids.entries()) {
      expect(stepper.weights[j]).toBeCloseTo(model.weightOf(id), 3);
    }
    expect(stepper.lossOn(data)).toBeCloseTo(model.training.loss.train!, 5);
  });
});

test("a step of +0.1 that would go to −0.2 lands on 0; a share of it taken off never does", async () => {
  // The second column is only in a row without weight: its gradient is 0.
  const toy = { rows: [0, 1, 2], columns: [0, 1], labels: [0, 1], weights: [1, 0], dimension: 2 };
  using data = await readArrays(toy, { loss: "squared" });
  const l1 = new Stepper(data, { l1: 0.3, rate: 1, start: [0, 0.1] });
  const l2 = new Stepper(data, { l1: 0, l2: 1, rate: 1, start: [0, 0.1] });
  for (const it of [l1, l2]) it.step();
  expect(bitsOf(l1.weights)).toEqual(bitsOf([0, 0]));
  expect(l2.weights[1]).toBe(0.05);
});

test("equal seeds give equal bits on any kernels, others other rows", async () => {
  const weightsOf = async (kernels: "wasm" | "baseline", seed: number) => {
    using data = await readArrays(arrays(), { kernels });
    const stepper = new Stepper(data, { l1: 1e-3, batch: 64, seed });
    for (let i = 0; i < 50; i++) stepper.step();
    return bitsOf(stepper.weights);
  };
  const one = await weightsOf("wasm", 7);
  expect(await weightsOf("baseline", 7)).toEqual(one);
  expect(await weightsOf("wasm", 8)).not.toEqual(one);
});

test("every row comes once an epoch, in even parts", async () => {
  const n = 10;
  const rows = Array.from({ length: n + 1 }, (_, i) => i);
  using data = await readArrays(
    { rows, columns: rows.slice(0, n), labels: rows.slice(1), dimension: n },
    { loss: "squared" },
  );
  const stepper = new Stepper(data, { l1: 0, batch: 4, rate: 0.1, intercept: false });
  const sizes: number[] = [];
  const met = new Set<number>();
  for (let i = 0; i < 3; i++) {
    stepper.step();
    const rows = Array.from(stepper.gradient.keys()).filter((j) => stepper.gradient[j] !== 0);
    sizes.push(rows.length);
    for (const j of rows) met.add(j);
  }
  expect(sizes).toEqual([3, 3, 4]);
  expect(met.size).toBe(n);
});

test("what cannot be is refused", async () => {
  using data = await readArrays(arrays());
  for (const options of [{ batch: 0 }, { batch: 1.5 }, { l1: -1 }, { rate: 0 }, { start: [1] }]) {
    expect(await errorOf(() => new Stepper(data, options))).toBeInstanceOf(OptionError);
  }
  using squared = await readArrays(arrays(), { loss: "squared" });
  const steep = new Stepper(squared, { rate: 1e100 });
  expect(await errorOf(() => Array.from({ length: 20 }, () => steep.step()))).toBeInstanceOf(DivergenceError);
});
