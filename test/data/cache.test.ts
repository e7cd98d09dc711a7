import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DIRECT } from "../../src/data/dictionary.js";
import {
  category,
  cross,
  encodeModel,
  featureSpace,
  fit,
  number,
  OptionError,
  type Progress,
  type StreamFit,
  streamCsv,
  streamSvmlight,
  streamVw,
} from "../../src/node.js";
import { platform, providePlatform } from "../../src/platform.js";
import { Random } from "../../src/random.js";
import { FILES } from "../corpus/files.js";
import { errorOf, problem, svmlightOf } from "../helpers.js";

const node = platform();
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nought-cache-"));
});
afterEach(() => {
  providePlatform(node);
  rmSync(folder, { recursive: true });
});

const bytesOf = ({ model }: StreamFit) => Buffer.from(encodeModel(model)).toString("hex");

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Rows in several blocks, of which some have values, and some ids that are numbered among ids that are columns themselves. */
function svmlight(rows = 9000): string {
  const lines = svmlightOf(problem({ rows })).split("\n");
  const far = (i: number) => (i % 3 === 1 ? ` ${DIRECT - 9 + ((i * i) % 31)}:1` : "");
  return lines
    .map((line, i) => (i > 5000 && i % 3 === 0 ? line.replace(/:1$/, ":0.5") : line) + (line && far(i)))
    .join("\n");
}

const TABLE = `c,d,n,s,y\n${Array.from(
  { length: 9000 },
  (_, i) => `c${i % 7},d${(i * i) % 40},${(i % 11) / 4},${i < 6000 ? 1 : (i % 3) / 2},${i % 5 < 2 ? 1 : 0}\n`,
).join("")}`;
const SPACE = featureSpace({ c: category("c"), d: category("d"), n: number("n"), cd: cross("c", "d") });

