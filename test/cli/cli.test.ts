import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problem, svmlightOf } from "../helpers.js";

const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
const CSV = `city,x,price\n${Array.from({ length: 400 }, (_, i) => `${["Oslo", "Rome", "Bonn"][i % 3]},${(i % 10) / 2},${i % 3 === 0 ? 200 : 100}\n`).join("")}`;
const TABLE = ["--target", "price > 150", "--category", "city", "--number", "x", "--cross", "city*x"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nought-cli-"));
  await writeFile(join(folder, "t.csv"), CSV);
  await writeFile(join(folder, "p.svm"), svmlightOf(problem({ rows: 1000 })));
  await writeFile(join(folder, "p.svm.gz"), gzipSync(svmlightOf(problem({ rows: 1000 }))));
});
afterAll(() => rm(folder, { recursive: true }));

interface Outcome {
  code: number;
  out: string;
  err: string;
}

function run(args: string[], input = ""): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [CLI, ...args], { cwd: folder, timeout: 20_000 }, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err });
    });
    child.stdin?.end(input);
  });
}

/** Runs what must succeed without a word on standard error. */
async function good(args: string[], input = ""): Promise<string> {
  const { code, out, err } = await run(args, input);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out;
}

test("train --stream --cache keeps the rows, and says why it makes them anew", async () => {
  const args = ["train", "p.svm", "--stream", "--epochs", "2", "--cache", "kept", "--json", "--quiet"];
  const plain = await good([...args.filter((it) => it !== "--cache" && it !== "kept"), "-o", "plain.nought"]);
  expect(JSON.parse(plain).cache).toBe(null);
  for (const isWritten of [true, false]) {
    const { cache } = JSON.parse(await good([...args, "-o", "cached.nought"]));
    expect(cache).toEqual({ path: "kept", isRead: true, isWritten, reason: null });
    expect(await readFile(join(folder, "cached.nought"))).toEqual(await readFile(join(folder, "plain.nought")));
  }
  const { code, err } = await run([...args, "--skip-bad", "1"]);
  expect([code, err]).toEqual([0, "warning: the cache kept is made anew: it was made with other options\n"]);
  expect((await run(["train", "p.svm", "--cache"])).err).toContain("--cache: of --stream");
});

