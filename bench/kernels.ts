// Each kernel, WebAssembly against plain TypeScript (and gcc -O3 where there is one), on the same seeded data in
// the same run. Both sides must give the same bits, all of them, before they are timed, and C the same sums to 1e-6. Prints nanoseconds per non-zero.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Bench } from "tinybench";
import { transpose } from "../src/data/columns.js";
import type { Ftrl, Matrix, Rows, Sgd } from "../src/engine/kernels.js";
import type { Slice } from "../src/engine/memory.js";
import { createEngine, type Engine } from "../src/node.js";
import { randomRows } from "./data.js";

const SHAPE = { rows: 20_000, columns: 65_536, perRow: 50 };
const ENTRIES = SHAPE.rows * SHAPE.perRow;
const ROUNDS = 7;

/** A kernel on one engine: `reset` puts its state back, `run` is timed and returns a number, `output` is all it writes. */
type Case = { reset(): void; run(): number; output: Slice };

function margins({ kernels, memory }: Engine, rows: Rows): Case {
  const w = memory.f64(SHAPE.columns);
  w.view.forEach((_, j, view) => {
    view[j] = (j % 7) - 3;
  });
  const out = memory.f64(SHAPE.rows);
  return {
    reset: () => {},
    run: () => {
      kernels.margins(rows, 0, SHAPE.rows, w, 0, out);
      return out.view[SHAPE.rows - 1] as number;
    },
    output: out,
  };
}

function ftrl({ kernels, memory }: Engine, rows: Rows): Case {
  const o: Ftrl = {
    state: memory.f32(2 * SHAPE.columns),
    bias: memory.f64(2),
    scratch: memory.f32(2 * (SHAPE.perRow + 3)),
    touched: null,
    gradient: null,
    spots: null,
    seats: null,
    outcome: null,
    margins: null,
    batch: 1,
    clip: Number.POSITIVE_INFINITY,
    inverseAlpha: 10,
    ridge: 10,
    lambda1: 0.01,
    biasRidge: 10,
    biasLambda1: 0,
    intercept: 0,
  };
  return {
    reset: () => o.state.view.fill(0),
    run: () => kernels.ftrlRows("logistic", rows, null, 0, SHAPE.rows, o),
    output: o.state,
  };
}

function sgd({ kernels, memory }: Engine, rows: Rows): Case {
  const o: Sgd = {
    state: memory.f64(SHAPE.columns),
    scratch: memory.f64(SHAPE.perRow),
    ledger: memory.f64(4),
    margins: null,
    columns: SHAPE.columns,
    intercept: 0,
    l1: 1e-5,
    l2: 1e-6,
    rate: 0.1,
    decay: 1e-5,
    weightScale: 1,
  };
  return {
    reset: () => {
      o.state.view.fill(0);
      o.ledger.view.set([0, 1, 0, 0]);
    },
    run: () => kernels.sgdRows("logistic", rows, null, 0, SHAPE.rows, o),
    output: o.state,
  };
}

function descend(engine: Engine, rows: Rows): Case {
  const { kernels, memory } = engine;
  const x: Matrix = transpose(engine, rows, SHAPE.rows, SHAPE.columns);
  const model = memory.f64(2 * SHAPE.rows);
  const curvatures = memory.f64(SHAPE.columns);
  const weights = memory.f64(SHAPE.columns);
  const order = memory.u32(SHAPE.columns);
  const [origin, inverseReach, outcome] = [memory.f64(SHAPE.columns), memory.f64(SHAPE.columns), memory.f64(2)];
  const penalties = memory.f64(2 * SHAPE.columns);
  for (let j = 0; j < SHAPE.columns; j++) penalties.view[2 * j] = 1e-5;
  const none = Number.POSITIVE_INFINITY;
  inverseReach.view.fill(1);
  const columns = { model, curvatures, weights, penalties, origin, inverseReach };
  const o = { ...columns, outcome, couplings: null, intercept: -1, radius: none, slack: none };
  const D = 0.25 / SHAPE.rows;
  for (let j = 0; j < SHAPE.columns; j++) {
    order.view[j] = j;
    for (let k = x.pointers.view[j] as number; k < (x.pointers.view[j + 1] as number); k++) {
      curvatures.view[j]! += D * (x.values?.view[k] ?? 1) * (x.values?.view[k] ?? 1);
    }
  }
  return {
    reset: () => {
      weights.view.fill(0);
      for (let i = 0; i < SHAPE.rows; i++) {
        model.view.set([(-0.5 * (rows.labels.view[i] as number)) / SHAPE.rows, D], 2 * i);
      }
    },
    run: () => {
      kernels.descend(x, order, SHAPE.columns, o);
      return outcome.view[0] as number;
    },
    output: weights,
  };
}

const KERNELS = { margins, ftrl, sgd, descend };
/** What WebAssembly is to be at least, as a ratio to plain TypeScript. */
const TARGETS: Record<string, number> = {
  "margins stored": 1.6,
  "margins ones": 1.5,
  "ftrl stored": 2.2,
  "descend stored": 1.9,
};

/** What C prints of a kernel: nanoseconds per entry, what it returned, and the sum of |x| over all it wrote. */
type Native = { ns: number; result: number; sum: number };
const FLAGS = ["-O3", "-march=native", "-fno-math-errno"];

