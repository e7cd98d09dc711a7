import { arch, availableParallelism, freemem, platform as system, totalmem } from "node:os";
import type { Command } from "commander";
import { readSvmlight } from "../data/read.js";
import type { EngineOptions, Runtime } from "../engine/engine.js";
import { encodeModel } from "../model/codec.js";
import { platform } from "../platform.js";
import { size } from "../report/text.js";
import { fit } from "../train/fit.js";
import { EXIT, print } from "./output.js";
import { type Sample, sampleOf } from "./sample.js";

/** Rows that a check takes: too few to wait for. */
const ROWS = 2000;

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
  const sample = sampleOf(ROWS);
  const oracle = await train({ kernels: "baseline" }, sample);
  /** Whether an engine is what was asked for, and trains what plain TypeScript does. */
  const compare = async (
    name: string,
    options: EngineOptions,
    nameOf: (runtime: Runtime) => string,
  ): Promise<Check> => {
    const { model, runtime } = await train(options, sample);
    const isSame = Buffer.compare(model, oracle.model) === 0;
    const verdict = isSame ? "the same model as plain TypeScript, to the byte" : "another model than plain TypeScript";
    return { name, passed: isSame && !runtime.reason, finding: runtime.reason ?? `${nameOf(runtime)}; ${verdict}` };
  };
  return [
    { name: "machine", passed: true, finding: machine },
    await compare("WebAssembly", { threads: 1 }, (it) => (it.simd ? "with SIMD" : "without SIMD")),
    await compare("threads", { threads: 2 }, () => "a memory shared by all"),
    { name: "compression", passed: true, finding: compression },
  ];
}

async function train(options: EngineOptions, { text, l1 }: Sample): Promise<{ model: Uint8Array; runtime: Runtime }> {
  using data = await readSvmlight(text, options);
  const { model } = await fit(data, { solver: "batch", l1 });
  return { model: encodeModel(model), runtime: data.engine.runtime };
}
