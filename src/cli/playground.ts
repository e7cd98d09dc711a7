import { readFile, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import { NoughtError, OptionError } from "../errors.js";
import { numeric } from "./data.js";
import { print } from "./output.js";

const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  wasm: "application/wasm",
  csv: "text/csv; charset=utf-8",
  gz: "application/gzip",
};
/** Threads may share memory on such a page, and it may load nothing from elsewhere. */
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-cache",
};

export function addPlayground(program: Command, signal: AbortSignal): void {
  program
    .command("playground")
    .description("Serve the page where L1 can be watched at work, until it is interrupted.")
    .argument("[tables...]", "CSV files that the page is to offer")
    .addOption(new Option("--port <n>", "default 8737; 0: any that is free").argParser(numeric).default(8737))
    .option("--host <address>", "where to listen", "127.0.0.1")
    .action(async (tables: string[], { port, host }: { port: number; host: string }) => {
      const server = await servePlayground(tables, port, host);
      const { port: chosen } = server.address() as AddressInfo;
      await print(`http://${host.includes(":") ? `[${host}]` : host}:${chosen}/\n`);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      server.closeAllConnections();
      server.close();
    });
}

/** Serves dist/playground/, and tables beside it. */
async function servePlayground(tables: readonly string[], port: number, host: string): Promise<Server> {
  const files = new Map<string, string>();
  for (const path of tables) {
    const name = basename(path);
    if (files.has(name)) throw new OptionError(`two tables are named "${name}"`);
    const isFile = await stat(path).then(
      (it) => it.isFile(),
      () => false,
    );
    if (!isFile) throw new NoughtError(`${path}: no such file`);
    files.set(name, path);
  }
  const folder = fileURLToPath(new URL("./playground/", import.meta.url));
  const server = createServer((request, response) => void answer(request, response, folder, files));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(new NoughtError(`cannot listen on ${host}:${port}: ${cause.message}`)));
    server.listen(port, host, resolve);
  });
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  folder: string,
  tables: ReadonlyMap<string, string>,
): Promise<void> {
  const send = (status: number, type: string, body: string | Uint8Array) =>
    response.writeHead(status, { ...HEADERS, "Content-Type": type }).end(request.method === "HEAD" ? "" : body);
  if (request.method !== "GET" && request.method !== "HEAD") return void send(405, "text/plain", "only GET\n");
  const path = pathOf(request.url ?? "/");
  const table = path?.match(/^tables\/([^/]+)$/)?.[1];
  if (path === "tables.json") return void send(200, TYPES.json!, JSON.stringify([...tables.keys()]));
  const file = table === undefined ? (path && /^[\w.-]+$/.test(path) ? join(folder, path) : null) : tables.get(table);
  const body = file ? await readFile(file).catch(() => null) : null;
  if (!body) return void send(404, "text/plain", "not found\n");
  send(200, TYPES[file!.split(".").at(-1)!] ?? "application/octet-stream", body);
}

/** The path asked for, "index.html" for none; null when it cannot be read. */
function pathOf(url: string): string | null {
  try {
    return decodeURIComponent(new URL(url, "http://localhost").pathname).slice(1) || "index.html";
  } catch {
    return null;
  }
}
