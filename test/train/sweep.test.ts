import { describe, expect, test } from "vitest";
import { encodeModel, featureSpace, hash, number, OptionError, streamCsv, streamSvmlight } from "../../src/node.js";
import type { SweepPoint } from "../../src/train/options.js";
import { bytesOf, errorOf, problem, svmlightOf } from "../helpers.js";

const bytes = bytesOf(svmlightOf(problem({ rows: 10_000 })));
const ENGINES = [{ threads: 1 }, { threads: 2 }, { threads: 3 }, { kernels: "baseline" }] as const;

const FTRL: SweepPoint[] = [{ lambda1: 0.1 }, { lambda1: 10, alpha: 0.05 }, { lambda1: 3, lambda2: 2, beta: 0.5 }, {}];
const SGD: SweepPoint[] = [{ l1: 1e-2 }, { l1: 1e-3, rate: 0.2 }, { l2: 0.01, decay: 0.1 }];

describe.each([
  ["ftrl", { lambda1: 2, epochs: 2 }, FTRL],
  ["ftrl in batches", { batch: 7, clip: 2 }, FTRL],
  ["ftrl in a table", { bits: 7 }, FTRL],
  ["ftrl with rows held out", { holdout: 0.2, seed: 4 }, FTRL],
  ["sgd", { solver: "sgd", epochs: 2, holdoutEvery: 5 }, SGD],
] as const)("a sweep of %s", (_, options, sweep) => {
  test.each(ENGINES)("gives the models that each point has alone: %j", async (engine) => {
    const { points, model, loss, progressive } = await streamSvmlight(bytes, { ...options, ...engine, sweep });
    expect(points.map(({ point }) => point)).toEqual(sweep);
    for (const [i, point] of sweep.entries()) {
      const alone = await streamSvmlight(bytes, { ...options, ...point });
      expect(encodeModel(points[i]!.model)).toEqual(encodeModel(alone.model));
      expect(points[i]!.columns).toEqual(alone.columns);
      expect(points[i]!.progressive).toEqual(alone.progressive);
      expect(points[i]!.holdout).toEqual(alone.holdout);
    }
    const losses = points.map((it) => it.loss.validation ?? it.progressive.holdout?.loss ?? it.progressive.loss);
    expect(new Set(losses).size).toBe(losses.length);
    expect(model).toBe(points[losses.indexOf(Math.min(...losses))]!.model);
    expect(loss.progressive).toBe(progressive.loss);
  });
});

test("of a table, too", async () => {
  const text = `c,n,y\n${Array.from({ length: 9000 }, (_, i) => `c${i % 7},${(i % 11) / 4},${i % 7 < 2 ? 1 : 0}\n`).join("")}`;
  const table = { space: featureSpace({ c: hash("c", 64), n: number("n") }), target: "y" };
  const sweep = [{ lambda1: 1 }, { lambda1: 20 }];
  const { points } = await streamCsv(bytesOf(text), { ...table, sweep, threads: 2 });
  for (const [i, point] of sweep.entries()) {
    const alone = await streamCsv(bytesOf(text), { ...table, ...point });
    expect(encodeModel(points[i]!.model)).toEqual(encodeModel(alone.model));
  }
});

test("as many points as a task has room for, and no more", async () => {
  const few = bytesOf(svmlightOf(problem({ rows: 9000 })));
  const sweep = Array.from({ length: 256 }, (_, i) => ({ lambda1: i / 8 }));
  const { points } = await streamSvmlight(few, { sweep, threads: 2 });
  const last = await streamSvmlight(few, { lambda1: 255 / 8 });
  expect(encodeModel(points[255]!.model)).toEqual(encodeModel(last.model));
  const error = await errorOf(streamSvmlight(few, { sweep: [...sweep, {}] }));
  expect(error.message).toBe("sweep: expected 1 to 256 objects of strengths and rates");
});

test.each([
  [[], /^sweep: expected 1 to 256 objects/],
  ["1,2", /^sweep: expected 1 to 256 objects/],
  [[3], /^sweep: point 1: expected an object of lambda1, lambda2, alpha, beta$/],
  [[null], /^sweep: point 1: expected/],
  [[{ lambda1: 1 }, { batch: 3 }], /^sweep: batch: expected an object of lambda1/],
  [[{ l1: 1 }], /^sweep: l1: expected/],
  [[{ lambda1: -1 }], /^lambda1 -1: expected/],
  [[{ alpha: 0 }], /^alpha 0: expected/],
  [[{ alpha: 1e-320 }], /divides the first step/],
])("a sweep of %j is refused", async (sweep, message) => {
  const error = await errorOf(streamSvmlight(bytes, { solver: "ftrl", sweep: sweep as SweepPoint[] }));
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toMatch(message);
});
