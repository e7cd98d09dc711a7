import { expect, test } from "vitest";
import { fit, readArrays } from "../../src/node.js";
import { Random } from "../../src/random.js";

const ROWS = 60;
const FIRST = 4;

/** Random columns 0 … 3, each again as 4 … 7, and entries of one row alone: 8 is 0.5, 9 is −2, 10 is 1 in row 0. */
function doubled() {
  const random = new Random(7);
  const [rows, columns, values, labels]: [number[], number[], number[], number[]] = [[0], [], [], []];
  for (let i = 0; i < ROWS; i++) {
    const own = Array.from({ length: FIRST }, (_, j) => j).filter(() => random.unit() < 0.5);
    const drawn = own.map(() => 1 + random.below(3));
    columns.push(...own, ...own.map((j) => j + FIRST), ...(i === 0 ? [8, 9, 10] : []));
    values.push(...drawn, ...drawn, ...(i === 0 ? [0.5, -2, 1] : []));
    rows.push(columns.length);
    labels.push(own.includes(0) === random.unit() < 0.8 ? 1 : -1);
  }
  return { rows, columns, values, labels, dimension: 11 };
}

test("of columns that hold the same the first gets the weight, and the optimum is that without the others", async () => {
  const { rows, columns, values, labels } = doubled();
  const single: number[][] = [[0], [], []];
  for (let i = 0; i < ROWS; i++) {
    for (let k = rows[i]!; k < rows[i + 1]!; k++) {
      if (columns[k]! >= FIRST && columns[k] !== 9) continue;
      single[1]!.push(columns[k]!);
      single[2]!.push(values[k]!);
    }
    single[0]!.push(single[1]!.length);
  }
  const [all, some] = [
    await fit(doubled(), { l1: 1e-3, tolerance: 1e-10 }),
    await fit(
      { rows: single[0]!, columns: single[1]!, values: single[2]!, labels, dimension: 11 },
      { l1: 1e-3, tolerance: 1e-10 },
    ),
  ];
  expect(all.certificate?.merged).toBe(FIRST + 2);
  expect(all.certificate?.converged).toBe(true);
  expect(all.objective).toBeCloseTo(some.objective as number, 8);
  for (let j = FIRST; j < 11; j++) if (j !== 9) expect(all.model.weightOf(j)).toBe(0);
  expect(all.model.weightOf(0)).not.toBe(0);
  expect(all.model.weightOf(9)).not.toBe(0);
});

test("with L2, and where the penalties differ, every column keeps its own weight", async () => {
  const { model, certificate } = await fit(doubled(), { l1: 1e-3, l2: 1e-2, tolerance: 1e-10 });
  expect(certificate?.merged).toBe(0);
  expect(model.weightOf(FIRST)).toBeCloseTo(model.weightOf(0), 4);
  const factors = (id: number) => (id < FIRST ? 3 : 1);
  const cheap = await fit(doubled(), { l1: 1e-3, tolerance: 1e-10, penaltyFactors: factors });
  expect(cheap.certificate?.converged).toBe(true);
  expect(cheap.certificate?.merged).toBe(2);
  expect(cheap.model.weightOf(0)).toBe(0);
  expect(cheap.model.weightOf(FIRST)).not.toBe(0);
});

test("a start from a model that shares weights between equal columns is none the worse", async () => {
  using data = await readArrays(doubled());
  const shared = await fit(data, { l1: 1e-3, l2: 1e-6, tolerance: 1e-10 });
  const polished = await fit(data, { l1: 1e-3, tolerance: 1e-10, from: shared.model });
  expect(polished.certificate?.start?.above).toBeLessThan(1e-3);
  expect(polished.certificate?.converged).toBe(true);
  expect(polished.certificate?.iterations).toBeLessThan(6);
});