/** Compiles kernels.c and returns a function that times it on the same data; null where there is no gcc. */
function native(rows: Rows, columns: Matrix): { run(): Map<string, Native>; dispose(): void } | null {
  const folder = mkdtempSync(join(tmpdir(), "nought-bench-"));
  const program = join(folder, "kernels");
  try {
    execFileSync("gcc", [...FLAGS, "-o", program, fileURLToPath(new URL("kernels.c", import.meta.url)), "-lm"]);
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
  const parts = [
    rows.pointers,
    rows.indices,
    rows.values,
    rows.labels,
    columns.pointers,
    columns.indices,
    columns.values,
  ];
  const data = join(folder, "data");
  const bytes = parts.map((slice) => {
    if (!slice) throw new Error("the C program reads stored values");
    return Buffer.from(slice.view.buffer, slice.view.byteOffset, slice.view.byteLength);
  });
  writeFileSync(
    data,
    Buffer.concat([Buffer.from(Uint32Array.of(SHAPE.rows, SHAPE.columns, ENTRIES).buffer), ...bytes]),
  );
  return {
    run: () => {
      const lines = execFileSync(program, [data, "9"], { encoding: "utf8" }).trim().split("\n");
      return new Map(
        lines.map((line) => {
          const [name, ns, result, sum] = line.split("\t");
          return [name as string, { ns: Number(ns), result: Number(result), sum: Number(sum) }];
        }),
      );
    },
    dispose: () => rmSync(folder, { recursive: true }),
  };
}

type Answer = { result: number; view: Slice["view"] };
const isNear = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.abs(b);
const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length >> 1] as number;

const wasm = await createEngine();
const baseline = await createEngine({ kernels: "baseline" });
const cases = new Map<string, { wasm: Case; baseline: Case }>();
let gcc: ReturnType<typeof native> = null;
for (const ones of [false, true]) {
  const rows = randomRows(wasm.memory, { ...SHAPE, ones });
  const same = randomRows(baseline.memory, { ...SHAPE, ones });
  for (const [name, make] of Object.entries(KERNELS)) {
    cases.set(`${name} ${ones ? "ones" : "stored"}`, { wasm: make(wasm, rows), baseline: make(baseline, same) });
  }
  if (!ones) gcc = native(same, transpose(baseline, same, SHAPE.rows, SHAPE.columns));
}

const checked = gcc?.run();
for (const [name, pair] of cases) {
  const [a, b] = [pair.wasm, pair.baseline].map((it) => {
    it.reset();
    return { result: it.run(), view: it.output.view };
  }) as [Answer, Answer];
  const differs = a.view.findIndex((number, i) => Math.abs(number) !== Math.abs(b.view[i] as number));
  if (!Object.is(a.result, b.result) || differs >= 0) {
    throw new Error(`${name}: WebAssembly gives ${a.result}, TypeScript ${b.result}; output ${differs} differs`);
  }
  const c = checked?.get(name);
  let sum = 0;
  for (const number of a.view) sum += Math.abs(number);
  if (c && !(isNear(c.result, a.result) && isNear(c.sum, sum))) {
    throw new Error(`${name}: C gives ${c.result} (sum ${c.sum}), WebAssembly ${a.result} (sum ${sum})`);
  }
}

const times = new Map<string, { wasm: number[]; baseline: number[]; gcc: number[] }>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, pair] of cases) {
    const bench = new Bench({ time: 60, iterations: 3, warmupTime: round ? 10 : 200, warmupIterations: 1 });
    for (const side of ["wasm", "baseline"] as const)
      bench.add(side, () => pair[side].run(), { beforeEach: pair[side].reset });
    await bench.run();
    const entry = times.get(name) ?? { wasm: [], baseline: [], gcc: [] };
    times.set(name, entry);
    for (const task of bench.tasks) {
      if (task.result.state !== "completed") throw new Error(`${name}: ${task.name} did not complete`);
      entry[task.name as "wasm" | "baseline"].push((task.result.latency.p50 * 1e6) / ENTRIES);
    }
  }
  for (const [name, { ns }] of gcc?.run() ?? []) times.get(name)?.gcc.push(ns);
}
gcc?.dispose();

console.log(
  `${cpus()[0]?.model}, Node ${process.version}; ${ENTRIES.toLocaleString("en-US")} non-zeros, ${ROUNDS} alternating rounds`,
);
console.log("median ns per non-zero     wasm  TypeScript     gcc   TypeScript/wasm  (target)   wasm/gcc (≤ 1.25)");
for (const [name, entry] of times) {
  const [w, t] = [median(entry.wasm), median(entry.baseline)];
  const c = entry.gcc.length ? median(entry.gcc) : Number.NaN;
  const cell = (number: number, width: number) => (Number.isNaN(number) ? "–" : number.toFixed(2)).padStart(width);
  const target = TARGETS[name] ? `(${TARGETS[name]})` : "";
  console.log(
    `${name.padEnd(22)}${cell(w, 9)}${cell(t, 12)}${cell(c, 8)}${cell(t / w, 18)}${target.padStart(10)}${cell(w / c, 11)}`,
  );
}
