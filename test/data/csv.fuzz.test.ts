import { describe, expect, test } from "vitest";
import { csvSource } from "../../src/data/csv.js";
import { learnSpace, type TableOptions } from "../../src/data/table.js";
import type { Engine } from "../../src/engine/engine.js";
import { PROGRESS } from "../../src/engine/texts.js";
import {
  bucket,
  category,
  cross,
  hash,
  number,
  quantiles,
  type SpaceDefinition,
  tokens,
} from "../../src/features/define.js";
import { SpaceLearner } from "../../src/features/learner.js";
import type { FeatureSpace } from "../../src/features/space.js";
import { Random } from "../../src/random.js";
import { bytesOf, cut, ENGINES } from "../helpers.js";
import { counting, outcomeOf, SPACES, TARGETS } from "./tables.js";

interface Format {
  delimiter: string;
  header: boolean | string[];
}

/** Everything that the reader gives: by kernels where there is an engine. */
function outcome(
  bytes: Uint8Array,
  places: number[],
  space: FeatureSpace,
  format: Format,
  options: TableOptions,
  engine?: Engine,
) {
  const source = csvSource(cut(bytes, ...places), { ...format, name: "fuzz", keep: false });
  return outcomeOf(source, space, options, engine);
}

const NUMBERS = [
  "1",
  "0",
  "-1",
  "2.5",
  "+.5",
  "3.",
  "0.30",
  "1e1",
  "12345678",
  "-0",
  "1.25E-2",
  "123456789012345",
  " 1 ",
  "\t2",
];
const ODD = [
  "1234567890123456",
  "0.12345678901234567",
  "1e300",
  "1e23",
  "3\u00a0",
  "",
  "NA",
  "é?",
  "x",
  "1_0",
  "0x1",
  "nan",
  ".",
  "-",
  "1e",
  "1e999",
  '"',
  "1,5",
  "\r",
  "5",
];
const WORDS = [
  "red",
  "green",
  "blue",
  "5",
  "5.0",
  "été",
  "",
  "NA",
  "a b",
  "longer than eight",
  "😀",
  "\ufeffred",
  "\0",
];
const WHITES = [" ", "  ", "\t", "\u00a0", "\u2003", "\u3000", "\u2028", "\ufeff", "\v", "\u200b", "\u180e"];
const LABELS = ["1", "0", "1", "0", "1", "0", "true", "FALSE", " True ", "-1", "2", "", "1.0", "tru", "yes"];
const WEIGHTS = ["1", "1", "1", "2", "0.5", "0", "-1", "", "1e-3", "x"];

function table(random: Random, { delimiter, header }: Format, isClean: boolean): string {
  const pick = (list: string[]) => list[random.below(list.length)]!;
  const rarely = (odd: string[], usual: string[]) => pick(random.below(isClean ? 60 : 20) === 0 ? odd : usual);
  const quoted = (cell: string) => {
    const mustQuote = cell.includes(delimiter) || cell.startsWith('"');
    if (!mustQuote && random.below(6) > 0) return cell;
    return random.below(40) === 0 ? `"${cell}` : `"${cell.replaceAll('"', '""')}"`;
  };
  const words = () =>
    Array.from({ length: random.below(5) }, () => pick(WORDS) + pick(WHITES)).join("") + rarely(["\n", '"', ""], [""]);
  const names = ["x", "y", "word", "text", "label", "weight", "rest"];
  let all = random.below(20) === 0 ? "\ufeff" : "";
  if (header === true) all += `${names.join(delimiter)}\n`;
  for (let i = 0, count = 1 + random.below(14); i < count; i++) {
    const cells = [
      rarely(ODD, NUMBERS),
      rarely(ODD, NUMBERS),
      pick(WORDS),
      words(),
      rarely(LABELS, LABELS.slice(0, 6)),
      rarely(WEIGHTS, ["1", "1", "2"]),
      rarely(["", "é", "\u0085"], ["-", "0123456789"]),
    ];
    if (random.below(40) === 0) cells.pop();
    all += cells.map(quoted).join(delimiter) + rarely(["\n\n", "\r\n\r\n", "\r\r\n", "\r"], ["\n", "\n", "\r\n"]);
  }
  return random.below(4) === 0 ? all.trimEnd() : all;
}

