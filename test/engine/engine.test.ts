import { afterEach, describe, expect, test } from "vitest";
import type { Lease } from "../../src/engine/engine.js";
import { createEngine, NoughtError, OptionError } from "../../src/node.js";
import { type Build, platform, providePlatform } from "../../src/platform.js";
import { ENGINES, errorOf } from "../helpers.js";

const node = platform();
afterEach(() => {
  providePlatform(node);
  Reflect.deleteProperty(globalThis, "crossOriginIsolated");
});

/** A platform on which the named builds do not compile. */
function refuse(...builds: Build[]): void {
  providePlatform({
    ...node,
    compile: async (build) => {
      if (builds.includes(build)) throw new WebAssembly.CompileError(`no ${build} here`);
      return node.compile(build);
    },
  });
}

describe("createEngine", () => {
  test("runs on SIMD by default", async () => {
    using engine = await createEngine();
    expect(engine.runtime).toEqual({ kernels: "wasm", simd: true, shared: false, threads: 1, reason: null });
  });

  test("runs on the baseline when asked to, without a reason", async () => {
    using engine = await createEngine({ kernels: "baseline" });
    expect(engine.runtime).toEqual({ kernels: "baseline", simd: false, shared: false, threads: 1, reason: null });
  });

  test("shares memory when threads are asked for", async () => {
    using engine = await createEngine({ threads: 2 });
    expect(engine.runtime).toEqual({ kernels: "wasm-threads", simd: true, shared: true, threads: 2, reason: null });
    expect(engine.memory.f64(1).view.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test("says that a page is not isolated", async () => {
    Object.assign(globalThis, { crossOriginIsolated: false });
    using engine = await createEngine({ threads: 2 });
    expect(engine.runtime).toMatchObject({ kernels: "wasm", shared: false, threads: 1 });
    expect(engine.runtime.reason).toBe("page is not cross-origin isolated (COOP/COEP headers missing)");
  });

  test("falls back to scalar where SIMD is refused", async () => {
    refuse("simd");
    using engine = await createEngine();
    expect(engine.runtime).toMatchObject({ kernels: "wasm", simd: false });
    expect(engine.runtime.reason).toBe("the simd build of the kernels was refused (no simd here)");
  });

  test("falls back to one thread where the threaded build is refused", async () => {
    refuse("threads");
    using engine = await createEngine({ threads: 4 });
    expect(engine.runtime).toMatchObject({ kernels: "wasm", simd: true, shared: false, threads: 1 });
    expect(engine.runtime.reason).toBe("the threads build of the kernels was refused (no threads here)");
  });

  test("falls back to the baseline where WebAssembly is refused", async () => {
    refuse("simd", "scalar", "threads");
    using engine = await createEngine();
    expect(engine.runtime).toMatchObject({ kernels: "baseline", simd: false, threads: 1 });
    expect(engine.runtime.reason).toBe("the scalar build of the kernels was refused (no scalar here)");
  });

  test("does not take a failure for a refusal, and tries again the next time", async () => {
    providePlatform({ ...node, compile: () => Promise.reject(new Error("no such file")) });
    await expect(createEngine()).rejects.toThrow("no such file");
    providePlatform(node);
    using engine = await createEngine();
    expect(engine.runtime.kernels).toBe("wasm");
  });

  test.each([
    [{ kernels: "fast" as "wasm" }, 'kernels "fast": expected "wasm" or "baseline"'],
    [{ threads: 0 }, "threads 0: expected a whole number from 1 to 128"],
    [{ threads: 1.5 }, "threads 1.5: expected a whole number from 1 to 128"],
  ])("refuses %j", async (options, message) => {
    const error = await errorOf(createEngine(options));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toBe(message);
  });
});

test.each(Object.keys(ENGINES) as (keyof typeof ENGINES)[])("a disposed engine on %s says so", async (build) => {
  const engine = await ENGINES[build]();
  engine.dispose();
  engine.dispose();
  expect(() => engine.memory.f64(1)).toThrow("this engine is disposed of");
  expect(() => engine.kernels).toThrow(NoughtError);
});

test("lends memory only where as much as its owner needs is left, and the arena stays as it was", async () => {
  using engine = await createEngine({ threads: 2 });
  const { memory } = engine;
  const mark = memory.mark();
  const lease = engine.lend(1000, 1e6);
  expect((lease as Lease).to - (lease as Lease).from).toBe(1000);
  expect(memory.mark()).toBeGreaterThanOrEqual((lease as Lease).to);
  expect(memory.mark()).toBeLessThan(mark + 2000);
  memory.release(mark);
  expect(engine.lend(3e9, 2e9)).toBe(null);
  expect(engine.lend(5e9, 0)).toBe(null);
  expect(memory.mark()).toBe(mark);
  using alone = await createEngine();
  expect(alone.lend(8, 8)).toBe(null);
});
