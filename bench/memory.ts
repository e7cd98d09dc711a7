// Peak memory of `nought train --stream` on 100,000 and on 1,000,000 rows of 30 hashed features, 983,040 declared
// dimensions. The short file already meets nearly every value, so that only the number of rows differs: memory must
// not grow with it. Each file is streamed three times in turn and its lowest peak counts: the garbage
// collector's slack only adds to a peak, and growth would raise them all. Exits 1 when the long file's is more than 15%
// above the short one's.
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Random } from "../src/random.js";

const CLI = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const ROWS = [100_000, 1_000_000];
const COLUMNS = Array.from({ length: 30 }, (_, c) => `c${c + 1}`);
const SLOTS = 32_768;
/** Values of a column, evenly drawn: of 100,000 draws all but e⁻⁵ = 0.7% of them come up. */
const VALUES = 20_000;
const ROUNDS = 3;
const LARGEST_RATIO = 1.15;
/**
 * Loaded into the child ahead of the CLI: says last on standard error how many KiB it had resident at its peak. On
 * Linux that is VmHWM, because maxRSS there is never below what the parent had when it forked.
 */
const REPORT = `data:text/javascript,${encodeURIComponent(`
  import { existsSync, readFileSync } from "node:fs";
  const status = "/proc/self/status";
  const peak = () => existsSync(status) && /VmHWM:\\s*(\\d+) kB/.exec(readFileSync(status, "utf8"))?.[1];
  process.on("exit", () => console.error(peak() || process.resourceUsage().maxRSS));
`)}`;

/** Writes a CSV of y and the columns, seeded, some rows at a time. The label leans on the first column. */
function generate(file: string, rows: number): void {
  const random = new Random(1);
  const descriptor = openSync(file, "w");
  try {
    writeSync(descriptor, `y,${COLUMNS.join()}\n`);
    for (let from = 0; from < rows; from += 1000) {
      const lines = Array.from({ length: Math.min(1000, rows - from) }, () => {
        const cells = COLUMNS.map(() => random.below(VALUES));
        return `${Number(random.unit() < (cells[0]! % 2 ? 0.4 : 0.1))},${cells.join()}\n`;
      });
      writeSync(descriptor, lines.join(""));
    }
  } finally {
    closeSync(descriptor);
  }
}

const fileOf = (folder: string, rows: number) => join(folder, `${rows}.csv`);

interface Measured {
  rows: number;
  seen: number;
  megabytes: number;
  seconds: number;
  /** MiB resident. */
  peak: number;
}

function measure(folder: string, rows: number): Measured {
  const file = fileOf(folder, rows);
  const flags = [
    ...["--stream", "--target", "y", "--solver", "ftrl", "--json"],
    ...COLUMNS.flatMap((column) => ["--hash", `${column}=${SLOTS}`]),
    ...["--output", join(folder, `${rows}.nought`)],
  ];
  const began = performance.now();
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--import", REPORT, CLI, "train", file, ...flags], {
    encoding: "utf8",
  });
  const seconds = (performance.now() - began) / 1000;
  if (status !== 0) throw new Error(`nought ended with ${status}: ${stderr}`);
  const result: { rows: number; columns: { declared: number; seen: number } } = JSON.parse(stdout);
  if (result.rows !== rows || result.columns.declared !== COLUMNS.length * SLOTS) {
    throw new Error(`${result.rows} rows, ${result.columns.declared} dimensions; expected ${rows} rows`);
  }
  const peak = Number(stderr.trim().split("\n").at(-1)) / 1024;
  if (!(peak > 0)) throw new Error(`no peak was reported: ${stderr}`);
  return { rows, seen: result.columns.seen, megabytes: statSync(file).size / 1e6, seconds, peak };
}

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length >> 1] as number;
const whole = (number: number, width: number) => Math.round(number).toLocaleString("en-US").padStart(width);

/** Prints one file's rounds (median time, lowest peak) and returns that peak. */
function report(rounds: Measured[]): number {
  const { rows, seen, megabytes } = rounds[0]!;
  const seconds = median(rounds.map((it) => it.seconds));
  const peaks = rounds.map((it) => it.peak);
  const peak = Math.min(...peaks);
  console.log(
    `${whole(rows, 9)}${whole(seen, 9)}${whole(megabytes, 7)}${seconds.toFixed(1).padStart(10)}` +
      `${whole(rows / seconds, 10)}${peak.toFixed(1).padStart(11)}` +
      `   (${Math.min(...peaks).toFixed(1)} … ${Math.max(...peaks).toFixed(1)})`,
  );
  return peak;
}

const folder = mkdtempSync(join(tmpdir(), "nought-memory-"));
try {
  for (const rows of ROWS) generate(fileOf(folder, rows), rows);
  const rounds = Array.from({ length: ROUNDS }, () => ROWS.map((rows) => measure(folder, rows)));
  console.log(`${ROUNDS} rounds (median time, lowest peak) of nought train --stream, Node ${process.version}`);
  console.log("     rows     seen     MB   seconds    rows/s   peak MiB");
  const peaks = ROWS.map((_, r) => report(rounds.map((it) => it[r]!)));
  const ratio = peaks.at(-1)! / peaks[0]!;
  const isWithin = ratio <= LARGEST_RATIO;
  console.log(`peak ×${ratio.toFixed(3)} for ×10 rows: ${isWithin ? "within" : "OUTSIDE"} ×${LARGEST_RATIO}`);
  if (!isWithin) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
