import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
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

  test("a device is written to, not renamed over", async () => {
    await platform().save("/dev/null", new Uint8Array(3));
    expect((await lstat("/dev/null")).isCharacterDevice()).toBe(true);
  });
});
