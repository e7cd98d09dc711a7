import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import { randomRows } from "../../bench/data.js";
import { transpose } from "../../src/data/columns.js";
import { AWAITED, CONTROL_BYTES, Control, MEANWHILE, OFFERED, TAKEN } from "../../src/engine/control.js";
import { Engine } from "../../src/engine/engine.js";
import { instantiateOn } from "../../src/engine/instantiate.js";
import { type Loss, ROW_BLOCK } from "../../src/engine/kernels.js";
import { LinearMemory } from "../../src/engine/memory.js";
import { parallelKernels, SHARED } from "../../src/engine/parallel.js";
import { Pool } from "../../src/engine/pool.js";
import { createEngine, crossValidate, encodeModel, fit, fitPath, NoughtError, readArrays } from "../../src/node.js";
import { platform, providePlatform } from "../../src/platform.js";
import { bitsOf, ENGINES, errorOf, problem } from "../helpers.js";

const node = platform();
afterEach(() => providePlatform(node));

const COLUMNS = 2000;
const ROWS = 5 * ROW_BLOCK + 321;

/** An engine whose pool shares all work that is large enough, whatever the machine is busy with. */
async function willing(threads: number): Promise<{ engine: Engine; pool: Pool }> {
  const module = await node.compile("threads");
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4096, shared: true });
  const exports = await instantiateOn(module, memory);
  const arena = new LinearMemory(memory, exports.HEAP_BASE?.value as number);
  const pool = new Pool(module, exports, arena, threads, SHARED);
  const runtime = { kernels: "wasm-threads", simd: true, shared: true, threads, reason: null } as const;
  const engine = new Engine(parallelKernels(exports, arena, pool), arena, runtime, pool);
  await untilUp(pool);
  Object.defineProperty(pool, "isWilling", { value: () => true });
  return { engine, pool };
}

