import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type OutgoingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bucket,
  cross,
  encodeModel,
  type Fields,
  type Fit,
  featureSpace,
  fit,
  readArrays,
  readCsv,
} from "../../src/node.js";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const NO_WASM = { "Content-Security-Policy": "script-src 'self' 'unsafe-inline'" };
const NO_WORKERS = { ...ISOLATED, "Content-Security-Policy": "worker-src 'none'" };
const TYPES: Record<string, string> = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };

/** What page.html writes. */
interface Result extends Pick<Fit, "runtime" | "columns"> {
  csv: string;
  /** Rows or the error: of two inputs, one gzipped; of truncated gzip; of zstd; of a stream with a cache. */
  inputs: (number | string)[];
  record: Fields;
  /** Of the model, and of the model decoded from its bytes. */
  predictions: [number, number];
  hex: string;
  /** Models of larger data, and what it ran on. */
  batch: { models: string[]; runtime: Fit["runtime"] };
  error?: string;
}

interface Visit {
  result: Result;
  origin: string;
  requests: string[];
  /** Errors on the console, and those that nobody caught. */
  errors: string[];
}

/** Serves page.html and dist, every answer with the given headers. */
async function serve(headers: OutgoingHttpHeaders): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const isServed = pathname === "/page.html" || /^\/dist\/[\w.-]+$/.test(pathname);
    const file = pathname === "/page.html" ? "./page.html" : `../..${pathname}`;
    const body = isServed ? await readFile(new URL(file, import.meta.url)).catch(() => null) : null;
    const type = TYPES[pathname.split(".").at(-1) ?? ""] ?? "text/plain";
    response.writeHead(body ? 200 : 404, { ...headers, "Content-Type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Opens the page in a profile of its own and waits for what it writes. */
async function visit(browser: Browser, headers: OutgoingHttpHeaders, query = ""): Promise<Visit> {
  const server = await serve(headers);
  const context = await browser.newContext();
  try {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const requests: string[] = [];
    const errors: string[] = [];
    context.on("request", (request) => requests.push(request.url()));
    context.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    context.on("weberror", (it) => errors.push(String(it.error())));
    const page = await context.newPage();
    await page.goto(`${origin}/page.html${query}`);
    const written = page.locator("body", { hasText: "}" });
    await written.waitFor({ timeout: 20_000 }).catch((cause) => {
      throw new Error(`the page wrote nothing: ${errors.join("\n")}`, { cause });
    });
    const result = JSON.parse((await written.textContent()) as string) as Result;
    return { result, origin, requests, errors };
  } finally {
    await context.close();
    server.closeAllConnections();
    server.close();
  }
}

describe.skipIf(!existsSync(CHROMIUM))(`nought on a plain page (needs Chromium at ${CHROMIUM})`, () => {
  let browser: Browser;
  let plain: Visit;
  let plainThreads: Visit;
  let isolated: Visit;
  let noWorkers: Visit;
  let noWasm: Visit;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
    plain = await visit(browser, {});
    plainThreads = await visit(browser, {}, "?threads=2");
    isolated = await visit(browser, ISOLATED, "?threads=2");
    noWorkers = await visit(browser, NO_WORKERS, "?threads=2");
    noWasm = await visit(browser, NO_WASM);
  }, 100_000);

  afterAll(() => browser?.close());

  const all = () => Object.entries({ plain, plainThreads, isolated, noWorkers, noWasm });

  it("finishes without an error", () => {
    for (const [name, { result }] of all()) expect(result.error, name).toBeUndefined();
  });

  it("runs on WebAssembly, one thread, without any headers", () => {
    expect(plain.result.runtime).toMatchObject({ kernels: "wasm", shared: false, threads: 1, reason: null });
  });

  it("says why threads are not to be had on a page that is not cross-origin isolated", () => {
    expect(plainThreads.result.runtime).toMatchObject({
      kernels: "wasm",
      shared: false,
      threads: 1,
      reason: "page is not cross-origin isolated (COOP/COEP headers missing)",
    });
  });

  it("shares its memory on a cross-origin isolated page", () => {
    expect(isolated.result.runtime).toMatchObject({ kernels: "wasm-threads", shared: true });
  });

  it("starts workers there for a batch fit that is worth it", () => {
    expect(isolated.result.batch.runtime).toMatchObject({ kernels: "wasm-threads", threads: 2, reason: null });
    expect(isolated.requests).toContain(`${isolated.origin}/dist/worker.browser.js`);
    expect(plainThreads.requests).not.toContain(`${plainThreads.origin}/dist/worker.browser.js`);
  });

  it("goes on alone where the page's policy refuses workers, and says so", () => {
    const { runtime } = noWorkers.result.batch;
    expect(runtime).toMatchObject({ kernels: "wasm-threads", shared: true, threads: 1 });
    expect(runtime.reason).toMatch(/^workers were refused/);
  });

  it("fits the same models on every page and in Node", async () => {
    const [n, each] = [90_000, 8];
    using data = await readArrays({
      rows: Array.from({ length: n + 1 }, (_, i) => i * each),
      columns: Array.from({ length: n * each }, (_, k) => ((k * 7919) % 499) * each + (k % each)),
      labels: Array.from({ length: n }, (_, i) => ((i * each * 7919) % 499 < 200 || i % 11 === 0 ? 1 : -1)),
      dimension: 499 * each,
    });
    for (const [k, l1] of [1e-3, 1e-4, 3e-5, 1e-5].entries()) {
      const { model, columns } = await fit(data, { solver: "batch", l1 });
      expect(columns.kept).toBeGreaterThan(0);
      for (const [name, { result }] of all()) {
        expect(result.batch.models[k], name).toBe(Buffer.from(encodeModel(model)).toString("hex"));
      }
    }
  });

  it("falls back to plain JavaScript where the page's policy refuses WebAssembly, and says so", () => {
    const { runtime } = noWasm.result;
    expect(runtime).toMatchObject({ kernels: "baseline", simd: false, shared: false, threads: 1 });
    expect(runtime.reason).toMatch(/refused.*Content Security Policy/i);
  });

  it("trains a model whose bytes are the same on every page and in Node", async () => {
    const { csv, record, columns } = plain.result;
    const space = featureSpace({
      lat: bucket("latitude", 1 / 60, -90, 90),
      lon: bucket("longitude", 1 / 60, -180, 180),
      place: cross("lat", "lon"),
    });
    using data = await readCsv(new TextEncoder().encode(csv), { space, target: "yes" });
    const here = await fit(data, { lambda1: 0.5, epochs: 3 });
    expect(here.runtime.kernels).toBe("wasm");
    expect(here.columns).toEqual(columns);
    expect(columns.kept).toBeGreaterThan(0);
    expect(columns.kept).toBeLessThan(columns.seen);
    const hex = Buffer.from(encodeModel(here.model)).toString("hex");
    const prediction = here.model.predict(record);
    for (const [name, { result }] of all()) {
      expect(result.hex, name).toBe(hex);
      expect(result.predictions, name).toEqual([prediction, prediction]);
    }
  });

  it("reads several inputs, undoes gzip, and says what it cannot undo", () => {
    for (const [name, { result }] of all()) {
      expect(result.inputs, name).toEqual([
        1200,
        expect.stringMatching(
          /^DataError: input: gzip data is truncated or damaged \(.+; browsers read no gzip of several/,
        ),
        expect.stringMatching(/^NoughtError: input: this browser does not decompress zstd/),
        "OptionError: cache: a browser has no files to keep rows in",
      ]);
    }
  });

  it("asks no other host for anything and leaves the console clean", () => {
    for (const [name, { requests, origin, errors }] of all()) {
      const fetched = requests.filter((url) => !url.startsWith("data:"));
      expect(fetched, name).toContain(`${origin}/dist/browser.js`);
      expect(
        fetched.filter((url) => !url.startsWith(`${origin}/`)),
        name,
      ).toEqual([]);
      const isReport = (text: string) => /^no/.test(name) && /Content Security Policy/i.test(text);
      expect(
        errors.filter((text) => !isReport(text)),
        name,
      ).toEqual([]);
    }
  });
});
