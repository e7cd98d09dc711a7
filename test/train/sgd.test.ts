import { describe, expect, test } from "vitest";
import type { Rows } from "../../src/engine/kernels.js";
import { createTrainer } from "../../src/train/trainer.js";
import { ENGINES, raggedRows } from "../helpers.js";

const [ROWS, COLUMNS, EPOCHS] = [400, 60, 5];

interface Strengths {
  l1: number;
  l2: number;
  rate: number;
  decay: number;
}

/** Shrinks every weight after every row (squared loss): the steps that the kernel puts off. */
function eager(rows: Rows, { l1, l2, rate, decay }: Strengths): { w: Float64Array; bias: number } {
  const w = new Float64Array(COLUMNS);
  const [pointers, indices, values] = [rows.pointers.view, rows.indices.view, rows.values!.view];
  let bias = 0;
  for (let step = 0; step < ROWS * EPOCHS; step++) {
    const i = step % ROWS;
    let margin = bias;
    for (let k = pointers[i]!; k < pointers[i + 1]!; k++) margin += w[indices[k]!]! * values[k]!;
    const eta = rate / Math.sqrt(1 + decay * step);
    const move = eta * (margin - rows.labels.view[i]!);
    bias -= move;
    for (let k = pointers[i]!; k < pointers[i + 1]!; k++) w[indices[k]!]! -= move * values[k]!;
    for (let j = 0; j < COLUMNS; j++) {
      w[j] = (Math.sign(w[j]!) * Math.max(Math.abs(w[j]!) - eta * l1, 0)) / (1 + eta * l2);
    }
  }
  return { w, bias };
}

describe.each(["simd", "baseline"] as const)("lazy shrinkage is eager shrinkage (%s)", (build) => {
  test.each<[number, number, number]>([
    [0, 0, 0.01],
    [1e-4, 0, 0.01],
    [1e-2, 0, 0],
    [1e-2, 1e-3, 0.01],
    [0.3, 0, 0.01],
    [1e-2, 1, 0],
    [0, 100, 0],
    [1e-3, 1e4, 0],
    [1e-3, 1e12, 0.01],
    [100, 10, 0.01],
    [1e300, 0, 0],
  ])("l1 %f, l2 %f, decay %f", async (l1, l2, decay) => {
    using engine = await ENGINES[build]();
    const { memory } = engine;
    const strengths = { l1, l2, rate: 0.01, decay };
    const rows = raggedRows(memory, { rows: ROWS, columns: COLUMNS, ones: false, weighted: false });
    const trainer = createTrainer(engine, "squared", { solver: "sgd", ...strengths }, 1);
    trainer.reserve({ columns: COLUMNS, longestRow: 40, batchEntries: 0 });
    for (let epoch = 0; epoch < EPOCHS; epoch++) trainer.train(rows, null, 0, ROWS);
    const lazy = memory.f64(COLUMNS);
    trainer.weightsInto(lazy, 0, COLUMNS);
    const { w, bias } = eager(rows, strengths);
    expect(Math.abs(trainer.intercept() - bias)).toBeLessThan(1e-9 * Math.abs(bias));
    for (let j = 0; j < COLUMNS; j++) {
      expect(Math.abs(lazy.view[j]! - w[j]!), `column ${j}`).toBeLessThanOrEqual(1e-9 * Math.abs(w[j]!));
    }
  });
});
