import type { Dataset } from "../data/dataset.js";

/**
 * Returns for each column 1 when its weight is 0 at the optimum for certain, else 0; l1, times the factor of a column,
 * counts against the sum of losses. Logistic: every row pulls on a margin by less than s, positives up and negatives down, so at any w and b
 * |gradient_j| < max(Σ s·|x_ij| of those that pull one way, of those that pull the other). Squared: |gradient_j| ≤
 * √(Σ s·x_ij²)·√(Σ s·r²), and at the optimum Σ s·r² is at most that of the best model without features.
 */
export function provenZero(data: Dataset, l1: number, factors: Float64Array | null, intercept: boolean): Uint8Array {
  const { rows, count, seen, loss, engine } = data;
  const { kernels, memory } = engine;
  // So that l1 = 1/n, times n rows, does prove columns of one row: what it lets in is below the rounding of a gradient.
  const most = l1 * (1 + 1e-12);
  const proven = new Uint8Array(seen);
  const mark = memory.mark();
  try {
    if (loss === "logistic") {
      const [up, down] = [memory.f64(seen), memory.f64(seen)];
      kernels.pulls(rows, count, up, down);
      const [a, b] = [up.view, down.view];
      for (let j = 0; j < seen; j++) proven[j] = Number(Math.max(a[j]!, b[j]!) <= most * (factors ? factors[j]! : 1));
      return proven;
    }
    const squares = memory.f64(seen);
    kernels.squares(rows, count, squares);
    const norms = squares.view;
    const residuals = residualsOf(data, intercept);
    for (let j = 0; j < seen; j++) {
      proven[j] = Number(Math.sqrt(norms[j]! * residuals) <= most * (factors ? factors[j]! : 1));
    }
    return proven;
  } finally {
    memory.release(mark);
  }
}

/** Σ s·r² of the best model without features, around the mean first: labels may be far from 0. Never too small. */
function residualsOf({ rows, count, offsets }: Dataset, intercept: boolean): number {
  const [labels, weights] = [rows.labels.view, rows.weights?.view];
  const target = (i: number) => labels[i]! - (offsets ? offsets.view[i]! : 0);
  let [mean, total, largest] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const s = weights ? weights[i]! : 1;
    total += s;
    if (intercept && s > 0) mean += (s / total) * (target(i) - mean);
    largest = Math.max(largest, Math.abs(target(i)));
  }
  // What a target, and so a gradient, is off by.
  const blur = largest * 2 ** -50;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (weights ? weights[i]! : 1) * (Math.abs(target(i) - mean) + blur) ** 2;
  return squares;
}
