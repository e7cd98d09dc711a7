import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { liveText } from "../../src/cli/live.js";
import type { Progress } from "../../src/node.js";
import { problem, svmlightOf } from "../helpers.js";

const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
const CITIES = ["Oslo", "Rome", "", "Bonn"];
const CSV = `city,n,y\n${Array.from({ length: 1200 }, (_, i) => `${CITIES[(i * 31) % 4]},${i % 90},${(i * 31) % 4 > 1 ? 1 : 0}\n`).join("")}`;
const TABLE = ["--target", "y", "--hash", "n=64", "--stream"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nought-stream-"));
  await writeFile(join(folder, "t.csv"), CSV);
  await writeFile(join(folder, "p.svm"), svmlightOf(problem({ rows: 1000 })));
  await writeFile(join(folder, "few.svm"), "1 1:1 2:1\n-1 2:1\n1 1:1\n-1 2:1 3:1 4:2\n1 1:1\n");
});
afterAll(() => rm(folder, { recursive: true }));

function run(args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { cwd: folder, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err });
    });
  });
}

async function good(args: string[]): Promise<{ out: string; err: string }> {
  const { code, out, err } = await run(args);
  expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
  return { out, err };
}

describe("where standard error is no terminal", () => {
  test("a log tells of rows 1, 2, 4 …", async () => {
    const { err } = await good(["train", "few.svm", "--stream", "-o", "few.nought"]);
    expect(err).toBe(
      [
        "      loss  since last          rows        weight       label   predicted  features",
        "  0.693147    0.693147             1             1           1      0.5000         2",
        "  0.701550    0.709953             2             2           0      0.5083         1",
        "  0.700713    0.699877             4             4           0      0.5076         3",
        "",
      ].join("\n"),
    );
  });

  test("it has a column for rows held out, and --quiet leaves it away", async () => {
    const { err, out } = await good(["train", "p.svm", "--stream", "--holdout-every", "9", "-o", "h.nought"]);
    expect(err.split("\n")[0]).toMatch(/ features {4}held out$/);
    expect(err.split("\n")[1]).toMatch(/ –$/);
    expect(err.split("\n")[4]).toMatch(/ 8 .* –$/);
    expect(err.split("\n").length).toBe(2 + 10);
    expect(out).toMatch(/\n {2}holdout loss 0\.\d{4}, 111 rows\n/);
    expect((await good(["train", "p.svm", "--stream", "--quiet", "-o", "q.nought"])).err).toBe("");
    expect((await good(["train", "p.svm", "-o", "b.nought"])).err).toBe("");
  });
});

describe("a sweep", () => {
  const args = [
    "train",
    "p.svm",
    "--stream",
    "--lambda1",
    "1,3,30",
    "--alpha",
    "0.05,0.1",
    "--quiet",
    "-o",
    "s.nought",
  ];

  test("prints a table and writes the model of least loss", async () => {
    const { out } = await good([...args.filter((it) => it !== "--quiet"), "--holdout-every", "7"]);
    const lines = out.split("\n");
    expect(lines[0]).toMatch(/^ +lambda1 +alpha +kept +progressive +held out$/);
    const rows = lines.slice(1, 7).map((line) => line.trim().split(/ +/));
    expect(rows.map(([lambda1, alpha]) => [lambda1, alpha])).toEqual([
      ...[
        ["1", "0.05"],
        ["1", "0.1"],
        ["3", "0.05"],
      ],
      ...[
        ["3", "0.1"],
        ["30", "0.05"],
        ["30", "0.1"],
      ],
    ]);
    const best = rows.filter((cells) => cells.includes("←"));
    expect(best.length).toBe(1);
    expect(Number(best[0]![4])).toBe(Math.min(...rows.map((cells) => Number(cells[4]))));
    const [lambda1, alpha] = best[0] as [string, string];
    await good([
      "train",
      "p.svm",
      "--stream",
      "--lambda1",
      lambda1,
      "--alpha",
      alpha,
      "--quiet",
      "--holdout-every",
      "7",
    ]);
    expect(await readFile(join(folder, "s.nought"))).toEqual(await readFile(join(folder, "p.nought")));
  });

  test.each([["0.2"], ["p.svm"]])("chooses by --validate %s; --json has all points", async (validate) => {
    const { out } = await good([...args, "--json", "--validate", validate, "--threads", "2"]);
    const { points, best, lambda1, alpha, loss, columns, metrics } = JSON.parse(out);
    expect(points.length).toBe(6);
    expect(Object.keys(points[0])).toEqual(["lambda1", "lambda2", "alpha", "beta", "kept", "loss"]);
    const losses = points.map((it: { loss: { validation: number } }) => it.loss.validation);
    expect(losses[best]).toBe(Math.min(...losses));
    expect(points[best]).toMatchObject({ lambda1, kept: columns.kept, loss: { validation: loss.validation } });
    expect(metrics.validation.logLoss).toBe(losses[best]);
    expect(alpha ?? points[best].alpha).toBe(points[best].alpha);
  });

  test("of sgd", async () => {
    const { out } = await good(["train", "p.svm", "--stream", "--l1", "1/100,1/1000", "--json", "--quiet"]);
    expect(JSON.parse(out).points.map((it: { l1: number }) => it.l1)).toEqual([0.01, 0.001]);
  });
});

