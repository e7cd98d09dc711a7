import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { problem, svmlightOf } from "../helpers.js";

// Prediction and measurement of files that kernels read, by the built command.

const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
/** Past what threads are worth: 5 MB. */
const TEXT = svmlightOf(problem({ rows: 3000 })).repeat(40);
const ROWS = 120_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nought-score-"));
  await writeFile(join(folder, "p.svm"), svmlightOf(problem({ rows: 3000 })));
  await writeFile(join(folder, "big.svm"), TEXT);
  expect(await run("train", "p.svm", "--l1", "0.01", "--quiet", "-o", "m.nought")).toMatchObject({ code: 0 });
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...args: string[]) => runIn([], ...args);

/** As run, with options of Node's. */
function runIn(node: string[], ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const options = { cwd: folder, timeout: 60_000, maxBuffer: 2 ** 26 };
    execFile(process.execPath, [...node, CLI, ...args], options, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err });
    });
  });
}

test("predict says of many rows what it says of few, on any number of threads, to a file or standard output", async () => {
  const few = (await run("predict", "m.nought", "p.svm")).out;
  const one = await run("predict", "m.nought", "big.svm", "--threads", "1");
  expect(one.err).toBe("");
  expect(one.out === few.repeat(40)).toBe(true);
  expect(await run("predict", "m.nought", "big.svm", "--threads", "3", "-o", "out.txt")).toMatchObject({
    out: "",
    err: "",
  });
  expect((await readFile(join(folder, "out.txt"), "utf8")) === one.out).toBe(true);
  await writeFile(join(folder, "big.svm.gz"), gzipSync(TEXT, { level: 1 }));
  expect((await run("predict", "m.nought", "big.svm.gz")).out === one.out).toBe(true);
});

test("predict takes no more memory for ten times the rows", async () => {
  await writeFile(join(folder, "huge.svm"), TEXT.repeat(10));
  const peakOf = async (name: string) => {
    const code = "process.on('exit', () => process.stderr.write(String(process.resourceUsage().maxRSS)))";
    const node = ["--import", `data:text/javascript,${encodeURIComponent(code)}`];
    const peaks = [];
    for (let i = 0; i < 2; i++) {
      const { code, err } = await runIn(node, "predict", "m.nought", name, "-o", "peak.txt");
      expect([code, err]).toEqual([0, expect.stringMatching(/^\d+$/)]);
      peaks.push(Number(err));
    }
    return Math.min(...peaks); // KiB
  };
  const peak = await peakOf("big.svm");
  expect(await peakOf("huge.svm")).toBeLessThan(1.05 * peak);
});

test("a bad line is told with its place, and leaves the file as it was", async () => {
  await writeFile(join(folder, "bad.svm"), `${TEXT}1 2:x\n${TEXT}`);
  await writeFile(join(folder, "old.txt"), "old");
  const { code, err } = await run("predict", "m.nought", "bad.svm", "-o", "old.txt");
  expect([code, err]).toEqual([
    3,
    `error: bad.svm:${ROWS + 1}:5: value "x" is not a finite decimal number\n  1 2:x\n      ^\n`,
  ]);
  expect(await readFile(join(folder, "old.txt"), "utf8")).toBe("old");
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  const skipping = await run("predict", "m.nought", "bad.svm", "--skip-bad", "1", "-o", "new.txt");
  expect(skipping).toMatchObject({ code: 0, err: "warning: 1 bad line left out\n" });
  expect((await readFile(join(folder, "new.txt"), "utf8")).split("\n")).toHaveLength(2 * ROWS + 1);
});

test("predict ends quietly where its reader has had enough", async () => {
  const child = spawn(process.execPath, [CLI, "predict", "m.nought", "big.svm"], { cwd: folder });
  let err = "";
  child.stderr.on("data", (text) => (err += text));
  child.stdout.once("data", () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.on("exit", resolve));
  expect([code, err]).toEqual([0, ""]);
});

test("evaluate tells how far probabilities can be believed, and what a threshold gives", async () => {
  const { out } = await run("evaluate", "m.nought", "p.svm", "--threshold", "best");
  expect(out).toMatch(/^3,000 rows: log-loss 0\.\d{4}, AUC 0\.\d{3}, accuracy \d+\.\d%\n/);
  expect(out).toMatch(/"yes" above 0\.\d+: precision \d+\.\d%, recall \d+\.\d%, F1 0\.\d{4}, accuracy \d+\.\d%/);
  expect(out.split("\n").filter((line) => /^ {2,}[\d,]+ +0\.\d{4} +0\.\d{4}$/.test(line)).length).toBeGreaterThan(5);
  const json = JSON.parse((await run("evaluate", "m.nought", "big.svm", "--threshold", "0.5", "--json")).out);
  expect(json.rows).toBe(ROWS);
  expect(json.confusion.accuracy).toBe(json.accuracy);
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = json.confusion;
  expect(truePositives + falsePositives + trueNegatives + falseNegatives).toBe(ROWS);
  expect(json.reliability.reduce((sum: number, it: { rows: number }) => sum + it.rows, 0)).toBe(ROWS);
  expect(json.calibrationError).toBeGreaterThan(0);
  const { code, err } = await run("evaluate", "m.nought", "p.svm", "--threshold", "1.5");
  expect([code, err]).toEqual([2, expect.stringContaining('Expected a probability, from 0 to 1, or "best".')]);
});

test("calibrate writes a model that predicts what was observed, and inspect says so", async () => {
  await run("train", "p.svm", "--l1", "0.05", "--quiet", "-o", "timid.nought");
  const args = ["calibrate", "timid.nought", "p.svm", "-o", "sure.nought"];
  const result = JSON.parse((await run(...args, "--json")).out);
  expect(result.slope).toBeGreaterThan(1.2);
  expect(result.after.logLoss).toBeLessThan(result.before.logLoss);
  expect((await run(...args)).out).toMatch(/^✓ slope \d\.\d{4}, intercept -?\d\.\d{4}, from 3,000 rows\n {2}log-loss /);
  const { logLoss } = JSON.parse((await run("evaluate", "sure.nought", "p.svm", "--json")).out);
  expect(logLoss).toBeCloseTo(result.after.logLoss, 6);
  expect((await run("inspect", "sure.nought")).out).toContain("calibrated on 3,000 rows: slope ");
  await writeFile(join(folder, "no.svm"), "-1 1:1\n-1 2:1\n");
  const refused = await run("calibrate", "timid.nought", "no.svm", "-o", "none.nought");
  expect(refused).toMatchObject({ code: 3, err: 'error: calibrate: all rows are "no"; both classes are needed\n' });
  expect(existsSync(join(folder, "none.nought"))).toBe(false);
});
