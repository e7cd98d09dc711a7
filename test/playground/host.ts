import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
const TYPES: Record<string, string> = {
  html: "text/html",
  js: "text/javascript",
  css: "text/css",
  json: "application/json",
  wasm: "application/wasm",
  gz: "application/gzip",
};

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS });
}

export interface Host {
  origin: string;
  stop(): Promise<void>;
}

/** Runs `nought playground` as a process of its own. */
export async function commandHost(...tables: string[]): Promise<Host> {
  const command = spawn(process.execPath, [CLI, "playground", ...tables, "--port", "0"]);
  const [line] = (await once(command.stdout, "data")) as [Buffer];
  const stop = async () => {
    command.kill("SIGTERM");
    if (command.exitCode === null) await once(command, "exit");
  };
  return { origin: String(line).trim().replace(/\/$/, ""), stop };
}

/** Serves the static build as any host would, with such headers. */
export async function plainHost(headers: OutgoingHttpHeaders = {}): Promise<Host> {
  const server = createServer(async (request, response) => {
    const name = new URL(request.url!, "http://localhost").pathname.slice(1) || "index.html";
    const body = await readFile(new URL(`../../dist/playground/${name}`, import.meta.url)).catch(() => null);
    const type = TYPES[name.split(".").at(-1)!] ?? "application/octet-stream";
    response.writeHead(body ? 200 : 404, { ...headers, "Content-Type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

/** A page in a profile of its own, and what it did that it should not. */
export interface Visit {
  page: Page;
  /** Addresses of other hosts that it asked for. */
  strangers: string[];
  /** Errors on the console or that nobody caught, and violations of the policy. */
  errors: string[];
  close(): Promise<void>;
}

export async function visit(
  browser: Browser,
  { origin }: Host,
  hash = "",
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const strangers: string[] = [];
  const errors: string[] = [];
  context.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) strangers.push(url);
  });
  context.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  context.on("weberror", (it) => errors.push(String(it.error())));
  const page = await context.newPage();
  await page.goto(`${origin}/${hash}`);
  await page.waitForFunction(() => document.querySelector("#kept-l1")?.textContent !== "");
  return { page, strangers, errors, close: () => context.close() };
}