test("slices are a table, and in the result", async () => {
  const { out } = await good(["train", "t.csv", ...TABLE, "--slice", "city", "--slice", "n", "-o", "t.nought"]);
  expect(out).toMatch(/\n {2}city +rows +loss +mean label +predicted\n/);
  expect(out).toMatch(/\n {2}\(missing\) +300 +\d\.\d{4} +1\.0000 +0\.\d{4}\n/);
  expect(out).toMatch(/\n {2}\(all others\) +520 /);
  const json = await good(["train", "t.csv", ...TABLE, "--slice", "city", "--json", "--quiet"]);
  const { progressive, points } = JSON.parse(json.out);
  expect([points, progressive.rows, progressive.slices[0].values.length]).toEqual([null, 1200, 4]);
});

test.each([
  [["p.svm", "--lambda1", "1,2"], /^error: --lambda1 1,2: several are trained in one reading of --stream/],
  [["p.svm", "--stream", "--lambda1", "1,"], /--lambda1/],
  [["p.svm", "--stream", "--lambda1", "1,-2"], /lambda1 -2: expected/],
  [["p.svm", "--stream", "--alpha", "0.1,x"], /--alpha/],
  [["p.svm", "--stream", "--l1", "1,2", "--lambda1", "1,2"], /^error: (sweep: l1|l1)/],
  [["p.svm", "--inclusion", "0.5"], /^error: --inclusion: of --stream/],
  [["p.svm", "--stream", "--inclusion", "0"], /^error: inclusion 0: expected a number in \(0, 1\]/],
  [["p.svm", "--stream", "--inclusion", "0.5", "--bits", "9"], /^error: inclusion is for columns that are numbered/],
  [["p.svm", "--holdout-every", "3"], /^error: --holdout-every: of --stream/],
  [["p.svm", "--stream", "--holdout-every", "1"], /^error: holdoutEvery 1: expected/],
  [["p.svm", "--stream", "--holdout-every", "3", "--validate", "0.1"], /two ways to keep rows back/],
  [["t.csv", ...TABLE.slice(0, 4), "--slice", "city"], /^error: --slice: of --stream/],
  [["p.svm", "--stream", "--slice", "city"], /^error: --slice: this format has no columns/],
])("train %j ends with 2", async (args, message) => {
  const { code, err } = await run(["train", ...args, "-o", "never.nought"]);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test("a slice that no table has ends with 3", async () => {
  const { code, err } = await run(["train", "t.csv", ...TABLE, "--slice", "town"]);
  expect([code, err]).toEqual([3, expect.stringContaining('no column "town"; there are "city", "n", "y"')]);
});

describe("the line on a terminal", () => {
  const progress: Progress = {
    ...{ rows: 1_234_567, epoch: 1, loss: 0.38123, recent: 0.3791, holdout: null, kept: 12_345, bytes: 148_140 },
    ...{ objective: null, read: 330_000_000, share: 0.25 },
  };

  test("tells rates, losses, weights and the time that is left", () => {
    const samples = [
      { at: 1000, rows: 234_567, read: 30_000_000 },
      { at: 3000, rows: 1_234_567, read: 330_000_000 },
    ];
    expect(liveText(progress, samples, 4)).toBe(
      "epoch 1  1,234,567 rows  500,000 rows/s  150.0 MB/s  loss 0.3812 (now 0.3791)  12,345 kept  148 kB  25%  12 s left",
    );
    const unknown = { ...progress, recent: null, holdout: 0.4, read: null, share: null };
    expect(liveText(unknown, [{ at: 0, rows: 0, read: null }], 1)).toBe(
      "epoch 1  1,234,567 rows  loss 0.3812  held out 0.4000  12,345 kept  148 kB",
    );
  });

  const hasScript = spawnSync("script", ["--version"]).status === 0;

  test.skipIf(!hasScript)("is shown on one (by script), at its width, and no log", () => {
    const command = `stty cols 60; ${process.execPath} ${CLI} train p.svm --stream --epochs 20 -o l.nought`;
    const { stdout, status } = spawnSync("script", ["-qec", command, "/dev/null"], { cwd: folder, timeout: 60_000 });
    const text = String(stdout);
    expect([status, text.includes("since last")]).toEqual([0, false]);
    const shown = text.split("\r\u001b[K").filter((it) => it.startsWith("epoch"));
    expect(shown.length).toBeGreaterThan(0);
    for (const line of shown) expect(line.split("\r")[0]!.length).toBeLessThan(60);
  });
});