describe.each(["simd", "scalar", "baseline"] as const)("rows read by the %s kernel", (build) => {
  test("are what the reader of records gives, errors and their places too, however the text is cut", async () => {
    const random = new Random(build.length);
    let [good, taken] = [0, 0];
    for (let round = 0; round < 450; round++) {
      using engine = await ENGINES[build]();
      using counter = counting(engine);
      const format: Format = {
        delimiter: [",", "\t", ";", " "][random.below(4)]!,
        header: random.below(4) > 0 || ["x", "y", "word", "text", "label", "weight", "rest"],
      };
      const definition = SPACES[round % SPACES.length]!;
      const isWeighted = random.below(3) === 0;
      const options: TableOptions = {
        loss: random.below(2) ? "logistic" : "squared",
        target: random.below(3) ? TARGETS[0]! : TARGETS[random.below(TARGETS.length)]!,
        skipBad: random.below(4) ? 100 : 0,
        ...(isWeighted && { weight: "weight" }),
        ...(random.below(3) === 0 && { positive: random.below(3) }),
      };
      const learned = csvSource(bytesOf(table(random, format, true)), { ...format, keep: false });
      const space = await learnSpace(learned, definition, { ...options, skipBad: 1000 }).catch(() => null);
      if (!space) continue;
      const bytes = bytesOf(table(random, format, random.below(2) === 0));
      const places = Array.from({ length: random.below(4) }, () => random.below(bytes.length + 1)).sort(
        (a, b) => a - b,
      );
      const expected = await outcome(bytes, [], space, format, options);
      const shown = JSON.stringify([new TextDecoder().decode(bytes), definition, format, options, places]);
      expect(await outcome(bytes, places, space, format, options, engine), shown).toEqual(expected);
      taken += counter.taken;
      if (!expected.error) good++;
    }
    expect(good).toBeGreaterThan(150);
    expect(taken).toBeGreaterThan(800);
  });

  test("whose label is a truth and more are refused as that reader refuses them", async () => {
    using engine = await ENGINES[build]();
    const [format, options] = [{ delimiter: ",", header: true }, { loss: "logistic", target: "label" } as const];
    const space = new SpaceLearner({ features: { word: hash("word", 8) } }).finish();
    const bytes = bytesOf(`word,label\na,true \nb,true${" ".repeat(20)}x\n`);
    const expected = await outcome(bytes, [], space, format, options);
    expect(expected.error).toMatch("fuzz:3:3: target:");
    expect(await outcome(bytes, [18], space, format, options, engine)).toEqual(expected);
  });

  test("whose equal ids add up beyond single precision are refused", async () => {
    using engine = await ENGINES[build]();
    const [format, options] = [{ delimiter: ",", header: true }, { loss: "logistic", target: "label" } as const];
    const features = { all: cross(number("x"), number("y"), tokens("text"), { slots: 1 }) };
    const learned = csvSource(bytesOf("x,y,text,label\n1,1,a b,1\n"), { keep: false });
    const space = await learnSpace(learned, { features }, options);
    const bytes = bytesOf("x,y,text,label\n1e19,3e19,a,1\n1e19,3e19,a b,1\n");
    const expected = await outcome(bytes, [], space, format, options);
    expect(expected.error).toMatch(/^fuzz:3:11: values .* add up beyond single precision/);
    expect(await outcome(bytes, [31], space, format, options, engine)).toEqual(expected);
  });

  test("teach a space what records teach it, whatever is held out", async () => {
    const random = new Random(build.length + 1);
    let [good, taken] = [0, 0];
    for (let round = 0; round < 300; round++) {
      const format: Format = { delimiter: [",", "\t"][random.below(2)]!, header: true };
      const definition = SPACES[round % SPACES.length]!;
      const options: TableOptions = {
        loss: random.below(2) ? "logistic" : "squared",
        target: random.below(3) ? TARGETS[0]! : TARGETS[random.below(TARGETS.length)]!,
        skipBad: random.below(4) ? 100 : 0,
        ...(random.below(3) === 0 && { weight: "weight" }),
        ...(random.below(2) && { holdout: { fraction: 0.3, seed: round, every: random.below(4) } }),
      };
      const bytes = bytesOf(table(random, format, random.below(2) === 0));
      const places = [random.below(bytes.length + 1)];
      const learn = async (start: () => Promise<Engine | null>, ...cuts: number[]) => {
        const source = csvSource(cut(bytes, ...cuts), { ...format, name: "fuzz", keep: false });
        return learnSpace(source, definition, options, start).then(
          (space) => space.state.learned,
          (error: Error) => error.message,
        );
      };
      const expected = await learn(async () => null);
      const engine = await ENGINES[build](); // learnSpace disposes of it
      using counter = counting(engine);
      const shown = JSON.stringify([new TextDecoder().decode(bytes), definition, format, options, places]);
      expect(await learn(async () => engine, ...places), shown).toEqual(expected);
      taken += counter.taken;
      if (typeof expected !== "string") good++;
    }
    expect(good).toBeGreaterThan(100);
    expect(taken).toBeGreaterThan(500);
  });

  test("teach many and long words", async () => {
    const random = new Random(3);
    const rows = Array.from({ length: 6000 }, (_, i) => {
      const text = Array.from({ length: i === 4000 ? 60_000 : random.below(30) }, () => random.below(1e5)).join(" ");
      return `${random.unit() * 100},${i % 700},word ${random.below(9000)},${text},${i % 2}\n`;
    });
    const bytes = bytesOf(`x,y,word,text,label\n${rows.join("")}`);
    const definition: SpaceDefinition = {
      features: { x: quantiles("x", 50), y: bucket("y", 3), w: category("word"), t: tokens("text") },
    };
    const learn = async (start: () => Promise<Engine | null>) => {
      const source = csvSource(cut(bytes, 100_001), { keep: false });
      return (await learnSpace(source, definition, { loss: "logistic", target: "label" }, start)).state.learned;
    };
    expect(await learn(ENGINES[build])).toEqual(await learn(async () => null));
  });
});