describe("a model has the same bytes", () => {
  test.each([
    ["ftrl", { lambda1: 5, epochs: 2 }],
    ["ftrl in batches", { lambda1: 5, batch: 7, clip: 2, epochs: 3 }],
    ["ftrl in replicas", { lambda1: 5, batch: 7, replicas: 5, epochs: 3 }],
    ["ftrl in a table that ids share", { lambda1: 5, bits: 6 }],
    ["ftrl in a dense table", { lambda1: 5, dense: DIRECT + 99 }],
    ["sgd", { solver: "sgd", l1: 0.001, epochs: 2 }],
    ["rows held out", { lambda1: 5, epochs: 2, holdout: 0.2 }],
    ["the baseline", { lambda1: 5, kernels: "baseline" }],
  ] as const)("with %s", async (_, options) => {
    const file = write("a.svm", svmlight());
    const plain = bytesOf(await streamSvmlight(file, options));
    for (const threads of [1, 2, 3]) {
      const result = await streamSvmlight(file, { ...options, threads, cache: true });
      expect(bytesOf(result)).toBe(plain);
      const { epochs = 1 } = options as { epochs?: number };
      expect(result.cache).toEqual({
        path: `${file}.nought-cache`,
        isRead: threads > 1 || epochs > 1,
        isWritten: threads === 1,
        reason: null,
      });
    }
  });

  test("of a sweep that keeps rows back, and tells how far it is", async () => {
    const file = write("a.svm", svmlight());
    const sweep = [{ lambda1: 1 }, { lambda1: 20 }];
    const shares: (number | null)[] = [];
    const options = { sweep, holdoutEvery: 5, epochs: 2, onProgress: ({ share }: Progress) => shares.push(share) };
    const plain = await streamSvmlight(file, options);
    await streamSvmlight(file, { ...options, cache: true });
    const cached = await streamSvmlight(file, { ...options, cache: true });
    expect(cached.points.map(({ model }) => encodeModel(model))).toEqual(
      plain.points.map((it) => encodeModel(it.model)),
    );
    expect(cached.progressive).toEqual(plain.progressive);
    const ends = shares.filter((it) => it === 0.5 || it === 1);
    // A slow machine tells the same more than once.
    expect(ends.filter((it, i) => it !== ends[i - 1])).toEqual([0.5, 1, 0.5, 1, 0.5, 1]);
  });

  test("of a table, whose space is learned once", async () => {
    const file = write("t.csv", TABLE);
    const options = { space: SPACE, target: "y", weight: "s", lambda1: 1, epochs: 2 };
    const plain = await streamCsv(file, options);
    const first = await streamCsv(file, { ...options, cache: true });
    let opened = 0;
    const open = (path: string) => {
      opened++;
      return node.open(path);
    };
    providePlatform({ ...node, open });
    const second = await streamCsv(file, { ...options, cache: true });
    expect(opened).toBe(0);
    expect([bytesOf(first), bytesOf(second)]).toEqual([bytesOf(plain), bytesOf(plain)]);
    expect(second.model.training.seenByFeature).toEqual(plain.model.training.seenByFeature);
  });

  test.each([{}, { bits: 8 }, { bits: 29 }])("of Vowpal Wabbit's text with %o", async (options) => {
    const lines = Array.from(
      { length: 6000 },
      (_, i) => `${i % 3 ? 1 : -1} ${1 + (i % 2)} |a w${i % 90} x:${i % 4} w1`,
    );
    const file = write("a.vw", `${lines.join("\n")}\n`);
    const plain = bytesOf(await streamVw(file, options));
    for (const isRead of [false, true]) {
      const cached = await streamVw(file, { ...options, cache: true });
      expect([bytesOf(cached), cached.cache?.isRead]).toEqual([plain, isRead]);
    }
  });

  test("of several inputs, one of them compressed, with bad lines", async () => {
    const { gzipSync } = await import("node:zlib");
    const [a, b] = [write("a.svm", `${svmlight(3000)}1 1:x\n`), join(folder, "b.svm.gz")];
    writeFileSync(b, gzipSync(svmlight(5000)));
    const plain = await streamSvmlight([a, b], { skipBad: 1 });
    for (let run = 0; run < 2; run++) {
      const cached = await streamSvmlight([a, b], { skipBad: 1, cache: join(folder, "both") });
      expect(bytesOf(cached)).toBe(bytesOf(plain));
      expect([cached.skipped, cached.rows, cached.cache?.isRead]).toEqual([1, 8000, run === 1]);
    }
  });
});

test("a training that is broken off and resumed, and updated, is the same with a cache", async () => {
  const [file, more] = [write("a.svm", svmlight()), write("b.svm", svmlightOf(problem({ rows: 6000, seed: 9 })))];
  const options = { lambda1: 5, epochs: 2, keepState: true };
  const states: Uint8Array[] = [];
  const checkpoint = { save: (state: Uint8Array) => void states.push(state.slice()), everyRows: 3000 };
  const whole = await streamSvmlight(file, options);
  await streamSvmlight(file, { ...options, checkpoint, cache: true });
  await streamSvmlight(file, { ...options, checkpoint, cache: true });
  expect(states.length).toBeGreaterThan(6);
  rmSync(`${file}.nought-cache`);
  for (const resume of states) {
    // The first one writes the cache, of a pass whose beginning is passed over.
    const { model, state } = await streamSvmlight(file, { ...options, resume, cache: true });
    expect(encodeModel(model)).toEqual(encodeModel(whole.model));
    expect(state).toEqual(whole.state);
  }
  const fresh = await streamSvmlight(file, { ...options, cache: true });
  expect([bytesOf(fresh), fresh.cache?.isRead]).toEqual([bytesOf(whole), true]);

  const update = whole.state!;
  const plain = await streamSvmlight(more, { lambda1: 5, update });
  const own = bytesOf(await streamSvmlight(more, { lambda1: 5, cache: true }));
  for (const isRead of [false, true]) {
    const updated = await streamSvmlight(more, { lambda1: 5, update, cache: true });
    expect([bytesOf(updated), updated.cache?.isRead]).toEqual([bytesOf(plain), isRead]);
  }
  expect(bytesOf(await streamSvmlight(more, { lambda1: 5, cache: true }))).toBe(own);
});

