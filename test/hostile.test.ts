import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Arrays, featureSpace, fit, hash, number, readArrays, readCsv, readSvmlight } from "../src/node.js";
import { forged, type Header, sectionsOf, withSections } from "./fixtures/forge.js";
import { bytesOf, errorOf } from "./helpers.js";

const CLI = fileURLToPath(new URL("../dist/cli.cjs", import.meta.url));
const CSV = "a,c,y\n1,x,1\n2,y,0\n3,x,1\n4,z,0\n";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nought-hostile-"));
  writeFileSync(join(folder, "t.csv"), CSV);
  writeFileSync(join(folder, "t.TSV"), CSV.replaceAll(",", "\t"));
  writeFileSync(join(folder, "comma.tsv"), CSV);
  writeFileSync(join(folder, "p.svm"), "1 1:1\n0 2:1\n");
  const features = ["--category", "c", "--bucket", "a=1", "--quantiles", "q:a=2", "--lambda1", "0"];
  run("train", "t.csv", "-o", "m.nought", "--target", "y", ...features);
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { cwd: folder, timeout: 20_000 });
  return { code: status, out: String(stdout), err: String(stderr) };
}

describe("flags that would pass unnoticed are refused, and no model is left", () => {
  const table = ["t.csv", "--target", "y", "--number", "a"];
  test.each<[string[], string]>([
    [["p.svm", "--skip-bad", "-1"], "skipBad -1"],
    [["p.svm", "--delimiter", ";"], "--delimiter: svmlight"],
    [["p.svm", "--no-header"], "--no-header: svmlight"],
    [["p.svm", "--cross-only", "a"], "--cross-only a: no such feature"],
    [["p.svm", "--missing", "NA"], "no features"],
    [["t.csv", "--target", "y", "--features", "f.json", "--missing", "NA"], "does not go with other feature flags"],
    [[...table, "--cross", "a*a=1,2"], "too many parameters"],
    [[...table, "--cross", "a*a=0x10"], '--cross a*a=0x10: "0x10" is no number of slots'],
    [[...table, "--derive", "d=a", "--derive", "d=a+1"], '"d" is derived already'],
    [[...table, "--format", "tsv", "--delimiter", ";"], "its delimiter is a tab"],
    [["t.csv", "--target", "a > 1e400", "--number", "a"], "1e400 is not finite"],
    [["t.csv", "--target", "(".repeat(9999), "--number", "a"], "more than 1000"],
    [["t.csv", "--target", `${"a+".repeat(9999)}a`, "--number", "a"], "more than 1000"],
  ])("train %j", (args, message) => {
    const { code, err } = run("train", ...args, "-o", "refused.nought");
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) });
    expect(err).not.toContain("    at ");
    expect(readdirSync(folder).filter((name) => name.startsWith("refused"))).toEqual([]);
  });

  test.each(["-1", "1.5"])("inspect --top %s", (top) => {
    expect(run("inspect", "m.nought", "--top", top)).toMatchObject({ code: 2, out: "" });
  });
});

test.each([
  ["a table named .TSV", ["t.TSV"]],
  ["--format csv on a name that ends in .tsv", ["comma.tsv", "--format", "csv"]],
])("%s is read as what it is", (_, args) => {
  const { code, err } = run("train", ...args, "-o", "read.nought", "--target", "y", "--number", "a");
  expect({ code, err }).toEqual({ code: 0, err: "" });
});

describe("definitions that would exhaust the stack or the day", () => {
  const doubling = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`d${i}`, `d${i + 1} + e${i}`]));
  const twins = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`e${i}`, `d${i + 1}`]));
  const chain = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`d${i}`, `d${i + 1}`]));
  const deep = JSON.parse(`${"[".repeat(200_000)}${"]".repeat(200_000)}`);
  test.each<[string, () => unknown, string]>([
    ["derived columns that double", () => read({ ...doubling, ...twins }), "expands to more than 1000"],
    ["a long chain of derived columns", () => read(chain), "expands to more than 1000"],
    [
      "a cross of too many",
      () => featureSpace({ c: { kind: "cross", of: Array(54).fill("a") } }),
      "54 features; expected 53 at most",
    ],
    ["deep JSON", () => featureSpace({ a: deep }), "too deep"],
  ])("%s", async (_, work, message) => {
    expect(await errorOf(async () => work())).toMatchObject({
      name: "OptionError",
      message: expect.stringContaining(message),
    });
  });

  function read(derive: Record<string, string>) {
    return readCsv(bytesOf("a,y\n1,1\n"), { space: featureSpace({ d: number("d0") }, { derive }), target: "y" });
  }
});

