import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problem, svmlightOf } from "../helpers.js";

const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
const LINES = svmlightOf(problem({ rows: 600 }))
  .trimEnd()
  .split("\n");
const ROWS = Array.from({ length: 300 }, (_, i) => ({ city: ["Oslo", "Rome", "Bonn"][i % 3], x: i % 10, y: i % 2 }));
const FEATURES = ["--target", "y", "--category", "city", "--number", "x"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nought-inputs-"));
  await writeFile(join(folder, "all.svm"), LINES.join("\n"));
  // Made in another order than that of their names; without a line end at the end.
  await writeFile(join(folder, "part-b.svm"), LINES.slice(400).join("\n"));
  await writeFile(join(folder, "part-10.svm.gz"), gzipSync(LINES.slice(0, 150).join("\n")));
  await writeFile(join(folder, "part-9.svm"), LINES.slice(150, 400).join("\n"));
  await mkdir(join(folder, "part-folder.svm"));
  const csv = (rows: typeof ROWS) => `city,x,y\n${rows.map((it) => Object.values(it).join(",")).join("\n")}`;
  await writeFile(join(folder, "t.csv"), csv(ROWS));
  await writeFile(join(folder, "t-1.csv"), csv(ROWS.slice(0, 100)));
  await writeFile(join(folder, "t-2.csv"), csv(ROWS.slice(100)));
  await writeFile(join(folder, "t.ndjson"), ROWS.map((it) => JSON.stringify(it)).join("\n"));
  await writeFile(join(folder, "t.jsonl.gz"), gzipSync(ROWS.map((it) => JSON.stringify(it)).join("\n")));
});
afterAll(() => rm(folder, { recursive: true }));

function run(args: string[], input: string | Uint8Array = ""): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [CLI, ...args], { cwd: folder, timeout: 20_000 }, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err });
    });
    child.stdin?.end(input);
  });
}

/** Trains, and returns the model's bytes. */
async function train(args: string[], input: string | Uint8Array = ""): Promise<Buffer> {
  const { code, err } = await run(["train", ...args, "-o", "out.nought", "--quiet"], input);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return readFile(join(folder, "out.nought"));
}

describe("several files", () => {
  test.each([[[]], [["--stream"]]])("and globs give the model of all rows in one file, %j", async (flags) => {
    const expected = await train(["all.svm", ...flags]);
    expect(await train(["part-*.svm*", ...flags])).toEqual(expected);
    expect(await train([join(folder, "part-*"), ...flags])).toEqual(expected);
    expect(await train(["part-10.svm.gz", "part-9.svm", "part-b.svm", ...flags])).toEqual(expected);
    expect(await train(["part-1*", "-", "part-b.svm", ...flags], LINES.slice(150, 400).join("\n"))).toEqual(expected);
  });

  test("of a table, with their own headers", async () => {
    const expected = await train(["t.csv", ...FEATURES]);
    expect(await train(["t-*.csv", ...FEATURES])).toEqual(expected);
    expect(await train(["t-?.csv", ...FEATURES, "--format", "csv"])).toEqual(expected);
  });

  test("predict, evaluate, path, --validate and --test take them too", async () => {
    await train(["all.svm"]);
    const whole = await run(["predict", "out.nought", "all.svm"]);
    expect(await run(["predict", "out.nought", "part-*.svm*"])).toEqual(whole);
    const measured = await run(["evaluate", "out.nought", "all.svm", "--json"]);
    expect(await run(["evaluate", "out.nought", "part-1*", "part-9.svm", "part-b.svm", "--json"])).toEqual(measured);
    const path = ["--lambdas", "3", "--json"];
    expect((await run(["path", "part-*", ...path])).out).toBe((await run(["path", "all.svm", ...path])).out);
    const { out } = await run(["train", "all.svm", "--validate", "part-*", "--test", "part-9*", "--json"]);
    expect(JSON.parse(out).metrics).toMatchObject({ validation: { rows: 600 }, test: { rows: 250 } });
  });

  test.each([
    [["nix-*.svm"], 1, "error: cannot read nix-*.svm: no file matches\n"],
    [["all.svm", "nowhere.svm"], 1, /^error: cannot read nowhere\.svm: ENOENT/],
    [["part-folder.svm"], 1, /^error: cannot read part-folder\.svm: EISDIR/],
    [["part-9.svm", "part-*"], 2, "error: part-9.svm is listed twice: its rows would count double\n"],
    [["all.svm", "t.csv"], 2, "error: all.svm and t.csv differ in format: --format says how to read all\n"],
    [["t.ndjson", "--delimiter", ";"], 2, "error: --delimiter: NDJSON has its own\n"],
  ])("%j is an error", async (args, code, message) => {
    const outcome = await run(["train", ...args, "-o", "no.nought"]);
    expect([outcome.code, outcome.out]).toEqual([code, ""]);
    expect(outcome.err).toMatch(message);
  });

  test("an error names the file at fault", async () => {
    await writeFile(join(folder, "bad.svm"), "1 1:1\n-1 2:y\n");
    const { code, err } = await run(["train", "all.svm", "bad.svm"]);
    expect([code, err.split("\n")[0]]).toEqual([3, 'error: bad.svm:2:6: value "y" is not a finite decimal number']);
  });

  test("a file whose name looks like a glob is that file", async () => {
    await writeFile(join(folder, "odd[9].svm"), LINES.join("\n"));
    await writeFile(join(folder, "odd9.svm"), "nonsense");
    expect(await train(["odd[9].svm"])).toEqual(await train(["all.svm"]));
  });
});

