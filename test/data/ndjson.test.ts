import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { faultIn } from "../../src/data/json.js";
import {
  category,
  DataError,
  featureSpace,
  hash,
  type Input,
  number,
  readCsv,
  readNdjson,
  readRecords,
  streamCsv,
  streamNdjson,
  type TableDatasetOptions,
  tokens,
} from "../../src/node.js";
import { Random } from "../../src/random.js";
import { bytesOf, cut, errorOf, rowsOf } from "../helpers.js";

const space = featureSpace({ c: category("c"), n: number("n"), t: tokens("t") });
const TABLE: TableDatasetOptions & { name: string } = { kernels: "baseline", space, target: "y", name: "x.ndjson" };
const RECORDS = [
  { c: "é 😀", n: 1.5, t: ["a", "b"], y: 1 },
  { y: false, c: "line\n2", n: -2e3 },
  { c: null, t: ["b", "b"], y: true, other: "…" },
  { n: 0, y: 0, t: "c d", c: "é 😀" },
];
const TEXT = `\uFEFF${RECORDS.map((it) => JSON.stringify(it)).join("\r\n \t\r\n\n")}`;

function read(input: Input | string, options = {}) {
  return readNdjson(typeof input === "string" ? bytesOf(input) : input, { ...TABLE, ...options });
}

describe("good input", () => {
  test("gives what the same records give", async () => {
    const data = await read(TEXT);
    expect(rowsOf(data)).toEqual(rowsOf(await readRecords(RECORDS, TABLE)));
    expect(data.tally).toEqual({ rows: 4, skipped: 0, unseen: 0 });
  });

  test("gives what the same table gives as CSV", async () => {
    const rows = Array.from({ length: 500 }, (_, i) => ({ c: `v${i % 7}`, n: i / 8, y: i % 2 }));
    const csv = `c,n,y\n${rows.map(({ c, n, y }) => `${c},${n},${y}`).join("\n")}`;
    const plain = featureSpace({ c: category("c"), n: number("n"), h: hash("n", 64) });
    const options = { ...TABLE, space: plain, epochs: 2 };
    const [a, b] = [bytesOf(rows.map((it) => JSON.stringify(it)).join("\n")), bytesOf(csv)];
    expect(rowsOf(await readNdjson(a, options))).toEqual(rowsOf(await readCsv(b, options)));
    const streamed = await streamNdjson(cut(a, 99), options);
    const expected = await streamCsv(b, options);
    expect(streamed.rows).toBe(500);
    expect([streamed.model.values, streamed.loss]).toEqual([expected.model.values, expected.loss]);
  });

  test("is read alike however the bytes are cut", async () => {
    const expected = rowsOf(await read(TEXT));
    const bytes = bytesOf(TEXT);
    const places = Array.from(bytes, (_, i) => i);
    for (const at of places) expect(rowsOf(await read(cut(bytes, at))), `cut at ${at}`).toEqual(expected);
    expect(rowsOf(await read(cut(bytes, ...places)))).toEqual(expected);
    expect(rowsOf(await read(new Uint8Array(gzipSync(bytes))))).toEqual(expected);
  });

  test("fields may come late: rows before lack them", async () => {
    const many = Array.from({ length: 9000 }, (_, i) => JSON.stringify({ y: i % 2 }));
    const late = JSON.stringify({ n: 2, y: 1 });
    const numbers = featureSpace({ n: number("n") });
    const text = [...many, late].join("\n");
    const data = await read(text, { space: numbers });
    expect(data.count).toBe(9001);
    const fromRecords = await readRecords(
      text.split("\n").map((it) => JSON.parse(it)),
      { ...TABLE, space: numbers },
    );
    expect(rowsOf(fromRecords)).toEqual(rowsOf(data));
  });

  test("a target that is a function sees fields that come late", async () => {
    const text = `${'{"n":1}\n'.repeat(5000)}{"n":2,"late":1}`;
    const target = (it: { late?: unknown }) => it.late === 1;
    const data = await read(cut(bytesOf(text), 9000), { space: featureSpace({ n: number("n") }), target });
    expect(rowsOf(data).filter(({ label }) => label === 1).length).toBe(1);
  });

  test("several files, with other fields each", async () => {
    const data = await read([bytesOf('{"c":"a","y":1}'), bytesOf('{"n":1,"y":0,"t":["w"]}')]);
    expect(data.count).toBe(2);
  });

  test("names of fields are names, whatever they are", async () => {
    const odd = featureSpace({ a: number("__proto__"), b: number("constructor"), c: number("hasOwnProperty") });
    const data = await read('{"__proto__":1,"constructor":2,"hasOwnProperty":3,"y":1}\n{"y":0}', { space: odd });
    expect(rowsOf(data)[0]?.entries.map(([, value]) => value)).toEqual([1, 2, 3]);
  });

  test.each(["1e20", "9007199254740993.5", "12345678901234567168", "-9007199254740992", "1.0e300"])(
    "%s is a number as it is written",
    async (value) => {
      const data = await read(`{"n":${value},"y":1}`, { space: featureSpace({ n: hash("n", 8) }) });
      expect(data.count).toBe(1);
    },
  );
});