describe("data", () => {
  const space = featureSpace({ a: hash("a", 8) });
  const arrays: Arrays = { rows: [0, 1, 2], columns: [0, 1], labels: [1, 0], weights: [0, 0], dimension: 2 };
  test.each<[string, () => Promise<unknown>, string]>([
    ["a mark inside svmlight is no blank", () => readSvmlight(bytesOf("1 1:\ufeff5\n")), "input:1:5: value"],
    [
      "all weights 0 in a table",
      () => readCsv(bytesOf("a,w,y\n1,0,1\n2,0,0\n"), { space, target: "y", weight: "w" }),
      "every row's weight is 0",
    ],
    ["all weights 0 in arrays", () => fit(arrays), "every row's weight is 0"],
    [
      "all weights 0 but those held out",
      () =>
        readArrays({ ...arrays, rows: [0, 1, 2, 2, 2], labels: [1, 0, 1, 0], weights: [0, 0, 0, 0] }, { holdout: 0.5 }),
      "weight is 0",
    ],
    [
      "a header's column named twice, quoted",
      () => readCsv(bytesOf('"x,1",a,y,"a"\n'), { space, target: "y" }),
      'input:1:11: column "a" appears twice',
    ],
    [
      'a lone "" is a missing cell, not a blank line',
      () => readCsv(bytesOf('y\n1\n\n""\n'), { space: featureSpace({ y: hash("y", 8) }), target: "y" }),
      "input:4:1: target is missing",
    ],
  ])("%s", async (_, work, message) => {
    expect(await errorOf(work())).toMatchObject({ name: "DataError", message: expect.stringContaining(message) });
  });

  test("a header of 200,000 columns is no matter", async () => {
    const names = Array.from({ length: 200_000 }, (_, i) => `c${i}`);
    const text = bytesOf(`${names}\n${names.map((_, i) => i % 2)}\n`);
    using data = await readCsv(text, { space: featureSpace({ a: number("c7") }), target: "c1" });
    expect(data.count).toBe(1);
    const error = await errorOf(readCsv(text, { space, target: "c1" }));
    expect(error.message).toMatch(/no column "a"; there are "c0", .* and 199980 more$/);
  }, 10_000);

  test("a fault far along a line is shown", () => {
    writeFileSync(join(folder, "far.svm"), `1 ${Array.from({ length: 60_000 }, (_, i) => `${i + 1}:1`).join(" ")} x\n`);
    expect(run("train", "far.svm").err).toMatch(/ 60000:1 x\n {52}\^\n$/);
  });
});

describe("a model file whose checksum is right and whose header is not", () => {
  const cases: [string, (header: Header) => void][] = [
    ["no space, not null", (it) => (it.space = 0)],
    ["rows null", (it) => (it.training.rows = null)],
    ["seen missing", (it) => delete it.training.seen],
    ["seenByFeature of texts", (it) => (it.training.seenByFeature = ["x"])],
    ["options of objects", (it) => (it.training.options.solver = {})],
    ["a loss that is text", (it) => (it.training.loss.train = "x")],
    ["a range of texts", (it) => atomOf(it, "bucket").splice(5, 2, "1", "5")],
    ["a range with an array", (it) => (atomOf(it, "bucket")[5] = [])],
    ["half a range", (it) => atomOf(it, "bucket").splice(6, 2)],
    ["a kind that there is not", (it) => (atomOf(it, "bucket")[0] = "cluster")],
    ["a feature of an atom that there is not", (it) => (it.space.features[0][2] = [99])],
    ["a feature twice", (it) => it.space.features.push(it.space.features[0])],
  ];
  const atomOf = (header: Header, kind: string) => header.space.atoms.find((it: string[]) => it[0] === kind);
  const good = () => readFileSync(join(folder, "m.nought"));

  function forge(change: (header: Header) => void): void {
    writeFileSync(join(folder, "forged.nought"), forged(good(), change));
  }

  function nameValues(...values: string[]): void {
    const [ids, weights] = sectionsOf(good()) as [Uint8Array, Uint8Array];
    writeFileSync(
      join(folder, "forged.nought"),
      withSections(good(), [ids, weights, bytesOf(JSON.stringify([values]))]),
    );
  }

  test("a category twice", () => {
    nameValues("x", "x", "z");
    expect(run("inspect", "forged.nought").err).toMatch(/model file is damaged: a category is there twice\n$/);
  });

  test.each(cases)("%s", (_, change) => {
    forge(change);
    const { code, err } = run("inspect", "forged.nought");
    expect({ code, err }).toEqual({
      code: 3,
      err: expect.stringMatching(/^error: forged\.nought: model file is damaged: .+\n$/),
    });
  });

  test("names cannot steer the terminal", () => {
    nameValues("\u001b[31m", "\u009b2J", "z");
    const { code, out } = run("inspect", "forged.nought");
    expect(code).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point
    expect(out).not.toMatch(/[\u001b\u009b]/);
  });
});

test("a file that is no model is named", () => {
  expect(run("predict", "t.csv", "m.nought")).toMatchObject({ code: 3, err: "error: t.csv: not a nought model\n" });
});

test("inspect reads a model from standard input", () => {
  const out = execFileSync("sh", ["-c", `cat m.nought | "${process.execPath}" "${CLI}" inspect -`], { cwd: folder });
  expect(String(out)).toBe(run("inspect", "m.nought").out);
});