describe("a cache is made anew", () => {
  const OPTIONS = { lambda1: 5, cache: true } as const;
  let file = "";
  let path = "";
  let plain = "";
  beforeEach(async () => {
    file = write("a.svm", svmlight());
    path = `${file}.nought-cache`;
    plain = bytesOf(await streamSvmlight(file, OPTIONS));
  });

  /** Trains twice: the first time for `reason`, the second from what that wrote. */
  async function expectRebuilt(reason: string, expected = plain, options: object = OPTIONS): Promise<void> {
    const first = await streamSvmlight(file, options);
    expect(first.cache).toMatchObject({ isWritten: true });
    expect(first.cache?.reason).toBe(`the cache ${path} is made anew: ${reason}`);
    expect(bytesOf(first)).toBe(expected);
    const second = await streamSvmlight(file, options);
    expect(second.cache).toEqual({ path, isRead: true, isWritten: false, reason: null });
    expect(bytesOf(second)).toBe(expected);
  }

  test("when the input has other bytes", async () => {
    const text = readFileSync(file, "utf8");
    writeFileSync(file, `${text}1 5:1\n`);
    const changed = bytesOf(await streamSvmlight(file, { lambda1: 5 }));
    await expectRebuilt(`${file} has changed`, changed);
  });

  test("when the input has other bytes of the same number, at the same time", async () => {
    utimesSync(file, 5, 5);
    await streamSvmlight(file, OPTIONS);
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(":1", ":2"));
    utimesSync(file, 5, 5);
    expect(statSync(file).size).toBe(text.length);
    const changed = bytesOf(await streamSvmlight(file, { lambda1: 5 }));
    expect(changed).not.toBe(plain);
    await expectRebuilt(`${file} has changed`, changed);
  });

  test("when the input was touched", async () => {
    utimesSync(file, 1, 1);
    await expectRebuilt(`${file} has changed`);
  });

  test.each([
    [{ positive: -1 }],
    [{ bits: 7 }],
    [{ skipBad: 3 }],
    [{ batch: 3 }],
    [{ batch: 4, replicas: 2 }],
    [{ loss: "squared" }],
  ] as const)("when an option is another: %o", async (other) => {
    const changed = bytesOf(await streamSvmlight(file, { lambda1: 5, ...other } as object));
    await expectRebuilt("it was made with other options", changed, { ...OPTIONS, ...other });
  });

  test("not when only the training is another", async () => {
    const { cache } = await streamSvmlight(file, { ...OPTIONS, lambda1: 2, alpha: 0.5, epochs: 2 });
    expect(cache).toEqual({ path, isRead: true, isWritten: false, reason: null });
  });

  test("when it is of another version", async () => {
    const bytes = readFileSync(path);
    bytes[7] = 9;
    writeFileSync(path, bytes);
    await expectRebuilt("it is of version 9, this is version 2");
  });

  test("when it is empty", async () => {
    writeFileSync(path, "");
    await expectRebuilt("it is cut short");
  });

  test("but not in the place of a file that is none", async () => {
    const text = "something else that someone keeps here";
    writeFileSync(path, text);
    const { length } = readdirSync(dirname(path));
    await expect(streamSvmlight(file, OPTIONS)).rejects.toThrow(
      new OptionError(`cache ${path}: there is a file that is no cache: remove it, or name another`),
    );
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(readdirSync(dirname(path))).toHaveLength(length);
  });

  test("when it is cut short anywhere", async () => {
    const bytes = readFileSync(path);
    for (const length of [8, 20, 100, 70_000, bytes.length - 17, bytes.length - 1]) {
      writeFileSync(path, bytes.subarray(0, length));
      const cut = await streamSvmlight(file, OPTIONS);
      expect([bytesOf(cut), cut.cache?.isRead]).toEqual([plain, false]);
      expect(cut.cache?.reason).toContain("it is cut short");
    }
  });

  test("when a byte of it is another, wherever", async () => {
    const bytes = readFileSync(path);
    const random = new Random(3);
    const places = [8, 12, 16, 20, 24, 28, bytes.length - 12, bytes.length - 8, bytes.length - 3];
    for (let i = 0; i < 25; i++) places.push(8 + random.below(bytes.length - 8));
    for (const [i, at] of places.entries()) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1 << random.below(8);
      writeFileSync(path, damaged);
      const result = await streamSvmlight(file, { ...OPTIONS, threads: 1 + (i % 2) });
      expect(bytesOf(result)).toBe(plain);
      expect(result.cache?.isWritten).toBe(true);
      expect(result.cache?.reason).toContain("is made anew");
      expect(readFileSync(path).equals(bytes)).toBe(true);
    }
  });

  /** Changes the second block, which then has the right checksum. */
  function forge(change: (block: DataView, bodies: { pointers: number; indices: number }) => void): void {
    const bytes = readFileSync(path);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const lengthAt = (at: number) => 20 + 12 * view.getUint32(at + 4, true) + 4 + 4 * view.getUint32(at + 8, true);
    const at = 8 + lengthAt(8);
    const [rows, entries] = [view.getUint32(at + 4, true), view.getUint32(at + 8, true)];
    expect(view.getUint32(at + 12, true) & 2).toBe(0);
    const length = 20 + 12 * rows + 4 + 4 * entries * (1 + (view.getUint32(at + 12, true) & 1));
    const block = bytes.subarray(at, at + length);
    change(new DataView(block.buffer, block.byteOffset, length), { pointers: 20 + 8 * rows, indices: 24 + 12 * rows });
    view.setUint32(at, crc32(block.subarray(4)), true);
    writeFileSync(path, bytes);
  }

  test.each<[string, Parameters<typeof forge>[0]]>([
    ["a column that is not there", (block, { indices }) => block.setUint32(indices + 8, 0xffff_fff0, true)],
    [
      "a column just past the last",
      (block, { indices }) => block.setUint32(indices, DIRECT + block.getUint32(16, true), true),
    ],
    ["a pointer far away", (block, { pointers }) => block.setUint32(pointers + 40, 0x7fff_ffff, true)],
    ["pointers that fall", (block, { pointers }) => block.setUint32(pointers + 40, 0, true)],
    ["pointers that begin late", (block, { pointers }) => block.setUint32(pointers, 1, true)],
    ["more columns than ids", (block) => block.setUint32(16, 0x0fff_ffff, true)],
    ["fewer columns than before", (block) => block.setUint32(16, 1, true)],
  ])("when it is made up: %s", async (_, change) => {
    forge(change);
    await expectRebuilt("a block is out of bounds");
  });

  test("when it is made up: an id has two numbers", async () => {
    const { header, seal } = FILES.cache!;
    const bytes = readFileSync(path);
    const [at, end] = header(bytes);
    bytes.copy(bytes, at - 8, at - 24, at - 16);
    writeFileSync(path, seal(bytes, end - at));
    await expectRebuilt("it is damaged");
  });

  test.each([
    ["rows", 4],
    ["entries", 8],
    ["flags", 12],
  ])("when the number of %s is made up", async (_, field) => {
    forge((block) => block.setUint32(field, 0xffff_ffff, true));
    await expectRebuilt("its lengths do not add up");
  });
});

