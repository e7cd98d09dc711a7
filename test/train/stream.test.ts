import { describe, expect, test } from "vitest";
import {
  category,
  encodeModel,
  featureSpace,
  fit,
  type Model,
  number,
  OptionError,
  readCsv,
  readSvmlight,
  streamCsv,
  streamSvmlight,
} from "../../src/node.js";
import { bytesOf, cut, errorOf, problem, svmlightOf } from "../helpers.js";

const bytes = bytesOf(svmlightOf(problem({ rows: 5000 })));
const OPTIONS = { lambda1: 10, epochs: 2 };

/** Cuts bytes into pieces of a size. */
function pieces(size: number) {
  const places = Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => (i + 1) * size);
  return cut(bytes, ...places);
}

function contentOf({ ids, values, intercept, declared }: Model) {
  return { ids, values, intercept, declared };
}

describe.each([
  ["ftrl", OPTIONS],
  ["ftrl in batches", { ...OPTIONS, batch: 7, clip: 2 }],
  ["sgd", { solver: "sgd", l1: 0.01, epochs: 2 }],
] as const)("streamSvmlight with %s", (_, options) => {
  test("gives the same bytes however the input is cut", async () => {
    const whole = await streamSvmlight(bytes, options);
    for (const size of [1000, 4099, 65536]) {
      expect(encodeModel((await streamSvmlight(pieces(size), options)).model)).toEqual(encodeModel(whole.model));
    }
    const plain = await streamSvmlight(bytes, { ...options, kernels: "baseline" });
    expect(encodeModel(plain.model)).toEqual(encodeModel(whole.model));
    expect([whole.rows, whole.skipped, whole.holdout, whole.loss.train]).toEqual([5000, 0, null, null]);
  });

  test("gives the weights of fit in the order of the file", async () => {
    using data = await readSvmlight(bytes);
    const fitted = await fit(data, { ...options, order: "file" });
    const streamed = await streamSvmlight(bytes, options);
    expect(contentOf(streamed.model)).toEqual(contentOf(fitted.model));
    expect(streamed.columns).toEqual(fitted.columns);
    expect(streamed.loss.progressive!).toBeCloseTo(fitted.loss.progressive!, 12);
  });
});

test("the rows held out are those of a dataset with the same seed", async () => {
  using data = await readSvmlight(bytes, { holdout: 0.3, seed: 9 });
  const fitted = await fit(data, { ...OPTIONS, seed: 9, order: "file" });
  const streamed = await streamSvmlight(pieces(5000), { ...OPTIONS, holdout: 0.3, seed: 9 });
  expect(streamed.rows).toBe(data.count);
  expect(streamed.holdout?.rows).toBe(data.holdout?.count);
  expect(contentOf(streamed.model)).toMatchObject({ ids: fitted.model.ids, values: fitted.model.values });
  expect(streamed.loss.validation).toBeCloseTo(fitted.loss.validation!, 10);
});

test("streamCsv learns the space in a pass of its own and trains as readCsv and fit do", async () => {
  const space = featureSpace({ c: category("c"), n: number("n") });
  const text = `c,n,y\n${Array.from({ length: 3000 }, (_, i) => `c${i % 5},${(i % 11) / 4},${i % 5 < 2 ? 1 : 0}\n`).join("")}`;
  const table = { space, target: "y" };
  using data = await readCsv(bytesOf(text), table);
  const fitted = await fit(data, { ...OPTIONS, order: "file" });
  const streamed = await streamCsv(cut(bytesOf(text), 10, 1000, 9001), { ...table, ...OPTIONS });
  expect(contentOf(streamed.model)).toEqual(contentOf(fitted.model));
  expect(streamed.model.predict({ c: "c0", n: 1 })).toBeGreaterThan(0.8);
});

test.each([
  ["numbered", {}],
  ["in a table of all", { dense: 16 }],
  ["with rows held out", { holdoutEvery: 2 }],
] as const)("keepSeen gives the ids that were met, columns %s, and changes nothing else", async (_, options) => {
  const text = bytesOf("1 1:1 7:1\n-1 3:1\n1 1:1\n-1 9:1\n");
  const [plain, told] = [
    await streamSvmlight(text, options),
    await streamSvmlight(text, { ...options, keepSeen: true }),
  ];
  expect([plain.seen, encodeModel(told.model)]).toEqual([null, encodeModel(plain.model)]);
  expect([...told.seen!].sort((a, b) => a - b)).toEqual("holdoutEvery" in options ? [0, 6] : [0, 2, 6, 8]);
  expect(told.seen).toHaveLength(told.columns.seen);
});

test("bad lines are left out and counted", async () => {
  const { rows, skipped } = await streamSvmlight(bytesOf("1 1:1\n-1 2:x\n-1 2:1\n"), { skipBad: 1 });
  expect([rows, skipped]).toEqual([2, 1]);
});

test("options that do not fit", async () => {
  const errors = [
    await errorOf(streamSvmlight(bytes, { solver: "sgd", lambda1: 1 } as object)),
    await errorOf(streamSvmlight(bytes, { holdout: 1 })),
    await errorOf(streamSvmlight(bytes, { loss: "hinge" as "logistic" })),
    await errorOf(streamCsv(bytes, { target: "y" })),
  ];
  for (const error of errors) expect(error).toBeInstanceOf(OptionError);
});

test("an aborted signal stops before anything is read", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  expect((await errorOf(streamSvmlight(bytes, { signal }))).message).toBe("enough");
});
