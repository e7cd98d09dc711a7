import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { Worker } from "node:worker_threads";
import { createGunzip } from "node:zlib";
import { NoughtError } from "./errors.js";
import { type Build, providePlatform } from "./platform.js";

const BUILDS: Record<Build, URL> = {
  scalar: new URL("../dist/nought.scalar.wasm", import.meta.url),
  simd: new URL("../dist/nought.simd.wasm", import.meta.url),
  threads: new URL("../dist/nought.threads.wasm", import.meta.url),
};
const WORKER = new URL("../dist/worker.node.js", import.meta.url);
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

  startThread(start, onLost) {
    const worker = new Worker(WORKER, { workerData: start, execArgv: [] });
    worker.unref();
    worker.on("error", onLost);
    worker.on("exit", (code) => onLost(new Error(`a worker ended with exit code ${code}`)));
    return { end: () => void worker.terminate() };
  },

  open: (path) => (path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 1 << 20 })),

  async *gunzip(chunks) {
    const gunzip = createGunzip({ chunkSize: 1 << 18 });
    const done = pipeline(chunks, gunzip);
    done.catch(() => {}); // awaited below
    try {
      yield* gunzip as AsyncIterable<Uint8Array>;
    } finally {
      gunzip.destroy();
    }
    // Zeros after the end are padding, as gzip itself has it; they may come when the stream has ended.
    await done.catch((cause) => {
      if (!gunzip.readableEnded) throw cause;
    });
  },

  async save(path, bytes) {
    // Through links to the file itself; a device or a pipe cannot be renamed over.
    const target = await realpath(path).catch(() => path);
    const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`;
    try {
      const isPlain = await stat(target).then(
        (it) => it.isFile(),
        () => true,
      );
      if (!isPlain) return await writeFile(target, bytes);
      const file = await open(temporary, "wx");
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, target);
    } catch (cause) {
      await rm(temporary, { force: true });
      const reason = (cause as Error).message.split(temporary).join(path);
      throw new NoughtError(`cannot write ${path}: ${reason}`, { cause });
    }
  },
});

export * from "./index.js";
