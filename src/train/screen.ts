import type { Dataset } from "../data/dataset.js";

/**
 * Returns for each column 1 when its weight is 0 at the optimum for certain, else 0; l1[j] counts against the sum of
 * losses. Logistic: every row pulls on a margin by less than s, positives up and negatives down, so at any w and b
 * |gradient_j| < max(Σ s·|x_ij| of those that pull one way, of those that pull the other). Squared: |gradient_j| ≤
 * √(Σ s·x_ij²)·√(Σ s·r²), and at the optimum Σ s·r² is at most that of the best model without features.
 */
export function provenZero(data: Dataset, l1: Float64Array, intercept: boolean): Uint8Array {
  const { rows, count, seen, loss } = data;
  const [pointers, indices, values] = [rows.pointers.view, rows.indices.view, rows.values?.view];
  const [labels, weights] = [rows.labels.view, rows.weights?.view];
  const [up, down] = [new Float64Array(seen), new Float64Array(seen)];
  let [sum, squares, total] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const s = weights ? weights[i]! : 1;
    const y = labels[i]!;
    sum += s * y;
    squares += s * y * y;
    total += s;
    for (let k = pointers[i]!; k < pointers[i + 1]!; k++) {
      const x = values ? values[k]! : 1;
      if (loss === "squared") up[indices[k]!]! += s * x * x;
      else if (x > 0 === y > 0) up[indices[k]!]! += s * Math.abs(x);
      else down[indices[k]!]! += s * Math.abs(x);
    }
  }
  const residuals = intercept ? squares - (sum * sum) / total : squares;
  const bound = (j: number) =>
    loss === "squared" ? Math.sqrt(up[j]! * Math.max(residuals, 0)) : Math.max(up[j]!, down[j]!);
  // So that l1 = 1/n, times n rows, does prove columns of one row: what it lets in is below the rounding of a gradient.
  const room = 1 + 1e-12;
  return Uint8Array.from(l1, (it, j) => Number(bound(j) <= it * room));
}
