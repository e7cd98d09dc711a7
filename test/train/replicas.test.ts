import { describe, expect, test } from "vitest";
import { encodeModel, OptionError, streamSvmlight } from "../../src/node.js";
import { Random } from "../../src/random.js";
import { bytesOf, cut, errorOf } from "../helpers.js";

/** Rows of 8 ids out of 400, some with values; the label leans on the small ones. */
function textOf(rows: number): Uint8Array {
  const random = new Random(4);
  const lines = Array.from({ length: rows }, () => {
    const ids = [...new Set(Array.from({ length: 8 }, () => 1 + Math.floor(400 * random.unit() ** 2)))];
    const label = random.unit() < (ids.some((id) => id < 9) ? 0.8 : 0.3) ? 1 : -1;
    const entries = ids.sort((a, b) => a - b).map((id) => `${id}:${random.below(3) === 0 ? "0.5" : "1"}`);
    return `${label} ${entries.join(" ")}\n`;
  });
  return bytesOf(lines.join(""));
}

const TEXT = textOf(20_000);

test("columns that a fixed hash would put into one place cost a batch no more than others", async () => {
  // Those whose product with 2³²/φ is small: seats of one in a hundred.
  const ids: number[] = [];
  for (let id = 1; ids.length < 100_000; id++) if (Math.imul(id - 1, 0x9e3779b1) >>> 0 < 2 ** 25) ids.push(id);
  const row = `1 ${ids.map((id) => `${id}:1`).join(" ")}\n`;
  const began = performance.now();
  const { model } = await streamSvmlight(bytesOf(row + row), { batch: 2, dense: 2 ** 24, lambda1: 0.1, threads: 1 });
  expect(model.kept).toBe(100_000);
  expect(performance.now() - began).toBeLessThan(4000);
});

describe("replicas", () => {
  test("two batches sum their gradients at the same weights and take their steps in order", async () => {
    const alpha = 0.5;
    const plain = { lambda1: 0, alpha, beta: 1, intercept: false, loss: "squared" } as const;
    // One column, x = 1. Targets 1, 3 | 2, −1 | 4: gradients w − y.
    const text = bytesOf("1 1:1\n3 1:1\n2 1:1\n-1 1:1\n4 1:1\n");
    let [z, n] = [0, 0];
    const weight = () => -z / ((1 + Math.sqrt(n)) / alpha);
    for (const group of [
      [
        [1, 3],
        [2, -1],
      ],
      [[4]],
    ]) {
      const at = weight();
      for (const batch of group) {
        const g = batch.reduce((sum, y) => sum + (at - y), 0);
        const sigma = (Math.sqrt(n + g * g) - Math.sqrt(n)) / alpha;
        z += g - sigma * weight();
        n += g * g;
      }
    }
    const { model } = await streamSvmlight(text, { ...plain, batch: 2, replicas: 2 });
    expect(model.values[0]).toBeCloseTo(weight(), 6);
    const alone = await streamSvmlight(text, { ...plain, batch: 2 });
    expect(Math.abs(alone.model.values[0]! - weight())).toBeGreaterThan(0.01);
  });

  test.each([
    { batch: 16, replicas: 5 },
    { batch: 100, replicas: 40, clip: 3 },
    { batch: 3, replicas: 250, holdoutEvery: 7 },
    { batch: 64, replicas: 8, bits: 7, epochs: 2, loss: "squared" },
  ] as const)("give the same bytes on any number of threads, however the text is cut: %o", async (options) => {
    const given = { lambda1: 2, ...options };
    const expected = await streamSvmlight(TEXT, { ...given, threads: 1 });
    expect(expected.model.kept).toBeGreaterThan(10);
    expect(expected.model.training.options).toMatchObject({ batch: options.batch, replicas: options.replicas });
    for (const how of [{ threads: 2 }, { threads: 4 }, { kernels: "baseline" }] as const) {
      const other = await streamSvmlight(cut(TEXT, 100_001, 300_000), { ...given, ...how });
      expect(encodeModel(other.model)).toEqual(encodeModel(expected.model));
      expect(other.loss).toEqual(expected.loss);
    }
  });

  test("one is a batch; more learn about as well as batches do", async () => {
    const one = await streamSvmlight(TEXT, { lambda1: 2, batch: 50, replicas: 1 });
    const batches = await streamSvmlight(TEXT, { lambda1: 2, batch: 50 });
    expect(one.model.values).toEqual(batches.model.values);
    const many = await streamSvmlight(TEXT, { lambda1: 2, batch: 50, replicas: 8 });
    const large = await streamSvmlight(TEXT, { lambda1: 2, batch: 400 });
    expect(many.loss.progressive!).toBeLessThan(large.loss.progressive!);
    expect(many.loss.progressive!).toBeLessThan(1.02 * batches.loss.progressive!);
  });

  test.each([
    [{ replicas: 0, batch: 8 }, "replicas 0: expected a whole number from 1 to 256"],
    [{ replicas: 2.5, batch: 8 }, "replicas 2.5: expected a whole number from 1 to 256"],
    [{ replicas: 1e9, batch: 8 }, "replicas 1000000000: expected a whole number from 1 to 256"],
    [{ replicas: 2 }, 'replicas are of batches of solver "ftrl": give batch too'],
    [{ replicas: 2, solver: "sgd" }, 'replicas are of batches of solver "ftrl"'],
    [{ replicas: 2, batch: 8, sweep: [{ lambda1: 1 }] }, "do not go with sweep"],
    [{ replicas: 2, batch: 8, hogwild: true }, "hogwild trains on one row at a time"],
  ])("are refused where they cannot be: %o", async (options, message) => {
    const error = await errorOf(streamSvmlight(TEXT, options as object));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toContain(message);
  });
});
