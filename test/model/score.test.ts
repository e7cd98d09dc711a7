import { describe, expect, test } from "vitest";
import { powersOfTen } from "../../src/engine/decimal.js";
import { PROGRESS } from "../../src/engine/texts.js";
import { type Judged, judge } from "../../src/model/evaluate.js";
import type { Scored } from "../../src/model/lane.js";
import { type DataOptions, readerOf, scoreRows } from "../../src/model/score.js";
import { Gatherer, type Purpose, Scorer } from "../../src/model/scorer.js";
import {
  category,
  cross,
  type DataError,
  featureSpace,
  hash,
  Model,
  NoughtError,
  number,
  type ScoreOptions,
  score,
  tokens,
} from "../../src/node.js";
import { Random } from "../../src/random.js";
import { learn, modelOf, numberedModel } from "../fixtures/models.js";
import { bytesOf, ENGINES, errorOf } from "../helpers.js";

const WORDS = ["sea", "view", "quiet", "größe", "日本", '"a ""b"""', '"a, b"', '"two\nlines"', "NA", ""];

/** Data of a format, most of it plain: numbers of many digits, comments, quotes and line ends in quotes are not. */
const FORMATS: Record<
  string,
  { model: Model; lines: (random: Random, i: number) => string; header?: string; bytes?: number }
> = {
  svmlight: {
    model: numberedModel(3000, 6000),
    lines: (random, i) => `${i % 3 ? -1 : 1} ${numbered(random)}${random.below(40) ? "" : " # remark"}`,
  },
  "svmlight, large ids": {
    model: numberedModel(3000, 42e8),
    lines: (random) => `1 ${1 + random.below(3e9)}:2 ${31e8 + random.below(random.below(30) ? 1e9 : 2e9)}:0.1`,
  },
  "svmlight, folded": {
    model: new Model({ ...numberedModel(300, 512), slots: 512 }, ...weightsOf(numberedModel(300, 512))),
    lines: (random) => `1 ${1 + random.below(600)}:1 ${1000 + random.below(1e6)}:0.1 ${1e7 + random.below(1e9)}:3`,
  },
  "svmlight, rows without entries, numbers as long as can be": {
    model: new Model({ ...numberedModel(1, 9), intercept: -1.2345678901234567e-6 }, ...weightsOf(numberedModel(1, 9))),
    lines: () => "1",
    bytes: 10_000,
  },
  "svmlight, folded into more than a table": {
    model: new Model(
      { ...numberedModel(200_000, 2 ** 23), slots: 2 ** 23 },
      ...weightsOf(numberedModel(200_000, 2 ** 23)),
    ),
    lines: (random) => `1 ${1 + random.below(2 ** 23)}:1 ${1e7 + random.below(1e6)}:0.1 ${2e7 + random.below(1e9)}:3`,
  },
  vw: {
    model: new Model({ ...numberedModel(3000, 2 ** 12), vwBits: 12 }, ...weightsOf(numberedModel(3000, 2 ** 12))),
    lines: (random) =>
      `${random.below(3) ? "" : "1 2 'tag"}|n w${random.below(999)} ${random.below(99)}:0.3 |m:2 a b:c a`,
  },
  csv: {
    model: modelOf(
      learn(
        featureSpace({
          city: category("city"),
          size: number("size"),
          user: hash("user", 64),
          words: tokens("text"),
          "city × user": cross("city", "user"),
        }),
        WORDS.map((city, i) => ({ city, text: WORDS.slice(i).join(" "), size: i, user: i })),
      ),
      2000,
    ),
    header: "city,size,user,text,price\n",
    lines: (random, i) =>
      [
        WORDS[random.below(random.below(40) ? 5 : 10)],
        random.below(50) ? random.below(99) / 10 : "0.12345678901234567",
        random.below(99),
        WORDS[random.below(10)],
        i,
      ].join(","),
  },
};

function numbered(random: Random): string {
  let id = 0;
  const values = ["1", "0.5", "-2e-1", "12345.678", "0.12345678901234567"];
  return Array.from({ length: random.below(14) }, () => {
    id += 1 + random.below(800);
    return `${id}:${values[random.below(random.below(99) ? 4 : 5)]}`;
  }).join(" ");
}

function weightsOf({ ids, values }: Model): [Float64Array, Float32Array] {
  return [ids, values];
}

