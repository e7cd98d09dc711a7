import { expect, test, vi } from "vitest";
import type { LinearMemory } from "../../src/engine/memory.js";
import { fit, readArrays } from "../../src/node.js";
import { Random } from "../../src/random.js";
import { bitsOf } from "../helpers.js";

const ROWS = 4000;

/** Places crossed at three widths, and a category: columns that add up to others, most of them of few rows. */
function crosses(values: boolean, count = ROWS) {
  const random = new Random(3);
  const [rows, columns, labels]: [number[], number[], number[]] = [[0], [], []];
  for (let i = 0; i < count; i++) {
    const place = Math.floor(1500 * random.unit() * random.unit());
    const ids = [place, 1500 + (place >> 3), 1700 + (place >> 6), 1800 + random.below(9)];
    columns.push(...ids);
    rows.push(columns.length);
    labels.push(Math.sin(place) + Math.sin(place >> 3) + 2 * random.unit() > 1 ? 1 : -1);
  }
  const some = columns.map((_, k) => (values ? 0.5 + ((k >> 2) % 3) / 2 : 1));
  return { rows, columns, values: some, labels, dimension: 1809 };
}

test.each(["ones", "values"])("crosses of %s are solved by their Hessian, with the same bits", async (kind) => {
  const results = [];
  for (const kernels of ["wasm", "baseline"] as const) {
    using data = await readArrays(crosses(kind === "values"), { kernels });
    const conjugate = vi.spyOn(data.engine.kernels, "conjugateByFactor");
    const { model, certificate } = await fit(data, { solver: "batch", l1: 0.05 / ROWS, tolerance: 1e-9 });
    expect(conjugate.mock.calls.some(([, , , face]) => face.isFactored)).toBe(true);
    expect(certificate?.converged).toBe(true);
    expect(certificate?.iterations).toBeLessThan(18); // 20 where it begins with slopes of another moment
    results.push(bitsOf(Array.from({ length: 1809 }, (_, j) => model.weightOf(j))));
  }
  expect(results[1]).toEqual(results[0]);
});

test("memory that grows at any point of a fit changes nothing", async () => {
  const models = new Set<string>();
  for (let left = 0; left < 600_000; left += 1200) {
    using data = await readArrays(crosses(false, 500));
    const memory = data.engine.memory as LinearMemory;
    const mark = memory.mark();
    memory.u8(1 << 20, "raw");
    memory.release(mark);
    memory.u8(memory.buffer.byteLength - mark - left, "raw"); // so many bytes are left
    const { model } = await fit(data, { l1: 1e-4, tolerance: 1e-6 });
    models.add(String(model.values));
  }
  expect(models.size).toBe(1);
});
