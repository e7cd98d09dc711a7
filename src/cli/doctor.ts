import { arch, availableParallelism, freemem, platform as system, totalmem } from "node:os";
import type { Command } from "commander";
import { readSvmlight } from "../data/read.js";
import type { EngineOptions, Runtime } from "../engine/engine.js";
import { NoughtError } from "../errors.js";
import { encodeModel } from "../model/codec.js";
import { platform } from "../platform.js";
import { size } from "../report/text.js";
import { fit } from "../train/fit.js";
import { EXIT, print } from "./output.js";
import { type Sample, sampleOf } from "./sample.js";

/** Rows that a check takes: too few to wait for. */
const ROWS = 2000;
/** Rows of a text that is long enough for workers to parse. */
const MANY_ROWS = 30_000;

interface Check {
  name: string;
  passed: boolean;
  /** What there is, or what to do. */
  finding: string;
}

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("Say what this machine has of what nought can use, and whether all of it gives the same model.")
    .option("--json", "print one object")
    .action(async ({ json }: { json?: boolean }) => {
      const checks = await checkUp();
      const lines = checks.map(({ name, passed, finding }) => `${passed ? "✓" : "✗"} ${name.padEnd(13)}${finding}\n`);
      await print(json ? `${JSON.stringify(checks)}\n` : lines.join(""));
      if (checks.some((it) => !it.passed)) process.exitCode = EXIT.failed;
    });
}

async function checkUp(): Promise<Check[]> {
  const memory = `${size(freemem())} of ${size(totalmem())} free`;
  const machine = `Node ${process.versions.node}, ${system()} ${arch()}, ${availableParallelism()} threads, ${memory}`;
  const compression = await platform()
    .decompressor("zstd")
    .then(
      () => "gzip and zstd",
      (cause: Error) => `gzip; ${cause.message}`,
    );
  return [
    { name: "machine", passed: true, finding: machine },
    await checked("WebAssembly", checkKernels),
    await checked("threads", checkThreads),
    { name: "compression", passed: true, finding: compression },
  ];
}

/** Runs a check, which returns what it found, or throws what is missing. */
async function checked(name: string, check: () => Promise<string>): Promise<Check> {
  return check().then(
    (finding) => ({ name, passed: true, finding }),
    (cause: Error) => ({ name, passed: false, finding: cause.message }),
  );
}

async function checkKernels(): Promise<string> {
  const sample = sampleOf(ROWS);
  const oracle = await train({ kernels: "baseline" }, sample);
  const { model, runtime } = await train({ threads: 1 }, sample);
  expectSame(runtime, model, oracle.model);
  return `${runtime.simd ? "with SIMD" : "without SIMD"}; the same model as plain TypeScript, to the byte`;
}

async function checkThreads(): Promise<string> {
  const { text } = sampleOf(MANY_ROWS);
  const { streamSvmlight } = await import("../train/stream.js");
  const [one, two] = [await streamSvmlight(text, { threads: 1 }), await streamSvmlight(text, { threads: 2 })];
  expectSame(two.runtime, encodeModel(two.model), encodeModel(one.model));
  return "a worker and one memory for both; the same model as on one thread, to the byte";
}

/** Throws where an engine is less than what was asked for, or its model is another. */
function expectSame({ reason }: Runtime, model: Uint8Array, oracle: Uint8Array): void {
  if (reason) throw new NoughtError(reason);
  if (Buffer.compare(model, oracle) !== 0) throw new NoughtError("gives another model: please report it");
}

async function train(options: EngineOptions, { text, l1 }: Sample): Promise<{ model: Uint8Array; runtime: Runtime }> {
  using data = await readSvmlight(text, options);
  const { model } = await fit(data, { solver: "batch", l1 });
  return { model: encodeModel(model), runtime: data.engine.runtime };
}
