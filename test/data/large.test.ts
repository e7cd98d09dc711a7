import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeUtf8, Utf8Stream } from "../../src/data/utf8.js";
import { featureSpace, hash } from "../../src/node.js";
import { casesOf } from "../corpus/corpus.js";
import { outcomeOf, READERS, trainingOf } from "../corpus/readers.js";
import { joined } from "../fixtures/forge.js";
import { bytesOf, cut, threadsOf } from "../helpers.js";

/** Good rows, and what stands before the first. */
const GOOD: Record<string, { header: string; rows: string }> = {
  svmlight: { header: "", rows: "1 1:1 3:2 70:1\n-1 2:1 900:0.5\n" },
  vw: { header: "", rows: "1 |a x y:2\n-1 |b z 17\n" },
  csv: { header: "x,c,y\n", rows: "1,a,1\n2.5,b,-1\n" },
  ndjson: { header: "", rows: '{"x":1,"c":"a","y":1}\n{"x":2.5,"c":"b","y":-1}\n' },
};
/** Bytes before which no worker parses. */
const LENGTH = 6e6;
/** A space that has nothing to learn: its rows are read once, by workers too. */
const SPACE = featureSpace({ x: hash("x", 64), c: hash("c", 64) });

describe.each(Object.keys(READERS))("%s", (reader) => {
  const { header, rows } = GOOD[reader]!;
  const table = header || reader === "ndjson" ? { space: SPACE } : {};
  const good = bytesOf(header + rows.repeat(Math.ceil(LENGTH / rows.length)));

  test("what is wrong behind megabytes of good rows is the same on two threads", { timeout: 120_000 }, async () => {
    const bad = casesOf(reader).filter(({ isFirst, bytes, options, expected }) => {
      const isAfterHeader = Buffer.from(bytes).toString("latin1").startsWith(header);
      const isOfRow = "error" in expected && /^x:\d+:\d+: /.test(expected.error[1]);
      return isFirst && isAfterHeader && isOfRow && Object.keys(options).length === 0;
    });
    const some = bad.filter((_, i) => i % Math.ceil(bad.length / 4) === 0);
    let refused = 0;
    for (const { name, bytes } of some) {
      const text = joined(good, bytes.subarray(header.length));
      const training = (threads: number) => trainingOf(reader, text, { threads, ...table });
      const one = await training(1);
      const two = await threadsOf(() => training(2));
      expect(two, name).toEqual({ result: one, started: 1 });
      if (one && "error" in one) refused++; // a hash takes what is no number
    }
    expect(refused).toBeGreaterThan(1);
  });

  test("10,000,000 blank lines in 10 kB of gzip take next to no memory", async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(1e7, 10)));
    expect(bomb.length).toBeLessThan(1e7 / 900);
    const before = process.memoryUsage().rss;
    const outcome = await outcomeOf(reader, () => bomb, { options: {} });
    expect(outcome).toEqual({ error: ["DataError", expect.stringMatching(/^x: (no rows|empty)/)] });
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 2 ** 20);
  });

  test("gzip cut off at any byte, damaged in any, or with anything behind it, is refused", async () => {
    const whole = new Uint8Array(gzipSync(header + rows));
    const read = (bytes: Uint8Array) => outcomeOf(reader, () => bytes, { options: {} });
    const expected = await read(bytesOf(header + rows));
    expect(await read(whole)).toEqual(expected);
    const refusal = { error: ["DataError", expect.stringMatching(/^x: gzip data is truncated or damaged/)] };
    for (let length = 2; length < whole.length; length++) {
      expect(await read(whole.subarray(0, length)), `${length} bytes`).toEqual(refusal);
    }
    // A bad row may be met before the checksum, and the bits that fill up the last byte of the text count nothing.
    const harmless = JSON.stringify(expected);
    for (const [at, byte] of whole.entries()) {
      // The header's time, flags of the compressor and system say nothing of the text.
      if (at < 2 || (at > 3 && at < 10)) continue;
      const found = await read(whole.with(at, byte ^ 0x10));
      if (JSON.stringify(found) !== harmless) expect(found, `byte ${at}`).toHaveProperty("error");
    }
    for (const rest of ["x", "\x1f\x8b", header + rows])
      expect(await read(joined(whole, bytesOf(rest)))).toEqual(refusal);
  });
});

test("a line that gzip makes of a thousandth of its bytes is refused before it is all there", async () => {
  let most = 0;
  const before = process.memoryUsage().rss;
  const bomb = new Uint8Array(gzipSync(joined(bytesOf("x,c,y\n"), new Uint8Array(1 << 26).fill(49))));
  const input = async function* () {
    for await (const chunk of cut(bomb, ...Array.from({ length: bomb.length >> 10 }, (_, i) => i << 10))) {
      yield chunk;
      most = Math.max(most, process.memoryUsage().rss - before);
    }
  };
  const outcome = await outcomeOf("csv", input, { options: {} });
  expect(outcome).toEqual({ error: ["DataError", "x:2:16777217: line is longer than 16777216 characters"] });
  expect(most).toBeLessThan(300 * 2 ** 20);
});

test("characters of any length, and bytes that are none, are the same wherever they are cut", () => {
  const text = ["\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufeff\uffef\ufffd\uffff\u{10000}\u{103ff}\u{1f600}\u{10ffff}"];
  const broken = [[0x80], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xed, 0xa0, 0x80], [0xf8], [0xc0, 0xaf], [0xff]];
  for (const bad of [[], ...broken]) {
    const bytes = joined(bytesOf(`a${text}`), Uint8Array.from(bad), bytesOf(`${text}b`), Uint8Array.from(bad));
    const whole = decodeUtf8(bytes);
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= Math.min(first + 5, bytes.length); second++) {
        const stream = new Utf8Stream();
        const parts = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second), null];
        expect(parts.map((it) => stream.decode(it)).join("")).toBe(whole);
      }
    }
  }
});
