import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problem, svmlightOf } from "../helpers.js";

const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nought-convert-"));
  writeFileSync(join(folder, "t.csv"), 'city,y\n"Oslo, NO",1\nRome,0\n"Oslo, NO",1\nBonn,0\n');
  writeFileSync(join(folder, "p.svm"), svmlightOf(problem({ rows: 500 })));
  good("train", "t.csv", "-o", "t.nought", "--target", "y", "--category", "city", "--quiet");
  good("train", "p.svm", "-o", "p.nought", "--quiet");
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { cwd: folder, timeout: 20_000 });
  return { code: status, out: String(stdout), err: String(stderr) };
}

function good(...args: string[]): string {
  const { code, out, err } = run(...args);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out;
}

const bytesOf = (name: string) => readFileSync(join(folder, name));

describe("convert", () => {
  test("to JSON and back gives the same bytes", () => {
    for (const name of ["t", "p"]) {
      good("convert", `${name}.nought`, "m.json");
      good("convert", "m.json", "again.nought");
      expect(bytesOf("again.nought")).toEqual(bytesOf(`${name}.nought`));
    }
  });

  test("to LIBLINEAR's text and back gives the same predictions", () => {
    good("convert", "p.nought", "p.model");
    writeFileSync(join(folder, "p.model.gz"), gzipSync(bytesOf("p.model")));
    good("convert", "p.model.gz", "back.nought");
    expect(good("predict", "back.nought", "p.svm")).toBe(good("predict", "p.nought", "p.svm"));
    expect(good("inspect", "back.nought")).toMatch(/^logistic · L1R_LR · \d+ weights · /);
  });

  test("to CSV on standard output", () => {
    expect(good("convert", "t.nought", "-", "--to", "csv")).toMatch(
      /^id,name,weight\r\n,intercept,[\d.-]+\r\n0,"city = Oslo, NO",[\d.]+\r\n/,
    );
  });

  test("to a module that predicts where code must not be made of text", () => {
    good("convert", "t.nought", "t.mjs");
    const code = 'import { predict } from "./t.mjs"; console.log(predict({ city: "Oslo, NO" }))';
    const args = ["--disallow-code-generation-from-strings", "--input-type=module", "-e", code];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder });
    expect([String(stdout), String(stderr)]).toEqual([`${good("predict", "t.nought", "t.csv").split("\n")[0]}\n`, ""]);
  });

  test("to ONNX", () => {
    good("convert", "t.nought", "t.onnx");
    expect(String(bytesOf("t.onnx"))).toContain("LinearClassifier");
  });

  test("to nought again, in fewer bits and without names", () => {
    good("convert", "t.nought", "small.nought", "--strip-names", "--quantize", "int8");
    expect(bytesOf("small.nought").length).toBeLessThan(bytesOf("t.nought").length);
    expect(good("inspect", "small.nought")).toContain("city #0");
  });

  test.each<[string[], number, string]>([
    [["t.nought", "t.txt"], 2, "t.txt: --to says in what form"],
    [["t.nought", "no.json", "--quantize", "int8"], 2, "--quantize, --strip-names: to nought, not to json"],
    [["t.nought", "no.nought", "--quantize", "int4"], 2, "expected f32, int16, int8"],
    [["p.nought", "no.js"], 2, "a model of numbered columns takes no records"],
    [["t.csv", "no.json"], 3, "t.csv: not a nought model"],
    [["bad.json", "no.nought"], 3, "bad.json: JSON of a model: "],
    [["bad.model", "no.nought"], 3, "bad.model: LIBLINEAR model, line 1: expected solver_type"],
    [["none.nought", "no.json"], 1, "cannot read none.nought"],
  ])("%j is refused, and nothing is written", (args, expected, message) => {
    writeFileSync(join(folder, "bad.json"), "{}");
    writeFileSync(join(folder, "bad.model"), "solver_type L1R_LR");
    const { code, out, err } = run("convert", ...args);
    expect([code, out]).toEqual([expected, ""]);
    expect(err).toContain(message);
    expect(existsSync(join(folder, args[1]!))).toBe(false);
  });
});

