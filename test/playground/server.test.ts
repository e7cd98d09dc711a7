import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandHost, type Host } from "./host.js";

const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));

/** Runs the command to its end. */
async function failing(...args: string[]): Promise<{ code: number; said: string }> {
  const command = spawn(process.execPath, [CLI, "playground", ...args]);
  let said = "";
  command.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const [code] = (await once(command, "close")) as [number];
  return { code, said };
}

describe("nought playground", () => {
  let host: Host;

  beforeAll(async () => {
    host = await commandHost(fileURLToPath(import.meta.url));
  });
  afterAll(() => host.stop());

  it("serves the page and the tables that it was given, isolated and under a strict policy", async () => {
    const page = await fetch(host.origin);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(page.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    const policy = page.headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*/);
    expect((await page.text()).includes("Why L1 makes models small")).toBe(true);
    expect(await (await fetch(`${host.origin}/tables.json`)).json()).toEqual(["server.test.ts"]);
    expect(await (await fetch(`${host.origin}/tables/server.test.ts`)).text()).toContain("nought playground");
  });

  it("serves nothing else", async () => {
    for (const path of ["/..%2fcli.cjs", "/tables/..%2f..%2fpackage.json", "/tables/other.csv", "/%", "/none.js"]) {
      expect((await fetch(host.origin + path)).status, path).toBe(404);
    }
    expect((await fetch(host.origin, { method: "POST" })).status).toBe(405);
    expect(await (await fetch(host.origin, { method: "HEAD" })).text()).toBe("");
  });

  it("says what it cannot do", async () => {
    expect(await failing("none.csv")).toEqual({ code: 1, said: "error: none.csv: no such file\n" });
    const { port } = new URL(host.origin);
    const taken = await failing("--port", port);
    expect(taken.code).toBe(1);
    expect(taken.said).toMatch(/^error: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
    const self = fileURLToPath(import.meta.url);
    expect(await failing(self, self)).toEqual({ code: 2, said: 'error: two tables are named "server.test.ts"\n' });
  });
});
