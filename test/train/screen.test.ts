import { expect, test } from "vitest";
import { NOWHERE } from "../../src/engine/kernels.js";
import { readArrays } from "../../src/node.js";
import { screen } from "../../src/train/screen.js";

/** Columns 0 … 3; column 1 is in one row of each class, column 3 in none. */
const ROWS = [[0, 1], [0], [0, 2], [1, 2], [2]];
const LABELS = [1, 1, 1, -1, -1];

function arrays(values?: number[]) {
  const rows = [0];
  for (const row of ROWS) rows.push(rows.at(-1)! + row.length);
  return { rows, columns: ROWS.flat(), labels: LABELS, dimension: 4, ...(values && { values }) };
}

/** The columns that are left. */
function leftOf(...args: Parameters<typeof screen>): number[] {
  const { columns, left } = screen(...args);
  return [...columns.view.subarray(0, left)];
}

test("columns are left out that no side pulls by more than the strength, and none else", async () => {
  using data = await readArrays(arrays());
  const { places, pointers } = screen(data, 1, null, false);
  // Column 1 has one row on each side, column 2 two below, column 0 three above.
  expect(leftOf(data, 1, null, false)).toEqual([0, 2]);
  expect([...places.view]).toEqual([0, NOWHERE, 1]);
  expect([...pointers.view.subarray(0, 3)]).toEqual([0, 3, 6]);
  expect(leftOf(data, 2, null, false)).toEqual([0]);
  expect(leftOf(data, 2, Float64Array.of(1, 0.4, 1), false)).toEqual([0, 1]);
});

test("a value counts by its size, on the side that its sign pulls to", async () => {
  using data = await readArrays(arrays([1, -3, 1, 1, 1, 3, 1, 1]));
  // Column 1 pulls down by 3 in a row above, and down by 3 in one below: 6 on one side.
  expect(leftOf(data, 5, null, false)).toEqual([1]);
  expect(leftOf(data, 6, null, false)).toEqual([]);
});

test("squared loss is screened by the norm of a column and the residuals without features", async () => {
  using data = await readArrays(arrays(), { loss: "squared" });
  // Σ s·r² = 5 − 5·(1/5)² = 4.8 with an intercept; the norms² are 3, 2, 3.
  expect(leftOf(data, Math.sqrt(2 * 4.8) + 1e-6, null, true)).toEqual([0, 2]);
  expect(leftOf(data, Math.sqrt(2 * 4.8) - 1e-6, null, true)).toEqual([0, 1, 2]);
  expect(leftOf(data, Math.sqrt(2 * 5) - 1e-6, null, false)).toEqual([0, 1, 2]);
});
