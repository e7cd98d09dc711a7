// Two threads beside one: scans at several sizes, and whole fits of data above 10 MB of text. The same answers are
// asked for first. Rounds alternate; a ratio above 1 is a gain. With an argument: rounds (default 15).
import { cpus } from "node:os";
import { transpose } from "../src/data/columns.js";
import type { Engine } from "../src/engine/engine.js";
import { wasmEngine } from "../src/engine/engine.js";
import { encodeModel, fit, readSvmlight } from "../src/node.js";
import { Random } from "../src/random.js";
import { randomRows } from "./data.js";

const ROUNDS = Number(process.argv[2] ?? 15);
const THREADS = [1, 2] as const;
/** Large enough that every kernel below is worth sharing, and such that a working set might have. */
const SHAPES = [
  { rows: 100_000, columns: 50_000, perRow: 40, ones: true },
  { rows: 25_000, columns: 70_000, perRow: 140, ones: false },
  { rows: 100_000, columns: 8000, perRow: 4, ones: true },
];
/** Rows of text, entries a row, distinct columns, and strength. */
const FITS = [
  { name: "ones, many rows", rows: 200_000, perRow: 12, columns: 100_000, ones: true, l1: 3e-5 },
  { name: "values, long rows", rows: 20_000, perRow: 100, columns: 50_000, ones: false, l1: 3e-4 },
];

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length >> 1] as number;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Makes the scans of one engine; each returns numbers that must be the same for any number of threads. */
function scansOf(engine: Engine, shape: (typeof SHAPES)[number]): Record<string, () => number[]> {
  const { kernels, memory } = engine;
  const { rows: count, columns } = shape;
  const rows = randomRows(memory, shape);
  const x = transpose(engine, rows, count, columns);
  const [margins, model, w, out] = [memory.f64(count), memory.f64(2 * count), memory.f64(columns), memory.f64(columns)];
  w.view.forEach((_, j, all) => {
    all[j] = 1 / (j + 3) - 0.001;
  });
  const curvatures = memory.f64(columns);
  const ends = (view: Float64Array) => [view[0] as number, view.at(-1) as number, view[view.length >> 1] as number];
  return {
    margins: () => {
      kernels.margins(rows, 0, count, w, 0.1, margins);
      return ends(margins.view);
    },
    linearize: () => [kernels.linearize("logistic", rows, 0, count, margins, model), ...ends(model.view)],
    gradients: () => {
      kernels.gradients(x, 0, columns, model, out);
      return ends(out.view);
    },
    derivatives: () => {
      kernels.derivatives(x, 0, columns, model, out, curvatures);
      return [...ends(out.view), ...ends(curvatures.view)];
    },
  };
}

/** Prints medians and best times of one piece of work at one and two threads, and how many times faster two are. */
function report(name: string, times: number[][], digits: number): void {
  const [one, two] = times.map((it) => ({ median: median(it), best: Math.min(...it) })) as [Time, Time];
  const cell = (time: number) => time.toFixed(digits).padStart(10);
  const ratios = [one.median / two.median, one.best / two.best].map((it) => `${it.toFixed(2)}×`.padStart(9)).join("");
  console.log(name.padEnd(42) + cell(one.median) + cell(two.median) + cell(one.best) + cell(two.best) + ratios);
}
type Time = { median: number; best: number };

function header(what: string): void {
  const names = ["1 thread", "2 threads", "1, best", "2, best"].map((it) => it.padStart(10)).join("");
  console.log(`\n${what.padEnd(42)}${names}   ratio    best`);
}

async function benchScans(shape: (typeof SHAPES)[number]): Promise<void> {
  const engines = [await wasmEngine("simd"), await wasmEngine("threads", 2)];
  const scans = engines.map((engine) => scansOf(engine, shape));
  // The workers' start, and their first steps, are in the whole fits.
  for (let round = 0; round < 20; round++) {
    const answers = scans.map((it) => Object.values(it).map((scan) => scan()));
    if (JSON.stringify(answers[0]) !== JSON.stringify(answers[1])) throw new Error("two threads give another answer");
    await pause(5);
  }
  const { rows, columns, perRow, ones } = shape;
  for (const name of Object.keys(scans[0] ?? {})) {
    const times: number[][] = [[], []];
    for (let round = 0; round < 3 * ROUNDS; round++) {
      for (const [side, it] of scans.entries()) {
        const began = performance.now();
        it[name]?.();
        times[side]?.push(performance.now() - began);
      }
    }
    report(`${name} ${rows}×${columns}, ${rows * perRow} ${ones ? "ones" : "values"}`, times, 3);
  }
  for (const engine of engines) engine.dispose();
}

/** Seeded svmlight text. The commonest 300 columns pull on the label, one up, the next down; the others are noise. */
function textOf({ rows, perRow, columns, ones }: (typeof FITS)[number]): Uint8Array {
  const random = new Random(1);
  const lines: string[] = [];
  for (let i = 0; i < rows; i++) {
    const met = new Set<number>();
    while (met.size < perRow) met.add(Math.floor(random.unit() * random.unit() * columns)); // some common, most rare
    const places = [...met].sort((a, b) => a - b);
    const margin = places.reduce((sum, j) => sum + (j < 300 ? 2 - 4 * (j % 2) : 0), 2 * random.unit() - 1);
    const values = places.map((j) => `${j + 1}:${ones ? 1 : (random.unit() + 0.5).toFixed(3)}`);
    lines.push(`${margin > 0 ? 1 : -1} ${values.join(" ")}\n`);
  }
  return new TextEncoder().encode(lines.join(""));
}

async function benchFit(shape: (typeof FITS)[number]): Promise<void> {
  const text = textOf(shape);
  const read: number[][] = [[], []];
  const solve: number[][] = [[], []];
  const total: number[][] = [[], []];
  const models = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [side, threads] of THREADS.entries()) {
      const began = performance.now();
      using data = await readSvmlight(text, { threads });
      const loaded = performance.now();
      const { model } = await fit(data, { solver: "batch", l1: shape.l1 });
      const ended = performance.now();
      read[side]?.push(loaded - began);
      solve[side]?.push(ended - loaded);
      total[side]?.push(ended - began);
      models.add(Buffer.from(encodeModel(model)).toString("base64"));
    }
  }
  if (models.size !== 1) throw new Error(`${shape.name}: ${models.size} different models`);
  const size = `${(text.length / 1e6).toFixed(0)} MB`;
  report(`${shape.name}, ${size}: read`, read, 0);
  report(`${shape.name}, ${size}: solve`, solve, 0);
  report(`${shape.name}, ${size}: all`, total, 0);
}

console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}; ${ROUNDS} alternating rounds`);
header("scan, ms");
for (const shape of SHAPES) await benchScans(shape);
header("fit from text, ms");
for (const shape of FITS) await benchFit(shape);
