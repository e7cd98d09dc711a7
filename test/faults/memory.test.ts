import { afterEach, expect, test, vi } from "vitest";
import {
  crossValidate,
  encodeModel,
  evaluate,
  featureSpace,
  fit,
  fitPath,
  hash,
  MemoryError,
  number,
  quantiles,
  readArrays,
  readCsv,
  readSvmlight,
  streamSvmlight,
} from "../../src/node.js";
import { bytesOf, problem, svmlightOf } from "../helpers.js";

afterEach(() => vi.restoreAllMocks());

const ARRAYS = problem({ rows: 2000 });
const TEXT = bytesOf(svmlightOf(ARRAYS));
const CSV = bytesOf(`a,b,y\n${Array.from({ length: 20_000 }, (_, i) => `${i % 97},w${i % 513},${i % 3}\n`).join("")}`);
const SPACE = featureSpace({ a: number("a"), q: quantiles("a", 8), b: hash("b", 4096) });

const WORK: Record<string, (threads: number) => Promise<unknown>> = {
  "reads svmlight and fits": async (threads) => {
    using data = await readSvmlight(TEXT, { threads, holdout: 0.2 });
    const { model } = await fit(data, { l1: 1e-3 });
    return [encodeModel(model), evaluate(model, data)];
  },
  "reads a table and trains by FTRL": async (threads) => {
    using data = await readCsv(CSV, { space: SPACE, target: "y > 1", threads });
    return encodeModel((await fit(data, { lambda1: 1, epochs: 2 })).model);
  },
  "validates a path": async (threads) => {
    using data = await readArrays(ARRAYS, { threads });
    const { points } = await crossValidate(data, { lambdas: 5, ratio: 0.05, folds: 3 });
    return points.map(({ model, cv }) => [encodeModel(model), cv]);
  },
  "streams numbered columns": async (threads) => {
    const { model } = await streamSvmlight(TEXT, { lambda1: 1, epochs: 2, threads });
    return encodeModel(model);
  },
  "streams into a table, and sweeps": async (threads) => {
    const sweep = [{ lambda1: 1 }, { lambda1: 3 }];
    const { points } = await streamSvmlight(TEXT, { sweep, dense: 200_000, threads });
    return points.map(({ model }) => encodeModel(model));
  },
};

const { grow } = WebAssembly.Memory.prototype;

/** Lets growth number `from` and those that follow be refused, `last` at most; returns how many there were. */
function refuse(from: number, last = Number.POSITIVE_INFINITY): { count: number } {
  const grown = { count: 0 };
  vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(function (this: WebAssembly.Memory, pages) {
    grown.count++;
    if (grown.count >= from && grown.count <= last) throw new RangeError("WebAssembly.Memory.grow(): refused");
    return grow.call(this, pages);
  });
  return grown;
}

test.each(Object.entries(WORK).flatMap(([name, work]) => [1, 2].map((threads) => [name, threads, work] as const)))(
  "%s on %i threads, when one growth of memory after another is refused",
  async (_, threads, work) => {
    const whole = await work(threads);
    const grown = refuse(Number.POSITIVE_INFINITY);
    await work(threads);
    expect(grown.count).toBeGreaterThan(0);
    let refused = 0;
    for (let at = 1; at <= grown.count; at++) {
      // At first a little more is asked for than is needed: either that alone is refused, or all that follows.
      refuse(at, at);
      expect(await work(threads)).toEqual(whole);
      refuse(at);
      const found = await work(threads).catch((error) => error);
      if (found instanceof MemoryError) refused++;
      else expect(found).toEqual(whole);
    }
    expect(refused).toBeGreaterThan(0);
  },
);

test.each([1, 2])(
  "data on %i threads is as usable as before when a fit has failed for want of memory",
  async (threads) => {
    using data = await readArrays(ARRAYS, { threads });
    const options = { lambdas: 4, ratio: 0.1 };
    const mark = data.engine.memory.mark();
    refuse(1);
    const found = [
      fit(data, { l1: 1e-4 }),
      fitPath(data, options),
      crossValidate(data, options),
      fit(data, { lambda1: 1 }),
    ];
    for (const error of await Promise.all(found.map((it) => it.catch((cause) => cause)))) {
      if (error instanceof Error) expect(error).toBeInstanceOf(MemoryError);
    }
    expect(data.engine.memory.mark()).toBe(mark);
    vi.restoreAllMocks();
    using fresh = await readArrays(ARRAYS, { threads });
    const [after, before] = [await fit(data, { l1: 1e-4 }), await fit(fresh, { l1: 1e-4 })];
    expect(encodeModel(after.model)).toEqual(encodeModel(before.model));
  },
);