test.each([
  ['with "" in quotes are read by the kernel', (i: number) => (i % 2 ? '"the ""best"", café"' : "plain"), 499, 1],
  ['with more "" than there is room for are not', (i: number) => (i === 9 ? `"${'""'.repeat(1 << 16)}"` : "x"), 498, 2],
  ["that are seldom plain are soon read without asking", (i: number) => (i % 3 ? "x" : '"two\nlines"'), 0, 20],
] as const)("lines %s", async (_, cell, least, most) => {
  using engine = await ENGINES.simd();
  const { parseCsv } = engine.kernels;
  let [taken, asked] = [0, 0];
  engine.kernels.parseCsv = (text, from, to, o, plan) => {
    const before = o.progress.view[PROGRESS.rows]!;
    const stopped = parseCsv(text, from, to, o, plan);
    taken += o.progress.view[PROGRESS.rows]! - before;
    asked++;
    return stopped;
  };
  const lines = Array.from({ length: 501 }, (_, i) => `${cell(i)},${i % 5 ? 0 : 1}\n`);
  const bytes = bytesOf(`word,label\n${lines.join("")}`);
  const format = { delimiter: ",", header: true };
  const options: TableOptions = { loss: "logistic", target: "label" };
  const definition = { features: { word: category("word"), hashed: hash("word", 1 << 16) } };
  const space = await learnSpace(csvSource(bytes, { keep: false }), definition, options);
  const got = await outcome(bytes, [], space, format, options, engine);
  expect(got).toEqual(await outcome(bytes, [], space, format, options));
  expect(taken).toBeGreaterThanOrEqual(least);
  expect(asked).toBeLessThanOrEqual(most);
});
