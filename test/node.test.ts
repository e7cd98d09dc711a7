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
    const draft = await platform().draft(join(folder, "m.nought"));
    const [ours] = (await readdir(folder)) as [string];
    const of = (pid: number) => ours.replace(`.${process.pid}.`, `.${pid}.`);
    const [left, running] = [of(ended), of(process.ppid)];
    const others = ["m.nought.draft", left.replace("m.", "other.m."), `${left}.txt`];
    for (const name of [left, running, ...others]) await writeFile(join(folder, name), "");
    const save = () => platform().save(join(folder, "m.nought"), new Uint8Array(3));
    await save();
    expect((await readdir(folder)).sort()).toEqual(["m.nought", ours, running, ...others].sort());
    // In a container a process has the number of the one before.
    await utimes(join(folder, ours), 1, 1);
    await save();
    expect((await readdir(folder)).sort()).toEqual(["m.nought", running, ...others].sort());
    await draft.discard();
    await rm(folder, { recursive: true });
  });

  test("what another machine writes on a shared disk stays, until it has not for a day", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nought-shared-"));
    const path = join(folder, "m.nought");
    const draft = `m.nought.elsewhere.${spawnSync(process.execPath, ["--version"]).pid}.abc.draft`;
    await writeFile(join(folder, draft), "");
    await platform().save(path, new Uint8Array(3));
    expect((await readdir(folder)).sort()).toEqual(["m.nought", draft]);
    const yesterday = Date.now() / 1000 - 90_000;
    await utimes(join(folder, draft), yesterday, yesterday);
    await platform().save(path, new Uint8Array(3));
    expect(await readdir(folder)).toEqual(["m.nought"]);
    await rm(folder, { recursive: true });
  });

  test("a device is written to, not renamed over", async () => {
    await platform().save("/dev/null", new Uint8Array(3));
    expect((await lstat("/dev/null")).isCharacterDevice()).toBe(true);
  });
});
