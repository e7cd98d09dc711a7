import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import { NoughtError, OptionError, streamSvmlight } from "../../src/node.js";
import { platform, providePlatform } from "../../src/platform.js";
import { Random } from "../../src/random.js";
import { bytesOf, cut, errorOf } from "../helpers.js";

const node = platform();
afterEach(() => providePlatform(node));

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Gives workers time to start when the first blocks are through. */
async function* slowly(rows: Uint8Array): AsyncGenerator<Uint8Array> {
  for await (const piece of cut(rows, rows.length >> 2)) {
    yield piece;
    await pause(300);
  }
}

/** 60,000 rows of 20 out of 5,000 ids; the label leans on ten of them. */
function text(seed: number): Uint8Array {
  const random = new Random(seed);
  const lines = Array.from({ length: 60_000 }, () => {
    const ids = [...new Set(Array.from({ length: 20 }, () => 1 + Math.floor(5000 * random.unit() ** 2)))];
    const margin = ids.reduce((sum, id) => sum + (id <= 10 ? (id % 2 ? 1.5 : -1.5) : 0), -0.5);
    const label = random.unit() < 1 / (1 + Math.exp(-margin)) ? 1 : -1;
    return `${label} ${ids
      .sort((a, b) => a - b)
      .map((id) => `${id}:1`)
      .join(" ")}\n`;
  });
  return bytesOf(lines.join(""));
}

test.each([1, 2, 3])("threads without locks find about what one finds (seed %i)", async (seed) => {
  const rows = text(seed);
  const one = await streamSvmlight(rows, { lambda1: 5, threads: 1 });
  for (const options of [{ threads: 2 }, { threads: 3, bits: 12 }]) {
    const { model, loss, runtime } = await streamSvmlight(slowly(rows), { lambda1: 5, hogwild: true, ...options });
    expect(runtime.threads).toBe(options.threads);
    expect(Math.abs(loss.progressive! - one.loss.progressive!)).toBeLessThan(0.005);
    expect(Math.abs(model.intercept - one.model.intercept)).toBeLessThan(0.1);
    for (const id of [0, 1, 2, 3]) expect(Math.abs(model.weightOf(id) - one.model.weightOf(id))).toBeLessThan(0.15);
    expect(model.values.every((it) => Number.isFinite(it) && it !== 0)).toBe(true);
    expect(model.training.options.hogwild).toBe(true);
  }
});

test.each([2, 10])("the intercept does not overshoot at a rate of %i", async (alpha) => {
  const rows = text(5);
  const one = await streamSvmlight(rows, { lambda1: 5, alpha, threads: 1 });
  for (const threads of [2, 3, 8]) {
    const { loss } = await streamSvmlight(slowly(rows), { lambda1: 5, alpha, hogwild: true, threads });
    expect(Math.abs(loss.progressive! / one.loss.progressive! - 1)).toBeLessThan(0.05);
  }
});

test("hogwild on one thread at hand trains as one does", async () => {
  const rows = text(4).subarray(0, 40_000);
  const whole = rows.subarray(0, rows.lastIndexOf(10) + 1);
  const options = { lambda1: 1, kernels: "baseline" as const };
  const [one, wild] = [
    await streamSvmlight(whole, options),
    await streamSvmlight(whole, { ...options, hogwild: true }),
  ];
  expect(wild.model.values).toEqual(one.model.values);
});

test.each([
  [{ hogwild: true, batch: 4 }, "does not go with batch"],
  [{ hogwild: true, clip: 1 }, "does not go with clip"],
  [{ hogwild: true, sweep: [{ lambda1: 1 }] }, "does not go with sweep"],
  [{ hogwild: true, threads: 1 }, "more threads than 1"],
  [{ hogwild: true, solver: "sgd" }, 'of solver "ftrl"'],
  [{ hogwild: "yes" }, 'hogwild "yes": expected true or false'],
])("%o is refused", async (options, message) => {
  const error = await errorOf(streamSvmlight(bytesOf("1 1:1\n-1 2:1\n"), options as object));
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toContain(message);
});

test.each([{ hogwild: true }, {}, { batch: 4 }, { batch: 64, replicas: 16 }])(
  "a worker that dies ends the run with its cause: %o",
  async (options) => {
    const workers: Worker[] = [];
    providePlatform({
      ...node,
      startThread(start, onLost) {
        const worker = new Worker(fileURLToPath(new URL("../../dist/worker.node.js", import.meta.url)), {
          workerData: start,
        });
        worker.on("exit", (code) => onLost(new Error(`a worker ended with exit code ${code}`)));
        worker.once("online", () => workers.push(worker));
        return { end: () => void worker.terminate() };
      },
    });
    let died = 0;
    async function* input() {
      const rows = text(1);
      for await (const piece of cut(rows, rows.length >> 2)) {
        yield piece;
        while (workers.length === 0) await pause(20);
        await pause(500);
        died ||= performance.now();
        await workers[0]!.terminate();
      }
    }
    const error = await errorOf(streamSvmlight(input(), { threads: 2, ...options }));
    expect(error).toBeInstanceOf(NoughtError);
    expect(error.message).toMatch(/^a thread failed: (a worker ended with exit code 1|no answer in 4 s)$/);
    expect(performance.now() - died).toBeLessThan(5000);
  },
);
