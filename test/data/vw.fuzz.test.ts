import { describe, expect, test } from "vitest";
import { RowStore } from "../../src/data/store.js";
import { vwReader } from "../../src/data/vw.js";
import { createEngine, type Engine } from "../../src/engine/engine.js";
import { Random } from "../../src/random.js";
import { bytesOf, cut, ENGINES } from "../helpers.js";

const HOST = await createEngine({ kernels: "baseline" });

type Loss = "logistic" | "squared";
interface Way {
  loss: Loss;
  skipBad: number;
  bits?: number;
}

/** Everything that a reader gives: its rows, its counts, its error; read into a store where there is an engine. */
async function outcome(bytes: Uint8Array, places: number[], way: Way, engine?: Engine) {
  const reader = vwReader(cut(bytes, ...places), { ...way, keep: false, name: "fuzz" });
  const { memory } = engine ?? HOST;
  const mark = memory.mark();
  const store = new RowStore(engine ?? HOST);
  let error = "";
  try {
    const pass = engine
      ? reader.parse!(store)
      : reader.read((entries, label, weight) => store.addRow(entries, label, weight));
    for await (const _ of pass);
  } catch (cause) {
    error = (cause as Error).message;
  }
  const { rows, pointers, indices, values, labels, weights, offsets } = store.block();
  const columns = Array.from({ length: rows }, (_, i) => Array.from(indices.subarray(pointers[i], pointers[i + 1])));
  const found = {
    columns,
    values: values ? Array.from(values) : Array(indices.length).fill(1),
    labels: Array.from(labels),
    weights: weights ? Array.from(weights) : Array(rows).fill(1),
    offsets,
    ids: Array.from(store.dictionary.ids),
    error,
    tally: reader.tally,
    declared: reader.declared,
  };
  memory.release(mark);
  return found;
}

const NUMBERS = ["1", "0", "-1", "+2.50", "0.1", ".5", "5.", "1e3", "25E-1", "-1.5e+22", "1e-50", "0.0366167", "1.0"];
const LARGE = ["3e38", "2e38", "1e39", "1e-23", "123456789012345", "1234567890123456", "-0", "7e-23", "1e20"];
const ODD = ["nan", "INF", "inf2", "e5", "E", "e-", "ex", "nancy", "1_0", "0x1", "1,5", "", "-", ".", "+", "-abc", "é"];
const TEXTS = [
  "paris",
  "North",
  "x",
  "longer-than-eight-bytes",
  "a_b",
  "n",
  "i",
  "E_",
  "\u00e9t\u00e9",
  "a:b",
  "_a",
  "\x01",
];
const NAMES = [
  "a",
  "b",
  "c",
  "height",
  "the_quick_brown_fox",
  "x1",
  "7up",
  "é",
  "12ab",
  "abcdefgh",
  "abcdefghi",
  "#",
  "'q",
];
const DIGITS = ["0", "1", "7", "007", "40", "1234567", "12345678", "123456789", "4294967296", "99999999999999999999"];
const SPACES = ["nan", "ns", "user", "item_features", "5", "é", "x"];
const BLANKS = [" ", "  ", "\t", " \t "];
const TAGS = ["'tag ", "'tag", "tag", "'", "2", "1:2", "'a 'b ", "\t"];
const ENDS = ["\n", "\r\n", "\n\n", " \n", "\t\r\n", "\r\r\n", "|\n", " |\n", "\r"];

/** Lines that are mostly plain, and now and then anything but. */
function text(random: Random): string {
  const pick = (list: string[]) => list[random.below(list.length)]!;
  const rarely = (odd: string[], usual: string[]) => pick(random.below(25) === 0 ? odd : usual);
  let all = random.below(20) === 0 ? "\ufeff" : "";
  for (let i = 0, count = 1 + random.below(12); i < count; i++) {
    all += rarely([" ", "\t", "#", "1", "shared "], [""]);
    all += `${rarely([...NUMBERS, ...LARGE, ...ODD, "1:2"], ["1", "-1", "+1"])}${rarely(["", "\t", "  "], [" "])}`;
    if (random.below(4) === 0)
      all += `${rarely([...LARGE, ...ODD], ["2", "0.5", "1", "0", "1.0"])}${rarely([""], [" "])}`;
    if (random.below(30) === 0) all += `${pick(NUMBERS)} `;
    if (random.below(6) === 0) all += rarely(TAGS, ["'tag ", "'tag", "tag"]);
    for (let k = 0, spaces = 1 + random.below(2); k < spaces; k++) {
      all += `${k > 0 ? rarely([""], [" "]) : ""}|${random.below(3) ? pick(SPACES) : ""}`;
      if (random.below(5) === 0) all += `${rarely(["", "::"], [":"])}${rarely([...ODD, ...LARGE, "0"], NUMBERS)}`;
      for (let j = 0, features = random.below(6); j < features; j++) {
        if (random.below(8) === 0) {
          all += `${pick(BLANKS)}:${rarely([...ODD, ...TEXTS], NUMBERS)}`;
          continue;
        }
        all += `${pick(BLANKS)}${rarely(["", "\x02", "a\x02b"], random.below(2) ? NAMES : DIGITS)}`;
        if (random.below(2) === 0)
          all += `${rarely(["", "::", ": "], [":"])}${rarely([...ODD, ...LARGE, ...TEXTS], random.below(8) ? NUMBERS : TEXTS)}`;
      }
    }
    all += rarely(ENDS, ["\n", "\r\n"]);
  }
  return random.below(4) === 0 ? all.trimEnd() : all;
}