describe("on a table", () => {
  beforeAll(() => good(["train", "t.csv", "-o", "t.nought", ...TABLE]));

  test("train tells what it kept", async () => {
    const out = await good(["train", "t.csv", "-o", "said.nought", ...TABLE, "--validate", "0.25"]);
    expect(out).toMatch(/^✓ \d+ weights? of \d+ seen \(\d+ declared\), \d+ rows, [\d.]+ s\n/);
    expect(out).toMatch(
      / {2}training loss 0\.\d{4}\n {2}l1 0\.0001, duality gap .*; 0 of 7 weights proven zero before training\n {2}validation log-loss 0\.\d{4}, AUC 1\.000, accuracy 100\.0%\n/,
    );
    expect(out).toMatch(/ {2}model said\.nought [\d,.]+ k?B \(dense [\d,.]+ k?B\)\n$/);
    expect(await good(["train", "t.csv", "-o", "said.nought", ...TABLE, "--quiet"])).toBe("");
  });

  test("train --json has the documented fields", async () => {
    const args = ["train", "t.csv", "-o", "j.nought", ...TABLE, "--json", "--validate", "0.2", "--test", "t.csv"];
    const result = JSON.parse(await good(args));
    expect(Object.keys(result)).toEqual([
      ...["model", "solver", "rows", "skipped", "columns", "l1", "l2", "intercept", "loss", "r2"],
      ...["objective", "gap", "converged", "provenZero", "merged", "start", "met", "progressive", "points", "best"],
      ...["metrics", "seconds", "bytes", "runtime", "cache"],
    ]);
    expect(result).toMatchObject({ model: "j.nought", solver: "batch", skipped: 0, l1: 1e-4, l2: 0, met: null });
    expect(Object.keys(result.columns)).toEqual(["declared", "seen", "kept"]);
    expect(Object.keys(result.seconds)).toEqual(["load", "encode", "solve", "total"]);
    expect(Object.keys(result.metrics.test)).toEqual(["rows", "logLoss", "auc", "accuracy", "rmse", "r2"]);
    expect(result.metrics.test).toMatchObject({ rows: 400, auc: 1 });
    expect(result.rows + result.metrics.validation.rows).toBe(400);
    expect(result.bytes.model).toBe((await readFile(join(folder, "j.nought"))).length);
    expect(result.runtime).toMatchObject({ kernels: "wasm", simd: true, reason: null });
  });

  test("predict gives a probability a row, to standard output or a file", async () => {
    const lines = (await good(["predict", "t.nought", "t.csv"])).trim().split("\n").map(Number);
    expect(lines.length).toBe(400);
    expect(lines.every((p, i) => p > 0 && p < 1 && p > 0.5 === (i % 3 === 0))).toBe(true);
    expect(await good(["predict", "t.nought", "t.csv", "-o", "p.txt"])).toBe("");
    expect((await readFile(join(folder, "p.txt"), "utf8")).trim().split("\n").map(Number)).toEqual(lines);
    const margins = (await good(["predict", "t.nought", "t.csv", "--margin"])).trim().split("\n").map(Number);
    margins.forEach((m, i) => {
      expect(1 / (1 + Math.exp(-m))).toBeCloseTo(lines[i]!, 12);
    });
  });

  test("predict needs no target, and warns of values never seen", async () => {
    const { code, out, err } = await run(["predict", "t.nought", "--format", "csv", "-"], "city,x\nOslo,1\nLima,1\n");
    expect([code, out.trim().split("\n").length]).toEqual([0, 2]);
    expect(err).toBe("warning: 1 value not seen in training counted nothing\n");
  });

  test("evaluate knows the target of the training", async () => {
    expect(await good(["evaluate", "t.nought", "t.csv"])).toMatch(/^400 rows: log-loss 0\.\d+, AUC 1\.000/);
    const result = JSON.parse(await good(["evaluate", "t.nought", "t.csv", "--json"]));
    expect(result).toMatchObject({ rows: 400, auc: 1, accuracy: 1, skipped: 0, unseen: 0 });
  });

  test("inspect shows features and weights", async () => {
    const out = await good(["inspect", "t.nought", "--top", "1"]);
    expect(out).toMatch(/^logistic · batch · l1 0\.0001 · l2 0 · .*\d+ weights? · trained on 400 rows · /);
    expect(out).toMatch(/\nfeature +declared +seen +zero +kept\nx +1 +1 .*\ncity +3 +3 /);
    const result = JSON.parse(await good(["inspect", "t.nought", "--json"]));
    expect(result).toMatchObject({ loss: "logistic", declared: 7, training: { rows: 400, seen: 7 } });
    expect(result.weights.length).toBe(result.kept);
    expect(result.features.map((it: { name: string }) => it.name)).toEqual(["x", "city", "city × x"]);
  });

  test("--quantize and --strip-names write a file without names that predicts nearly the same", async () => {
    await good(["train", "t.csv", "-o", "q.nought", ...TABLE, "--quantize", "auto:1e-3", "--strip-names"]);
    const lines = async (model: string) => (await good(["predict", model, "t.csv"])).trim().split("\n").map(Number);
    const [all, few] = [await lines("t.nought"), await lines("q.nought")];
    few.forEach((p, i) => {
      expect(p).toBeCloseTo(all[i]!, 2);
    });
    const inspected = await good(["inspect", "q.nought"]);
    expect(inspected).toMatch(/\nwritten in fewer bits: no weight is off by more than \S+\n/);
    expect(inspected).toMatch(/ {2}city #\d\n/);
    expect(inspected).not.toContain("Oslo");
    expect(await good(["evaluate", "q.nought", "t.csv"])).toMatch(/^400 rows: log-loss 0\.\d+, AUC 1\.000/);
    const { code, err } = await run(["train", "t.csv", "-o", "no.nought", ...TABLE, "--quantize", "int4"]);
    expect([code, existsSync(join(folder, "no.nought"))]).toEqual([2, false]);
    expect(err).toContain("expected f32, int16, int8 or auto:bound");
  });

  test("a space from a JSON file gives the same model as flags", async () => {
    const features = {
      x: { kind: "number", column: "x" },
      city: { kind: "category", column: "city" },
      "city × x": { kind: "cross", of: ["city", "x"] },
    };
    await writeFile(join(folder, "space.json"), JSON.stringify({ features }));
    await good(["train", "t.csv", "-o", "s.nought", "--target", "price > 150", "--features", "space.json"]);
    expect(await readFile(join(folder, "s.nought"))).toEqual(await readFile(join(folder, "t.nought")));
  });
});

describe("on svmlight text", () => {
  test("plain, gzipped, streamed and from standard input", async () => {
    const text = await readFile(join(folder, "p.svm"), "utf8");
    const flags = ["--json", "--order", "file"];
    const runs = [
      await good(["train", "p.svm", "-o", "a.nought", ...flags]),
      await good(["train", "p.svm.gz", "-o", "b.nought", ...flags]),
      await good(["train", "p.svm", "-o", "c.nought", ...flags, "--stream", "--quiet"]),
      await good(["train", "-", "-o", "d.nought", ...flags], text),
    ].map((out) => JSON.parse(out));
    for (const { rows, columns, loss } of runs) {
      expect([rows, columns]).toEqual([1000, runs[0].columns]);
      expect(loss.progressive).toBeCloseTo(runs[0].loss.progressive, 12);
    }
    expect((await good(["predict", "a.nought", "-"], text)).trim().split("\n").length).toBe(1000);
    expect(await good(["evaluate", "a.nought", "p.svm"])).toMatch(/^1,000 rows: log-loss/);
  });

  test("sgd by its strengths, and the default name of the model", async () => {
    const result = JSON.parse(await good(["train", "p.svm", "--l1", "1/100", "--epochs", "2", "--json"]));
    expect(result).toMatchObject({ model: "p.nought", solver: "sgd", l1: 0.01, l2: 0 });
    expect(result.objective).toBeGreaterThan(result.loss.train);
    expect(existsSync(join(folder, "p.nought"))).toBe(true);
  });
});

describe("on Vowpal Wabbit text", () => {
  const row = (i: number) => `|w word${i % 7} x:0.${1 + (i % 5)} |id ${i % 11}\n`;
  const labelled = Array.from({ length: 500 }, (_, i) => `${i % 7 < 3 ? 1 : -1} ${row(i)}`).join("");

  test("in memory, gzipped and streamed; predictions need no labels", async () => {
    await writeFile(join(folder, "v.vw"), labelled);
    await writeFile(join(folder, "v.vw.gz"), gzipSync(labelled));
    await good(["train", "v.vw.gz", "-o", "v.nought", "--bits", "18"]);
    const first = await readFile(join(folder, "v.nought"));
    await good(["train", "-", "--format", "vw", "-o", "w.nought", "--bits", "18"], labelled);
    expect(await readFile(join(folder, "w.nought"))).toEqual(first);
    expect(await good(["evaluate", "v.nought", "v.vw"])).toMatch(/^500 rows: log-loss 0\.\d+, AUC 1\.000/);
    const unlabelled = Array.from({ length: 500 }, (_, i) => row(i)).join("");
    expect(await good(["predict", "v.nought", "-"], unlabelled)).toBe(await good(["predict", "v.nought", "v.vw"]));
    expect(await good(["inspect", "v.nought"])).toMatch(
      /declared 262,144, seen 19.*\n\n.*intercept\n[−+]\d+\.\d+ {2}#\d+\n/s,
    );
    const streamed = JSON.parse(await good(["train", "v.vw", "--stream", "--quiet", "--json", "-o", "s.nought"]));
    expect(streamed).toMatchObject({ rows: 500, columns: { declared: 2 ** 22, seen: 19 } });
    expect(await good(["path", "v.vw", "--bits", "18", "--lambdas", "3"])).toMatch(/^500 rows/);
  });

  test.each([
    [["predict", "v.nought", "p.svm"], 2, /trained on Vowpal Wabbit text; the data is svmlight text/],
    [["predict", "v.nought", "t.csv"], 2, /trained on Vowpal Wabbit text; the data is a table/],
    [["evaluate", "n.nought", "v.vw"], 2, /trained on svmlight text; the data is Vowpal Wabbit text/],
    [["train", "v.vw", "--weight", "w"], 2, /Vowpal Wabbit text has no columns by name/],
    [["train", "v.vw", "--bits", "30"], 2, /bits 30: expected a whole number from 1 to 29/],
    [["train", "p.svm", "--bits", "18"], 2, /--bits also of Vowpal Wabbit text/],
    [["path", "p.svm", "--bits", "18"], 2, /--bits: of Vowpal Wabbit text only/],
    [["train", "p.svm", "--format", "vw"], 3, /p\.svm:1:1: no "\|" in the line/],
  ])("%j is refused", async (args, expected, message) => {
    if (args[1] === "n.nought") await good(["train", "p.svm", "-o", "n.nought"]);
    const { code, out, err } = await run(args);
    expect([code, out]).toEqual([expected, ""]);
    expect(err).toMatch(message);
  });
});

describe("exit codes", () => {
  test.each([
    [["train", "p.svm", "--nonsense"], /unknown option '--nonsense'/],
    [["train"], /missing required argument 'data'/],
    [["frobnicate"], /unknown command 'frobnicate'/],
    [["train", "p.svm", "--alpha", "fast"], /Expected a number/],
    [["train", "p.svm", "--alpha", "0"], /^error: alpha 0: expected a finite number > 0\n/],
    [["train", "p.svm", "--target", "y"], /svmlight text holds its labels itself/],
    [["train", "t.csv", "--target", "price"], /a table needs features/],
    [["train", "t.csv", "--number", "x"], /^error: --target: say what to learn/],
    [["train", "t.csv", "--target", "price >", "--number", "x"], /expression "price >": expected a number/],
    [["train", "t.csv", "--target", "x", "--number", "x", "--number", "x"], /a feature "x" is there already/],
    [["train", "p.svm", "--solver", "sgd", "--lambda1", "1"], /lambda1 is no option of solver "sgd"/],
  ])("2 for %j", async (args, message) => {
    const { code, out, err } = await run([...args, ...(args[1] ? ["-o", "no.nought"] : [])]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
    expect(existsSync(join(folder, "no.nought"))).toBe(false);
  });

  test("3 for bad data, with the place under a caret and no model", async () => {
    await writeFile(join(folder, "bad.csv"), "city,x,price\nOslo,1,200\nRome,abc,100\n");
    const { code, out, err } = await run(["train", "bad.csv", "-o", "bad.nought", ...TABLE]);
    expect([code, out]).toEqual([3, ""]);
    expect(err).toBe('error: bad.csv:3:6: x: value "abc" is not a finite decimal number\n  Rome,abc,100\n       ^\n');
    expect((await readdir(folder)).filter((name) => name.startsWith("bad.nought"))).toEqual([]);
  });

  test("--skip-bad leaves bad lines out and says so", async () => {
    const text = "1 1:1\n-1 2:1\n1 1:x\n";
    const bad = await run(["train", "-", "-o", "skip.nought"], text);
    expect([bad.code, existsSync(join(folder, "skip.nought"))]).toEqual([3, false]);
    expect(bad.err).toMatch(
      /^error: standard input:3:5: value "x" is not a finite decimal number\n {2}1 1:x\n {6}\^\n$/,
    );
    const skipped = await run(["train", "-", "-o", "skip.nought", "--skip-bad", "1", "--json"], text);
    expect([skipped.code, skipped.err]).toEqual([0, "warning: 1 bad line left out\n"]);
    expect(JSON.parse(skipped.out)).toMatchObject({ rows: 2, skipped: 1 });
  });

  test("3 for a damaged model", async () => {
    await good(["train", "p.svm", "-o", "m.nought"]);
    const bytes = await readFile(join(folder, "m.nought"));
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(join(folder, "m.nought"), bytes);
    for (const args of [
      ["predict", "m.nought", "p.svm"],
      ["evaluate", "m.nought", "p.svm"],
      ["inspect", "m.nought"],
    ]) {
      expect(await run(args)).toEqual({
        code: 3,
        out: "",
        err: "error: m.nought: model file is damaged: its digest does not match\n",
      });
    }
  });

  test("1 for a file that is not there", async () => {
    const { code, err } = await run(["train", "nowhere.svm"]);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: cannot read nowhere\.svm: ENOENT/);
  });

  test.each([[["--help"]], [["train", "--help"]], [["--version"]]])("0 for %j", async (args) => {
    expect(await good(args)).not.toBe("");
  });

  test("a reader that has had enough is no failure", async () => {
    const child = execFile(process.execPath, [CLI, "predict", "t.nought", "t.csv"], { cwd: folder });
    child.stdout?.destroy();
    expect(await new Promise((resolve) => child.on("exit", resolve))).toBe(0);
  });
});

test("squared loss is told beside that of the rows' mean, by every command", async () => {
  const args = ["s.csv", "--target", "y", "--loss", "squared", "--category", "c"];
  const rows = Array.from({ length: 300 }, (_, i) => `${"abc"[i % 3]},${10 * (i % 3) + ((i * 7) % 4)}`);
  await writeFile(join(folder, "s.csv"), `c,y\n${rows.join("\n")}\n`);
  const told = "R² 0\\.9\\d{3} against the rows' mean";
  const trained = await good(["train", ...args, "-o", "s.nought", "--validate", "0.2"]);
  expect(trained).toMatch(
    new RegExp(`\n  training loss [\\d.]+, ${told}\n(.*\n)*  validation RMSE [\\d.]+, ${told}\n`),
  );
  expect(await good(["evaluate", "s.nought", "s.csv"])).toMatch(new RegExp(`^300 rows: RMSE [\\d.]+, ${told}\n`));
  const stream = ["train", ...args, "-o", "s.nought", "--stream", "--alpha", "9", "--holdout-every", "10"];
  const streamed = await run([...stream, "--epochs", "9"]);
  expect(streamed.out).toMatch(new RegExp(`  progressive loss .*, ${told}\n  holdout loss .*, ${told}, 30 rows\n`));
  const { r2 } = JSON.parse(await good(["train", ...args, "-o", "s.nought", "--l1", "0.01", "--json"]));
  const { r2: evaluated } = JSON.parse(await good(["evaluate", "s.nought", "s.csv", "--json"]));
  expect(r2).toEqual({ progressive: null, train: expect.closeTo(evaluated, 6), validation: null });

  const path = ["path", ...args, "--lambdas", "4", "--validate", "0.2"];
  const lines = (await good([...path, "--folds", "3"])).split("\n");
  expect(lines[0]).toMatch(/^\d+ rows; loss without features [\d.]+; of always the mean of the rows held out [\d.]+$/);
  expect(lines[1]).toMatch(/^ +λ +kept +train +R² +held out +R² +cv +± se +R²$/);
  expect(lines[2]).toMatch(/ 0\.00% /);
  expect(lines[5]?.match(/ 9\d\.\d\d%/g)).toHaveLength(3);
  const found = JSON.parse(await good([...path, "--json"]));
  const { loss, r2: last, explained } = found.points.at(-1);
  expect(last.validation).toBeCloseTo(1 - loss.validation / found.constantLoss.validation, 12);
  expect(last.train).toBeCloseTo(explained, 9);
});

test.each([":x", "=3"])("--number %s lacks a name", async (feature) => {
  const { code, err } = await run(["train", "t.csv", "--target", "price > 150", "--number", feature]);
  expect(code).toBe(2);
  expect(err).toMatch(feature === ":x" ? "--number :x: a feature needs a name" : "--number =3: too many parameters");
});

test.each([
  ["1", "logistic"],
  ["0.1", "squared"],
])("labels that are all %s are told, %s loss", async (label, loss) => {
  await writeFile(join(folder, "one.svm"), `${label} 1:1\n`.repeat(3));
  const { code, err } = await run(["train", "one.svm", "--loss", loss, "--solver", "ftrl"]);
  expect([code, err]).toEqual([0, "warning: every label is the same: there is nothing to learn but the intercept\n"]);
});

test("evaluating on rows of no weight is bad data", async () => {
  await good(["train", "t.csv", ...TABLE, "-o", "w.nought", "--quiet"]);
  await writeFile(join(folder, "w.csv"), "city,x,price,s\nOslo,1,200,0\nRome,2,100,0\n");
  const { code, err } = await run(["evaluate", "w.nought", "w.csv", "--target", "price > 150", "--weight", "s"]);
  expect(code).toBe(3);
  expect(err).toContain("w.csv: every row's weight is 0");
});

test("the batch solver prints its gap, and exit code 4 tells that it was stopped short of the tolerance", async () => {
  const result = JSON.parse(await good(["train", "p.svm", "--solver", "batch", "--l1", "0.01", "--json"]));
  expect(result).toMatchObject({ solver: "batch", l1: 0.01, l2: 0, converged: true });
  expect(result.gap).toBeLessThan(1e-6);
  const short = await run(["train", "p.svm", "--solver", "batch", "--l1", "1e-4", "--iterations", "1"]);
  expect(short.code).toBe(4);
  expect(short.err).toMatch(/^warning: the gap .+ did not reach the tolerance/);
  expect((await run(["train", "p.svm", "--solver", "batch", "--stream"])).code).toBe(2);
});

test("verify confirms a certificate by the training data, and refutes it by other data", async () => {
  const options = ["--validate", "0.2", "--weight", "s", "--penalty-factor", "x=0.5", "--l1", "0.01"];
  const rows = Array.from(
    { length: 300 },
    (_, i) => `${i % 3 ? "Oslo" : "Rome"},${i % 7},${100 + 20 * (i % 5)},${1 + (i % 2)}`,
  );
  await writeFile(join(folder, "v.csv"), `city,x,price,s\n${rows.join("\n")}\n`);
  await good(["train", "v.csv", ...TABLE, ...options, "-o", "v.nought", "--quiet"]);
  expect(await good(["verify", "v.nought", "v.csv"])).toMatch(/\n✓ confirmed: /);
  await writeFile(join(folder, "v2.csv"), `city,x,price,s\n${rows.reverse().join("\n")}\n`);
  const { code, out } = await run(["verify", "v.nought", "v2.csv", "--json"]);
  expect([code, JSON.parse(out).verdict]).toEqual([4, "refuted"]);
});

describe("a search for the strength", () => {
  test("path prints a line for each strength, and marks what cross-validation chooses", async () => {
    const out = await good(["path", "p.svm", "--lambdas", "5", "--ratio", "0.1", "--folds", "3"]);
    const lines = out.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^1,000 rows; loss without features 0\.\d{4}$/);
    expect(lines[1]).toMatch(/^ +λ +kept +explained +train +cv +± se$/);
    expect(lines).toHaveLength(7);
    expect(lines[2]).toMatch(/^ +\d\.\d{3}e-\d +0 +0\.00%/);
    expect(out).toContain("← least loss");
    expect(out).toContain("within one standard error");
    const { points } = JSON.parse(await good(["path", "p.svm", "--lambdas", "5", "--validate", "0.2", "--json"]));
    expect(points).toHaveLength(5);
    expect(points[4].loss.validation).toBeGreaterThan(0);
  });

  test("path takes a table through its features", async () => {
    expect(await good(["path", "t.csv", ...TABLE, "--lambdas", "3"])).toContain("400 rows");
    expect((await run(["path", "t.csv"])).code).toBe(2);
  });

  test("train within a budget, and the nearest miss with exit code 4", async () => {
    const result = JSON.parse(await good(["train", "p.svm", "--max-weights", "4", "--json"]));
    expect(result).toMatchObject({ solver: "batch", met: true, converged: true, columns: { kept: 4 } });
    const { l1 } = JSON.parse(await good(["inspect", "p.nought", "--json"])).training.options;
    expect(l1).toBe(result.l1);
    const { code, err } = await run(["train", "p.svm", "--max-weights", "2", "--max-loss", "0.01"]);
    expect([code, err]).toEqual([4, expect.stringContaining("no model is within the budget")]);
  });

  test("train at the strength that cross-validation chooses", async () => {
    const args = ["train", "p.svm", "--folds", "3", "--lambdas", "8", "--ratio", "0.05", "--json"];
    const [sparse, least] = [await good(args), await good([...args, "--choose", "min"])].map((it) => JSON.parse(it));
    expect(sparse.l1).toBeGreaterThan(least.l1);
    expect(sparse.columns.kept).toBeLessThanOrEqual(least.columns.kept);
  });

  test.each([
    ["--folds", "3", "--max-weights", "9"],
    ["--folds", "3", "--l1", "0.1"],
    ["--folds", "3", "--stream"],
    ["--max-bytes", "100", "--solver", "ftrl"],
    ["--choose", "min"],
    ["--folds", "1"],
    ["--max-weights", "1.5"],
  ])("%s %s %s is a usage error", async (...flags) => {
    expect((await run(["train", "p.svm", ...flags.filter(Boolean)])).code).toBe(2);
  });
});

