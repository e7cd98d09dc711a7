import { describe, expect, test } from "vitest";
import {
  category,
  DataError,
  encodeModel,
  featureSpace,
  fit,
  hash,
  type Milestone,
  type Model,
  OptionError,
  type Progress,
  readSvmlight,
  streamCsv,
  streamNdjson,
  streamSvmlight,
} from "../../src/node.js";
import { bytesOf, cut, errorOf, problem, svmlightOf } from "../helpers.js";

const arrays = problem({ rows: 9000 });
const lines = svmlightOf(arrays).trimEnd().split("\n");
const bytes = bytesOf(lines.join("\n"));

/** Logistic loss of a margin, and its probability. */
const lossOf = (y: number, m: number) => Math.log1p(Math.exp(-y * m));
const probability = (m: number) => 1 / (1 + Math.exp(-m));

/** The margin of a row of `arrays`. */
function marginOf(model: Model, row: number): number {
  let margin = model.intercept;
  for (let k = arrays.rows[row]!; k < arrays.rows[row + 1]!; k++) margin += model.weightOf(arrays.columns[k]!);
  return margin;
}

/** The model of the first rows, as they stand in the file. */
async function modelOf(rows: readonly string[], options: object): Promise<Model> {
  using data = await readSvmlight(bytesOf(rows.join("\n")));
  return (await fit(data, { ...options, order: "file" } as object)).model;
}

describe("rows of holdoutEvery", () => {
  test.each([
    ["ftrl", { lambda1: 2 }],
    ["sgd", { solver: "sgd", l1: 1e-3 }],
  ] as const)("are predicted by %s when their turn comes, and never learned", async (_, options) => {
    const [every, count] = [50, 400];
    const few = lines.slice(0, count);
    const { progressive, model, rows } = await streamSvmlight(bytesOf(few.join("\n")), {
      ...options,
      holdoutEvery: every,
    });
    const learned = few.filter((_, i) => (i + 1) % every !== 0);
    let [loss, label, prediction] = [0, 0, 0];
    for (let row = every - 1; row < count; row += every) {
      const before = few.slice(0, row).filter((_, i) => (i + 1) % every !== 0);
      const m = marginOf(await modelOf(before, options), row);
      const y = arrays.labels[row]!;
      loss += lossOf(y, m);
      label += y > 0 ? 1 : 0;
      prediction += probability(m);
    }
    const held = count / every;
    expect(progressive.holdout).toMatchObject({ rows: held, weight: held, label: label / held });
    expect(progressive.holdout!.loss).toBeCloseTo(loss / held, 5);
    expect(progressive.holdout!.prediction).toBeCloseTo(prediction / held, 5);
    const alone = await modelOf(learned, options);
    expect([model.ids, model.values, model.intercept]).toEqual([alone.ids, alone.values, alone.intercept]);
    expect([rows, progressive.rows]).toEqual([learned.length, learned.length]);
  });

  test("keep their loss honest over several epochs, and count their weights", async () => {
    const table = { space: featureSpace({ id: hash("id", 1 << 20), c: hash("c", 64) }), target: "y", weight: "w" };
    const text = `id,c,w,y\n${Array.from({ length: 6000 }, (_, i) => `${i},${i % 3},${i % 6 < 3 ? 0.5 : 2},${(i * 7919) % 11 < 4 ? 1 : 0}\n`).join("")}`;
    const options = { ...table, holdoutEvery: 4, lambda1: 0, alpha: 1, epochs: 8 };
    const { progressive } = await streamCsv(bytesOf(text), options);
    expect(progressive.loss).toBeLessThan(0.3); // every row by its own id
    expect(progressive.holdout!.loss).toBeGreaterThan(0.6);
    expect(progressive.holdout).toMatchObject({ rows: 1500, weight: 1500 * 1.5 });
  });

  test("are kept from what a space learns", async () => {
    const text = `c,y\n${Array.from({ length: 60 }, (_, i) => `${i % 4 === 3 ? `rare${i}` : "often"},${i % 2}\n`).join("")}`;
    const { columns } = await streamCsv(bytesOf(text), {
      space: featureSpace({ c: category("c") }),
      target: "y",
      holdoutEvery: 4,
    });
    expect(columns.declared).toBe(1);
  });

  test.each([
    [{ holdoutEvery: 1 }, /^holdoutEvery 1: expected a whole number ≥ 2/],
    [{ holdoutEvery: 2.5 }, /^holdoutEvery 2.5/],
    [{ holdoutEvery: "3" }, /^holdoutEvery 3/],
    [{ holdoutEvery: 3, holdout: 0.1 }, /^holdout and holdoutEvery are two ways/],
    [{ slices: ["a"] }, /^slices are of a table/],
    [{ slices: "a" }, /^slices: expected names of columns/],
  ])("cannot be as in %j", async (options, message) => {
    const error = await errorOf(streamSvmlight(bytes, options as object));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(message);
  });

  test("are not for data in memory", async () => {
    for (const name of ["sweep", "holdoutEvery", "slices", "onMilestone"]) {
      const error = await errorOf(fit(arrays, { [name]: [] } as object));
      expect(error).toBeInstanceOf(OptionError);
      expect(error.message).toMatch(new RegExp(`^${name} is an option of stream`));
    }
  });
});

