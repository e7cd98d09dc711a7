import { ROW_BLOCK } from "../engine/kernels.js";

/** Returns the sum of what a function returns for each block of rows from ≤ i < to, in order. */
export function byBlocks(from: number, to: number, sumOf: (from: number, to: number) => number): number {
  let sum = 0;
  for (let i = from; i < to; i += ROW_BLOCK) sum += sumOf(i, Math.min(i + ROW_BLOCK, to));
  return sum;
}
