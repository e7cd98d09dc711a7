import { zstdFrames } from "./data/zstd.js";
import { NoughtError, OptionError } from "./errors.js";
import { type Build, providePlatform } from "./platform.js";

// Written out, so that bundlers see the files.
const BUILDS: Record<Build, () => URL> = {
  scalar: () => new URL("./nought.scalar.wasm", import.meta.url),
  simd: () => new URL("./nought.simd.wasm", import.meta.url),
  threads: () => new URL("./nought.threads.wasm", import.meta.url),
};
const compiled = new Map<Build, Promise<WebAssembly.Module>>();

providePlatform({
  compile(build) {
    let module = compiled.get(build);
    if (!module) {
      module = load(BUILDS[build]())
        .then((response) => response.arrayBuffer())
        .then((bytes) => WebAssembly.compile(bytes));
      module.catch(() => compiled.delete(build));
      compiled.set(build, module);
    }
    return module;
  },

  predictor: () => load(new URL("./predict.iife.js", import.meta.url)).then((response) => response.text()),

  startThread(start, onLost, onTold) {
    // Written out, so that bundlers see the files.
    const worker =
      "tour" in start
        ? new Worker(new URL("./legs.browser.js", import.meta.url), { type: "module" })
        : new Worker(new URL("./worker.browser.js", import.meta.url), { type: "module" });
    worker.onerror = (event) => {
      event.preventDefault();
      onLost(new Error(event.message || "its script was not loaded"));
    };
    if (onTold) worker.onmessage = ({ data }) => onTold(data);
    worker.postMessage(start);
    return { end: () => worker.terminate() };
  },

  async *open(url) {
    if (url === "-") throw new OptionError("a browser has no standard input");
    const response = await fetch(url);
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    if (response.body) yield* chunksOf(response.body);
  },

  async facts() {
    return null;
  },

  async decompressor(compression) {
    let transform: DecompressionStream;
    try {
      transform = new DecompressionStream(compression as CompressionFormat);
    } catch {
      throw new Error(`this browser does not decompress ${compression}: decompress it before, or let the server do it`);
    }
    return (chunks) => {
      const input = (compression === "zstd" ? zstdFrames(chunks) : chunks)[Symbol.asyncIterator]();
      const compressed = new ReadableStream<BufferSource>({
        async pull(controller) {
          const next = await input.next();
          if (next.done) controller.close();
          else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
        },
        async cancel() {
          await input.return?.();
        },
      });
      const plain = chunksOf(compressed.pipeThrough(transform));
      return compression === "gzip" ? explained(plain) : plain;
    };
  },

  async save() {
    throw new OptionError("a browser has no files: use encodeModel and offer its bytes for download");
  },

  inspect: noCache,
  draft: noCache,
  checksum: noCache,
});

/** Fetches a file that is served beside this one. */
async function load(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new NoughtError(`cannot load ${response.url}: HTTP status ${response.status}`);
  return response;
}

async function noCache(): Promise<never> {
  throw new OptionError("cache: a browser has no files to keep rows in");
}

async function* explained(plain: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* plain;
  } catch (cause) {
    if (cause instanceof NoughtError) throw cause;
    throw new Error(`${(cause as Error).message}; browsers read no gzip of several members`);
  }
}

/** Web streams are not async iterables in every browser. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

export * from "./index.js";