test("--from starts at a model, --offset and --penalty-factor shape the fit", async () => {
  await good(["train", "p.svm", "--solver", "ftrl", "--lambda1", "3", "-o", "start.nought", "--quiet"]);
  const args = ["train", "p.svm", "--l1", "0.01", "--from", "start.nought"];
  expect(await good(args)).toMatch(/it started \d\.\de-\d above the optimum at most/);
  expect(JSON.parse(await good([...args, "--json"])).start.above).toBeGreaterThan(0);
  expect((await run(["train", "t.csv", ...TABLE, "--from", "start.nought"])).code).toBe(3);

  const shaped = ["train", "t.csv", ...TABLE, "--l1", "0.3", "-o", "f.nought", "--json"];
  expect(JSON.parse(await good([...shaped, "--penalty-factor", "city=0.01"])).columns.kept).toBeGreaterThan(0);
  const kept = [[], ["--offset", "x"]].map(async (it) => JSON.parse(await good([...shaped, ...it])).columns.kept);
  expect(await kept[0]).not.toBe(await kept[1]);
  expect((await run([...shaped, "--offset", "x", "--solver", "ftrl"])).code).toBe(2);
  expect((await run([...shaped, "--penalty-factor", "town=1"])).err).toContain('there is no feature "town"');
});

