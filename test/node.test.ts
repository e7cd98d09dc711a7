import { spawnSync } from "node:child_process";
import { lstat, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import "../src/node.js";
import { platform } from "../src/platform.js";

describe("saving in Node", () => {
  test("a link stays a link, and what it points to is replaced", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nought-link-"));
    await writeFile(join(folder, "real"), "old");
    await symlink(join(folder, "real"), join(folder, "link"));
    await platform().save(join(folder, "link"), new TextEncoder().encode("new"));
    expect((await lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(folder, "real"), "utf8")).toBe("new");
    expect((await readdir(folder)).sort()).toEqual(["link", "real"]);
    await rm(folder, { recursive: true });
  });

  test("what a killed process has left of a file is taken away, what a running one writes stays", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nought-left-"));
    const ended = spawnSync(process.execPath, ["--version"]).pid;
    const [left, ours, running] = [ended, process.pid, process.ppid].map((pid) => `m.nought.${pid}.abc.tmp`);
    const others = ["m.nought.tmp", `other.${ended}.abc.tmp`, `m.nought.${ended}.abc.tmp.txt`];
    for (const name of [left!, ours!, running!, ...others]) await writeFile(join(folder, name), "");
    await platform().save(join(folder, "m.nought"), new Uint8Array(3));
    expect((await readdir(folder)).sort()).toEqual(["m.nought", ours, running, ...others].sort());
    // In a container a process has the number of the one before.
    await utimes(join(folder, ours!), 1, 1);
    await platform().save(join(folder, "m.nought"), new Uint8Array(3));
    expect((await readdir(folder)).sort()).toEqual(["m.nought", running, ...others].sort());
    await rm(folder, { recursive: true });
  });

  test("a device is written to, not renamed over", async () => {
    await platform().save("/dev/null", new Uint8Array(3));
    expect((await lstat("/dev/null")).isCharacterDevice()).toBe(true);
  });
});
