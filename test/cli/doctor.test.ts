import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));

/** Refuses WebAssembly to all but Node itself, whose HTTP client has some. */
const POLICY = `const { compile, CompileError } = WebAssembly;
WebAssembly.compile = async (bytes) => {
  if (/undici/.test(new Error().stack)) return compile(bytes);
  throw new CompileError("not allowed here");
};`;

const NO_WORKERS = `import { syncBuiltinESMExports } from "node:module";
import threads from "node:worker_threads";
threads.Worker = class { constructor() { throw new Error("no workers here"); } };
syncBuiltinESMExports();`;

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { timeout: 60_000 });
  return { code: status, out: String(stdout), err: String(stderr) };
}

test("doctor finds every build and compares it with plain TypeScript", () => {
  const { code, out } = run("doctor", "--json");
  expect(code).toBe(0);
  const findings = Object.fromEntries(
    JSON.parse(out).map((it: { name: string; finding: string }) => [it.name, it.finding]),
  );
  expect(findings).toMatchObject({
    machine: expect.stringContaining(process.versions.node),
    WebAssembly: "with SIMD; the same model as plain TypeScript, to the byte",
    threads: expect.stringContaining("a worker"),
    compression: expect.stringContaining("gzip"),
  });
  expect(run("doctor").out.match(/^✓/gm)).toHaveLength(4);
});

test.each([
  ["WebAssembly", "not allowed here", POLICY],
  ["threads", "no workers here", NO_WORKERS],
])("doctor says that %s is missing, and fails", (what, why, policy) => {
  const folder = mkdtempSync(join(tmpdir(), "nought-doctor-"));
  try {
    const file = join(folder, "policy.mjs");
    writeFileSync(file, policy);
    const { status, stdout } = spawnSync(process.execPath, ["--import", file, CLI, "doctor"], { timeout: 60_000 });
    expect(status).toBe(1);
    expect(String(stdout)).toMatch(new RegExp(`^✗ ${what} .*${why}`, "m"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("bench times all work on both sets of kernels", () => {
  const { code, out } = run("bench", "--rows", "400", "--json");
  expect(code).toBe(0);
  const { rows, features, seconds } = JSON.parse(out);
  expect([rows, features]).toEqual([400, 12_000]);
  expect(seconds.map((it: { name: string }) => it.name)).toEqual(["read", "batch", "stream", "score"]);
  for (const { wasm, baseline } of seconds) expect(Math.min(wasm, baseline)).toBeGreaterThan(0);
  expect(
    run("bench", "--rows", "400")
      .out.split("\n")
      .filter((line) => line.endsWith("×")),
  ).toHaveLength(4);
});

test("bench takes whole numbers of rows", () => {
  for (const rows of ["0", "-1", "1.5", "many", "NaN"]) {
    const { code, err } = run("bench", `--rows=${rows}`);
    expect(code).toBe(2);
    expect(err).toContain("Expected a whole number, 1 or more.");
  }
});
