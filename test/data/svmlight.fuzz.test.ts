import { describe, expect, test } from "vitest";
import type { ParsedBlock, RowSink } from "../../src/data/reader.js";
import { svmlightReader } from "../../src/data/svmlight.js";
import type { Engine } from "../../src/engine/engine.js";
import { Random } from "../../src/random.js";
import { bytesOf, cut, ENGINES } from "../helpers.js";

type Loss = "logistic" | "squared";

/** Everything that a reader gives: its rows, its counts, its error. */
async function outcome(bytes: Uint8Array, places: number[], loss: Loss, skipBad: number, engine?: Engine) {
  const reader = svmlightReader(cut(bytes, ...places), { loss, skipBad, keep: false, name: "fuzz" });
  const rows: unknown[] = [];
  const sink: RowSink = (entries, label, _weight, row) => {
    const list = Array.from({ length: entries.length }, (_, k) => [entries.ids[k], Math.fround(entries.values[k]!)]);
    rows.push([row, label, list]);
  };
  const blocks = ({ rows: count, ends, ids, values, labels }: ParsedBlock, first: number) => {
    for (let i = 0; i < count; i++) {
      const from = i > 0 ? ends[i - 1]! : 0;
      const list = Array.from({ length: ends[i]! - from }, (_, k) => [ids[from + k], values[from + k]]);
      rows.push([first + i, labels[i], list]);
    }
  };
  let error = "";
  try {
    for await (const _ of engine ? reader.parse!(engine, sink, blocks) : reader.read(sink));
  } catch (cause) {
    error = (cause as Error).message;
  }
  return { rows, error, tally: reader.tally, declared: error ? 0 : reader.declared };
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

  test("nothing stays in the arena", async () => {
    using engine = await ENGINES[build]();
    const mark = engine.memory.mark();
    await outcome(bytesOf("1 1:1\n-1 2:1\n1 x\n"), [], "logistic", 0, engine);
    expect(engine.memory.mark()).toBe(mark);
  });
});
