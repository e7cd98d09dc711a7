import { afterEach, describe, expect, test } from "vitest";
import { crossValidate, encodeModel, fit, fitPath, type PathPoint, readArrays } from "../../src/node.js";
import { type Platform, platform, providePlatform } from "../../src/platform.js";
import type { Design } from "../../src/train/design.js";
import { legsOf } from "../../src/train/legs.js";
import type { CrossValidation } from "../../src/train/validate.js";
import { errorOf, problem } from "../helpers.js";

const node = platform();
afterEach(() => providePlatform(node));

const DATA = problem({ rows: 16_000 });
const OPTIONS = { lambdas: 12, ratio: 0.05, folds: 6 };

type Start = Platform["startThread"];
const isLegs = (start: Parameters<Start>[0]) => "tour" in start;

/** Starts threads on legs in another way than Node's own. */
function starting(startThread: Start): void {
  providePlatform({
    ...node,
    startThread: (...all) => (isLegs(all[0]) ? startThread : node.startThread)(...all),
  });
}

function said({ points }: CrossValidation): unknown {
  return points.map(({ model, cv, loss }) => [Buffer.from(encodeModel(model)).toString("hex"), cv, loss]);
}

describe("folds on threads", () => {
  let alone: unknown;

  test("give what one thread gives", async () => {
    alone = said(await crossValidate(DATA, OPTIONS));
    let started = 0;
    starting((...args) => {
      started++;
      return node.startThread(...args);
    });
    expect(said(await crossValidate(DATA, { ...OPTIONS, threads: 3 }))).toEqual(alone);
    expect(started).toBe(2);
  });

  test("give it without threads, where the machine gives none", async () => {
    starting(() => {
      throw new Error("not here");
    });
    expect(said(await crossValidate(DATA, { ...OPTIONS, threads: 3 }))).toEqual(alone);
  });

  test("give it though a thread dies at work", async () => {
    let died = 0;
    starting((start, onLost, onTold) => {
      const lost = (cause: Error) => {
        died++;
        onLost(cause);
      };
      const thread = node.startThread(start, lost, onTold);
      setTimeout(() => thread.end(), 250);
      return thread;
    });
    expect(said(await crossValidate(DATA, { ...OPTIONS, threads: 2 }))).toEqual(alone);
    expect(died).toBe(1);
  });

  test("give it though threads have not memory enough", async () => {
    starting((start, ...hooks) => {
      const { lease } = start as { lease: { from: number; to: number } };
      return node.startThread({ ...start, lease: { ...lease, to: lease.from + 50_000 } } as typeof start, ...hooks);
    });
    expect(said(await crossValidate(DATA, { ...OPTIONS, threads: 3 }))).toEqual(alone);
  });

  test("leave the memory alone when a thread is said to be lost after all is done", async () => {
    const late: ((cause: Error) => void)[] = [];
    starting((start, onLost, onTold) => {
      late.push(onLost);
      return node.startThread(start, onLost, onTold);
    });
    using data = await readArrays(DATA, { threads: 2 });
    expect(said(await crossValidate(data, OPTIONS))).toEqual(alone);
    const { memory } = data.engine;
    const mark = memory.mark();
    const all = memory.f64(1e6);
    all.view.fill(1);
    for (const lose of late) lose(new Error("late"));
    expect(all.view.every((it) => it === 1)).toBe(true);
    memory.release(mark);
    expect(said(await crossValidate(data, OPTIONS))).toEqual(alone);
    expect(late.length).toBeGreaterThan(1);
  });

  test("stop when told to, and leave the memory alone", async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("enough")), 400);
    const began = performance.now();
    const error = await errorOf(
      crossValidate(DATA, { ...OPTIONS, lambdas: 100, ratio: 1e-4, threads: 3, signal: abort.signal }),
    );
    expect(error.message).toBe("enough");
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe("a long path", () => {
  /** So many rows that it is worth cutting. */
  const MANY = problem({ rows: 200_000 });
  const LONG = { lambdas: 100, ratio: 0.1, tolerance: 1e-5 };
  const said = (points: PathPoint[]) =>
    points.map(({ model, loss, lambda, relativeGap }) => [model.intercept, ...model.values, loss, lambda, relativeGap]);
  let alone: PathPoint[];

  test("is the same on any number of threads, its points in their order", { timeout: 60_000 }, async () => {
    alone = (await fitPath(MANY, LONG)).points;
    expect(alone.every(({ converged }) => converged)).toBe(true);
    let started = 0;
    starting((...args) => {
      started++;
      return node.startThread(...args);
    });
    const told: number[] = [];
    const { points } = await fitPath(MANY, { ...LONG, threads: 2, onPoint: ({ lambda }) => told.push(lambda) });
    expect(said(points)).toEqual(said(alone));
    expect(told).toEqual(points.map(({ lambda }) => lambda));
    expect(started).toBe(1);
  });

  test("has the models of fits alone, also where a leg begins", async () => {
    const { entries, lambdas } = { entries: MANY.columns.length, lambdas: alone.map(({ lambda }) => lambda) };
    const legs = legsOf({ entries } as Design, lambdas);
    expect(legs).toHaveLength(3);
    for (const { from } of legs.slice(1)) {
      const { l1, loss, model } = alone[from]!;
      const objective = loss.train + l1 * model.values.reduce((sum, w) => sum + Math.abs(w), 0);
      const found = await fit(MANY, { solver: "batch", l1, tolerance: 1e-9 });
      expect(Math.abs(objective - (found.objective as number))).toBeLessThan(LONG.tolerance);
      expect(model.kept).toBe(found.model.kept);
    }
  });

  test("ends with an error of the caller's, and with the next one", async () => {
    const onPoint = ({ lambda }: PathPoint) => {
      if (lambda < alone[10]!.lambda) throw new Error("enough");
    };
    for (const threads of [1, 2]) {
      expect((await errorOf(fitPath(MANY, { ...LONG, threads, onPoint }))).message).toBe("enough");
    }
  });
});

test.each([
  [100, 1e-3, [0, 50, 83]],
  [100, 1e-2, [0, 50, 76]],
  [2, 1e-3, [0, 1]],
  [3, 0.5, [0, 1, 2]],
])("%i strengths down to %f are cut where both ends take as long", (count, ratio, starts) => {
  const lambdas = Array.from({ length: count }, (_, k) => ratio ** (k / (count - 1)));
  const legs = legsOf({ entries: 1e9 } as Design, lambdas);
  expect(legs.map(({ from }) => from)).toEqual(starts);
  expect(legs.map(({ to }) => to)).toEqual([...starts.slice(1), count]);
  expect(legsOf({ entries: 1000 } as Design, lambdas)).toEqual([{ from: 0, to: count, fold: -1 }]);
});
