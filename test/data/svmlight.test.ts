import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DataError, readSvmlight, streamSvmlight } from "../../src/node.js";
import { bytesOf, cut, errorOf, rowsOf } from "../helpers.js";

const GOOD = [
  "\uFEFF# a comment\r",
  "1 1:1 3:-2.5e-1 9007199254740991:4\t\r",
  "",
  "-1 qid:7 2:.5 4:0 5:+6. # 6:1 in a comment",
  "\t1  1:1 7:12345678901234567890 é",
].join("\n");
const EXPECTED = [
  {
    label: 1,
    weight: 1,
    entries: [
      [0, 1],
      [2, -0.25],
      [9007199254740990, 4],
    ],
  },
  {
    label: -1,
    weight: 1,
    entries: [
      [1, 0.5],
      [4, 6],
    ],
  },
  {
    label: 1,
    weight: 1,
    entries: [
      [0, 1],
      [6, Math.fround(1.2345678901234567e19)],
    ],
  },
];
const TEXT = GOOD.replace(" é", " #é");
const BASELINE = { kernels: "baseline", name: "x.svm" } as const;

function read(text: string, options = {}) {
  return readSvmlight(bytesOf(text), { ...BASELINE, ...options });
}

describe("good input", () => {
  test("BOM, CRLF, comments, qid, zeros, tabs and no final line end", async () => {
    const data = await read(TEXT);
    expect(rowsOf(data)).toEqual(EXPECTED);
    expect(data.declared).toBe(9007199254740991);
    expect(data.tally).toEqual({ rows: 3, skipped: 0, unseen: 0 });
    expect([data.count, data.entries, data.longestRow, data.seen]).toEqual([3, 7, 3, 6]);
  });

  test("is read alike however the bytes are cut", async () => {
    const bytes = bytesOf(TEXT);
    const places = Array.from(bytes, (_, i) => i);
    for (const at of places) expect(rowsOf(await readSvmlight(cut(bytes, at), BASELINE)), `${at}`).toEqual(EXPECTED);
    expect(rowsOf(await readSvmlight(cut(bytes, ...places), BASELINE))).toEqual(EXPECTED);
  });

  test("gzip is recognised by its first bytes, cut anywhere", async () => {
    const bytes = gzipSync(bytesOf(TEXT));
    for (const at of [0, 1, 2, 3, 11, bytes.length - 1]) {
      expect(rowsOf(await readSvmlight(cut(bytes, at), BASELINE))).toEqual(EXPECTED);
    }
  });

  test("chunks of text, a Blob, a Response and a web stream are read too", async () => {
    const inputs = [
      new Blob([TEXT.replace("\uFEFF", "")]),
      new Response(TEXT),
      new Blob([TEXT]).stream(),
      (async function* () {
        yield TEXT;
      })(),
    ];
    for (const input of inputs) expect(rowsOf(await readSvmlight(input, BASELINE))).toEqual(EXPECTED);
  });

  test("labels 0 and 1, a positive label, and any number for squared loss", async () => {
    const labels = async (text: string, options = {}) => rowsOf(await read(text, options)).map((it) => it.label);
    expect(await labels("0 1:1\n1 1:1\n")).toEqual([-1, 1]);
    expect(await labels("+1\n-1\n")).toEqual([1, -1]);
    expect(await labels("3 1:1\n2 1:1\n", { positive: 2 })).toEqual([-1, 1]);
    expect(await labels("3.5 1:1\n-2e3 1:1\n", { loss: "squared" })).toEqual([3.5, -2000]);
  });
});

/** [line, column, problem] */
const BAD: [string, number, string][] = [
  ["1 2:NaN", 5, 'value "NaN" is not a finite decimal number'],
  ["1 2:Inf", 5, 'value "Inf" is not a finite decimal number'],
  ["1 2:-Infinity", 5, 'value "-Infinity" is not a finite decimal number'],
  ["1 2:1e999", 5, 'value "1e999" is not a finite decimal number'],
  ["1 2:1e39", 5, 'value "1e39" is beyond single precision (±3.4e38)'],
  ["1 2:x", 5, 'value "x" is not a finite decimal number'],
  ["1 2:", 5, 'value "" is not a finite decimal number'],
  ["1 2:.", 5, 'value "." is not a finite decimal number'],
  ["1 2:1.2.3", 5, 'value "1.2.3" is not a finite decimal number'],
  ["1 2:0x10", 5, 'value "0x10" is not a finite decimal number'],
  ["1 0x2:1", 3, 'index "0x2" is not a whole number from 1 to 9007199254740991'],
  ["1 0:1", 3, 'index "0" is not a whole number from 1 to 9007199254740991'],
  ["1 1:1 -3:1", 7, 'index "-3" is not a whole number from 1 to 9007199254740991'],
  ["1 1.5:1", 3, 'index "1.5" is not a whole number from 1 to 9007199254740991'],
  ["1 :1", 3, 'index "" is not a whole number from 1 to 9007199254740991'],
  ["1 9007199254740992:1", 3, 'index "9007199254740992" is not a whole number from 1 to 9007199254740991'],
  ["1 3:1 2:1", 7, "index 2 comes after 3: indices must ascend"],
  ["1 3:1  3:1", 8, "index 3 appears twice: indices must ascend"],
  ["1 3:1 4", 7, 'entry "4": expected index:value'],
  ["1:1 2:1", 1, "missing label: the line begins with an entry"],
  ["  1:1", 3, "missing label: the line begins with an entry"],
  ["yes 1:1", 1, 'label "yes" is not a finite decimal number'],
  ["NaN 1:1", 1, 'label "NaN" is not a finite decimal number'],
  [
    "2 1:1 5:1",
    1,
    "label 2 fits no two-class coding: expected 1 against 0 or −1 (or say which label is positive, or take squared loss)",
  ],
  ["0 1:1 2:1", 1, "label 0 after -1: expected one coding, 1 against 0 or 1 against −1"],
  ["1 é:1", 3, 'index "é" is not a whole number from 1 to 9007199254740991'],
  ["1 1:1 2:é3", 9, 'value "é3" is not a finite decimal number'],
];

