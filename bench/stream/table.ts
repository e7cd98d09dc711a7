// The FTRL step in one table at random ids: what a table that fits no cache costs.
import { createEngine, type Engine } from "../../src/engine/engine.js";
import type { Rows } from "../../src/engine/kernels.js";
import { Random } from "../../src/random.js";
import { createTrainer, type Trainer } from "../../src/train/trainer.js";

const ROWS = 20_000;
const PER_ROW = 40;
const ROUNDS = 5;
const THREADS = 2;
/** 2²⁰ slots are 8 MB; the globe's minutes of latitude × longitude are 1.87 GB. */
const TABLES = [2 ** 20, 233_280_000];

type Way = "wasm" | "baseline" | "hogwild";

/** Million features a second of one training, the best of its rounds, and Σ loss: the same on every kernel set. */
async function measure(way: Way, slots: number): Promise<{ speed: number; loss: number }> {
  const isShared = way === "hogwild";
  using engine = await createEngine(isShared ? { threads: THREADS } : { kernels: way });
  const { memory } = engine;
  const trainer = createTrainer(engine, "logistic", { lambda1: 1 }, 1);
  const hogwild = isShared ? hogwildOn(engine, trainer) : null;
  trainer.reserve({ columns: slots, longestRow: PER_ROW, batchEntries: 0 });
  if (isShared) await new Promise((resolve) => setTimeout(resolve, 500)); // until the worker is up
  const random = new Random(1);
  const rows: Rows = {
    pointers: memory.u32(ROWS + 1),
    indices: memory.u32(ROWS * PER_ROW),
    values: null,
    labels: memory.f64(ROWS),
    weights: null,
  };
  for (let i = 0; i < ROWS; i++) {
    rows.labels.view[i] = random.unit() < 0.3 ? 1 : -1;
    rows.pointers.view[i + 1] = (i + 1) * PER_ROW;
  }
  let [speed, loss] = [0, 0];
  for (let round = 0; round <= ROUNDS; round++) {
    // Other ids each time, so that the table is visited all over; the first round warms the code up. A row's ids are
    // each of another part of the table: none is there twice.
    const indices = rows.indices.view;
    const part = Math.floor(slots / PER_ROW);
    for (let k = 0; k < indices.length; k++) indices[k] = (k % PER_ROW) * part + random.below(part);
    const began = performance.now();
    loss += hogwild?.(rows) ?? trainer.train(rows, null, 0, ROWS);
    if (round > 0) speed = Math.max(speed, indices.length / 1000 / (performance.now() - began));
  }
  return { speed, loss };
}

/** Returns a function that lets all threads train on rows at once, without locks. */
function hogwildOn({ background }: Engine, trainer: Trainer): (rows: Rows) => number {
  const lanes = background!.lanes(2 * THREADS);
  trainer.open!(lanes.length);
  background!.start();
  return (rows) => {
    const size = ROWS / lanes.length;
    for (const [part, lane] of lanes.entries()) trainer.train(rows, null, part * size, (part + 1) * size, lane, part);
    return background!.finish(background!.launch(), rows.pointers.view[ROWS]!).reduce((sum, it) => sum + it, 0);
  };
}

/** Prints the speed of both kernel sets, and of threads without locks, in both tables. */
export async function benchTables(): Promise<void> {
  console.log(`\nFTRL at random ids, ${PER_ROW} a row, best of ${ROUNDS}: million features a second`);
  console.log(`          slots      WASM  TypeScript    ratio   hogwild, ${THREADS} threads   to WASM`);
  for (const slots of TABLES) {
    const [wasm, plain] = [await measure("wasm", slots), await measure("baseline", slots)];
    const shared = await measure("hogwild", slots);
    if (wasm.loss !== plain.loss) throw new Error(`losses differ: ${wasm.loss}, ${plain.loss}`);
    console.log(
      `${slots.toLocaleString("en-US").padStart(15)}${wasm.speed.toFixed(1).padStart(10)}` +
        `${plain.speed.toFixed(1).padStart(12)}${(wasm.speed / plain.speed).toFixed(1).padStart(8)}×` +
        `${shared.speed.toFixed(1).padStart(21)}${(shared.speed / wasm.speed).toFixed(2).padStart(9)}×`,
    );
  }
}
