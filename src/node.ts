import { open, readFile, stat } from "node:fs/promises";
import { zstdFrames } from "./data/zstd.js";
import { begin, save } from "./drafts.node.js";
import { type Build, providePlatform, type Rooms } from "./platform.js";

const BUILDS: Record<Build, URL> = {
  scalar: new URL("../dist/nought.scalar.wasm", import.meta.url),
  simd: new URL("../dist/nought.simd.wasm", import.meta.url),
  threads: new URL("../dist/nought.threads.wasm", import.meta.url),
};
/** Read at once: enough that asking for it costs nothing. */
const READ_BYTES = 1 << 21;
const PREDICTOR = new URL("../dist/predict.iife.js", import.meta.url);
const WORKER = new URL("../dist/worker.node.js", import.meta.url);
const LEGS = new URL("../dist/legs.node.js", import.meta.url);
const compiled = new Map<Build, Promise<WebAssembly.Module>>();

providePlatform({
  compile(build) {
    let module = compiled.get(build);
    if (!module) {
      module = readFile(BUILDS[build]).then((bytes) => WebAssembly.compile(bytes));
      module.catch(() => compiled.delete(build));
      compiled.set(build, module);
    }
    return module;
  },

  predictor: () => readFile(PREDICTOR, "utf8"),

  startThread(start, onLost, onTold) {
    // Loaded where it is needed, as much else here: that takes its time.
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const isLegs = "tour" in start;
    const worker = new Worker(isLegs ? LEGS : WORKER, {
      workerData: start,
      execArgv: [],
      // Its work is in the kernels: what little it leaves need not pile up to megabytes.
      ...(!isLegs && { resourceLimits: { maxYoungGenerationSizeMb: 1 } }),
    });
    worker.unref();
    if (onTold) worker.on("message", onTold);
    worker.on("error", onLost);
    worker.on("exit", (code) => onLost(new Error(`a worker ended with exit code ${code}`)));
    return { end: () => worker.terminate() };
  },

  open: (path, rooms) => (path === "-" ? process.stdin : readThrough(path, rooms)),

  facts: (path) =>
    stat(path).then(
      (it) => (it.isFile() ? { size: it.size, modified: it.mtimeMs } : null),
      () => null,
    ),

  async decompressor(compression) {
    // Loaded where they are needed: each takes as long as to train a small model.
    const [zlib, { pipeline }] = await Promise.all([import("node:zlib"), import("node:stream/promises")]);
    // Not in the types of the oldest Node that is supported.
    const { createZstdDecompress } = zlib as { createZstdDecompress?: typeof zlib.createGunzip };
    if (compression === "zstd" && !createZstdDecompress) {
      throw new Error(
        `zstd needs Node 22.15 or later, this is ${process.versions.node}; or let zstd -dc decompress it into standard input`,
      );
    }
    return async function* (chunks) {
      const [create, input] =
        compression === "zstd" ? [createZstdDecompress!, zstdFrames(chunks)] : [zlib.createGunzip, chunks];
      const stream = create({ chunkSize: 1 << 18 });
      const done = pipeline(copies(input), stream);
      done.catch(() => {}); // awaited below
      try {
        yield* stream as AsyncIterable<Uint8Array>;
      } finally {
        stream.destroy();
      }
      // Zeros after the end are padding, as gzip itself has it; they may come when the stream has ended.
      await done.catch((cause) => {
        if (!stream.readableEnded) throw cause;
      });
    };
  },

  save,

  async inspect(path) {
    // Asked first: to open a pipe would wait for who writes to it.
    const isPlain = await stat(path).then(
      (it) => it.isFile(),
      () => false,
    );
    const file = isPlain ? await open(path).catch(() => null) : null;
    if (!file) return null;
    const { size, mtimeMs: modified } = await file.stat();
    return {
      size,
      modified,
      async read(into, at) {
        let length = 0;
        while (length < into.length) {
          const { bytesRead } = await file.read(into, length, into.length - length, at + length);
          if (bytesRead === 0) break;
          length += bytesRead;
        }
        return length;
      },
      close: () => file.close(),
    };
  },

  draft: begin,

  async checksum() {
    const { crc32 } = await import("node:zlib");
    return (bytes) => crc32(bytes);
  },
});

const twoArrays: Rooms = (bytes) => [new Uint8Array(bytes), new Uint8Array(bytes)];

/** Two buffers take turns: one is read into while the other is looked at. */
async function* readThrough(path: string, rooms: Rooms = twoArrays): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  let reading: Promise<{ bytesRead: number; buffer: Uint8Array }> | null = null;
  try {
    let [next, spare] = rooms(READ_BYTES);
    for (;;) {
      reading ??= file.read(next);
      const { bytesRead } = await reading;
      if (bytesRead === 0) return;
      [next, spare] = [spare, next];
      reading = file.read(next);
      reading.catch(() => {}); // heard of when it is awaited: who looks at a chunk may take his time
      yield spare.subarray(0, bytesRead);
    }
  } finally {
    await reading?.catch(() => {});
    await file.close();
  }
}

/** A stream may hold a chunk for longer than it lasts. */
async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield chunk.slice();
}

export * from "./index.js";