async function untilUp(pool: Pool): Promise<void> {
  while (!pool.isWilling(1e9)) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Runs all that threads share and returns the bits of what it wrote and returned. */
function run(engine: Engine, loss: Loss, ones: boolean): BigUint64Array {
  const { kernels, memory } = engine;
  const rows = randomRows(memory, { rows: ROWS, columns: COLUMNS, perRow: 7, ones });
  const x = transpose(engine, rows, ROWS, COLUMNS);
  const vector = (length: number) => memory.f64(length);
  const [margins, model, w] = [vector(ROWS), vector(2 * ROWS), vector(COLUMNS)];
  for (let j = 0; j < COLUMNS; j++) w.view[j] = 1 / (j + 3) - 0.01;
  kernels.margins(rows, 5, ROWS, w, 0.25, margins);
  const sums = [kernels.loss(loss, rows, 3, ROWS, margins), kernels.linearize(loss, rows, 0, ROWS, margins, model)];
  const [gradients, curvatures] = [vector(COLUMNS), vector(COLUMNS)];
  kernels.gradients(x, 1, COLUMNS, model, gradients);
  const slopes = vector(COLUMNS);
  kernels.derivatives(x, 0, COLUMNS - 1, model, slopes, curvatures);
  const moves = vector(ROWS);
  moves.view.set(margins.view);
  sums.push(kernels.tilt(1, ROWS, model, moves), kernels.bend(2, ROWS, model, moves));
  sums.push(kernels.touch(loss, rows, 4, ROWS, model, moves), kernels.dual(loss, rows, 1, ROWS, model, null, 0.9));
  const [bounds, curved] = [memory.u32(6), vector(5 * COLUMNS)];
  bounds.view.set([0, 4000, 8000, 8000, 15_000, ROWS]);
  sums.push(kernels.curve(rows, bounds, 1, 5, COLUMNS, model, w, curved));
  const written = [margins, model, gradients, slopes, curvatures, moves, curved];
  return bitsOf([...sums, ...written.flatMap((it) => [...it.view])]);
}

describe.each([1, 2, 3])("%i threads give the bits of the baseline", (threads) => {
  test.each([
    ["logistic", false],
    ["logistic", true],
    ["squared", false],
    ["squared", true],
  ] as const)("%s, ones: %s", async (loss, ones) => {
    using baseline = await ENGINES.baseline();
    const { engine } = await willing(threads === 1 ? 2 : threads);
    using shared = threads === 1 ? await ENGINES.threads() : engine;
    const expected = run(baseline, loss, ones);
    for (let round = 0; round < 3; round++) expect(run(shared, loss, ones)).toEqual(expected);
    engine.dispose();
  });
});

describe("a model", () => {
  const arrays = problem({ rows: 25_000 });
  const stored = { ...arrays, values: Array.from(arrays.columns, (j, k) => 1 + ((j + k) % 5) / 4) };

  test.each([
    ["logistic, ones", "logistic", arrays],
    ["logistic, stored", "logistic", stored],
    ["squared, ones", "squared", arrays],
    ["squared, stored", "squared", stored],
  ] as const)("has the same bytes for any number of threads: %s", async (_, loss, data) => {
    const models = [];
    for (const options of [{ kernels: "baseline" } as const, { threads: 1 }, { threads: 2 }, { threads: 3 }]) {
      const { model, runtime } = await fit(data, { solver: "batch", loss, l1: 1e-4, ...options });
      expect(runtime.reason).toBe(null);
      models.push(Buffer.from(encodeModel(model)).toString("hex"));
    }
    expect(new Set(models).size).toBe(1);
  });
});

test("a path and its cross-validation are the same for any number of threads", async () => {
  const found = [];
  for (const threads of [1, 2, 3]) {
    const data = problem({ rows: 25_000 });
    const { points } = await crossValidate(data, { lambdas: 8, ratio: 0.01, folds: 2, threads });
    found.push(points.map(({ model, cv, loss }) => [Buffer.from(encodeModel(model)).toString("hex"), cv, loss]));
  }
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual(found[0]);
});

describe("a thread that is lost", () => {
  test("before it started leaves the work to the others, and the runtime says why", async () => {
    providePlatform({
      ...node,
      startThread: (_, onLost) => {
        queueMicrotask(() => onLost(new Error("not here")));
        return { end: () => {} };
      },
    });
    using data = await readArrays(problem({ rows: 25_000 }), { threads: 3 });
    await fitPath(data, { lambdas: 10 });
    const { runtime, certificate } = await fit(data, { solver: "batch", l1: 1e-3 });
    expect(runtime).toMatchObject({ kernels: "wasm-threads", threads: 1, reason: "workers were refused (not here)" });
    expect(certificate?.converged).toBe(true);
  });

  test("where the platform throws is the same", async () => {
    providePlatform({
      ...node,
      startThread: () => {
        throw new Error("no workers");
      },
    });
    using data = await readArrays(problem({ rows: 25_000 }), { threads: 2 });
    await fitPath(data, { lambdas: 10 });
    const { runtime } = await fit(data, { solver: "batch", l1: 1e-3 });
    expect(runtime).toMatchObject({ threads: 1, reason: "workers were refused (no workers)" });
  });

  test("when its kernel traps ends the run with the cause", async () => {
    const { engine, pool } = await willing(2);
    const task = { kernel: SHARED.indexOf("bend"), args: [0, 0, 0xffff_0000, 0xffff_0000], from: 0 };
    const error = await errorOf(() => pool.run(task, [0, 10, 20], 2));
    expect(error).toBeInstanceOf(NoughtError);
    expect(error.message).toBe("a thread failed: RuntimeError: memory access out of bounds");
    expect((await errorOf(() => run(engine, "logistic", true))).message).toBe(error.message);
    engine.dispose();
  });

  test("between two tasks ends the run with the cause", async () => {
    const workers: Worker[] = [];
    providePlatform({ ...node, startThread: startVia(workers) });
    const { engine } = await willing(2);
    await workers[0]?.terminate();
    const error = await errorOf(() => run(engine, "logistic", true));
    expect(error.message).toBe("a thread failed: a worker ended with exit code 1");
    engine.dispose();
  });

  test("with a chunk in its hands ends the run in time", async () => {
    let words = new Int32Array(0);
    const startThread: typeof node.startThread = (start, onLost) => {
      if ("control" in start) words = new Int32Array(start.memory.buffer, start.control, 128);
      return node.startThread(start, onLost);
    };
    providePlatform({ ...node, startThread });
    const { engine } = await willing(2);
    // Another that takes the next call, and then no more is heard of it.
    const thief = new Worker(
      `const { workerData: words } = require("node:worker_threads");
       for (;;) {
         const call = Atomics.load(words, ${TAKEN});
         if (call === Atomics.load(words, ${OFFERED})) continue;
         if (Atomics.compareExchange(words, ${TAKEN}, call, call + 1) === call) break;
       }`,
      { eval: true, workerData: words },
    );
    await new Promise((resolve) => thief.once("online", resolve));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const began = performance.now();
    const error = await errorOf(() => {
      for (;;) run(engine, "logistic", true);
    });
    expect(error.message).toBe("a thread failed: no answer in 4 s");
    expect(performance.now() - began).toBeLessThan(8000);
    engine.dispose();
  });
});

function startVia(workers: Worker[]): typeof node.startThread {
  return (start, onLost) => {
    const file = fileURLToPath(new URL("../../dist/worker.node.js", import.meta.url));
    const worker = new Worker(file, { workerData: start });
    worker.on("exit", (code) => onLost(new Error(`a worker ended with exit code ${code}`)));
    workers.push(worker);
    return { end: () => void worker.terminate() };
  };
}

describe("the process", () => {
  const library = new URL("../../dist/node.js", import.meta.url).href;
  const script = (end: string) => `
    import { createEngine, fit, readArrays } from "${library}";
    const n = 30000, per = 10;
    const rows = Array.from({ length: n + 1 }, (_, i) => i * per);
    const columns = Array.from({ length: n * per }, (_, k) => ((k * 7919) % 500) * per + k % per);
    const labels = Array.from({ length: n }, (_, i) => columns[i * per] % 3 ? 1 : -1);
    const data = await readArrays({ rows, columns, labels, dimension: 5000 }, { threads: 2 });
    for (let i = 0; i < 5; i++) await fit(data, { solver: "batch", l1: 1e-5 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    ${end}
    console.log("done");`;

  test.each([
    ["when its engine is disposed of", "data.dispose();"],
    ["when nobody disposes of anything", ""],
  ])("ends %s", (_, end) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script(end)], {
      timeout: 20_000,
    });
    expect({ status, out: String(stdout), err: String(stderr) }).toEqual({ status: 0, out: "done\n", err: "" });
  });
});