describe.each(["simd", "scalar", "baseline"] as const)("lines parsed by the %s kernel", (build) => {
  test("give what the reader of single lines gives, errors and their places too, however they are cut", async () => {
    using engine = await ENGINES[build]();
    const random = new Random(build.length);
    for (let round = 0; round < 2000; round++) {
      const bytes = bytesOf(text(random));
      const places = Array.from({ length: random.below(4) }, () => random.below(bytes.length + 1)).sort(
        (a, b) => a - b,
      );
      const loss = random.below(2) ? "logistic" : "squared";
      const way: Way = { loss, skipBad: random.below(3) ? 100 : 0, bits: random.below(50) ? 1 + random.below(14) : 29 };
      const expected = await outcome(bytes, [], way);
      expect(await outcome(bytes, places, way, engine), JSON.stringify(new TextDecoder().decode(bytes))).toEqual(
        expected,
      );
    }
  });

  test("every place to cut a text", async () => {
    using engine = await ENGINES[build]();
    const bytes = bytesOf(
      "\ufeff1 |a b c:2\r\n-1 2 'x|a b b 17 12345678\n\n1 |:2 a\n1 |n:0.5 :3 city:paris |5 7|\n-1 3 4 | a\n1 | x:1e30 x:3e38 x:3e38",
    );
    const way: Way = { loss: "logistic", skipBad: 9, bits: 12 };
    const expected = await outcome(bytes, [], way);
    expect(expected.tally).toEqual({ rows: 3, skipped: 3, unseen: 0 });
    for (let at = 0; at <= bytes.length; at++) {
      expect(await outcome(bytes, [at], way, engine), String(at)).toEqual(expected);
      expect(await outcome(bytes, [at, at + 1], way, engine), String(at)).toEqual(expected);
    }
  });

  test("more rows than one block holds, and rows longer than a block", async () => {
    using engine = await ENGINES[build]();
    const long = Array.from({ length: 90_000 }, (_, k) => ` w${(k * 7919) % 70_001}`).join("");
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i % 2 ? 1 : -1} |w ${i % 9} ${i % 7} x${i % 5}\n`);
    const bytes = bytesOf(`${lines.join("")}1 |w${long}\n${lines.join("")}`);
    const way: Way = { loss: "logistic", skipBad: 0, bits: 16 };
    const expected = await outcome(bytes, [], way);
    expect(await outcome(bytes, [70_001], way, engine)).toEqual(expected);
    expect(Math.max(...expected.columns.map((it) => it.length))).toBeGreaterThan(40_000);
  });

  test("values and weights that come late, and ones however they are written", async () => {
    using engine = await ENGINES[build]();
    const store = async (text: string) => {
      const rows = new RowStore(engine);
      const reader = vwReader(bytesOf(text), { loss: "logistic", keep: false });
      for await (const _ of reader.parse!(rows));
      return rows.block();
    };
    const ones = "1 |a x y:1.0 z:+1\n-1 1.0 |b:1 x:0 y:1e0\n".repeat(3000);
    const plain = await store(ones);
    expect([plain.values, plain.weights]).toEqual([null, null]);
    const twice = await store(`${ones}1 |a x x\n`);
    expect(Array.from(twice.values!.subarray(-2))).toEqual([1, 2]);
    expect(twice.weights).toBeNull();
    const weighted = await store(`${ones}1 0.5 |a x\n`);
    expect(Array.from(weighted.weights!.subarray(-2))).toEqual([1, 0.5]);
    expect(weighted.weights!.subarray(0, -1).every((weight) => weight === 1)).toBe(true);
    expect(weighted.values).toBeNull();
  });
});
