import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { problem, svmlightOf } from "../helpers.js";

const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
const FAULTS = new URL("threads.mjs", import.meta.url).href;

const ROWS = svmlightOf(problem({ rows: 20_000 }));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nought-threads-"));
  writeFileSync(join(folder, "rows.svm"), ROWS);
  // Long enough that workers are up before it is read.
  writeFileSync(join(folder, "more.svm"), ROWS.repeat(4));
  writeFileSync(join(folder, "long.svm"), ROWS.repeat(10));
  writeFileSync(join(folder, "many.svm"), ROWS.repeat(100));
  expect(run("train rows.svm --l1 0.01 -o model.nought --quiet").code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command, which may write `out`. */
function run(args: string, fault: object = {}) {
  for (const name of ["out", "lived", "started"]) rmSync(join(folder, name), { force: true });
  const env = {
    ...process.env,
    NODE_OPTIONS: `--import=${FAULTS}`,
    FAULT_LOG: "lived",
    STARTED_LOG: "started",
    ...fault,
  };
  const all = [CLI, ...args.split(" "), "--threads", "2"];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { cwd: folder, env, timeout: 60_000 });
  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : null);
  const written = read("out") ?? stdout;
  const out = written.length > 0 ? createHash("sha256").update(written).digest("hex") : null;
  return { code: status, err: String(stderr), out, lived: read("lived"), hasStarted: read("started") !== null };
}

const STOPPED = [...[0, 60, 250].map((FAULT_AFTER) => ({ FAULT: "stop", FAULT_AFTER })), { FAULT: "memory" }];
const TRAPPED = [0, 3].map((FAULT_AFTER) => ({ FAULT: "trap", FAULT_AFTER }));
/** In the middle of a piece of text: nothing is heard of it any more. */
const GONE = { FAULT: "exit", FAULT_AFTER: 3 };

test.each([
  ["sums over rows and scans of columns", "train more.svm -o out --quiet --max-weights 40 --lambdas 20", STOPPED],
  ["folds", "train more.svm -o out --quiet --folds 3 --lambdas 6", STOPPED],
  ["legs of a path", "path long.svm --quiet --ratio 0.1", STOPPED.slice(2)],
  ["blocks of a stream", "train more.svm -o out --quiet --stream --epochs 12", STOPPED],
  ["texts of a stream", "train many.svm -o out --quiet --stream", [...STOPPED, ...TRAPPED, GONE]],
  ["replicas of batches", "train many.svm -o out --quiet --stream --batch 64 --replicas 32", [...STOPPED, ...TRAPPED]],
  ["a table without locks", "train many.svm -o out --quiet --stream --hogwild --bits 16", [...STOPPED, ...TRAPPED]],
  ["rows to predict", "predict model.nought many.svm -o out", [...STOPPED, ...TRAPPED, GONE]],
  ["rows to measure", "evaluate model.nought many.svm --json", [...STOPPED, ...TRAPPED]],
])("a worker on %s that is stopped, traps or runs out of memory", { timeout: 120_000 }, (_, args, faults) => {
  const whole = run(args);
  expect(whole).toMatchObject({ code: 0, err: "", hasStarted: true });
  let harmed = 0;
  for (const fault of faults) {
    const { code, err, out, lived, hasStarted } = run(args, fault);
    if (lived) harmed++;
    else expect(hasStarted, JSON.stringify(fault)).toBe(true);
    if (fault === GONE) expect(lived).not.toBe(null);
    if (code === 0) {
      // Others have done its work.
      expect(err).toMatch(/^$|^warning: running on wasm-threads: workers were refused \(.*\)\n$/);
      if (!args.includes("hogwild")) expect(out).toEqual(whole.out);
    } else {
      const cause = fault.FAULT === "trap" ? "RuntimeError: unreachable" : ".*";
      expect({ code, err, out }).toEqual({
        code: 1,
        err: expect.stringMatching(new RegExp(`^error: a thread failed: ${cause}\\n$`)),
        out: null,
      });
      expect(Number(lived)).toBeLessThan(5000);
    }
  }
  expect(harmed).toBeGreaterThan(0);
});