test("calls outnumber the places for them, and what each returned is kept", async () => {
  const { engine, pool } = await willing(2);
  const { memory } = engine;
  const [model, moves] = [memory.f64(2 * 2000), memory.f64(2000)];
  moves.view.forEach((_, i, all) => {
    all[i] = model.view[2 * i] = i + 1;
  });
  const tilt = SHARED.indexOf("tilt");
  const calls = Array.from({ length: 2000 }, (_, i) => pool.offer(tilt, [i, i + 1, model.pointer, moves.pointer]));
  pool.wake(calls.length);
  const alone = Array.from({ length: 2000 }, (_, i) => engine.kernels.tilt(i, i + 1, model, moves));
  expect(calls.map((call) => pool.finish(call))).toEqual(alone);
  expect(new Set(alone).size).toBeGreaterThan(1000);
  engine.dispose();
});

test("calls that others wait for are taken before those that can be done meanwhile", () => {
  const control = new Control(new SharedArrayBuffer(CONTROL_BYTES), 0);
  const taken: number[] = [];
  const kernels = [(tag: number) => taken.push(tag)];
  for (const number of [0, 1]) control.offer({ turn: MEANWHILE, number }, 0, [10 + number]);
  control.offer({ turn: AWAITED, number: 0 }, 0, [20]);
  control.runNext(kernels);
  expect(control.isDone({ turn: AWAITED, number: 0 })).toBe(true);
  expect(control.isDone({ turn: MEANWHILE, number: 0 })).toBe(false);
  control.offer({ turn: AWAITED, number: 1 }, 0, [21]);
  while (control.runNext(kernels));
  expect(taken).toEqual([20, 21, 10, 11]);
  expect(control.resultOf({ turn: MEANWHILE, number: 1 })).toBe(4);
});

test("the streaming solvers say that they use one thread", async () => {
  using engine = await createEngine({ threads: 2 });
  expect(engine.runtime).toMatchObject({ kernels: "wasm-threads", threads: 2, reason: null });
  const { runtime } = await fit(problem({ rows: 60 }), { lambda1: 1, threads: 2 });
  expect(runtime).toMatchObject({
    kernels: "wasm-threads",
    threads: 1,
    reason: "ftrl and sgd train on one thread where data is in memory",
  });
});
