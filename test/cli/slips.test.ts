import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const CSV = `city,rooms,price\n${Array.from({ length: 60 }, (_, i) => `${["Oslo", "Rome", "Bonn"][i % 3]},${i % 7},${i % 3 === 0 ? 200 : 100}\n`).join("")}`;
const TABLE = ["--target", "price > 150", "--category", "city"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nought-slips-"));
  writeFileSync(join(folder, "t.csv"), CSV);
  expect(run("train", "t.csv", ...TABLE)).toMatchObject({ code: 0, err: "" });
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { cwd: folder, timeout: 20_000 });
  return { code: status, out: String(stdout), err: String(stderr) };
}

test("convert replaces what is of the form it writes, and nothing else", () => {
  for (const to of ["m.csv", "m.json", "m.onnx", "m.mjs", "m.nought"]) {
    for (const _ of ["anew", "in its place"])
      expect(run("convert", "t.nought", to)).toMatchObject({ code: 0, err: "" });
  }
  const { code, err } = run("convert", "t.nought", "t.csv");
  const reason = "t.csv is there already, with something else in it: take another name, or remove it";
  expect([code, err]).toEqual([2, `error: ${reason}\n`]);
  expect(readFileSync(join(folder, "t.csv"), "utf8")).toBe(CSV);
});

describe("a slip of the hand is met by what was meant", () => {
  test.each([
    [
      ["--target", "prize > 150", "--category", "city"],
      3,
      't.csv:1:1: no column "prize" (is "price" meant?); there are',
    ],
    [
      ["--target", "Price > 150", "--category", "city"],
      3,
      't.csv:1:1: no column "Price" (is "price" meant?); there are',
    ],
    [
      ["--target", "price > 150", "--category", "town"],
      3,
      't.csv:1:1: no column "town"; there are "city", "rooms", "price"',
    ],
    [
      ["--target", "price", "--category", "city"],
      3,
      "expected 1 against 0 or −1 (or say which label is positive, or take squared loss)",
    ],
    [["--target", "price > 150", "--quantiles", "rooms"], 2, "--quantiles rooms: expected rooms=buckets"],
    [["--target", "price > 150", "--bucket", "n:rooms"], 2, "--bucket n:rooms: expected n:rooms=width"],
  ])("%j", (args, expected, message) => {
    const { code, err } = run("train", "t.csv", ...args, "-o", "no.nought");
    expect([code, err]).toEqual([expected, expect.stringContaining(message)]);
  });

  test("inspect --why of a feature names one of its columns", () => {
    const { code, err } = run("inspect", "t.nought", "--why", "city");
    const said = 'no column can have the name "city"; it is a feature of 3 columns, such as "city = Oslo"';
    expect([code, err]).toEqual([2, `error: ${said}\n`]);
  });
});
