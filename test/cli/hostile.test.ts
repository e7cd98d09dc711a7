import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problem, svmlightOf } from "../helpers.js";

// What a hurried or a hostile user types, to the built command: an error with its exit code and nothing written, or what
// was asked for.

const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nought-hostile-"));
  writeFileSync(join(folder, "a.svm"), svmlightOf(problem({ rows: 300 })));
  writeFileSync(join(folder, "t.csv"), "x,o,y\n1,0.5,1\n2,-1,0\n3,0,1\n4,2,0\n");
  expect(run("train", "a.svm", "--quiet", "-o", "a.nought").code).toBe(0);
  expect(run("train", "a.svm", "--quiet", "--l1", "0.01", "-o", "b.nought").code).toBe(0);
  expect(
    run("train", "t.csv", "--target", "y", "--number", "x", "--l1", "1e-3", "--quiet", "-o", "t.nought").code,
  ).toBe(0);
  expect(run("diff", "a.nought", "b.nought", "-o", "ab.delta").code).toBe(0);
  symlinkSync("a.svm", join(folder, "link.svm"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { cwd: folder, timeout: 20_000 });
  return { code: status, out: String(stdout), err: String(stderr) };
}

/** All that is there, name and content. */
function found(): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "base64")]));
}

describe("an output never takes the place of what is read, or of another output", () => {
  test.each([
    "train a.svm -o a.svm",
    "train a.svm -o x.nought --report a.svm",
    "train a.svm -o x.nought --report ./x.nought",
    "train a.svm --stream -o x.nought --save-state x.nought",
    "train t.csv --target y --number x -o a.svm --test a.svm",
    "path a.svm --report link.svm",
    "predict a.nought a.svm -o a.svm",
    "predict a.nought a.svm -o a.nought",
    "predict a.nought link.svm -o a.svm",
    "evaluate a.nought a.svm --report a.svm",
    "evaluate a.nought a.svm --report a.nought",
    "calibrate a.nought a.svm -o ../$/a.svm",
    "diff a.nought b.nought -o b.nought",
    "patch a.nought ab.delta -o ab.delta",
  ])("%s", (line) => {
    const before = found();
    const { code, out, err } = run(...line.replace("$", folder.split("/").at(-1)!).split(" "));
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error: cannot write .*: the command reads it, or writes it twice\n$/);
    expect(found()).toEqual(before);
  });

  test("but a model may be scaled or patched where it lies", () => {
    writeFileSync(join(folder, "own.nought"), readFileSync(join(folder, "a.nought")));
    expect(run("calibrate", "own.nought", "a.svm", "-o", "own.nought")).toMatchObject({ code: 0, err: "" });
    expect(run("inspect", "own.nought").out).toContain("calibrated on 300 rows");
    writeFileSync(join(folder, "own.nought"), readFileSync(join(folder, "a.nought")));
    expect(run("patch", "own.nought", "ab.delta", "-o", "own.nought")).toMatchObject({ code: 0, err: "" });
    expect(readFileSync(join(folder, "own.nought"))).toEqual(readFileSync(join(folder, "b.nought")));
  });
});

test.each([
  ["convert a.nought no/x.json", 1, "cannot write no/x.json: ENOENT"],
  ["convert a.nought . --to json", 1, "cannot write .: it is a directory"],
  ["convert a.nought /dev/full --to json", 1, "cannot write /dev/full: ENOSPC"],
  ["convert a.nought x.txt", 2, "x.txt: --to says in what form"],
  ["convert a.nought x.json --quantize int8", 2, "--quantize, --strip-names: to nought"],
  ["convert a.svm x.json", 3, "a.svm: not a nought model"],
  ["convert ab.delta x.json", 3, "ab.delta: not a model but the delta of two"],
  ["calibrate a.nought a.svm -o -", 2, "cannot write -: "],
  ["calibrate a.nought a.svm -o no/x.nought", 1, "cannot write no/x.nought: ENOENT"],
  ["calibrate a.nought a.svm -o x.nought --threads 1.5", 2, "threads 1.5: expected a whole number from 1 to "],
  ["predict a.nought a.svm --threads 0", 2, "threads 0: expected a whole number from 1 to "],
  ["evaluate a.nought a.svm --report no/x.html", 1, "cannot write no/x.html: ENOENT"],
  ["patch b.nought ab.delta -o x.nought", 3, "ab.delta: the delta was made for another model"],
  ["patch ab.delta a.nought -o x.nought", 3, "ab.delta: not a model but the delta of two"],
  ["patch a.nought b.nought -o x.nought", 3, "b.nought: not a delta of version 1"],
  ["diff a.nought b.nought -o no/x.delta", 1, "cannot write no/x.delta: ENOENT"],
])("%s", (line, code, message) => {
  const before = found();
  const result = run(...line.split(" "));
  expect(result).toEqual({ code, out: "", err: expect.stringContaining(`error: ${message}`) });
  expect(found()).toEqual(before);
});

test("weights that leave single precision when they are scaled have no file", () => {
  const head = "solver_type L1R_LR\nnr_class 2\nlabel 1 -1\nnr_feature 2\nbias -1\nw\n";
  writeFileSync(join(folder, "big.model"), `${head}3e38\n-3e38\n`);
  writeFileSync(join(folder, "small.svm"), "1 1:1e-38\n-1 2:1e-38\n".repeat(100));
  expect(run("convert", "big.model", "big.nought")).toMatchObject({ code: 0, err: "" });
  const { code, out, err } = run("calibrate", "big.nought", "small.svm", "-o", "bigger.nought");
  expect({ code, out, err }).toEqual({
    code: 3,
    out: "",
    err: "error: a model with a weight of Infinity has no file\n",
  });
  expect(existsSync(join(folder, "bigger.nought"))).toBe(false);
});

test("explain begins each margin with its offset, as predict does", () => {
  const margins = run("predict", "t.nought", "t.csv", "--offset", "o", "--margin").out.trim().split("\n").map(Number);
  const explained = run("explain", "t.nought", "t.csv", "--offset", "o").out.trim().split("\n");
  expect(explained.map((line) => JSON.parse(line).margin)).toEqual(margins);
  expect(explained.map((line) => JSON.parse(line).offset)).toEqual([0.5, -1, 0, 2]);
});
