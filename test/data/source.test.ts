import { existsSync } from "node:fs";
import { mkdtemp, open, readdir, readlink, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import zlib, { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSource, openSources } from "../../src/data/source.js";
import { zstdFrames } from "../../src/data/zstd.js";
import {
  category,
  DataError,
  featureSpace,
  type Input,
  NoughtError,
  number,
  OptionError,
  readCsv,
  readNdjson,
  readSvmlight,
  readVw,
  streamSvmlight,
} from "../../src/node.js";
import { bytesOf, cut, errorOf, rowsOf } from "../helpers.js";

const ENGINE = { kernels: "baseline" } as const;
const HAS_ZSTD = "createZstdDecompress" in zlib;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nought-source-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function textOf(input: Input, { keep = false, name }: { keep?: boolean; name?: string } = {}): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for (const source of openSources(input, { keep, name }).parts) {
    for await (const chunk of source.chunks()) text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

describe("several inputs", () => {
  test("are read one after the other; no line goes on in the next", async () => {
    const names = [await file("a.svm", "1 1:1"), await file("b.svm.gz", gzipSync("-1 2:1\n1 1:1"))];
    const inputs = () => [...names, bytesOf("-1 3:1"), cut(bytesOf("1 1:1\n"), 2), new Blob(["-1 2:1"])];
    const whole = "1 1:1\n-1 2:1\n1 1:1\n-1 3:1\n1 1:1\n-1 2:1\n";
    for (const kernels of ["baseline", "wasm"] as const) {
      const [parted, one] = [
        await readSvmlight(inputs(), { kernels }),
        await readSvmlight(bytesOf(whole), { kernels }),
      ];
      expect(rowsOf(parted)).toEqual(rowsOf(one));
      expect(parted.tally.rows).toBe(6);
    }
  });

  test("errors name the file at fault, lines counted in it", async () => {
    const good = await file("good.svm", "1 1:1\n-1 2:1\n");
    const bad = await file("bad.svm", "1 1:1\n1 x:1\n");
    expect((await errorOf(readSvmlight([good, bad], ENGINE))).message).toMatch(/bad\.svm:2:3: index "x" is not/);
    const data = await readSvmlight([good, bad, bad], { ...ENGINE, skipBad: 2 });
    expect(data.tally).toMatchObject({ rows: 4, skipped: 2 });
    expect((await errorOf(readSvmlight([good, bad, bad], { ...ENGINE, skipBad: 1 }))).message).toMatch(/bad\.svm:2:3:/);
    expect((await errorOf(readSvmlight([good, join(folder, "none.svm")], ENGINE))).message).toMatch(
      /^cannot read .*none\.svm: ENOENT/,
    );
  });

  test("one without rows is passed over, all of them are not", async () => {
    expect((await readSvmlight([bytesOf(""), bytesOf("1 1:1"), bytesOf("# none\n")], ENGINE)).count).toBe(1);
    const error = await errorOf(readSvmlight([await file("e.svm", ""), bytesOf("\n")], ENGINE));
    expect(error.message).toMatch(/e\.svm and 1 more: no rows/);
  });

  test("streams among them are kept for a second pass", async () => {
    const parts = [cut(bytesOf("1 1:1\n-1 2:1"), 3), cut(gzipSync("1 1:1"), 9), bytesOf("-1 2:1")];
    const fitted = await streamSvmlight(parts, { ...ENGINE, epochs: 3 });
    const whole = await streamSvmlight(bytesOf("1 1:1\n-1 2:1\n1 1:1\n-1 2:1\n"), { ...ENGINE, epochs: 3 });
    expect([fitted.rows, fitted.model.values, fitted.model.intercept]).toEqual([
      4,
      whole.model.values,
      whole.model.intercept,
    ]);
  });

  test("names and length", async () => {
    const path = await file("n.svm", "1 1:1\n");
    const sources = openSources([path, bytesOf("1 1:1"), new File(["x"], "f.svm")], { keep: false });
    expect(sources.name).toBe(`${path} and 2 more`);
    expect(sources.parts.map(({ name }) => name)).toEqual([path, "input 2", "f.svm"]);
    expect(await sources.length()).toBe(12);
    expect(await openSources([path, cut(bytesOf("1"))], { keep: false }).length()).toBe(null);
    expect(openSources([path], { keep: false, name: "given" }).parts[0]?.name).toBe("given");
  });

  test("none, or a stream twice, is an error", async () => {
    expect(await errorOf(() => openSources([], { keep: false }))).toBeInstanceOf(OptionError);
    const stream = cut(bytesOf("1 1:1\n"));
    const error = await errorOf(readSvmlight([stream, stream], ENGINE));
    expect(error).toBeInstanceOf(OptionError);
    expect((await errorOf(readSvmlight(["-", "-"], ENGINE))).message).toBe("standard input can be read only once");
    const bytes = bytesOf("1 1:1\n");
    expect((await readSvmlight([bytes, bytes], ENGINE)).count).toBe(2);
  });
});

describe("several tables", () => {
  const space = featureSpace({ c: category("c"), n: number("n") });
  const read = (...inputs: (string | Uint8Array)[]) => readCsv(inputs, { ...ENGINE, space, target: "y" });

  test("have a header each, in any order of columns", async () => {
    const first = await file("1.csv", "c,n,y\na,1,1\nb,2,0");
    const data = await read(first, await file("2.tsv", "y\tc\tn\n0\tb\t4\n"));
    expect(rowsOf(data)).toEqual(rowsOf(await read(bytesOf("c,n,y\na,1,1\nb,2,0\nb,4,0\n"))));
  });

  test.each([
    ["c,n\na,1\n", 'no column "y", as in '],
    ["c,n,y,z\n", 'column "z" is not in '],
    ["c,n,x\n", 'no column "y", as in '],
  ])("the second being %j, it is named", async (text, message) => {
    const [first, second] = [await file("1.csv", "c,n,y\na,1,1\n"), await file("2.csv", text)];
    const error = await errorOf(read(first, second));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe(
      `${second}:1:1: ${message}${first}; tables that are read together have the same columns`,
    );
  });

  test("errors name the file at fault, lines counted in it", async () => {
    const [first, second] = [await file("1.csv", "c,n,y\na,1,1\n\n\n"), await file("2.csv", "n,c,y\n1,a,0\nx,a,1\n")];
    expect((await errorOf(read(first, second))).message).toBe(
      `${second}:3:1: n: value "x" is not a finite decimal number`,
    );
    expect((await errorOf(read(first, await file("3.csv", "")))).message).toMatch(/3\.csv: empty; expected a header/);
  });

  test("without a header they have as many fields", async () => {
    const numbered = featureSpace({ n: number("2") });
    const options = { ...ENGINE, space: numbered, target: "1", header: false } as const;
    expect((await readCsv([bytesOf("1,2"), bytesOf("0,3")], options)).count).toBe(2);
    expect((await errorOf(readCsv([bytesOf("1,2"), bytesOf("0,3,4")], options))).message).toMatch(
      /^input 2:1:1: column "3" is not in input 1/,
    );
  });
});

describe("gzip", () => {
  const text = Array.from({ length: 40_000 }, (_, i) => `${i % 2} ${i + 1}:1\n`).join("");
  const bytes = new Uint8Array(gzipSync(text));

  test.each([1, 1000, 1 << 30])("of several members, with padding, in chunks of %i", async (size) => {
    const some = size === 1 ? new Uint8Array(gzipSync(text.slice(0, 500))) : bytes;
    const members = joined(some, new Uint8Array(gzipSync("")), some);
    const places = Array.from({ length: Math.floor(members.length / size) }, (_, i) => (i + 1) * size);
    const expected = size === 1 ? text.slice(0, 500).repeat(2) : text.repeat(2);
    expect((await textOf(cut(members, ...places))) === expected).toBe(true);
    expect((await textOf(joined(members, new Uint8Array(700)))) === expected).toBe(true);
  });

  test.each([
    ["truncated", bytes.subarray(0, bytes.length - 4)],
    ["truncated in its second member", joined(bytes, bytes.subarray(0, 60))],
    ["damaged", bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 64 : byte))],
    ["followed by something else", joined(bytes, bytesOf("1 1:1\n"))],
    ["of its first bytes alone", bytes.subarray(0, 3)],
  ])("%s", async (_, faulty) => {
    for (const input of [faulty, cut(faulty, 1, 2, 3, Math.max(3, faulty.length - 5))]) {
      const error = await errorOf(textOf(input, { name: "x.svm.gz" }));
      expect(error).toBeInstanceOf(DataError);
      expect(error.message).toMatch(/^x\.svm\.gz: gzip data is truncated or damaged \(/);
    }
  });

  test("is told by its suffix too", async () => {
    expect((await errorOf(textOf(bytesOf("1 1:1\n"), { name: "x.GZ" }))).message).toMatch(/gzip data is truncated/);
  });
});

/** A frame of stored blocks, as a compressor makes of noise, with one run-length block at its end. */
function frame(text: string, { single = false, checksum = [] as number[] } = {}): Uint8Array {
  const block = (kind: number, isLast: boolean, size: number) => {
    const word = (size << 3) | (kind << 1) | Number(isLast);
    return [word & 255, (word >> 8) & 255, word >> 16];
  };
  const bytes = [...bytesOf(text)];
  const flags = (single ? 0x20 : 0) | (checksum.length > 0 ? 4 : 0);
  const half = bytes.length >> 1;
  return Uint8Array.from([
    ...[0x28, 0xb5, 0x2f, 0xfd, flags, single ? bytes.length + 3 : 0x50],
    ...[
      ...block(0, false, half),
      ...bytes.slice(0, half),
      ...block(0, false, bytes.length - half),
      ...bytes.slice(half),
    ],
    ...[...block(1, true, 3), 10, ...checksum],
  ]);
}
const SKIPPED = Uint8Array.of(0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
/** What zstd 1.5 makes of "1 1:1\n-1 2:1\n", with a checksum. */
const ZSTD = new Uint8Array(Buffer.from("KLUv/QRYaQAAMSAxOjEKLTEgMjoxCthSH9Q=", "base64"));

describe("zstd", () => {
  test("is cut where frames end, however it comes", async () => {
    const frames = [frame("abc"), SKIPPED, ZSTD, frame("de", { single: true }), frame("f", { checksum: [1, 2, 3, 4] })];
    const whole = joined(...frames);
    const ends = new Set<number>();
    let end = 0;
    for (const { length } of frames) {
      end += length;
      ends.add(end);
    }
    for (let at = 0; at < whole.length; at++) {
      const [pieces, met] = [[] as Uint8Array[], new Set<number>()];
      let passed = 0;
      for await (const piece of zstdFrames(cut(whole, at))) {
        passed += piece.length;
        met.add(passed);
        pieces.push(piece.slice());
      }
      expect(joined(...pieces)).toEqual(whole);
      expect(
        [...ends].filter((end) => !met.has(end)),
        `cut at ${at}`,
      ).toEqual([]);
    }
  });

  test("that ends within a frame, or goes on with something else", async () => {
    const pass = async (bytes: Uint8Array) => {
      for await (const _ of zstdFrames(cut(bytes, 5)));
    };
    for (let length = 1; length < ZSTD.length; length++) {
      expect((await errorOf(pass(ZSTD.subarray(0, length)))).message, `${length}`).toBe("unexpected end of file");
    }
    expect((await errorOf(pass(joined(ZSTD, bytesOf("1 1:1"))))).message).toBe("no zstd frame where one should begin");
  });

  test.skipIf(HAS_ZSTD)("says what it needs where Node cannot", async () => {
    const path = await file("old.svm.zst", ZSTD);
    for (const input of [path, await file("magic.svm", ZSTD), cut(ZSTD, 1, 2)]) {
      const error = await errorOf(readSvmlight(input, ENGINE));
      expect(error).toBeInstanceOf(NoughtError);
      expect(error).not.toBeInstanceOf(DataError);
      expect(error.message).toMatch(/: zstd needs Node 22\.15 or later, this is 2/);
    }
  });

  test.runIf(HAS_ZSTD)("is undone, frame after frame", async () => {
    const expected = "1 1:1\n-1 2:1\n";
    expect(await textOf(ZSTD)).toBe(expected);
    const made = frame("1 1:1\n-1 2:1");
    const frames = joined(SKIPPED, ZSTD, made, SKIPPED, ZSTD);
    for (let at = 0; at < frames.length; at++) {
      expect(await textOf(cut(frames, at)), `cut at ${at}`).toBe(`${expected + expected}\n\n${expected}`);
    }
    expect((await readSvmlight(await file("new.svm.zst", ZSTD), ENGINE)).count).toBe(2);
    for (const faulty of [
      ZSTD.subarray(0, 20),
      ZSTD.map((byte, i) => (i === 12 ? byte ^ 1 : byte)),
      bytesOf("1 1:1"),
    ]) {
      const error = await errorOf(textOf(faulty, { name: "x.zst" }));
      expect(error).toBeInstanceOf(DataError);
      expect(error.message).toMatch(/^x\.zst: zstd data is truncated or damaged/);
    }
  });

  test.runIf(HAS_ZSTD)("is kept for a second pass", async () => {
    const fitted = await streamSvmlight(cut(joined(ZSTD, ZSTD), 4), { ...ENGINE, epochs: 2 });
    expect(fitted.rows).toBe(4);
  });
});

describe("faults", () => {
  const space = featureSpace({ n: number("n") });
  const READ = {
    svmlight: (input: Input) => readSvmlight(input, ENGINE),
    vw: (input: Input) => readVw(input, ENGINE),
    csv: (input: Input) => readCsv(input, { ...ENGINE, space, target: "y" }),
    ndjson: (input: Input) => readNdjson(input, { ...ENGINE, space, target: "y" }),
  };

  describe.each(Object.entries(READ))("a line of 1 GB is refused before it is all there, as %s", (format, read) => {
    const limit = { svmlight: 256, vw: 256, csv: 16, ndjson: 16 }[format]!;
    const chunk = new Uint8Array(1 << 20).fill(49);
    let [pushed, least, most] = [0, 0, 0];
    const sample = () => {
      most = Math.max(most, process.memoryUsage().rss);
    };

    async function* oneLine() {
      for (pushed = 0; pushed < 1024; pushed++) {
        yield chunk;
        sample();
      }
      yield bytesOf("\n");
    }

    /** Nothing but zeros, of which a disk keeps none. */
    async function sparse(): Promise<string> {
      const path = await file("sparse", "");
      await truncate(path, 1 << 30);
      return path;
    }

    test.each([
      ["stream", oneLine],
      ["file", sparse],
    ])("from a %s", { timeout: 120_000 }, async (_, open) => {
      const input = await open();
      least = process.memoryUsage().rss;
      most = 0;
      const timer = setInterval(sample, 10);
      const error = await errorOf(read(input));
      clearInterval(timer);
      expect(error).toBeInstanceOf(DataError);
      expect(error.message).toMatch(/^\S+:1:\d+: line is longer than \d+ (bytes|characters)$/);
      expect(pushed).toBeLessThanOrEqual(limit + 1);
      expect(most).toBeGreaterThan(0);
      expect(most - least).toBeLessThan((3 * limit + 100) * 2 ** 20);
    });
  });

  test.each(Object.entries(READ))("the end within a character of several bytes, %s", async (format, read) => {
    const begun = {
      svmlight: "1 1:1\n1 2:",
      vw: "1 |a x\n1 |a y:1",
      csv: "n,y\n1,1\n2,",
      ndjson: '{"n":1,"y":1}\n{"n":"',
    }[format] as string;
    const error = await errorOf(read(joined(bytesOf(begun), Uint8Array.of(0xe2, 0x82))));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(
      {
        svmlight: /^input:2:5: value/,
        vw: /^input:2:8: value/,
        csv: /^input:3:3: not UTF-8/,
        ndjson: /^input:2:7: not UTF-8/,
      }[format] as RegExp,
    );
  });

  test.each(Object.entries(READ))("a folder, or a file that is not there, %s", async (_, read) => {
    for (const [path, reason] of [
      [folder, "EISDIR"],
      [join(folder, "nowhere"), "ENOENT"],
    ] as const) {
      const error = await errorOf(read(path));
      expect(error).toBeInstanceOf(NoughtError);
      expect(error).not.toBeInstanceOf(DataError);
      expect(error.message.startsWith(`cannot read ${path}: ${reason}`), error.message).toBe(true);
    }
  });

  test("what is read ahead may fail while a chunk is looked at: that is told with the next", async () => {
    const path = await file("ahead", "1 1:1\n");
    const handle = await open(path);
    await handle.close();
    const handles = Object.getPrototypeOf(handle);
    const { read } = handles;
    const unheard: unknown[] = [];
    const note = (reason: unknown) => unheard.push(reason);
    process.on("unhandledRejection", note);
    try {
      const chunks = openSource(path, { keep: false }).chunks()[Symbol.asyncIterator]();
      let reads = 0;
      handles.read = (into: Uint8Array) =>
        ++reads === 1 ? Promise.resolve({ bytesRead: 6, buffer: into }) : Promise.reject(new Error("EIO"));
      expect((await chunks.next()).value).toHaveLength(6);
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect((await errorOf(chunks.next())).message).toBe(`cannot read ${path}: EIO`);
    } finally {
      handles.read = read;
      process.off("unhandledRejection", note);
    }
    expect(unheard).toEqual([]);
  });

  test.skipIf(!existsSync("/proc/self/fd"))("every file is closed, whatever ends the reading", async () => {
    const texts = ["1 1:1\n", "1 x:1\n", ZSTD, gzipSync("1 x:1\n"), gzipSync("1 1:1\n").subarray(0, 20)];
    for (const [i, text] of texts.entries()) {
      await readSvmlight(await file(`close${i}`, text), ENGINE).catch((error) =>
        expect(error).toBeInstanceOf(NoughtError),
      );
      for await (const _ of openSource(join(folder, "close0"), { keep: false }).chunks()) break;
    }
    const open = await readdir("/proc/self/fd");
    const paths = await Promise.all(open.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
    expect(paths.filter((path) => path.startsWith(join(folder, "close")))).toEqual([]);
  });
});