/** [second line, column, problem] */
const BAD: [string, number, string][] = [
  ['{"y":1,}', 8, '"}": expected a field\'s name in quotes'],
  ["{y:1}", 2, '"y": expected a field\'s name in quotes'],
  ["{'y':1}", 2, "\"'\": expected a field's name in quotes"],
  ['{"y" 1}', 6, '"1": expected ":" after a field\'s name'],
  ['{"y":NaN}', 6, '"N": expected a value'],
  ['{"y":01}', 7, '"1": expected "," or "}"'],
  ['{"y":1', 7, 'the line ends; expected "," or "}"'],
  ['{"y":', 6, "the line ends; expected a value"],
  ['{"y":1}}', 8, '"}": expected nothing after the record'],
  ['{"y":1} {"y":0}', 9, '"{": expected nothing after the record'],
  ['{"c":"a}', 6, "quote is never closed"],
  ['{"c":"é\\x"}', 8, '"\\\\x": no such escape'],
  ['{"c":"a\tb"}', 8, '"\\t": expected \\u and four digits for a control character'],
  ['{"t":["a" "b"]}', 11, '"\\"": expected "," or "]"'],
  ["[1,2]", 1, "expected a JSON object, got [1,2]"],
  ["12", 1, "expected a JSON object, got 12"],
  ["null", 1, "expected a JSON object, got null"],
  [
    '{"y":1,"c":{"d":1}}',
    8,
    "c: an object within the record: expected a number, a text, true, false, null or an array of texts",
  ],
  ['{"y":1,"t":["a",2]}', 8, "t: 2 in an array: expected texts"],
  ['{"y":1,"n":1e999}', 8, "n: value is beyond double precision (±1.8e308)"],
  [
    '{"y":1,"n":12345678901234567890}',
    8,
    "n: value 12345678901234567000 is rounded, being beyond 2⁵³: write it as a text",
  ],
  ['{"n":"abc","y":1}', 2, 'n: value "abc" is not a finite decimal number'],
  ['{"c":"n","y":1,"n":"x"}', 16, 'n: value "x" is not a finite decimal number'],
  ['{"c":"a"}', 1, "target is missing"],
  ['{"y":"maybe"}', 2, `target: "maybe" is no label; a target of text is compared, as in 'y == "maybe"'`],
];

describe("malformed input", () => {
  test.each(BAD)("%s", async (line, column, problem) => {
    const good = '{"y":1,"n":1,"c":"a","t":["b"]}\n';
    const text = `${good}${line}\n{"y":0}\n`;
    const error = await errorOf(read(text));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe(`x.ndjson:2:${column}: ${problem}`);
    expect(error).toMatchObject({ place: { source: "x.ndjson", line: 2, column, text: line } });
    const data = await read(text, { skipBad: 1 });
    expect(data.tally).toMatchObject({ rows: 2, skipped: 1 });
  });

  test("bytes that are no UTF-8", async () => {
    const bytes = new Uint8Array([
      ...bytesOf('{"y":1,"n":1,"c":"a","t":["b"]}\n{"c":"é'),
      0xff,
      ...bytesOf('"}\n{"y":0}'),
    ]);
    expect((await errorOf(read(bytes))).message).toBe("x.ndjson:2:8: not UTF-8 text");
    expect((await read(bytes, { skipBad: 1 })).tally).toMatchObject({ rows: 2, skipped: 1 });
  });

  test("a field that no line has", async () => {
    expect((await errorOf(read('{"y":1,"c":"a","n":1}\n{"y":0,"z":1}\n'))).message).toBe(
      'x.ndjson:1:1: no column "t"; there are "y", "c", "n", "z"',
    );
    expect((await errorOf(read('{"c":"a","n":1,"t":[]}\n', { target: "yy > 1" }))).message).toBe(
      'x.ndjson:1:1: target is missing: no column "yy"; there are "c", "n", "t"',
    );
    const records = await errorOf(readRecords([{ y: 1 }], { ...TABLE, target: "y" }));
    expect(records.message).toBe('record:1:1: no column "c"; there are "y"');
  });

  test("many fields of different names cost what they hold; too many are refused", async () => {
    const names = featureSpace({ n: number("n") });
    async function* endless() {
      for (let i = 0; i < 1200; i++) {
        yield bytesOf(
          Array.from({ length: 1000 }, (_, k) => `{"y":${k % 2},"n":1,"user${i * 1000 + k}":1}\n`).join(""),
        );
      }
    }
    const error = await errorOf(readNdjson(endless(), { ...TABLE, space: names }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/^x\.ndjson:1048575:14: field "user1048574" is one too many: there are 1048576 of/);
  });

  test.each(["", "\n \n"])("nothing in %j", async (text) => {
    expect((await errorOf(read(text))).message).toBe("x.ndjson: no rows");
  });
});

test("a fault is found where JSON.parse finds one, and nowhere else", () => {
  const random = new Random(5);
  const signs = '{}[]",:\\ tfn01.-e+aé\t\n';
  const good = '{"a":[1.5e-3,"\\u00e9\\n",true,null],"b":{"c":[],"d":{}},"e":-0}';
  for (let i = 0; i < 20_000; i++) {
    const at = random.below(good.length);
    const sign = signs[random.below(signs.length)] as string;
    const text = good.slice(0, at) + sign + good.slice(at + random.below(3));
    let isGood = true;
    try {
      JSON.parse(text);
    } catch {
      isGood = false;
    }
    if (isGood) continue;
    const fault = faultIn(text)!;
    expect(fault.at, text).toBeLessThanOrEqual(text.length);
    // What is before the fault can be gone on from: no fault is told later than it is.
    if (fault.problem.startsWith("quote is never")) continue;
    const before = faultIn(text.slice(0, fault.at));
    expect(
      before === null || before.at === fault.at || before.problem.startsWith("quote is never"),
      `${text} ${JSON.stringify(fault)}`,
    ).toBe(true);
  }
});
