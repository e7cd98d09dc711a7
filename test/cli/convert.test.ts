import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problem, svmlightOf } from "../helpers.js";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
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