describe("a malformed line", () => {
  test.each(BAD)("%s", async (line, column, problem) => {
    for (const end of ["", "\n", "\r\n1 1:1\n"]) {
      const error = await errorOf(read(`-1 1:1\n\n${line}${end}`));
      expect(error).toBeInstanceOf(DataError);
      expect(error.message).toBe(`x.svm:3:${column}: ${problem}`);
      expect(error).toMatchObject({ problem, place: { source: "x.svm", line: 3, column, text: line } });
    }
  });

  test.each(BAD)("%s is skipped and counted where it is tolerated", async (line) => {
    const text = `-1 1:1\n${line}\n1 2:1\n`;
    const data = await read(text, { skipBad: 1 });
    expect(rowsOf(data).map((it) => it.label)).toEqual([-1, 1]);
    expect(data.tally).toMatchObject({ rows: 2, skipped: 1 });
    expect((await errorOf(read(text + text, { skipBad: 1 }))).message).toMatch(/^x\.svm:5:/);
  });

  test("bytes that are no UTF-8 are shown as such", async () => {
    const error = await errorOf(readSvmlight(Uint8Array.of(0x31, 0x20, 0xff, 0x3a, 0x31, 0x0a), BASELINE));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe('x.svm:1:3: index "\uFFFD" is not a whole number from 1 to 9007199254740991');
  });

  test("a skipped line declares no columns", async () => {
    expect((await read("1 1:1\n-1 9:x\n1 8:1 7:1\n2 50:1\n", { skipBad: 3 })).declared).toBe(1);
  });
});

test.each(["", "\n\n", "# only a comment\n"])("no rows in %j", async (text) => {
  const error = await errorOf(read(text));
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toBe('x.svm: no rows; expected lines of "label index:value …"');
});

test("truncated and damaged gzip are DataErrors", async () => {
  const whole = gzipSync(bytesOf(TEXT.repeat(50)));
  const damaged = whole.slice();
  damaged[whole.length - 6]! ^= 1;
  for (const bytes of [whole.subarray(0, whole.length - 12), whole.subarray(0, 30), damaged]) {
    const error = await errorOf(readSvmlight(bytes, { ...BASELINE, skipBad: 100 }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/^x\.svm: gzip data is truncated or damaged \(.+\)$/);
  }
});

describe("after the end of gzip data", () => {
  const whole = gzipSync(bytesOf(TEXT));
  const followed = (byte: number) => new Uint8Array([...whole, ...new Uint8Array(600).fill(byte)]);

  test.each([[whole.length], [whole.length, whole.length + 1], [10, whole.length - 1]])(
    "zeros are padding, cut at %j",
    async (...places) => {
      const data = await readSvmlight(cut(followed(0), ...places));
      expect(rowsOf(data)).toEqual(rowsOf(await readSvmlight(bytesOf(TEXT))));
    },
  );

  test("other bytes are damage", async () => {
    const error = await errorOf(readSvmlight(followed(7), { name: "x.svm" }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/^x\.svm: gzip data is truncated or damaged/);
  });
});

test("ids that a fixed hash would put into one slot cost no more than others", async () => {
  // All that differs in the lower half is what the upper half is mixed in with.
  const ids = Array.from({ length: 60_000 }, (_, i) => (i + 1) * 2 ** 32 + (Math.imul(i + 1, 0x9e3779b1) >>> 0));
  const began = performance.now();
  const { columns } = await streamSvmlight(bytesOf(`1 ${ids.map((id) => `${id + 1}:1`).join(" ")}\n-1 1:1\n`));
  expect(columns.seen).toBe(60_001);
  expect(performance.now() - began).toBeLessThan(4000);
});
