import { describe, expect, test } from "vitest";
import { RowStore } from "../../src/data/store.js";
import { svmlightReader } from "../../src/data/svmlight.js";
import { createEngine, type Engine } from "../../src/engine/engine.js";
import { Random } from "../../src/random.js";
import { bytesOf, cut, ENGINES } from "../helpers.js";

const HOST = await createEngine({ kernels: "baseline" });

type Loss = "logistic" | "squared";

/** Everything that a reader gives: its rows, its counts, its error; read into a store where there is an engine. */
async function outcome(bytes: Uint8Array, places: number[], loss: Loss, skipBad: number, engine?: Engine) {
  const reader = svmlightReader(cut(bytes, ...places), { loss, skipBad, keep: false, name: "fuzz" });
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
  return {
    columns,
    values: values ? Array.from(values) : Array(indices.length).fill(1),
    labels: Array.from(labels),
    rest: [weights, offsets],
    ids: Array.from(store.dictionary.ids),
    error,
    tally: reader.tally,
    declared: error ? 0 : reader.declared,
  };
}

const NUMBERS = [
  "1",
  "0",
  "-1",
  "+2.50",
  "0.1",
  ".5",
  "5.",
  "1e3",
  "25E-1",
  "-1.5e+22",
  "7e-23",
  "3e",
  "1e-50",
  "0e99",
  "0.0366167",
  "0.12345678",
  "-0.5",
  "1.0",
  "123456789012345",
  "1234567890123456",
  "-0",
  "0.000",
];
const ODD = ["nan", "inf", "1_0", "0x1", "1,5", "", "1e39", "-", ".", "+", "#", "qid:3", "é"];
const INDICES = [
  "1",
  "2",
  "7",
  "007",
  "40",
  "12345678",
  "4194304",
  "4194305",
  "70000000",
  "4294967295",
  "4294967296",
  "9007199254740991",
  "9007199254740992",
  "0",
  "x",
];
const BLANKS = [" ", "  ", "\t", " \t "];
const ENDS = ["\n", "\r\n", "\n\n", " \n", "\t\r\n", "\r\r\n", "# note\n", " # note\n", "\r"];

/** Lines that are mostly plain, and now and then anything but. */
function text(random: Random): string {
  const pick = (list: string[]) => list[random.below(list.length)]!;
  const rarely = (odd: string[], usual: string[]) => pick(random.below(25) === 0 ? odd : usual);
  let all = random.below(20) === 0 ? "\ufeff" : "";
  for (let i = 0, count = 1 + random.below(12); i < count; i++) {
    all += rarely([" ", "#", "", ...ODD], []) ?? "";
    all += rarely([...NUMBERS, ...ODD], ["1", "-1", "+1"]);
    let index = 0;
    for (let k = 0, entries = random.below(6); k < entries; k++) {
      index += random.below(30) === 0 ? 0 : 1 + random.below(9);
      all += `${pick(BLANKS)}${rarely(INDICES, [String(index)])}${rarely(["", "::", " "], [":"])}${rarely(ODD, NUMBERS)}`;
    }
    all += rarely(ENDS, ["\n", "\r\n"]);
  }
  return random.below(4) === 0 ? all.trimEnd() : all;
}

describe.each(["simd", "scalar", "baseline"] as const)("lines parsed by the %s kernel", (build) => {
  test("give what the reader of single lines gives, errors and their places too, however they are cut", async () => {
    using engine = await ENGINES[build]();
    const random = new Random(build.length);
    for (let round = 0; round < 1500; round++) {
      const bytes = bytesOf(text(random));
      const places = Array.from({ length: random.below(4) }, () => random.below(bytes.length + 1)).sort(
        (a, b) => a - b,
      );
      const [loss, skipBad] = [random.below(2) ? "logistic" : "squared", random.below(3) ? 100 : 0] as [Loss, number];
      const expected = await outcome(bytes, [], loss, skipBad);
      expect(
        await outcome(bytes, places, loss, skipBad, engine),
        JSON.stringify(new TextDecoder().decode(bytes)),
      ).toEqual(expected);
    }
  });

  test("more rows than one block holds", async () => {
    using engine = await ENGINES[build]();
    const bytes = bytesOf(
      Array.from({ length: 20_000 }, (_, i) => `${i % 2 ? 1 : -1} ${1 + (i % 9)}:${i % 7}\n`).join(""),
    );
    expect(await outcome(bytes, [70_001], "logistic", 0, engine)).toEqual(await outcome(bytes, [], "logistic", 0));
  });

  test("every place to cut a text", async () => {
    using engine = await ENGINES[build]();
    const bytes = bytesOf(
      "\ufeff# note\r\n1 1:1 2:1\r\n-1 2:1 9:1\n\n1 3:0.5 7:-2e-3 # end\n-1 5:12345678901234567\n1 4294967297:1 9007199254740991:.25",
    );
    const expected = await outcome(bytes, [], "logistic", 0);
    expect(expected.ids).toEqual([0, 1, 8, 2, 6, 4, 4294967296, 9007199254740990]);
    for (let at = 0; at <= bytes.length; at++) {
      expect(await outcome(bytes, [at], "logistic", 0, engine), String(at)).toEqual(expected);
      expect(await outcome(bytes, [at, at + 1], "logistic", 0, engine), String(at)).toEqual(expected);
    }
  });

  test("small and large ids among lines and labels that are refused, whose columns leave no trace", async () => {
    using engine = await ENGINES[build]();
    const random = new Random(11);
    const lines = Array.from({ length: 4000 }, (_, i) => {
      const ids = Array.from(
        { length: 6 },
        (_, k) => 1 + random.below([50, 2 ** 22, 2 ** 23, 2 ** 32, 2 ** 32][k % 5]!),
      );
      if (i % 500 === 7) ids.push(2 ** 32 + random.below(1000));
      const ascending = [...new Set(ids)].sort((a, b) => a - b);
      const label = i % 37 === 5 ? "3" : i % 2 ? "1" : "-1";
      return `${label} ${ascending.map((id) => `${id}:1`).join(" ")}${i % 41 === 3 ? " x" : ""}\n`;
    });
    const bytes = bytesOf(lines.join(""));
    const expected = await outcome(bytes, [], "logistic", 300);
    expect(expected.tally.skipped).toBeGreaterThan(150);
    expect(await outcome(bytes, [40_000, 100_001], "logistic", 300, engine)).toEqual(expected);
  });

  test("values that come late, and values that are all 1 however they are written", async () => {
    using engine = await ENGINES[build]();
    const store = async (text: string) => {
      const rows = new RowStore(engine);
      const reader = svmlightReader(bytesOf(text), { loss: "logistic", keep: false });
      for await (const _ of reader.parse!(rows));
      return rows.block();
    };
    const ones = "1 1:1 2:1.0 4:+1\n-1 3:0 5:1e0\n".repeat(3000);
    expect((await store(ones)).values).toBeNull();
    const late = await store(`${ones}1 1:0.25\n`);
    expect(Array.from(late.values!.subarray(-3))).toEqual([1, 1, 0.25]);
    expect(late.values!.subarray(0, -1).every((value) => value === 1)).toBe(true);
  });
});