describe("NDJSON", () => {
  test("gives the model of the same table, by its name or --format", async () => {
    const expected = await train(["t.csv", ...FEATURES]);
    const text = await readFile(join(folder, "t.ndjson"));
    expect(await train(["t.ndjson", ...FEATURES])).toEqual(expected);
    expect(await train(["t.jsonl.gz", ...FEATURES])).toEqual(expected);
    expect(await train(["-", "--format", "ndjson", ...FEATURES], text)).toEqual(expected);
    const hashed = ["--hash", "city=64", "--target", "y", "--stream"];
    expect(await train(["t.ndjson", ...hashed])).toEqual(await train(["t.csv", ...hashed]));
    await train(["t.ndjson", ...FEATURES]);
    expect(await run(["predict", "out.nought", "t.ndjson"])).toEqual(await run(["predict", "out.nought", "t.csv"]));
    expect((await run(["evaluate", "out.nought", "-", "--format", "ndjson"], text)).out).toMatch(/^300 rows/);
  });

  test("bad lines have a place, and are left out with --skip-bad", async () => {
    const text =
      '{"city":"Oslo","x":1,"y":1}\n{"city":"Rome","x":{},"y":0}\n{"city":"Rome" "x":2}\n{"city":"Rome","x":2,"y":0}\n';
    const args = ["train", "-", "--format", "ndjson", ...FEATURES, "-o", "skip.nought"];
    const { code, err } = await run(args, text);
    expect([code, err]).toEqual([
      3,
      expect.stringMatching(/^error: standard input:2:16: x: an object within the record: .*\n.*\n {17}\^\n$/),
    ]);
    expect((await run([...args, "--skip-bad", "1"], text)).err).toMatch(
      /^error: standard input:3:16: "\\"": expected "," or/,
    );
    expect((await run([...args, "--skip-bad", "2"], text)).err).toBe("warning: 2 bad lines left out\n");
  });
});

/** The most bytes that a process had so far, where the system tells. */
function peakOf(pid: number): number {
  try {
    return 1024 * Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

describe("standard input", () => {
  test.each([
    ["svmlight", [], "all.svm"],
    ["csv", FEATURES, "t.csv"],
    ["ndjson", FEATURES, "t.ndjson"],
  ])("as %s, plain and gzipped", async (format, flags, name) => {
    const text = await readFile(join(folder, name));
    const expected = await train([name, ...flags]);
    expect(await train(["-", "--format", format, ...flags], text)).toEqual(expected);
    expect(await train(["-", "--format", format, ...flags], gzipSync(text))).toEqual(expected);
  });

  test.each(["svmlight", "vw", "csv", "ndjson"])("a line of 1 GB is bad data, as %s", async (format) => {
    const flags = ["svmlight", "vw"].includes(format) ? [] : FEATURES;
    const child = spawn(process.execPath, [CLI, "train", "-", "--format", format, ...flags], { cwd: folder });
    const chunk = Buffer.alloc(1 << 20, "1");
    let [written, peak] = [0, 0];
    const write = () => {
      peak = Math.max(peak, peakOf(child.pid!));
      while (written++ < 1024 && child.stdin.write(chunk));
    };
    child.stdin.on("drain", write).on("error", () => {}); // it ends in the middle
    let err = "";
    child.stderr.on("data", (it) => {
      err += it;
    });
    write();
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(3);
    expect(err).toMatch(/^error: standard input:1:\d+: line is longer than \d+ (bytes|characters)\n/);
    expect(written).toBeLessThan(400);
    expect(peak).toBeLessThan(7e8);
  });
});