describe("training goes on without a cache", () => {
  test.each(["write", "publish", "draft"])("when the disk is full (%s)", async (where) => {
    const file = write("a.svm", svmlight());
    const full = () => Promise.reject(new Error("ENOSPC: no space left on device"));
    const draft = async (path: string) => (where === "draft" ? full() : { ...(await node.draft(path)), [where]: full });
    providePlatform({ ...node, draft });
    const { cache, model } = await streamSvmlight(file, { lambda1: 5, epochs: 2, cache: true });
    const reason = `the cache ${file}.nought-cache was not written: ENOSPC: no space left on device`;
    expect(cache).toMatchObject({ isRead: false, isWritten: false, reason });
    providePlatform(node);
    expect(encodeModel(model)).toEqual(encodeModel((await streamSvmlight(file, { lambda1: 5, epochs: 2 })).model));
    expect(readdirSync(folder)).toEqual(["a.svm"]);
  });

  test("when the input changes while it is read", async () => {
    const file = write("a.svm", svmlight());
    const open = (path: string) => {
      utimesSync(file, 1, 1);
      return node.open(path);
    };
    providePlatform({ ...node, open });
    const { cache } = await streamSvmlight(file, { cache: true });
    expect(cache?.reason).toBe(`the cache ${file}.nought-cache was not written: the input changed meanwhile`);
    expect(readdirSync(folder)).toEqual(["a.svm"]);
  });
});

