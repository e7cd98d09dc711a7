// npm run fuzz -- --cases 1e8 --reader svmlight --seed 3
import { parseArgs } from "node:util";
import { Random } from "../../src/random.js";
import { FUZZERS } from "./fuzzers.js";

const { values } = parseArgs({
  options: { cases: { type: "string" }, reader: { type: "string" }, seed: { type: "string" } },
});
// Most texts end in an error, and a trace is most of what one costs.
Error.stackTraceLimit = 0;
const [cases, seed] = [Number(values.cases ?? 1e6), Number(values.seed ?? 1)];
const readers = values.reader === undefined ? Object.keys(FUZZERS) : [values.reader];
const ROUND = 10_000;

async function main(): Promise<void> {
  for (const reader of readers) {
    const fuzz = await FUZZERS[reader]?.();
    if (!fuzz) throw new Error(`--reader ${reader}: expected ${Object.keys(FUZZERS).join(", ")}`);
    const began = performance.now();
    for (let done = 0; done < cases; done += ROUND) {
      // A round that goes wrong is found again by its own seed.
      await fuzz(new Random(seed + done), Math.min(ROUND, cases - done)).catch((error) => {
        throw new Error(`seed ${seed + done}: ${error.message}`);
      });
    }
    const seconds = (performance.now() - began) / 1000;
    console.log(`${reader.padEnd(10)} ${cases} cases, ${Math.round(cases / seconds)} a second`);
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
