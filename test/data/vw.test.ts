import { describe, expect, test } from "vitest";
import { Entries } from "../../src/features/entries.js";
import { hashBytes } from "../../src/features/hash.js";
import {
  DataError,
  decodeModel,
  encodeModel,
  fit,
  OptionError,
  readSvmlight,
  readVw,
  streamVw,
} from "../../src/node.js";
import { Random } from "../../src/random.js";
import { bytesOf, cut, errorOf, rowsOf } from "../helpers.js";

const BASELINE = { kernels: "baseline", name: "x.vw", loss: "squared" } as const;

function read(text: string, options = {}) {
  return readVw(bytesOf(text), { ...BASELINE, ...options });
}

/** [id, value] of the row that the last line is. */
async function entriesOf(line: string, bits = 18) {
  using data = await read(`${line}\n`, { bits });
  return rowsOf(data).at(-1)!.entries;
}

describe("hashes are those of Vowpal Wabbit", () => {
  // vowpalwabbit/common/tests/hash_test.cc, written by its authors.
  test.each([
    ["t", 0, 3397902157],
    ["te", 0, 3988319771],
    ["tes", 0, 196677210],
    ["test", 0, 3127628307],
    ["tested", 0, 2247989476],
    ["8hv20cjwicnsj vw m000'.'.][][]...!!@3", 0, 4212741639],
    ["t", 25436347, 960607349],
    ["te", 25436347, 2834341637],
    ["tes", 25436347, 1163171263],
    ["test", 25436347, 1661171760],
    ["tested", 25436347, 3592599130],
    ["aஜெய்", 2493003127, 2630240042],
    ["𝓜ƝȎ𝚸𝑄", 2493003127, 3575816965],
  ])("uniform_hash of %s from %i", (text, seed, expected) => {
    const bytes = bytesOf(`x${text}y`);
    expect(hashBytes(bytes, 1, bytes.length - 1, seed)).toBe(expected);
  });

  // What `vw --audit` prints with its 18 bits, in its documentation and its tests' reference files
  // (audit.stdout, chain_hash_text_result.stdout).
  test.each<[string, number[]]>([
    ["1 | price:.23 sqft:.25 age:.05 2006", [229902, 162853, 165201, 2006]],
    ["1 | feature", [118880]],
    ["2 |namespace feature", [242309]],
    ["3 | :1", [0]],
    ["4 |other_namespace :1", [207177]],
    ["1 | happiness happiness:true sadness:false", [143395, 42986, 187175]],
    ["1 |emotion happiness happiness:true", [196388, 106841]],
    ["1 | myname:myvalue", [112555]],
  ])("%s", async (line, ids) => {
    expect((await entriesOf(line)).map(([id]) => id)).toEqual(ids);
  });

  test("a feature or namespace of digits is its number, added to what it is in, modulo 2^bits", async () => {
    const [[seed]] = (await entriesOf("1 |n 0", 29)) as [[number, number]];
    expect(await entriesOf("1 |n 7 0012 4294967297|5 7 |", 29)).toEqual([
      [seed + 7, 1],
      [seed + 12, 1],
      [seed + 1, 1],
      [12, 1],
    ]);
    expect(await entriesOf("1 | 18446744073709551621", 29)).toEqual([[5, 1]]); // 2⁶⁴ + 5
    expect(await entriesOf(`1 | ${2 ** 18 + 3}`)).toEqual([[3, 1]]);
  });

  test("control characters around a name do not count", async () => {
    expect(await entriesOf("1 | \x01feature\x02 a\x01b")).toEqual([[118880, 1], ...(await entriesOf("1 | a\x01b"))]);
  });
});