/** Runs a line of the shell and returns what it printed. $CLI is the command line, $NODE what runs it. */
function shell(line: string): Promise<string> {
  const env = { ...process.env, CLI, NODE: process.execPath };
  return new Promise((resolve, reject) => {
    execFile("sh", ["-c", line], { cwd: folder, env, timeout: 20_000, maxBuffer: 1 << 26 }, (error, out) =>
      error ? reject(error) : resolve(out),
    );
  });
}

describe.skipIf(process.platform === "win32")("standard output", () => {
  const ROWS = 20_000;
  beforeAll(async () => {
    await writeFile(join(folder, "long.svm"), svmlightOf(problem({ rows: ROWS })));
    await good(["train", "p.svm", "-o", "out.nought"]);
  });

  test("gets all through a pipe that does not block and is read late", async () => {
    const whole = await good(["predict", "out.nought", "long.svm"]);
    expect(whole.trimEnd().split("\n")).toHaveLength(ROWS);
    // Another process at the same pipe makes it one that does not block.
    const other = `"$NODE" -e 'process.stdout.write("");setTimeout(()=>{},1500)' & sleep 0.5`;
    expect(await shell(`(${other}; "$NODE" "$CLI" predict out.nought long.svm) | (sleep 1; cat)`)).toBe(whole);
  });

  test("may be closed early", async () => {
    const line = `("$NODE" "$CLI" predict out.nought long.svm 2>&1; echo "code $?" >&2) 2>code | head -1`;
    expect(await shell(line)).toMatch(/^[\d.e-]+\n$/);
    expect(await readFile(join(folder, "code"), "utf8")).toBe("code 0\n");
  });

  test.skipIf(!existsSync("/dev/full"))("that is full is a failure", async () => {
    const line = `"$NODE" "$CLI" predict out.nought long.svm 2>&1 >/dev/full; echo "code $?"`;
    expect(await shell(line)).toMatch(/^error: ENOSPC.*\ncode 1\n$/);
  });
});
