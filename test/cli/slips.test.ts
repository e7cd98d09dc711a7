import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
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
    [
      ["--target", "city == Oslo", "--number", "rooms"],
      3,
      'there are "city", "rooms", "price"; text stands in quotes: \'city == "Oslo"\'\n',
    ],
    [
      ["--positive", "Oslo", "--number", "rooms"],
      2,
      "--positive Oslo: a label that is text is of a table: --target says",
    ],
    [
      ["--target", "price > 1", "--positive", "Oslo", "--number", "rooms"],
      2,
      'price > 1 is true or false: it has no label "Oslo"',
    ],
    [
      ["--target", "city", "--positive", `"it's"`, "--number", "rooms"],
      2,
      '"\\"it\'s\\"" has both kinds of quotes: no expression can hold it',
    ],
    [["--target", "price > 150", "--quantiles", "rooms"], 2, "--quantiles rooms: expected rooms=buckets"],
    [["--target", "price > 150", "--bucket", "n:rooms"], 2, "--bucket n:rooms: expected n:rooms=width"],
  ])("%j", (args, expected, message) => {
    const { code, err } = run("train", "t.csv", ...args, "-o", "no.nought");
    expect([code, err]).toEqual([expected, expect.stringContaining(message)]);
  });

  test.each([
    ["city", "Oslo", 'city == "Oslo"'],
    ["`city`", "Oslo", '`city` == "Oslo"'],
    ["the town", 'the "big" one', "`the town` == 'the \"big\" one'"],
    ["is", "TRUE", "is"],
    ["n", "3", "n"],
  ])("--target %j --positive %j", (target, positive, expected) => {
    const rows = Array.from({ length: 60 }, (_, i) => [
      ...[["Oslo", "Rome", "Bonn"][i % 3], i % 3 ? "other" : '"the ""big"" one"', i % 3 === 0, i % 3 === 0 ? 3 : 7],
      i % 3 === 0 && i % 4 > 0 ? 1 : 0,
    ]);
    writeFileSync(join(folder, "labels.csv"), `city,the town,is,n,x\n${rows.join("\n")}\n`);
    const flags = ["--target", target, "--positive", positive];
    expect(run("train", "labels.csv", ...flags, "--number", "x", "-o", "l.nought", "--quiet")).toMatchObject({
      err: "",
    });
    const { options } = JSON.parse(run("inspect", "l.nought", "--json").out).training;
    expect(options.target).toBe(expected);
    for (const given of [[], flags]) {
      expect(JSON.parse(run("evaluate", "l.nought", "labels.csv", "--json", ...given).out)).toMatchObject({
        accuracy: 55 / 60,
      });
    }
  });

  test("a target may be of derived columns, which the model then knows", () => {
    const flags = ["--derive", "per_room=price/(rooms+1)", "--target", "per_room > 50", "--category", "city"];
    expect(run("train", "t.csv", ...flags, "-o", "d.nought", "--quiet")).toMatchObject({ code: 0, err: "" });
    expect(run("verify", "d.nought", "t.csv").out).toContain("✓ confirmed");
    expect(run("evaluate", "d.nought", "t.csv").out).toMatch(/^60 rows: /);
    expect(run("predict", "d.nought", "-", "--format", "csv").code).toBe(3);
  });

  test("inspect --why of a feature names one of its columns", () => {
    const { code, err } = run("inspect", "t.nought", "--why", "city");
    const said = 'no column can have the name "city"; it is a feature of 3 columns, such as "city = Oslo"';
    expect([code, err]).toEqual([2, `error: ${said}\n`]);
  });
});