describe("good input", () => {
  test("labels, importances, tags, scales, values, blank lines, CRLF and no final line end", async () => {
    const text = [
      "\uFEFF1 |n a b:2 c:0\r",
      "",
      "0.5 2 'tag|n:0.5 a b:3 \t",
      "  \r",
      "-1 0 tag| 3:-1.5e1 |n a",
      "1.5 'a_tag |n:-2 a:x :3 a:1|",
    ].join("\n");
    using data = await read(text);
    const [a, b, c] = (await entriesOf("1 |n a b a:x", 22)).map(([id]) => id) as [number, number, number];
    const [[n]] = (await entriesOf("1 |n 0", 22)) as [[number, number]];
    expect(rowsOf(data)).toEqual([
      { label: 1, weight: 1, entries: [[a, 1], [b, 2]] }, // biome-ignore format: a row a line
      { label: 0.5, weight: 2, entries: [[a, 0.5], [b, 1.5]] }, // biome-ignore format: a row a line
      { label: -1, weight: 0, entries: [[3, -15], [a, 1]] }, // biome-ignore format: a row a line
      { label: 1.5, weight: 1, entries: [[c, 1], [n, -6], [a, -2]] }, // biome-ignore format: a row a line
    ]);
    expect([data.declared, data.vwBits, data.space]).toEqual([2 ** 22, 22, null]);
    expect(data.tally).toEqual({ rows: 4, skipped: 0, unseen: 0 });
  });

  test("what a row has twice is added up, in single precision, and may come to 0", async () => {
    const entries = await entriesOf("1 | a b:0.1 a:2 b:0.2 b:0.3 c c:-1");
    const sum = Math.fround(Math.fround(Math.fround(0.1) + Math.fround(0.2)) + Math.fround(0.3));
    expect(entries.map(([, value]) => value)).toEqual([3, sum, 0]);
  });

  test("with few bits, features that collide are added up", async () => {
    const entries = await entriesOf("1 |w the quick brown fox jumps over the lazy dog", 1);
    expect(entries.length).toBeLessThanOrEqual(2);
    expect(entries.reduce((sum, [, value]) => sum + value, 0)).toBe(9);
  });

  test("logistic loss takes 1 against −1, or against 0", async () => {
    for (const no of [-1, 0]) {
      using data = await read(`1 | a\n${no} | b\n`, { loss: "logistic" });
      expect(rowsOf(data).map(({ label }) => label)).toEqual([1, -1]);
    }
  });
});

describe("bad input", () => {
  test.each([
    ["1 a b", 1, 'no "|" in the line: it stands before the features, as in "1 |a b:0.5"'],
    [" |n a", 2, "missing label"],
    ["1|n a", 1, 'missing label: "1" touches the "|" and so is a tag'],
    ["'1 |n a", 1, 'missing label: "\'1" is a tag'],
    ["1:2:0.5 | a", 1, 'label "1:2:0.5": actions, costs, classes and multiline examples are not supported'],
    ["shared | a", 1, 'label "shared": actions, costs, classes and multiline examples are not supported'],
    ["1,2 | a", 1, 'label "1,2": actions, costs, classes and multiline examples are not supported'],
    ["yes | a", 1, 'label "yes" is not a finite decimal number'],
    ["1 -2 | a", 3, 'importance "-2" is not a number ≥ 0'],
    ["1 x | a", 3, 'importance "x" is not a number ≥ 0'],
    ["1 2 0.5 | a", 5, '"0.5" after label and importance: initial predictions are not supported'],
    ["1\t| a", 2, 'a tab before the "|", where Vowpal Wabbit passes over what precedes it'],
    ["1 |:2 a", 4, 'no name between "|" and ":"'],
    ["1 |n: a", 6, 'scale "" is not a finite decimal number'],
    ["1 |n:x a", 6, 'scale "x" is not a finite decimal number'],
    ["1 |n:1e39 a", 6, 'scale "1e39" is beyond single precision (±3.4e38)'],
    ["1 | é a:nan", 9, 'value "nan" is not a finite decimal number'],
    ["1 | a:1,5", 7, 'value "1,5" is not a finite decimal number'],
    ["1 | a: b", 7, 'value "" is not a finite decimal number'],
    ["1 | a:e5", 7, 'value "e5" is not a finite decimal number'],
    ["1 | a:1e39", 7, 'value "1e39" is beyond single precision (±3.4e38)'],
    ["1 |n:1e30 a:1e30", 13, 'value "1e30" times its namespace\'s scale is beyond single precision'],
    [
      "1 | a:3e38 a:3e38",
      1,
      "values of a feature that is there more than once add up beyond single precision (±3.4e38)",
    ],
    ["1 | a\rb", 6, "a carriage return inside the line"],
    ["1 | a:x\rb", 8, "a carriage return inside the line"],
  ])("%j is refused at column %i", async (line, column, problem) => {
    const error = await errorOf(read(`1 | good\n${line}\n`));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe(`x.vw:2:${column}: ${problem}`);
  });

  test("up to skipBad lines are left out", async () => {
    using data = await read("1 | a\n| b\n1 | c\n", { skipBad: 1 });
    expect(data.tally).toEqual({ rows: 2, skipped: 1, unseen: 0 });
  });

  test("nothing but blank lines", async () => {
    expect((await errorOf(read("\n \n"))).message).toBe('x.vw: no rows; expected lines of "label |feature …"');
  });

  test.each([0, 30, 1.5, Number.NaN])("bits %d", async (bits) => {
    const error = await errorOf(read("1 | a\n", { bits }));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toBe(`bits ${bits}: expected a whole number from 1 to 29`);
  });
});

