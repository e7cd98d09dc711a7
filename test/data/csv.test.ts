import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type CsvOptions, csvSource } from "../../src/data/csv.js";
import { Tolerance } from "../../src/data/reader.js";
import type { Input } from "../../src/data/source.js";
import { DataError, OptionError } from "../../src/node.js";
import { bytesOf, cut, errorOf } from "../helpers.js";

interface Table {
  columns: readonly string[];
  rows: string[][];
  skipped: number;
}

async function read(input: Input, options: CsvOptions & { skipBad?: number } = {}): Promise<Table> {
  const tolerance = new Tolerance(options.skipBad ?? 0);
  const table: Table = { columns: [], rows: [], skipped: 0 };
  for await (const { columns, rows } of csvSource(input, { name: "x.csv", ...options, keep: false }).read(tolerance)) {
    table.columns = columns;
    table.rows.push(...rows.map(({ cells }) => cells.map(String)));
  }
  return { ...table, skipped: tolerance.skipped };
}

const TEXT = '\uFEFFname,note,n\r\n"A, B","line 1\nline 2",1\r\n\r\né,"say ""hi""",\n"",\'x\',a"b';
const EXPECTED: Table = {
  columns: ["name", "note", "n"],
  rows: [
    ["A, B", "line 1\nline 2", "1"],
    ["é", 'say "hi"', ""],
    ["", "'x'", 'a"b'],
  ],
  skipped: 0,
};

describe("good input", () => {
  test("BOM, CRLF, blank lines, quotes, empty cells and no final line end", async () => {
    expect(await read(bytesOf(TEXT))).toEqual(EXPECTED);
  });

  test("is read alike however the bytes are cut", async () => {
    const bytes = bytesOf(TEXT);
    const places = Array.from(bytes, (_, i) => i);
    for (const at of places) expect(await read(cut(bytes, at)), `cut at ${at}`).toEqual(EXPECTED);
    expect(await read(cut(bytes, ...places))).toEqual(EXPECTED);
    expect(await read(cut(bytesOf(`${TEXT}\r\n`), ...places))).toEqual(EXPECTED);
  });

  test("gzip is undone", async () => {
    expect(await read(gzipSync(bytesOf(TEXT)))).toEqual(EXPECTED);
  });

  test.each(["x.tsv", "x.tab", "x.tsv.gz"])("%s is parted by tabs", async (name) => {
    const text = 'a\tb,c\n1\t"2\t3"\n';
    const bytes = name.endsWith(".gz") ? gzipSync(bytesOf(text)) : bytesOf(text);
    expect(await read(bytes, { name })).toMatchObject({ columns: ["a", "b,c"], rows: [["1", "2\t3"]] });
  });

  test("other delimiters", async () => {
    expect(await read(bytesOf("a;b\n1;2,5\n"), { delimiter: ";" })).toMatchObject({ rows: [["1", "2,5"]] });
  });

  test("columns are numbered without a header, or named by the caller", async () => {
    expect(await read(bytesOf("5,6\n7,8\n"), { header: false })).toMatchObject({
      columns: ["1", "2"],
      rows: [
        ["5", "6"],
        ["7", "8"],
      ],
    });
    expect(await read(bytesOf("5,6\n"), { header: ["p", "q"] })).toMatchObject({
      columns: ["p", "q"],
      rows: [["5", "6"]],
    });
  });
});

/** [text, line, column, problem, the line shown] */
const BAD: [string, number, number, string, string][] = [
  ["a,b\n1,2\n3\n", 3, 2, "row has 1 fields, expected 2", "3"],
  ["a,b\n1,2,3\n", 2, 6, "row has 3 fields, expected 2", "1,2,3"],
  ["a,b\r\n1,2,3\r\n", 2, 6, "row has 3 fields, expected 2", "1,2,3"],
  ["a,b\n1,2,3", 2, 6, "row has 3 fields, expected 2", "1,2,3"],
  ['a,b\n1,"2\n3,4\n', 2, 3, "quote is never closed", '1,"2'],
  ['a,b\n"1"x,2\n', 2, 4, '"x" after a closing quote; expected "," or the line\'s end', '"1"x,2'],
  ['a,b\n"1" ,2\n', 2, 4, '" " after a closing quote; expected "," or the line\'s end', '"1" ,2'],
  ['a,b\n"p\nq"x,2\n', 3, 3, '"x" after a closing quote; expected "," or the line\'s end', 'q"x,2'],
  ['a,b\n"p\nq",2,3\n', 3, 7, "row has 3 fields, expected 2", 'q",2,3'],
  ["a,b,a\n1,2,3\n", 1, 5, 'column "a" appears twice in the header', "a,b,a"],
];

describe("malformed input", () => {
  test.each(BAD)("%j", async (text, line, column, problem, shown) => {
    const error = await errorOf(read(bytesOf(text)));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe(`x.csv:${line}:${column}: ${problem}`);
    expect(error).toMatchObject({ problem, place: { source: "x.csv", line, column, text: shown } });
  });

  test.each(["", "\n\r\n"])("nothing in %j", async (text) => {
    const error = await errorOf(read(bytesOf(text)));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe("x.csv: empty; expected a header and rows");
  });

  test("bad records are left out and counted up to skipBad", async () => {
    const text = 'a,b\n1,2\n3\n"4"x,5\n6,7\n';
    expect(await read(bytesOf(text), { skipBad: 2 })).toMatchObject({
      rows: [
        ["1", "2"],
        ["6", "7"],
      ],
      skipped: 2,
    });
    expect((await errorOf(read(bytesOf(text), { skipBad: 1 }))).message).toMatch(/^x\.csv:4:4: /);
  });

  test("after a quote that is never closed, reading goes on with the next line", async () => {
    expect(await read(bytesOf('a,b\n1,"2\n3,4\n'), { skipBad: 1 })).toMatchObject({ rows: [["3", "4"]], skipped: 1 });
  });

  test("a ragged record over several lines is left out whole", async () => {
    const text = 'a,b\n"p\nq",2,3\n4,5\n';
    expect(await read(bytesOf(text), { skipBad: 1 })).toMatchObject({ rows: [["4", "5"]], skipped: 1 });
  });

  test("no tolerance makes a row of data the header", async () => {
    expect((await errorOf(read(bytesOf("a,a\nb,c\n1,2\n"), { skipBad: 9 }))).message).toBe(
      'x.csv:1:3: column "a" appears twice in the header',
    );
    expect((await errorOf(read(bytesOf('a,"b\nc,d\n1,2\n'), { skipBad: 9 }))).message).toBe(
      "x.csv:1:3: quote is never closed",
    );
  });

  test("bytes that are no UTF-8", async () => {
    for (const bytes of [Uint8Array.of(97, 10, 98, 10, 0xff, 10), Uint8Array.of(97, 10, 98, 10, 0xc3)]) {
      const error = await errorOf(read(cut(bytes, 2)));
      expect(error).toBeInstanceOf(DataError);
      expect(error.message).toBe("x.csv:3:1: not UTF-8 text");
    }
  });

  test("truncated gzip", async () => {
    const bytes = gzipSync(bytesOf("a,b\n1,2\n".repeat(100)));
    const error = await errorOf(read(bytes.subarray(0, bytes.length - 9)));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/^x\.csv: gzip data is truncated or damaged/);
  });

  test.each(['"', "\n", "", "ab"])("delimiter %j is refused", async (delimiter) => {
    const error = await errorOf(read(bytesOf("a\n"), { delimiter }));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(/expected one character other than a quote or a line end$/);
  });
});
