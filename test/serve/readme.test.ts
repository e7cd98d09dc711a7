import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bucket, category, cross, encodeModel, featureSpace } from "../../src/node.js";
import { learn, modelOf } from "../fixtures/models.js";

// README's section on serving, as it stands there, beside a model and the built package.

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const SERVING = readFileSync(join(ROOT, "README.md"), "utf8").split("\n## Serving\n")[1]!.split("\n## ")[0]!;
const RECORD = { latitude: 52.37, longitude: 4.89, room_type: "Private room" };
const { model, bytes } = rooms();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nought-readme-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ROOT, join(folder, "node_modules/nought"));
  writeFileSync(join(folder, "rooms.nought"), bytes);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A model as the README's first section trains it. */
function rooms() {
  const space = featureSpace({
    lat: bucket("latitude", 1 / 60, -90, 90),
    lon: bucket("longitude", 1 / 60, -180, 180),
    type: category("room_type"),
    place: cross("lat", "lon"),
  });
  const model = modelOf(learn(space, [RECORD, { ...RECORD, room_type: "Entire home" }]), 20_000);
  return { model, bytes: encodeModel(model) };
}

/** The first block of code in a language. */
function codeIn(language: string): string {
  return SERVING.match(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s"))![1]!;
}

test("it works in Node", () => {
  writeFileSync(join(folder, "serve.mjs"), codeIn("ts"));
  const out = execFileSync(process.execPath, ["serve.mjs"], { cwd: folder, encoding: "utf8" });
  expect(out).toBe(`${model.predict(RECORD)}\n`);
});

test.skipIf(!existsSync(CHROMIUM))(
  `it works in a page without WebAssembly (needs Chromium at ${CHROMIUM})`,
  async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url!);
      const headers = { "Content-Security-Policy": "script-src 'self' 'unsafe-inline'" };
      const page = ["text/html", `<!doctype html><body>${codeIn("html")}`] as const;
      const files: Record<string, readonly [string, string | Uint8Array]> = {
        "/": page,
        "/rooms.nought": ["application/octet-stream", bytes],
        "/node_modules/nought/dist/predict.js": ["text/javascript", readFileSync(join(ROOT, "dist/predict.js"))],
      };
      const [type, body] = files[request.url!] ?? ["text/plain", ""];
      response.writeHead(200, { ...headers, "Content-Type": type }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction("/^[\\d.]+$/.test(document.body.textContent)");
      expect(await page.textContent("body")).toBe(String(model.predict(RECORD)));
      expect(asked.filter((url) => url !== "/favicon.ico")).toEqual([
        "/",
        "/node_modules/nought/dist/predict.js",
        "/rooms.nought",
      ]);
    } finally {
      await browser.close();
      server.closeAllConnections();
      server.close();
    }
  },
);
