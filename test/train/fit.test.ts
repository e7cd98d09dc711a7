import { describe, expect, test } from "vitest";
import {
  createEngine,
  DivergenceError,
  encodeModel,
  evaluate,
  type FitOptions,
  fit,
  type Progress,
  readArrays,
  readSvmlight,
} from "../../src/node.js";
import { bytesOf, errorOf, problem, svmlightOf, withoutSimd } from "../helpers.js";

const data = problem();
const FTRL: FitOptions = { lambda1: 25, epochs: 4 };
const SGD: FitOptions = { solver: "sgd", l1: 0.03, rate: 0.2, epochs: 10 };

async function modelBytes(options: FitOptions & { kernels?: "wasm" | "baseline" }): Promise<Uint8Array> {
  const { kernels = "wasm", ...rest } = options;
  using own = await readArrays(data, { kernels });
  return encodeModel((await fit(own, rest)).model);
}

describe.each([
  ["ftrl", FTRL],
  ["sgd", SGD],
])("%s", (_, options) => {
  test("finds the support and the signs of the effects", async () => {
    const { model, columns, loss, rows } = await fit(data, options);
    const strongest = model.weights(4);
    for (const most of [0, 1, 4, model.kept, model.kept + 1]) {
      expect(model.weights(most)).toEqual(model.weights().slice(0, most));
    }
    expect(strongest.map((it) => it.id).sort()).toEqual(data.support);
    expect(data.support.map((id) => Math.sign(model.weightOf(id)))).toEqual([1, -1, 1, -1]);
    expect(model.kept).toBeLessThan(60);
    expect(columns).toEqual({ declared: 200, seen: 200, kept: model.kept });
    expect(rows).toBe(3000);
    expect(loss.train).toBeLessThan(0.58);
    expect(loss.validation).toBeNull();
  });

  test("the same seed gives the same bytes on every kind of kernels; another seed does not", async () => {
    const first = await modelBytes(options);
    expect(await modelBytes(options)).toEqual(first);
    expect(await modelBytes({ ...options, kernels: "baseline" })).toEqual(first);
    await withoutSimd(async () => {
      using engine = await createEngine();
      expect(engine.runtime).toMatchObject({ kernels: "wasm", simd: false });
      expect(await modelBytes(options)).toEqual(first);
    });
    expect(await modelBytes({ ...options, seed: 2 })).not.toEqual(first);
  });

  test("reports the loss of the model that ships", async () => {
    using own = await readArrays(data, { holdout: 0.25 });
    const { model, loss } = await fit(own, options);
    expect(evaluate(model, own).logLoss).toBeCloseTo(loss.train!, 12);
    expect(own.holdout && evaluate(model, own.holdout).logLoss).toBeCloseTo(loss.validation!, 12);
    expect(model.training.loss).toEqual(loss);
  });
});

test("L1 sets weights to zero where L2 keeps them all", async () => {
  const [l1, l2] = [await fit(data, { ...SGD, l1: 0.1 }), await fit(data, { ...SGD, l1: 0, l2: 0.05 })];
  expect(l2.columns.kept).toBe(200);
  expect(l1.columns.kept).toBeLessThan(40);
  const [f1, f2] = [await fit(data, { lambda1: 60 }), await fit(data, { lambda1: 0, lambda2: 60 })];
  expect(f2.columns.kept).toBe(200);
  expect(f1.columns.kept).toBeLessThan(40);
});

test("the objective of sgd is the mean loss with its penalties", async () => {
  const { model, loss, objective } = await fit(data, { ...SGD, l2: 0.02 });
  const penalty = model.values.reduce((sum, w) => sum + 0.03 * Math.abs(w) + 0.01 * w * w, 0);
  expect(objective).toBeCloseTo(loss.train! + penalty, 12);
  expect((await fit(data, FTRL)).objective).toBeNull();
});