function textOf(name: string, bytes: number): Uint8Array {
  const { lines, header = "" } = FORMATS[name]!;
  const random = new Random(3);
  let text = header;
  for (let i = 0; text.length < bytes; i++) text += `${lines(random, i)}\n`;
  return bytesOf(text);
}

/** What comes of all rows, joined. */
function joined(scored: readonly Scored[]) {
  const all = (of: (it: Scored) => Float64Array) => Float64Array.from(scored.flatMap((it) => [...of(it)]));
  const decoder = new TextDecoder();
  return {
    text: scored.map(({ text }) => decoder.decode(text)).join(""),
    margins: scored[0]!.margins.map((_, i) => all(({ margins }) => margins[i]!)),
    labels: all(({ labels }) => labels),
    weights: all(({ weights }) => weights),
  };
}

/** Scores row by row, without kernels. */
async function byRows(models: readonly Model[], text: Uint8Array, purpose: Purpose, options: DataOptions = {}) {
  const gatherer = new Gatherer(models, purpose);
  const reader = readerOf(models[0]!, text, options, purpose.isLabelled);
  const pass = reader.read((entries, label, weight, _row, offset) => gatherer.addRow(entries, label, weight, offset));
  for await (const _ of pass);
  return { ...joined([gatherer.take()]), tally: { ...reader.tally } };
}

const TEXTS: Purpose[] = [
  { text: "prediction", isLabelled: false },
  { text: "margin", isLabelled: false },
];

describe.each(Object.keys(FORMATS))("%s", (name) => {
  const { model, bytes = 100_000 } = FORMATS[name]!;

  test.each(["scalar", "threads", "baseline"] as const)(
    "kernels (%s) say what Model says of each row",
    async (build) => {
      const text = textOf(name, bytes);
      for (const purpose of [...TEXTS, { text: null, isLabelled: false }]) {
        using engine = await ENGINES[build]();
        const scored: Scored[] = [];
        const scorer = new Scorer(engine, [model], purpose);
        let ahead = 0;
        const { parse } = scorer;
        scorer.parse = (lines, from, code, kernel) => {
          const stopped = parse.call(scorer, lines, from, code, kernel);
          ahead += stopped - from;
          return stopped;
        };
        const reader = readerOf(model, text, {}, false);
        for await (const _ of reader.parse!(scorer)) {
          const it = scorer.take();
          scored.push({ ...it, text: it.text.slice() });
        }
        const expected = await byRows([model], text, purpose);
        expect({ ...joined(scored), tally: reader.tally }).toEqual(expected);
        expect(ahead).toBeGreaterThan(text.length / 4);
      }
    },
  );
});

test.each(["svmlight", "csv"])("threads say the same (%s)", async (name) => {
  const { model } = FORMATS[name]!;
  const text = textOf(name, 4_600_000);
  const got: string[] = [];
  for (const threads of [1, 3]) {
    const reader = readerOf(model, text, {}, false);
    const scored: Scored[] = [];
    for await (const it of scoreRows([model], reader, TEXTS[0]!, { threads })) {
      scored.push({ ...it, text: it.text.slice() });
    }
    got.push(`${joined(scored).text}${JSON.stringify(reader.tally)}`);
  }
  expect(got[0] === got[1]).toBe(true);
});

describe("labelled rows", () => {
  const model = numberedModel(3000, 6000);
  const other = numberedModel(2000, 9000, 8);
  const lines = (count: number) => {
    const random = new Random(9);
    return Array.from({ length: count }, (_, i) => `${i % 3 ? 0 : 1} ${numbered(random)}\n`);
  };

  test("are judged by several models in one pass, as row by row", async () => {
    const text = bytesOf(lines(12_000).join(""));
    expect(text.length).toBeGreaterThan(2 ** 18);
    const expected = await byRows([model, other], text, { text: null, isLabelled: true });
    const [own, others] = (await judge([model, other], readerOf(model, text, {}, true))) as [Judged, Judged];
    expect([own.margins, others.margins]).toEqual(expected.margins);
    expect([own.labels, own.weights]).toEqual([expected.labels, null]);
  });

  test.each([0, 5999, 11_000])(
    "a label that cannot be coded, or a bad value, is told with its place (row %i)",
    async (at) => {
      for (const bad of ["3 1:1", "1 5:x", "-1 1:1", "1 2:1 2:1"]) {
        const all = lines(12_000);
        all.splice(at, 0, `${bad}\n`);
        const text = bytesOf(all.join(""));
        const outcome = async (work: Promise<unknown>) =>
          work.then(
            () => "none",
            (error: DataError) => error.message,
          );
        const expected = await outcome(byRows([model], text, { text: null, isLabelled: true }));
        expect(await outcome(judge([model], readerOf(model, text, {}, true)))).toBe(expected);
        if (at > 0) expect(expected).toMatch(new RegExp(`^input:${at + 1}:\\d+: `));
        const reader = readerOf(model, text, { skipBad: 1 }, true);
        if (at > 0) expect((await judge([model], reader))[0]!.labels.length).toBe(12_000);
      }
    },
  );
});