describe("R² of squared loss", () => {
  const text = `x,w,y\n${Array.from({ length: 9000 }, (_, i) => `${i % 7},${i % 3},${40 + (i % 7) + ((i * 31) % 5)}\n`).join("")}`;
  const rows = text.trimEnd().split("\n").slice(1);
  /** Mean loss of always the mean of rows, by their weights. */
  const constantOf = (rows: readonly string[]) => {
    const [labels, weights] = [2, 1].map((k) => rows.map((it) => Number(it.split(",")[k]))) as [number[], number[]];
    const mean = (of: (y: number) => number) =>
      labels.reduce((sum, y, i) => sum + weights[i]! * of(y), 0) / weights.reduce((sum, it) => sum + it, 0);
    const middle = mean((y) => y);
    return mean((y) => (y - middle) ** 2 / 2);
  };
  const table = { space: featureSpace({ x: category("x") }), target: "y", weight: "w", loss: "squared" } as const;

  test.each([1, 2])("is against the mean of the rows at hand, on %i threads", async (threads) => {
    const options = { ...table, threads, lambda1: 0, alpha: 1, epochs: 2, holdoutEvery: 7 };
    const { progressive } = await streamCsv(bytesOf(text), options);
    const [held, learned] = [true, false].map((is) => rows.filter((_, i) => (i % 7 === 6) === is));
    const { r2, loss, holdout } = progressive;
    expect(r2).toBeCloseTo(1 - loss / constantOf(learned!), 9);
    expect(r2).toBeGreaterThan(0.4);
    expect(holdout!.r2).toBeCloseTo(1 - holdout!.loss / constantOf(held!), 9);
  });

  test("is null with logistic loss, or where every label is the same", async () => {
    expect((await streamSvmlight(bytes)).progressive.r2).toBe(null);
    const same = bytesOf("0.1 1:1\n".repeat(99));
    expect((await streamSvmlight(same, { loss: "squared" })).progressive.r2).toBe(null);
  });
});

