// Streaming: the FTRL step in tables of 1 million and of 233 million slots; whole processes from text files to a model,
// on one and on two threads, beside what Vowpal Wabbit 9.11 (--ftrl, two threads) was measured at on such a machine, and
// from a file to its predictions by that model; what of a stream is reading and parsing, in CPU time on one thread;
// rows/s and peak memory from 10⁴ to 10⁷ rows of 40 features. Ends with 1 where memory grows with the rows by more than
// 5%, or where the threads do not write the same model.
//
//   npm run bench:stream                   all
//   npm run bench:stream -- table          one of table, files, growth
//   npm run bench:stream -- files 100      with files of 100 MB instead of 500
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { hash, number } from "../src/node.js";
import { CLI, run } from "./peers/process.js";
import { clicks, NUMBERS, reviews, svmlight, TABLE_COLUMNS, table, vowpal, WORDS, write } from "./stream/data.js";
import { parsing } from "./stream/parse.js";
import { benchTables } from "./stream/table.js";

const [what = "all", size = "500"] = process.argv.slice(2);
const ROUNDS = 3;
const GROWTH = [1e4, 1e5, 1e6, 1e7];
const LARGEST_GROWTH = 1.05;

/** Rows/s as measured elsewhere on such a machine, whole processes on small files. */
const VOWPAL = { imdb: 153e3, onehot: 583e3, pairs: 74e3 };

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;
const thousands = (number: number) => `${Math.round(number / 1000).toLocaleString("en-US")} k`;

/** Streams a file through the command line and returns its seconds, peak and model. */
function train(file: string, flags: string[], threads: number, folder: string) {
  const model = join(folder, `${threads}.nought`);
  const fixed = ["--stream", "--solver", "ftrl", "--quiet", "--output", model, "--threads", String(threads)];
  const { seconds, peak } = run(process.execPath, [CLI, "train", file, ...fixed, ...flags], folder);
  return { seconds, peak, model: readFileSync(model) };
}

/** Predicts a file's rows by the model that was trained on it. */
function predict(file: string, threads: number, folder: string) {
  const output = join(folder, `${threads}.txt`);
  const args = ["predict", join(folder, "1.nought"), file, "--output", output, "--threads", String(threads)];
  const { seconds, peak } = run(process.execPath, [CLI, ...args], folder);
  return { seconds, peak, output: readFileSync(output) };
}

