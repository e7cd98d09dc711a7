import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { EngineOptions } from "../../src/node.js";
import * as nought from "../../src/node.js";
import { withoutSimd } from "../helpers.js";
import expected from "./digests.json" with { type: "json" };
import { references } from "./models.js";

// Models are the same to the byte wherever they are trained: their SHA-256 is in digests.json. It changes with the file's
// format, or with the mathematics of a solver: then `node test/reference/print.js` tells the new ones.

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const run = promisify(execFile);
const fileOf = (path: string) => new URL(path, import.meta.url);

describe("the reference models are the same", () => {
  test.each<[string, EngineOptions]>([
    ["SIMD kernels", { threads: 1 }],
    ["two threads", { threads: 2 }],
    ["four threads", { threads: 4 }],
    ["plain TypeScript", { kernels: "baseline" }],
  ])("on %s", async (_, engine) => {
    expect(await references(nought, engine)).toEqual(expected);
  });

  test("on kernels without SIMD", async () => {
    await withoutSimd(async () => expect(await references(nought, { threads: 1 })).toEqual(expected));
  });

  test.for(["22", "24"])("on Node %s", { timeout: 180_000 }, async (version, { skip }) => {
    const node = await install(version);
    skip(!existsSync(node), `Node ${version} cannot be had from npm`);
    const { stdout } = await run(node, [fileOf("print.js").pathname]);
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  test.runIf(existsSync(CHROMIUM))("in Chromium", { timeout: 60_000 }, async () => {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--headless", "--no-sandbox"] });
    try {
      const page = await browser.newPage();
      await page.route("**/*", async (route) => {
        const { pathname } = new URL(route.request().url());
        if (pathname === "/") return route.fulfill({ contentType: "text/html", body: "<title>nought</title>" });
        const body = await readFile(fileOf(pathname === "/models.js" ? "models.js" : `../../dist${pathname}`));
        return route.fulfill({ contentType: pathname.endsWith(".js") ? "text/javascript" : "application/wasm", body });
      });
      await page.goto("http://localhost/");
      const script = "Promise.all([import('/models.js'), import('/browser.js')])";
      const digests = await page.evaluate(`${script}.then(([{ references }, nought]) => references(nought, {}))`);
      expect(digests).toEqual(expected);
    } finally {
      await browser.close();
    }
  });
});

/** Installs another Node from npm, once, and returns its path, where nothing is if it is not to be had. */
async function install(version: string): Promise<string> {
  const folder = fileOf(`../../node_modules/.cache/nought/node-${version}/`).pathname;
  await mkdir(folder, { recursive: true });
  const node = `${folder}node_modules/node/bin/node`;
  const args = ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", `node@${version}`];
  if (!existsSync(node)) await run("npm", args).catch(() => {});
  return node;
}
