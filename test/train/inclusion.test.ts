import { describe, expect, test } from "vitest";
import {
  encodeModel,
  featureSpace,
  hash,
  OptionError,
  streamCsv,
  streamNdjson,
  streamSvmlight,
  streamVw,
} from "../../src/node.js";
import { Random } from "../../src/random.js";
import { bytesOf, cut, errorOf } from "../helpers.js";

const ENGINES = [{ threads: 1 }, { threads: 2 }, { kernels: "baseline" }] as const;

/** Rows of 6 ids each: one of 20 that are frequent, others that are rare, small and large. */
const random = new Random(5);
const ROWS = Array.from({ length: 9000 }, () => {
  const ids = new Set([random.below(20)]);
  while (ids.size < 4) ids.add(20 + random.below(30_000));
  while (ids.size < 6) ids.add(2 ** 23 + random.below(30_000));
  return { ids: [...ids].sort((a, b) => a - b), label: random.unit() < 0.4 ? 1 : -1 };
});
const svmlight = (value: (k: number) => string) =>
  bytesOf(ROWS.map(({ ids, label }) => `${label} ${ids.map((id, k) => `${id + 1}:${value(k)}`).join(" ")}\n`).join(""));
const ONES = svmlight(() => "1");
const STORED = svmlight((k) => String(k - 2.5));
/** Every other line is of a form that only the reader of single lines knows. */
const MIXED = bytesOf(
  new TextDecoder()
    .decode(ONES)
    .split("\n")
    .map((line, i) => (i % 2 && line ? `${line} # so` : line))
    .join("\n"),
);

describe.each([
  ["ones", ONES],
  ["values", STORED],
  ["lines read singly", MIXED],
])("ids admitted by chance, %s", (_, bytes) => {
  test.each(ENGINES)("are the same however the input is cut and whoever parses it: %j", async (engine) => {
    const options = { inclusion: 0.05, lambda1: 0.5, epochs: 2, seed: 3 };
    const whole = await streamSvmlight(bytes, options);
    const places = Array.from({ length: 50 }, (_, i) => 997 + Math.floor((i * bytes.length) / 51));
    const again = await streamSvmlight(cut(bytes, ...places), { ...options, ...engine });
    expect(encodeModel(again.model)).toEqual(encodeModel(whole.model));
    expect(again.columns).toEqual(whole.columns);
  });

  test("are the same whether lines are plain", async () => {
    if (bytes === STORED) return;
    const options = { inclusion: 0.05, lambda1: 0.5 };
    const [a, b] = [await streamSvmlight(ONES, options), await streamSvmlight(bytes, options)];
    expect(encodeModel(a.model)).toEqual(encodeModel(b.model));
  });
});

test("an id is admitted with the probability given at each occurrence, and learned from then on", async () => {
  const { columns, model } = await streamSvmlight(ONES, { inclusion: 0.1, lambda1: 0 });
  const counts = new Map<number, number>();
  for (const id of ROWS.flatMap(({ ids }) => ids)) counts.set(id, (counts.get(id) ?? 0) + 1);
  let [mean, variance] = [0, 0];
  for (const n of counts.values()) {
    const p = 1 - 0.9 ** n;
    mean += p;
    variance += p * (1 - p);
  }
  expect(Math.abs(columns.seen - mean)).toBeLessThan(5 * Math.sqrt(variance));
  expect(columns.seen).toBeLessThan(counts.size / 4);
  for (let id = 0; id < 20; id++) expect(model.weightOf(id)).not.toBe(0);
  const all = await streamSvmlight(ONES, { lambda1: 0 });
  const one = await streamSvmlight(ONES, { lambda1: 0, inclusion: 1 });
  expect(one.model.ids).toEqual(all.model.ids);
  expect(one.model.values).toEqual(all.model.values);
  const other = await streamSvmlight(ONES, { inclusion: 0.1, lambda1: 0, seed: 2 });
  expect(other.columns.seen).not.toBe(columns.seen);
});

test("a second pass is another chance", async () => {
  const seen = async (epochs: number) => (await streamSvmlight(ONES, { inclusion: 0.05, epochs })).columns.seen;
  expect(await seen(2)).toBeGreaterThan(1.6 * (await seen(1)));
});

test("a resumed training admits what the one without a break does", async () => {
  const options = { inclusion: 0.05, epochs: 2, lambda1: 0.5 };
  const states: Uint8Array[] = [];
  const save = (state: Uint8Array) => void states.push(state);
  const places = Array.from({ length: 20 }, (_, i) => 20_000 * (i + 1));
  const whole = await streamSvmlight(cut(ONES, ...places), { ...options, checkpoint: { save, everyRows: 4096 } });
  expect(states.length).toBeGreaterThan(3);
  for (const resume of states) {
    const resumed = await streamSvmlight(cut(ONES, 100_000), { ...options, resume });
    expect(encodeModel(resumed.model)).toEqual(encodeModel(whole.model));
  }
});

describe("other formats", () => {
  test.each(ENGINES)("Vowpal Wabbit's text: %j", async (engine) => {
    const text = bytesOf(ROWS.map(({ ids, label }) => `${label} |n ${ids.map((id) => `f${id}`).join(" ")}\n`).join(""));
    const plain = await streamVw(text, { inclusion: 0.1, lambda1: 0, kernels: "baseline" });
    const streamed = await streamVw(cut(text, 50_000, 300_001), { inclusion: 0.1, lambda1: 0, ...engine });
    expect(encodeModel(streamed.model)).toEqual(encodeModel(plain.model));
    expect(plain.columns.seen).toBeLessThan((await streamVw(text, { lambda1: 0 })).columns.seen / 4);
  });

  test.each(ENGINES)("tables: %j", async (engine) => {
    const records = ROWS.map(({ ids, label }) => ({ a: `a${ids[1]}`, b: `b${ids[0]}`, y: label }));
    const csv = bytesOf(`a,b,y\n${records.map(({ a, b, y }) => `${a},${b},${y}\n`).join("")}`);
    const ndjson = bytesOf(records.map((it) => `${JSON.stringify(it)}\n`).join(""));
    const table = { space: featureSpace({ a: hash("a", 1 << 20), b: hash("b", 64) }), target: "y" };
    const options = { ...table, inclusion: 0.1, lambda1: 0, ...engine };
    const [a, b] = [await streamCsv(cut(csv, 30_000), options), await streamNdjson(ndjson, options)];
    expect(encodeModel(a.model)).toEqual(encodeModel(b.model));
    expect(a.columns.seen).toBeLessThan((await streamCsv(csv, { ...table, lambda1: 0 })).columns.seen / 4);
  });
});

test.each([
  [{ inclusion: 0 }, /^inclusion 0: expected a number in \(0, 1\]/],
  [{ inclusion: 1.5 }, /^inclusion 1.5/],
  [{ inclusion: Number.NaN }, /^inclusion NaN/],
  [{ inclusion: "1" }, /^inclusion 1: expected/],
  [{ inclusion: 0.5, bits: 8 }, /^inclusion is for columns that are numbered/],
  [{ inclusion: 0.5, dense: 1e6 }, /^inclusion is for columns that are numbered/],
  [{ inclusion: 0.5, cache: "never.cache" }, /^cache: it holds rows without the ids left out/],
])("%j is refused", async (options, message) => {
  const error = await errorOf(streamSvmlight(ONES, options as object));
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toMatch(message);
});