async function benchFiles(folder: string, megabytes: number): Promise<void> {
  const hashed = (columns: string[]) => columns.flatMap((column) => ["--hash", `${column}=32768`]);
  const numbers = NUMBERS.flatMap((column) => ["--number", column]);
  const spaceOf = (numbers: string[], words: string[]) => ({
    features: {
      ...Object.fromEntries(numbers.map((column) => [column, number(column)])),
      ...Object.fromEntries(words.map((column) => [column, hash(column, 32768)])),
    },
  });
  const files = [
    { name: "reviews, values (svmlight)", part: reviews, suffix: "svm", flags: [], peer: VOWPAL.imdb },
    {
      name: "14 one-hot ids (svmlight)",
      part: () => svmlight("onehot"),
      suffix: "svm",
      flags: [],
      peer: VOWPAL.onehot,
    },
    { name: "14 one-hot ids (VW)", part: () => vowpal("onehot"), suffix: "vw", flags: [], peer: VOWPAL.onehot },
    { name: "364 word pairs (svmlight)", part: () => svmlight("pairs"), suffix: "svm", flags: [], peer: VOWPAL.pairs },
    { name: "364 word pairs (VW)", part: () => vowpal("pairs"), suffix: "vw", flags: [], peer: VOWPAL.pairs },
    {
      name: "30 hashed columns (CSV)",
      part: table,
      suffix: "csv",
      flags: ["--target", "y", ...hashed(TABLE_COLUMNS)],
      peer: null,
      columns: TABLE_COLUMNS,
      space: spaceOf([], TABLE_COLUMNS),
    },
    {
      name: "clicks, read twice (CSV)",
      part: clicks,
      suffix: "csv",
      flags: ["--target", "y", ...numbers, ...hashed(WORDS)],
      peer: null,
      columns: [...NUMBERS, ...WORDS],
      space: spaceOf(NUMBERS, WORDS),
    },
  ];
  console.log(`\nwhole process, one pass over ${megabytes} MB and more, medians of ${ROUNDS} alternating rounds`);
  console.log(
    "                              threads   seconds     rows/s  features/s    MB/s   MiB  to VW rows/s  predict MB/s  MiB  parsing MB/s",
  );
  for (const { name, part, suffix, flags, peer, columns, space = null } of files) {
    const made = part();
    if (!made) {
      console.log(`${name.padEnd(30)} skipped: ../shared/data is not there`);
      continue;
    }
    const file = join(folder, `data.${suffix}`);
    const header = columns ? `y,${columns.join()}\n` : "";
    const written = write(file, made, { megabytes }, header);
    const rounds = Array.from({ length: ROUNDS }, () => [1, 2].map((threads) => train(file, flags, threads, folder)));
    if (!rounds.flat().every(({ model }) => model.equals(rounds[0]![0]!.model))) {
      console.log(`${name}: the models are NOT the same`);
      process.exitCode = 1;
    }
    const scored = Array.from({ length: ROUNDS }, () => [1, 2].map((threads) => predict(file, threads, folder)));
    if (!scored.flat().every(({ output }) => output.equals(scored[0]![0]!.output))) {
      console.log(`${name}: the predictions are NOT the same`);
      process.exitCode = 1;
    }
    const speeds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) speeds.push(await parsing(file, written.megabytes, space));
    for (const t of [0, 1]) {
      const [seconds, scoring] = [rounds, scored].map((all) => median(all.map((it) => it[t]!.seconds))) as [
        number,
        number,
      ];
      const peak = median(rounds.map((it) => it[t]!.peak));
      const rows = written.rows / seconds;
      console.log(
        `${(t ? "" : name).padEnd(30)}${String(t + 1).padStart(7)}${seconds.toFixed(2).padStart(10)}` +
          `${thousands(rows).padStart(11)}${`${(written.features / seconds / 1e6).toFixed(1)} M`.padStart(12)}` +
          `${(written.megabytes / seconds).toFixed(0).padStart(8)}${peak.toFixed(0).padStart(6)}` +
          `${(peer ? `${(rows / peer).toFixed(2)}×` : "–").padStart(12)}` +
          `${(written.megabytes / scoring).toFixed(0).padStart(11)}${median(scored.map((it) => it[t]!.peak))
            .toFixed(0)
            .padStart(6)}${(t ? "" : median(speeds).toFixed(0)).padStart(14)}`,
      );
    }
    rmSync(file);
  }
}

function benchGrowth(folder: string): void {
  const part = svmlight("forty");
  const file = join(folder, "data.svm");
  console.log("\nrows of 40 features, two threads, whole process, medians of 3");
  console.log("      rows       MB   seconds     rows/s   peak MiB");
  const peaks = GROWTH.map((count) => {
    const { rows, megabytes } = write(file, part, { rows: count });
    const runs = Array.from({ length: ROUNDS }, () => train(file, [], 2, folder));
    const [seconds, peak] = [median(runs.map((it) => it.seconds)), median(runs.map((it) => it.peak))];
    const [a, b] = [rows.toLocaleString("en-US"), megabytes.toFixed(0)];
    console.log(
      `${a.padStart(10)}${b.padStart(9)}${seconds.toFixed(2).padStart(10)}${thousands(rows / seconds).padStart(11)}` +
        peak.toFixed(1).padStart(11),
    );
    return peak;
  });
  const ratio = peaks.at(-1)! / peaks.at(-2)!;
  const isFlat = ratio <= LARGEST_GROWTH;
  console.log(`peak ×${ratio.toFixed(3)} for ×10 rows: ${isFlat ? "within" : "OUTSIDE"} ×${LARGEST_GROWTH}`);
  if (!isFlat) process.exitCode = 1;
}

console.log(`${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.version}`);
const folder = mkdtempSync(join(tmpdir(), "nought-stream-"));
try {
  if (what === "all" || what === "table") await benchTables();
  if (what === "all" || what === "files") await benchFiles(folder, Number(size));
  if (what === "all" || what === "growth") benchGrowth(folder);
} finally {
  rmSync(folder, { recursive: true });
}