test("a row of more than what is read at once, and one that is cut off while it is read", async () => {
  const wide = `1 ${Array.from({ length: 530_000 }, (_, i) => `${i + 1}:2`).join(" ")}\n`;
  const file = write("wide.svm", `${"-1 2:1\n".repeat(9000)}${wide}`);
  const parsed = await streamSvmlight(file, { threads: 1, cache: true });
  const read = await streamSvmlight(file, { threads: 1, cache: true });
  expect([parsed.cache?.isRead, read.cache?.isRead]).toEqual([false, true]);
  expect(bytesOf(read) === bytesOf(parsed)).toBe(true);
  // The file ends before what its size was.
  providePlatform({
    ...node,
    async inspect(path) {
      const open = await node.inspect(path);
      return open && { ...open, read: async (into, at) => (into.length > 1 << 22 ? 0 : open.read(into, at)) };
    },
  });
  const { cache } = await streamSvmlight(file, { threads: 1, cache: true });
  expect(cache).toMatchObject({ isRead: true, reason: `the cache ${cache?.path} is made anew: it is cut short` });
});

test("nothing is left of a cache that was not finished", async () => {
  const file = write("a.svm", `${svmlight()}1 3:x\n`);
  expect((await errorOf(streamSvmlight(file, { cache: true }))).message).toContain("a.svm:9001");
  const stop = new AbortController();
  const onProgress = () => stop.abort(new Error("enough"));
  await errorOf(streamSvmlight(file, { cache: true, skipBad: 1, signal: stop.signal, onProgress, epochs: 2 }));
  rmSync(`${file}.nought-cache`, { force: true });
  expect(readdirSync(folder)).toEqual(["a.svm"]);
});

test.each([
  ["-", {}, "standard input comes only once"],
  [new Uint8Array([49]), {}, "expected the paths of files as input"],
  [["x.svm", "y.svm"], { cache: "y.svm" }, "cache y.svm is an input"],
  ["x.svm", { cache: 1 }, "expected true or a file's path"],
])("a cache of %s with %o is refused", async (input, options, message) => {
  const error = await errorOf(streamSvmlight(input as string, { cache: true, ...options } as object));
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toContain(message);
});

test("slices need texts that a cache does not hold", async () => {
  const file = write("t.csv", TABLE);
  const error = await errorOf(streamCsv(file, { space: SPACE, target: "y", slices: ["c"], cache: true }));
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toContain("which slices need");
});

test("a target that is a function, and data in memory, have no cache", async () => {
  const file = write("t.csv", TABLE);
  const error = await errorOf(streamCsv(file, { space: SPACE, target: () => 1, cache: true }));
  expect(error).toBeInstanceOf(OptionError);
  expect((await errorOf(fit(problem({ rows: 50 }), { cache: true } as object))).message).toContain(
    "cache is an option of streams",
  );
});

test("an input that is not there is told as ever", async () => {
  const error = await errorOf(streamSvmlight(join(folder, "none.svm"), { cache: true }));
  expect(error.message).toContain("cannot read");
});
