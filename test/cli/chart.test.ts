import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, URL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axisText, barText, plotText } from "../../src/cli/chart.js";

const PLAIN = { columns: 80, isColoured: false };

describe("a plot in characters", () => {
  const format = (it: number) => it.toFixed(1);

  it("goes from its largest value to its least, with no gaps", () => {
    const lines = plotText({ title: "falls", values: [9, 5, 4, 1], format }, PLAIN);
    expect(lines[0]?.trim()).toBe("falls");
    expect(lines[1]).toMatch(/^ +9\.0 ┤[⠁-⣿]/);
    expect(lines.at(-1)).toMatch(/^ +1\.0 ┤⠀+.*[⡀⢀⣀⠠⠤⡠⢄]+$/);
    const drawn = lines.slice(1).map((line) => line.slice(14));
    for (let x = 0; x < drawn[0]!.length; x++)
      expect(
        drawn.some((line) => line[x] !== "⠀"),
        String(x),
      ).toBe(true);
  });

  it("is as wide as the terminal lets it be", () => {
    for (const columns of [20, 40, 80, 300]) {
      const lines = [
        ...plotText({ title: "t", values: [1, 2], format }, { ...PLAIN, columns }),
        ...axisText(["a", "b"], { at: 1, of: 2 }, { ...PLAIN, columns }),
      ];
      for (const line of lines) expect(line.length).toBeLessThan(Math.min(Math.max(columns, 23), 88));
    }
  });

  it("of one value, of equal ones and of zeros by their logarithm is drawn", () => {
    for (const values of [[3], [2, 2, 2], [0, 0, 5000]]) {
      expect(plotText({ title: "t", values, isLog: true, format }, PLAIN).join("")).toMatch(/[⠁-⣿]/);
    }
  });

  it("marks a place on its axis", () => {
    const [rule = "", ends = ""] = axisText(["left", "right"], { at: 0, of: 3 }, PLAIN);
    expect(rule.trim()).toMatch(/^▲─+$/);
    expect(ends.trim()).toMatch(/^left +right$/);
    expect(axisText(["", ""], null, PLAIN)[0]).not.toContain("▲");
    expect(axisText(["", ""], { at: 0, of: 1 }, PLAIN)[0]).toContain("▲");
  });
});

it("bars have their share of their place, by colour where there is any", () => {
  expect(barText(1, PLAIN)).toBe(`${"█".repeat(20)}  `);
  expect(barText(-0.5, PLAIN)).toBe(`${"█".repeat(10)}${" ".repeat(12)}`);
  expect(barText(0.001, PLAIN)).toBe(`▏${" ".repeat(21)}`);
  expect(barText(-1, { columns: 40, isColoured: true })).toBe(`\u001b[33m${"█".repeat(8)}\u001b[0m  `);
});

const SCRIPT = "/usr/bin/script";
describe.skipIf(!existsSync(SCRIPT))(`on a terminal (needs ${SCRIPT})`, () => {
  const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
  let folder: string;
  const rows = Array.from(
    { length: 200 },
    (_, i) => `${["a", "b", "\u001b[31mc"][i % 3]},${Number(i % 3 === 0 || i % 7 === 0)}`,
  );

  /** Runs a command on a terminal of 60 columns. */
  function shown(command: string, variables: Record<string, string> = {}): Promise<string> {
    const typed = `stty cols 60; ${process.execPath} ${CLI} ${command}`;
    const env = { PATH: process.env.PATH, TERM: "xterm", ...variables };
    return new Promise((resolve, reject) => {
      execFile(SCRIPT, ["-qec", typed, "/dev/null"], { cwd: folder, env, timeout: 30_000 }, (error, out) =>
        error ? reject(error) : resolve(out.replaceAll("\r\n", "\n")),
      );
    });
  }

  const FIT = "t.csv --target y --category x";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nought-chart-"));
    await writeFile(join(folder, "t.csv"), `x,y\n${rows.join("\n")}\n`);
    await shown(`train ${FIT} -o t.nought`);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("path draws loss and weights below its table, and inspect draws weights", async () => {
    const path = await shown(`path ${FIT} --lambdas 8 --validate 0.3`);
    expect(path).toMatch(/\n +loss held out \(▲ least\)\n(?: .*┤.*\n){7} .*▲.*\n +λ \d\.\de-\d +λ \d\.\de-\d\n/);
    expect(path).toMatch(/weights kept, logarithmic/);
    expect(path).toContain("\u001b[34m");
    const inspect = await shown("inspect t.nought");
    expect(inspect.replaceAll("\u001b", "␛")).toMatch(/\n\+[\d.]+ {2}␛\[34m█+[^ ]?␛\[0m *x = a\n/);
    expect(inspect).toContain("x =  [31mc");
  });

  it("in no colours where none are wanted, and nothing where there is no terminal", async () => {
    const path = await shown(`path ${FIT} --lambdas 8 --quiet`, { NO_COLOR: "1" });
    expect(path).toMatch(/training loss\n/);
    expect(path).not.toContain("\u001b");
    for (const command of [`path ${FIT} --lambdas 8 --quiet`, "inspect t.nought"]) {
      expect(await shown(`${command} | cat`)).not.toMatch(/[┤█▲]/);
      expect(await shown(`${command} > out; cat out`)).not.toMatch(/[┤█▲]/);
    }
    expect(JSON.parse(await shown(`path ${FIT} --lambdas 8 --quiet --json`)).points.length).toBe(8);
  });
});