test("sample weights count as rows in the loss", async () => {
  using weighted = await readArrays({ ...data, weights: Array.from(data.labels, (_, i) => (i < 1000 ? 2 : 1)) });
  const lines = svmlightOf(data).split("\n").slice(0, -1);
  using repeated = await readSvmlight(bytesOf([...lines, ...lines.slice(0, 1000)].join("\n")));
  const { model, loss } = await fit(weighted, FTRL);
  expect(evaluate(model, repeated).logLoss).toBeCloseTo(loss.train!, 10);
  expect(evaluate(model, repeated).auc).toBeCloseTo(evaluate(model, weighted).auc!, 10);
});

test("an intercept alone learns the share of positives; without it stays 0", async () => {
  const labels = Array.from({ length: 1000 }, (_, i) => (i % 4 === 0 ? 1 : -1));
  const flat = { rows: Array(1001).fill(0), columns: [], labels, dimension: 0 };
  const { model } = await fit(flat, { alpha: 1, epochs: 20 });
  expect(Math.abs(model.intercept - Math.log(1 / 3))).toBeLessThan(0.1);
  expect((await fit(flat, { intercept: false })).model.intercept).toBe(0);
  expect((await fit(flat, { penalizeIntercept: true, lambda1: 1e6 })).model.intercept).toBe(0);
});

test("a batch of more rows than there can be is one of all", async () => {
  using data = await readSvmlight(bytesOf("1 1:1\n-1 2:1\n1 1:1 3:1\n"));
  const of = async (batch: number) => (await fit(data, { solver: "ftrl", lambda1: 0, batch })).model.values;
  const all = await of(3);
  for (const batch of [2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) expect(await of(batch)).toEqual(all);
});

test("order batches draws as many batches as steps say", async () => {
  const events: Progress[] = [];
  const options = { order: "batches", batch: 10, steps: 30, onProgress: (it: Progress) => events.push(it) } as const;
  await fit(data, options);
  expect(events.at(-1)?.rows).toBe(300);
});

describe("progress", () => {
  test("an event closes every epoch and tells its state", async () => {
    const events: Progress[] = [];
    const { loss, columns } = await fit(data, { ...FTRL, onProgress: (it) => events.push(it) });
    const last = events.filter((it, i) => it.epoch !== events[i + 1]?.epoch);
    expect(last.map(({ epoch, rows }) => [epoch, rows])).toEqual([1, 2, 3, 4].map((epoch) => [epoch, 3000 * epoch]));
    expect(last.at(-1)).toMatchObject({ loss: loss.progressive, kept: columns.kept, bytes: 12 * columns.kept });
  });

  test("listening changes nothing", async () => {
    expect(await modelBytes({ ...FTRL, onProgress: () => {} })).toEqual(await modelBytes(FTRL));
  });

  test("an aborted signal stops the training with its reason", async () => {
    const control = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ epoch }: Progress) => {
      seen.push(epoch);
      if (epoch === 2) control.abort(new Error("enough"));
    };
    const error = await errorOf(fit(data, { ...FTRL, epochs: 1000, signal: control.signal, onProgress }));
    expect(error.message).toBe("enough");
    expect(Math.max(...seen)).toBe(2);
    expect((await errorOf(fit(data, { signal: control.signal }))).message).toBe("enough");
  });
});

test("memory is given back after a training, finished or not", async () => {
  using own = await readArrays(data);
  const before = own.engine.memory.mark();
  await fit(own, FTRL);
  expect(own.engine.memory.mark()).toBe(before);
  const onProgress = () => {
    throw new Error("stop");
  };
  expect((await errorOf(fit(own, { onProgress }))).message).toBe("stop");
  expect(own.engine.memory.mark()).toBe(before);
});

test("divergence is an error that says what to do", async () => {
  const wild = {
    rows: [0, 1, 2, 3, 4],
    columns: [0, 0, 0, 0],
    values: [1e18, 1e18, 1e18, 1e18],
    labels: [1, -2, 3, -4],
  };
  const options = { solver: "sgd", loss: "squared", rate: 1e6, epochs: 50 } as const;
  const error = await errorOf(fit({ ...wild, dimension: 1 }, options));
  expect(error).toBeInstanceOf(DivergenceError);
  expect(error.message).toMatch(/left the finite range.*: lower the learning rate/);
});