test("score gives blocks in order, with labels where they are asked for", async () => {
  const model = numberedModel(100, 6000);
  const random = new Random(1);
  const text = Array.from({ length: 9 }, (_, i) => `${i % 2} ${numbered(random)}\n`).join("");
  const collect = async (options?: ScoreOptions) => {
    const all = [];
    for await (const it of score(model, bytesOf(text), options)) all.push(it);
    return all;
  };
  const [block] = await collect({ labels: true });
  expect([...block!.labels!]).toEqual([-1, 1, -1, 1, -1, 1, -1, 1, -1]);
  expect([...block!.predictions]).toEqual([...block!.margins].map((it) => model.respond(it)));
  expect((await collect())[0]!.labels).toBe(null);
  expect(await errorOf(collect({ signal: AbortSignal.abort(new NoughtError("enough")) }))).toEqual(
    new NoughtError("enough"),
  );
});

test("an offset is where a margin begins", async () => {
  const space = learn(featureSpace({ x: number("x") }), [{ x: 1 }]);
  const model = modelOf(space, 1);
  const all = [];
  for await (const it of score(model, bytesOf("x,o\n2,0.5\n"), { offset: "o" })) all.push(...it.margins);
  expect(all).toEqual([model.margin({ x: 2 }) + 0.5]);
});

test.each(["simd", "baseline"] as const)("numbers are written as JavaScript writes them (%s)", async (build) => {
  using engine = await ENGINES[build]();
  const { memory, kernels } = engine;
  const table = powersOfTen();
  const powers = memory.u32(table.length);
  powers.view.set(table);
  const biases = memory.f64(1);
  const [progress, out] = [memory.u32(Object.keys(PROGRESS).length), memory.u8(40)];
  const score = {
    ...{ weights: memory.f32(0), biases, margins: memory.f64(1), text: out, powers, columns: 0, stride: 1 },
    ...{ isLogistic: false, isLabelled: true },
  };
  const rows = {
    ...{ pointers: memory.u32(2), labels: memory.f64(1), weights: memory.f64(1), indices: memory.u32(1) },
    ...{ values: memory.f32(1), ids: memory.f64(0), direct: memory.u32(0), hashed: memory.u32(0), seen: memory.u32(0) },
    ...{ progress, number: memory.f64(1), least: 0, table: 0, mask: 0, most: 1, enough: 1, limit: 1, salt: 0 },
    ...{ before: 0, room: 1, score },
  };
  const line = memory.u8(24);
  line.view.set(bytesOf("1\n"));
  const written = (value: number) => {
    biases.view[0] = value;
    progress.view.fill(0);
    kernels.parseSvmlight(line, 0, 2, rows);
    return new TextDecoder().decode(out.view.slice(0, progress.view[PROGRESS.written]));
  };
  const bits = new DataView(new ArrayBuffer(8));
  const random = new Random(4);
  const values = [0, -0, 0.1, 1e21, 123456789012345680000, 1e-6, 1.5e-7, 5e-324, Number.MAX_VALUE, 2 ** 53, 1 / 3, 0.3];
  for (let e = -1074; e < 1024; e++) values.push(2 ** e, -(2 ** e) * (1 + 2 ** -52));
  for (let e = -323; e < 309; e++) values.push(Number(`1e${e}`), Number(`-9.5e${e}`), Number(`1234567e${e}`));
  for (let i = 0; i < 20_000; i++) {
    bits.setUint32(0, random.below(2 ** 32));
    bits.setUint32(4, random.below(2 ** 32));
    values.push(bits.getFloat64(0), random.unit(), random.below(1e6) / 1e3);
  }
  const wrong = values.filter((it) => Number.isFinite(it) && written(it) !== `${it}\n`);
  expect(wrong).toEqual([]);
});