describe("slices", () => {
  const cities = ["Oslo", "Rome", "", "Bonn"];
  const records = Array.from({ length: 7000 }, (_, i) => ({
    city: cities[(i * 31) % 4]!,
    n: `v${(i * 7) % 90}`,
    y: (i * 7919) % 13 < 4 + ((i * 31) % 4) ? 1 : 0,
  }));
  const text = `city,n,y\n${records.map(({ city, n, y }) => `${city},${n},${y}\n`).join("")}`;
  const table = { space: featureSpace({ n: hash("n", 1 << 12) }), target: "y", lambda1: 0.1 };

  test.each([{ threads: 1 }, { threads: 2 }, { kernels: "baseline" } as const])(
    "tell of each value, and sum up to the whole: %j",
    async (engine) => {
      const options = { ...table, ...engine, slices: ["city", "n"], holdoutEvery: 10 };
      const { progressive, model } = await streamCsv(cut(bytesOf(text), 999, 70_001), options);
      const plain = await streamCsv(bytesOf(text), { ...table, holdoutEvery: 10 });
      expect(encodeModel(model)).toEqual(encodeModel(plain.model));
      const [city, n] = progressive.slices;
      expect(city!.values.map(({ value }) => value).sort()).toEqual(["Bonn", "Oslo", "Rome", null].sort());
      const learned = records.filter((_, i) => (i + 1) % 10 !== 0);
      for (const { value, rows, label } of city!.values) {
        const own = learned.filter((it) => it.city === (value ?? ""));
        expect(rows).toBe(own.length);
        expect(label).toBeCloseTo(own.filter((it) => it.y === 1).length / own.length, 12);
      }
      expect([city!.rest, n!.values.length]).toEqual([null, 50]);
      for (const { values, rest } of progressive.slices) {
        const all = rest ? [...values, rest] : values;
        const sum = (of: (it: (typeof all)[number]) => number) => all.reduce((total, it) => total + of(it), 0);
        expect(sum(({ rows }) => rows)).toBe(progressive.rows);
        expect(sum(({ weight, loss }) => weight * loss) / sum(({ weight }) => weight)).toBeCloseTo(
          progressive.loss,
          12,
        );
      }
    },
  );

  test("of NDJSON and of derived columns", async () => {
    const ndjson = records.map((it) => JSON.stringify({ ...it, city: it.city || null, yes: it.y === 1 })).join("\n");
    const space = featureSpace({ n: hash("n", 64) }, { derive: { north: 'city == "Oslo"' } });
    const { progressive } = await streamNdjson(bytesOf(ndjson), { ...table, space, slices: ["yes", "north"] });
    const shown = progressive.slices.map(({ values }) => values.map(({ value, label }) => [value, label]));
    expect(shown[0]!.sort()).toEqual([
      ["false", 0],
      ["true", 1],
    ]);
    expect(progressive.slices[1]!.values.map(({ value, rows }) => [value, rows])).toEqual([
      ["0", 3500],
      ["1", 1750],
      [null, 1750],
    ]);
  });

  test("of many values take bounded memory; those with most rows are kept", async () => {
    const often = (i: number) => (i % 5 === 0 ? "often" : `once-${"x".repeat(300)}-${i}`);
    const rare = (i: number) => (i % 5 === 0 ? "often" : `once ${i}`);
    const rows = Array.from({ length: 60_000 }, (_, i) => `${rare(i)},${i < 5000 ? often(i) : ""},${i % 2}\n`);
    const space = featureSpace({ c: hash("c", 8) });
    const { progressive } = await streamCsv(bytesOf(`c,long,y\n${rows.join("")}`), {
      ...{ space, target: "y", slices: ["c", "long"] },
    });
    const [c, long] = progressive.slices;
    expect(c!.values[0]).toMatchObject({ value: "often", rows: 12_000 });
    expect(c!.values.length).toBe(50);
    expect(c!.rest!.rows).toBe(60_000 - 12_000 - 49);
    // Values that begin alike are one.
    expect(long!.values.map(({ value, rows }) => [value?.length, rows])).toEqual([
      [undefined, 55_000],
      [200, 4000],
      [5, 1000],
    ]);
  });

  test("ask for a column that is there, and for text", async () => {
    const error = await errorOf(streamCsv(bytesOf(text), { ...table, slices: ["town"] }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain('no column "town"; there are "city", "n", "y"');
    const list = await errorOf(streamNdjson(bytesOf('{"n":"a","y":1,"l":["b"]}\n'), { ...table, slices: ["l"] }));
    expect(list).toBeInstanceOf(DataError);
    expect(list.message).toMatch(/input:1:\d+.*l: value \["b"\] is not text/);
  });
});

test("a training state is of one model, without slices", async () => {
  const save = () => {};
  for (const kept of [{ checkpoint: { save } }, { keepState: true }, { resume: bytes }, { update: bytes }]) {
    for (const own of [{ sweep: [{}] }, { slices: ["a"] }]) {
      const error = await errorOf(streamSvmlight(bytes, { ...kept, ...own } as object));
      expect(error).toBeInstanceOf(OptionError);
      expect(error.message).toMatch(/a training state is of one model/);
    }
  }
});

describe("milestones", () => {
  test.each([{ threads: 1 }, { threads: 2 }, { batch: 3 }])("are exact at rows 1, 2, 4 …: %j", async (options) => {
    const met: Milestone[] = [];
    await streamSvmlight(bytes, { lambda1: 2, ...options, onMilestone: (it) => met.push(it) });
    expect(met.map(({ rows }) => rows)).toEqual(Array.from({ length: 14 }, (_, i) => 2 ** i));
    for (const { rows, weight, label, features } of met) {
      expect([weight, label]).toEqual([rows, arrays.labels[rows - 1]! > 0 ? 1 : 0]);
      expect(features).toBe(arrays.rows[rows]! - arrays.rows[rows - 1]!);
    }
    for (const [i, { rows, loss, recent }] of met.entries()) {
      const part = bytesOf(lines.slice(0, rows).join("\n"));
      const alone = await streamSvmlight(part, { lambda1: 2, ...(options.batch ? { batch: options.batch } : {}) });
      expect(loss).toBeCloseTo(alone.loss.progressive!, 10);
      const before = met[i - 1] ?? { rows: 0, loss: 0 };
      expect(recent).toBeCloseTo((loss * rows - before.loss * before.rows) / (rows - before.rows), 10);
    }
    const m = marginOf(await modelOf(lines.slice(0, 511), { lambda1: 2 }), 511);
    if (!options.batch) expect(met[9]!.prediction).toBeCloseTo(probability(m), 5);
  });

  test("leave out rows that are held out, and go on over epochs", async () => {
    const met: Milestone[] = [];
    const few = bytesOf(lines.slice(0, 100).join("\n"));
    await streamSvmlight(few, { epochs: 3, holdoutEvery: 3, onMilestone: (it) => met.push(it) });
    expect(met.map(({ rows }) => rows)).toEqual([1, 2, 4, 8, 16, 32, 64, 128]); // of 3 · 67
    // Row 4 that is trained on is row 5.
    expect(met[2]!.features).toBe(arrays.rows[5]! - arrays.rows[4]!);
    // Row 3 is the first that is held back, after one that is the second trained on.
    expect(met.map(({ holdout }) => holdout === null).slice(0, 3)).toEqual([true, true, false]);
    const before = await modelOf(lines.slice(0, 2), {});
    expect(met[2]!.holdout).toBeCloseTo(lossOf(arrays.labels[2]!, marginOf(before, 2)), 6);
  });

  test("go on where a training is resumed", async () => {
    const met: Milestone[] = [];
    const states: Uint8Array[] = [];
    const checkpoint = { save: (state: Uint8Array) => void states.push(state), everyRows: 4096 };
    const options = { holdoutEvery: 5, lambda1: 2 };
    const whole = await streamSvmlight(bytes, { ...options, checkpoint });
    const resumed = await streamSvmlight(bytes, { ...options, resume: states[0]!, onMilestone: (it) => met.push(it) });
    expect(met.map(({ rows, weight }) => [rows, weight])).toEqual([[4096, 4096]]);
    expect(resumed.progressive).toEqual(whole.progressive);
  });

  test("tell in a table's weights", async () => {
    const met: Milestone[] = [];
    const text = "c,w,y\na,2,10\nb,0,20\nc,4,30\nd,1,0\n";
    const space = featureSpace({ c: hash("c", 8) });
    const table = { space, target: "y", weight: "w", loss: "squared" } as const;
    await streamCsv(bytesOf(text), { ...table, onMilestone: (it) => met.push(it) });
    expect(met.map(({ rows, weight, label }) => [rows, weight, label])).toEqual([
      [1, 2, 10],
      [2, 2, 20],
      [4, 7, 0],
    ]);
    expect([met[0]!.loss, met[0]!.prediction, met[1]!.recent]).toEqual([50, 0, 0]);
  });
});

test("progress tells bytes and the share that is done", async () => {
  const events: Progress[] = [];
  const onProgress = (it: Progress) => events.push(it);
  await streamSvmlight(bytes, { epochs: 2, onProgress });
  const last = events.at(-1)!;
  expect(last).toMatchObject({ rows: 18_000, read: 2 * bytes.length, share: 1, holdout: null, objective: null });
  expect(events.find(({ epoch }) => epoch === 1)!.share).toBeLessThanOrEqual(0.5);
  await streamSvmlight(cut(bytes, 1000), { onProgress });
  expect(events.at(-1)).toMatchObject({ read: bytes.length, share: null });
  await fit(arrays, { epochs: 2, onProgress });
  expect(events.at(-1)).toMatchObject({ read: null, share: 1 });
});
