// Trains, predicts, saves, loads and goes on from checkpoints in one process: its memory must stay flat. Exits with 1 where
// it does not.
//     npm run soak -- --minutes 60
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { encodeModel, evaluate, fit, loadModel, readSvmlight, saveModel, streamSvmlight } from "../src/node.js";
import { Random } from "../src/random.js";

/** What the last third may take more than the one before: as much as a heap breathes. */
const MOST_GROWTH = 0.02;

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" } } });
const minutes = Number(values.minutes);
const folder = mkdtempSync(join(tmpdir(), "nought-soak-"));
const [rows, model] = [join(folder, "rows.svm"), join(folder, "m.nought")];
writeFileSync(rows, textOf(20_000));

/** Resident megabytes after each round. */
const resident: number[] = [];
const began = performance.now();
let told = began;
let bytes: Uint8Array | null = null;
while (performance.now() - began < minutes * 60_000) {
  bytes = await round(bytes);
  globalThis.gc?.();
  resident.push(process.memoryUsage.rss() / 1e6);
  if (performance.now() - told < 60_000) continue;
  told = performance.now();
  console.log(`${resident.length} rounds, ${resident.at(-1)!.toFixed()} MB`);
}
rmSync(folder, { recursive: true });

const third = Math.floor(resident.length / 3);
const [before, after] = [medianOf(resident.slice(third, 2 * third)), medianOf(resident.slice(2 * third))];
console.log(
  `${resident.length} rounds; median of the second third ${before.toFixed(1)} MB, of the last ${after.toFixed(1)} MB`,
);
if (!(third >= 5 && after <= before * (1 + MOST_GROWTH))) process.exitCode = 1;

/** Does all once and returns the model's bytes, which must be those of the round before. */
async function round(expected: Uint8Array | null): Promise<Uint8Array> {
  using data = await readSvmlight(rows, { threads: 2, holdout: 0.2 });
  const fitted = await fit(data, { l1: 1e-3 });
  await saveModel(fitted.model, model);
  const loaded = await loadModel(model);
  const encoded = encodeModel(loaded);
  if (expected && Buffer.compare(encoded, expected) !== 0) throw new Error("another round gave other bytes");
  evaluate(loaded, data);
  const states: Uint8Array[] = [];
  const checkpoint = { save: (state: Uint8Array) => void states.push(state), everyRows: 4096 };
  await streamSvmlight(rows, { lambda1: 1, threads: 2, checkpoint });
  await streamSvmlight(rows, { lambda1: 1, threads: 2, cache: true, resume: states[1]! });
  return encoded;
}

function textOf(count: number): string {
  const random = new Random(1);
  let text = "";
  for (let i = 0; i < count; i++) {
    text += random.unit() < 0.3 ? "1" : "-1";
    for (let k = 0; k < 8; k++) text += ` ${1 + 1000 * k + random.below(1000)}:1`;
    text += "\n";
  }
  return text;
}

function medianOf(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
