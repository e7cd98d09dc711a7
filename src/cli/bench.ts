import { type Command, InvalidArgumentError } from "commander";
import { readSvmlight } from "../data/read.js";
import { NoughtError } from "../errors.js";
import { encodeModel } from "../model/codec.js";
import type { Model } from "../model/model.js";
import { score } from "../model/score.js";
import { count, size } from "../report/text.js";
import { fit } from "../train/fit.js";
import { LiveLine, print } from "./output.js";
import { type Sample, sampleOf } from "./sample.js";

const ROUNDS = 3;
const ROWS = 50_000;

/** Seconds that a kind of work takes. */
interface Timing {
  name: string;
  wasm: number;
  baseline: number;
}

export function addBench(program: Command, signal: AbortSignal): void {
  program
    .command("bench")
    .description("Measure reading, training and scoring on this machine, by WebAssembly and by plain TypeScript.")
    .option("--rows <n>", "rows of 30 features each, which are made up", wholeNumber, ROWS)
    .option("--json", "print one object")
    .action(async ({ rows, json }: { rows: number; json?: boolean }) => {
      const sample = sampleOf(rows);
      const timings = await timeAll(sample, signal);
      const { features, text } = sample;
      const result = { rows, features, bytes: text.length, seconds: timings };
      await print(json ? `${JSON.stringify(result)}\n` : table(sample, timings));
    });
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!(Number.isInteger(number) && number > 0)) throw new InvalidArgumentError("Expected a whole number, 1 or more.");
  return number;
}

/** Does all work on both sets of kernels in turn, and returns medians of the rounds after the first, which warms up. */
async function timeAll(sample: Sample, signal: AbortSignal): Promise<Timing[]> {
  const line = new LiveLine();
  const found = new Map<string, { wasm: number[]; baseline: number[] }>();
  for (let round = 0; round <= ROUNDS; round++) {
    line.show(`round ${round + 1} of ${ROUNDS + 1}`);
    const models: Uint8Array[] = [];
    for (const kernels of ["wasm", "baseline"] as const) {
      for await (const { name, seconds, model } of work(sample, kernels)) {
        signal.throwIfAborted();
        if (model) models.push(encodeModel(model));
        const times = found.get(name) ?? { wasm: [], baseline: [] };
        if (round > 0) times[kernels].push(seconds);
        found.set(name, times);
      }
    }
    const half = models.length / 2;
    if (models.some((it, i) => Buffer.compare(it, models[i % half]!) !== 0)) {
      throw new NoughtError("WebAssembly and plain TypeScript give different models here: please report it");
    }
  }
  line.clear();
  return [...found].map(([name, times]) => ({
    name,
    wasm: median(times.wasm),
    baseline: median(times.baseline),
  }));
}

/** Does each kind of work once, and says how long it took and what model came of it. */
async function* work(
  { text, l1 }: Sample,
  kernels: "wasm" | "baseline",
): AsyncGenerator<{ name: string; seconds: number; model: Model | null }> {
  const { streamSvmlight } = await import("../train/stream.js");
  const options = { kernels, threads: 1 };
  let began = performance.now();
  const took = () => (performance.now() - began) / 1000;
  using data = await readSvmlight(text, options);
  yield { name: "read", seconds: took(), model: null };
  began = performance.now();
  const { model } = await fit(data, { solver: "batch", l1 });
  yield { name: "batch", seconds: took(), model };
  began = performance.now();
  const streamed = await streamSvmlight(text, { ...options, solver: "ftrl", lambda1: 1 });
  yield { name: "stream", seconds: took(), model: streamed.model };
  began = performance.now();
  for await (const _ of score(model, text, options));
  yield { name: "score", seconds: took(), model: null };
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

const TITLES: Record<string, string> = {
  read: "read svmlight text into memory",
  batch: "train to the certified optimum",
  stream: "read and train in one pass (FTRL)",
  score: "read and score",
};

function table({ rows, features, text }: Sample, timings: readonly Timing[]): string {
  const lines = timings.map(({ name, wasm, baseline }) => {
    const rate = name === "batch" ? `${count(Math.round(rows / wasm))} rows/s` : `${size(text.length / wasm)}/s`;
    const cells = [rate, `${(wasm * 1000).toFixed(0)} ms`, `${(baseline * 1000).toFixed(0)} ms`];
    const ratio = `${(baseline / wasm).toFixed(1)}×`;
    return `${TITLES[name]!.padEnd(36)}${[...cells, ratio].map((it) => it.padStart(17)).join("")}\n`;
  });
  const heads = ["", "WebAssembly", "plain TypeScript", ""].map((it) => it.padStart(17)).join("");
  const title = `${count(rows)} rows, ${count(features)} features, ${size(text.length)}; one thread`;
  return `${title}\n${"".padEnd(36)}${heads}\n${lines.join("")}`;
}
