import { expect, test } from "vitest";
import { addOnes, transpose } from "../../src/data/columns.js";
import { type Matrix, NOWHERE } from "../../src/engine/kernels.js";
import { ENGINES, raggedRows } from "../helpers.js";

const ROWS = 50;
const COLUMNS = 20;

function dense({ pointers, indices, values }: Matrix, width: number): number[][] {
  return Array.from({ length: pointers.length - 1 }, (_, i) => {
    const row = Array<number>(width).fill(0);
    for (let k = pointers.view[i]!; k < pointers.view[i + 1]!; k++) row[indices.view[k]!] = values?.view[k] ?? 1;
    return row;
  });
}

function turned(rows: number[][]): number[][] {
  return rows[0]!.map((_, j) => rows.map((row) => row[j]!));
}

test.each([true, false])("a matrix by columns holds the same entries (ones: %s)", async (ones) => {
  using engine = await ENGINES.simd();
  const rows = raggedRows(engine.memory, { rows: ROWS, columns: 50, ones, weighted: false });
  const x = transpose(engine, rows, ROWS, 50);
  expect(dense(x, ROWS)).toEqual(turned(dense(rows, 50)));
  expect(dense(transpose(engine, x, 50, ROWS), 50)).toEqual(dense(rows, 50));
});

test("columns move, fall out, and a column of ones comes last", async () => {
  using engine = await ENGINES.simd();
  const rows = raggedRows(engine.memory, { rows: ROWS, columns: 50, ones: false, weighted: false });
  const places = engine.memory.u32(50);
  places.view.forEach((_, j, view) => {
    view[j] = j < COLUMNS ? COLUMNS - 1 - j : NOWHERE;
  });
  const x = transpose(engine, rows, ROWS, COLUMNS, places, ROWS);
  addOnes(x, COLUMNS, ROWS);
  const expected = turned(dense(rows, 50)).slice(0, COLUMNS).reverse();
  expect(dense(x, ROWS)).toEqual([...expected, Array(ROWS).fill(1)]);
});