describe("inspect --why", () => {
  test("tells of one column, with data of its rows", () => {
    expect(good("inspect", "t.nought", "--why", "city = Oslo, NO")).toMatch(
      /^city = Oslo, NO: kept, \+\d+\.\d{4}, number 1 of \d by size\n$/,
    );
    const why = ["inspect", "t.nought", "--why", "city = Oslo, NO", "--data", "t.csv"];
    expect(good(...why)).toMatch(/ by size; seen in 2 rows of 4\n$/);
    expect(JSON.parse(good(...why, "--json"))).toMatchObject({
      ...{ name: "city = Oslo, NO", id: 0, rank: 1, state: "kept" },
      evidence: { rows: 4, holding: 2 },
    });
    expect(good("inspect", "t.nought", "--why", "city = Lima", "--data", "t.csv")).toBe(
      "city = Lima: never seen in training\n",
    );
  });

  test("says where the data is not that of training, and what it cannot know", () => {
    writeFileSync(join(folder, "more.svm"), `1 1:1\n${readFileSync(join(folder, "p.svm"))}`);
    const { code, out, err } = run("inspect", "p.nought", "--why", "1", "--data", "more.svm");
    expect([code, err]).toEqual([0, "warning: the model was trained on 500 rows; of this data it would be 501\n"]);
    expect(out).toMatch(/ of 501\n$/);
    expect(run("inspect", "p.nought", "--why", "country = AD")).toMatchObject({
      code: 2,
      err: 'error: no column can have the name "country = AD"; there are 1 to 200\n',
    });
    expect(run("inspect", "p.nought", "--data", "p.svm")).toMatchObject({ code: 2, out: "" });
  });
});

describe("explain", () => {
  interface Explained {
    row: number;
    prediction: number;
    margin: number;
    intercept: number;
    contributions: { name: string; value: number; contribution: number }[];
    others: { count: number; contribution: number };
  }

  test.each([
    ["t.nought", "t.csv", "10"],
    ["p.nought", "p.svm", "2"],
  ])("%s %s --top %s: what it says adds up to what predict says", (model, data, top) => {
    const rows: Explained[] = good("explain", model, data, "--top", top)
      .trim()
      .split("\n")
      .map((it) => JSON.parse(it));
    const margins = good("predict", model, data, "--margin").trim().split("\n").map(Number);
    const predictions = good("predict", model, data).trim().split("\n").map(Number);
    expect(rows.map((it) => it.margin)).toEqual(margins);
    expect(rows.map((it) => it.prediction)).toEqual(predictions);
    expect(rows.map((it) => it.row)).toEqual(margins.map((_, i) => i + 1));
    for (const { margin, intercept, contributions, others } of rows) {
      const sum = contributions.reduce((total, it) => total + it.contribution, intercept + others.contribution);
      expect(sum).toBeCloseTo(margin, 9);
      expect(contributions.length).toBeLessThanOrEqual(Number(top));
      const sizes = contributions.map((it) => Math.abs(it.contribution));
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    }
  });

  test("names are those of columns", () => {
    const [first] = good("explain", "t.nought", "t.csv").split("\n");
    expect(JSON.parse(first!).contributions).toMatchObject([{ name: "city = Oslo, NO", value: 1 }]);
    expect(run("explain", "t.nought", "t.csv", "--top", "-1")).toMatchObject({ code: 2, out: "" });
  });
});

test("diff and patch: the new model comes of the old one and a delta, and of no other", () => {
  good("train", "p.svm", "-o", "next.nought", "--l1", "2e-3", "--quiet");
  expect(good("diff", "p.nought", "next.nought", "-o", "p.delta")).toMatch(
    /^p\.delta [\d,.]+ k?B \(next\.nought [\d,.]+ k?B\)\n$/,
  );
  expect(good("patch", "p.nought", "p.delta", "-o", "patched.nought")).toBe("");
  expect(bytesOf("patched.nought")).toEqual(bytesOf("next.nought"));
  const refusals: [string[], string][] = [
    [["patch", "t.nought", "p.delta"], "error: p.delta: the delta was made for another model\n"],
    [["patch", "p.nought", "next.nought"], "error: next.nought: not a delta of version 1\n"],
    [["diff", "p.nought", "p.delta"], "error: p.delta: not a model but the delta of two, which nought patch applies\n"],
  ];
  for (const [args, err] of refusals) {
    expect(run(...args, "-o", "none.nought")).toEqual({ code: 3, out: "", err });
    expect(existsSync(join(folder, "none.nought"))).toBe(false);
  }
});
