import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SOAK = fileURLToPath(new URL("../bench/soak.ts", import.meta.url));

// `npm run soak` goes on for an hour.
test("memory stays flat while one process trains, saves, loads and resumes", { timeout: 300_000 }, () => {
  const args = ["--expose-gc", "--import", "tsx", SOAK, "--minutes", "2"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: "" });
});
