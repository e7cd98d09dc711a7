import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { problem, svmlightOf } from "../helpers.js";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const FAULTS = new URL("threads.mjs", import.meta.url).href;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nought-threads-"));
  writeFileSync(join(folder, "rows.svm"), svmlightOf(problem({ rows: 20_000 })));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(args: string, fault: object = {}) {
  for (const name of ["m.nought", "lived"]) rmSync(join(folder, name), { force: true });
  const env = { ...process.env, NODE_OPTIONS: `--import=${FAULTS}`, FAULT_LOG: "lived", ...fault };
  const all = [CLI, "train", "rows.svm", "-o", "m.nought", "--quiet", "--threads", "2", ...args.split(" ")];
  const { status, stderr } = spawnSync(process.execPath, all, { cwd: folder, env, timeout: 60_000 });
  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : null);
  return { code: status, err: String(stderr), model: read("m.nought"), lived: read("lived") };
}

test.each([
  ["sums over rows and scans of columns", "--max-weights 40 --lambdas 60"],
  ["folds", "--folds 3 --lambdas 12"],
  ["blocks of a stream", "--stream --epochs 12"],
  ["a table without locks", "--stream --epochs 12 --hogwild --bits 16"],
])("a worker on %s that is stopped or runs out of memory", { timeout: 120_000 }, (_, args) => {
  const whole = run(args);
  expect(whole).toMatchObject({ code: 0, err: "" });
  let harmed = 0;
  for (const fault of [...[0, 60, 250].map((FAULT_AFTER) => ({ FAULT: "stop", FAULT_AFTER })), { FAULT: "memory" }]) {
    const { code, err, model, lived } = run(args, fault);
    if (lived) harmed++;
    if (code === 0) {
      // Others have done its work.
      expect(err).toMatch(/^$|^warning: running on wasm-threads: workers were refused \(.*\)\n$/);
      if (!args.includes("hogwild")) expect(model).toEqual(whole.model);
    } else {
      expect({ code, err, model }).toEqual({
        code: 1,
        err: expect.stringMatching(/^error: a thread failed: .*\n$/),
        model: null,
      });
      expect(Number(lived)).toBeLessThan(5000);
    }
  }
  expect(harmed).toBeGreaterThan(0);
});