/** Lines whose label the word decides, and the namespace does not. */
function lines(count: number): string {
  const random = new Random(4);
  return Array.from({ length: count }, () => {
    const word = random.below(40);
    const isYes = random.unit() < (word < 20 ? 0.9 : 0.1);
    return `${isYes ? 1 : -1} ${random.below(3) ? "" : "2 "}|w word${word} x${random.below(9)}:0.5 |id ${random.below(50)}\n`;
  }).join("");
}

describe("models", () => {
  const bytes = bytesOf(lines(2000));

  test("remember how their ids were hashed, and name weights by slot", async () => {
    using data = await readVw(bytes, { bits: 20 });
    const { model } = await fit(data, { l1: 1e-3 });
    expect([model.vwBits, model.declared]).toEqual([20, 2 ** 20]);
    const [[id]] = (await entriesOf("1 |w word3", 20)) as [[number, number]];
    expect(model.weightOf(id)).toBeGreaterThan(0.5);
    expect(model.nameOf(id)).toBe(`#${id}`);
    const again = decodeModel(encodeModel(model));
    expect(again.vwBits).toBe(20);
    expect(encodeModel(again)).toEqual(encodeModel(model));
  });

  test("of a stream have the same bytes however it is cut, and on both sets of kernels", async () => {
    const options = { lambda1: 1, epochs: 2, bits: 18 };
    const whole = encodeModel((await streamVw(bytes, options)).model);
    expect(decodeModel(whole).vwBits).toBe(18);
    const pieces = cut(bytes, 1, 1000, 33_333, 33_334);
    expect(encodeModel((await streamVw(pieces, options)).model)).toEqual(whole);
    expect(encodeModel((await streamVw(bytes, { ...options, kernels: "baseline" })).model)).toEqual(whole);
    using data = await readVw(bytes, { bits: 18 });
    const { model } = await fit(data, { lambda1: 1, epochs: 2, order: "file" });
    expect(Array.from(model.values)).toEqual(Array.from(decodeModel(whole).values));
  });

  test("test data have the bits of the training data, and other formats are refused", async () => {
    using data = await readVw(bytes, { bits: 20 });
    using test = await readVw(bytesOf("1 |w word3 unseen\n"), { like: data });
    expect([test.vwBits, test.declared, test.tally.unseen]).toEqual([20, 2 ** 20, 1]);
    const problem = "bits 18: the training data's ids are hashes of 20 bits";
    expect((await errorOf(readVw(bytes, { like: data, bits: 18 }))).message).toBe(problem);
    const svmlight = bytesOf("1 1:1\n-1 2:1\n");
    expect((await errorOf(readSvmlight(svmlight, { like: data }))).message).toMatch(/hashes of Vowpal Wabbit/);
    using numbered = await readSvmlight(svmlight);
    expect((await errorOf(readVw(bytes, { like: numbered }))).message).toMatch(/no hashes of Vowpal Wabbit/);
    const { model } = await fit(data, { l1: 1e-3 });
    expect((await errorOf(fit(numbered, { l1: 1e-3, from: model }))).message).toMatch(/other features/);
  });
});

test("entries that are merged have the sums of single precision", () => {
  const entries = new Entries();
  for (const value of [0.1, 0.2, 0.3]) entries.push(7, value);
  entries.merge();
  expect(entries.length).toBe(1);
  expect(entries.values[0]).toBe(Math.fround(Math.fround(Math.fround(0.1) + Math.fround(0.2)) + Math.fround(0.3)));
});

test("columns that a fixed hash would put into one place cost a row no more than others", async () => {
  const ids: number[] = [];
  for (let id = 2 ** 24 - 1; ids.length < 80_000; id--) if (Math.imul(id, 0x9e3779b1) >>> 0 < 2 ** 25) ids.push(id);
  const began = performance.now();
  const { columns } = await streamVw(bytesOf(`1 | ${ids.join(" ")} ${ids[0]}\n-1 | 1\n`), { bits: 24, threads: 1 });
  expect(columns.seen).toBe(80_001);
  expect(performance.now() - began).toBeLessThan(4000);
});
