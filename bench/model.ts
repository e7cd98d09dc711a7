// What a model takes on disk and in memory, how long it takes to load, and what a prediction costs.
// Weights at random ids of the 233,280,000 dimensions of a latitude × longitude cross at 1′; then the world's towns.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { encodeModel, fit, Model, type Quantize } from "../src/node.js";
import { Random } from "../src/random.js";
import { count, size } from "../src/report/text.js";
import { readTowns, towns } from "./world.js";

// As it is published: tsx writes functions down by name, which takes longer than to look an id up.
const { load }: typeof import("../src/node.js") = await import(new URL("../dist/node.js", import.meta.url).href);

const DECLARED = 233_280_000;
const ROUNDS = 9;
const FEATURES = 40;
const FORMS = ["indexed", "compact"] as const;

function randomModel(kept: number, declared: number): Model {
  const random = new Random(1);
  const ids = new Set<number>();
  while (ids.size < kept) ids.add(Math.floor(random.unit() * declared));
  // Most weights are small, as those of L1 are.
  const values = Float32Array.from({ length: kept }, () => 4 * (random.unit() - 0.5) ** 3 || 1);
  const training = {
    options: {},
    rows: 0,
    seen: kept,
    seenByFeature: [],
    loss: { progressive: null, train: null, validation: null },
  };
  return new Model(
    { loss: "logistic", intercept: 0, declared, space: null, training },
    Float64Array.from(ids).sort(),
    values,
  );
}

/** Milliseconds of the first call and of the quickest. */
function timed(work: () => unknown): [first: number, best: number] {
  const times = Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
  return [times[0]!, Math.min(...times)];
}

/** Microseconds to look up 40 ids, of which half are kept. */
function lookup(model: Model, weightOf: (id: number) => number): number {
  const random = new Random(2);
  const ids = Float64Array.from({ length: 100 * FEATURES }, (_, i) =>
    i % 2 ? model.ids[random.below(model.kept)]! : Math.floor(random.unit() * model.declared),
  );
  let sum = 0;
  const [, best] = timed(() => {
    for (let round = 0; round < 20; round++) for (const id of ids) sum += weightOf(id);
  });
  if (Number.isNaN(sum)) throw new Error("no weight");
  return (best * 1000 * FEATURES) / (20 * ids.length);
}

/** log₂ of the number of ways to choose the ids, a weight. */
function floorOf(kept: number, declared: number): number {
  let bits = 0;
  for (let j = 0; j < kept; j++) bits += Math.log2((declared - j) / (j + 1));
  return bits / kept;
}

const row = (...cells: (string | number)[]) =>
  console.log(cells.map((it) => (typeof it === "number" ? it.toFixed(2) : it).padStart(12)).join(""));

console.log(`${cpus()[0]?.model}, Node ${process.version}\n\n${count(DECLARED)} dimensions`);
row("weights", "written", "bytes", "bits/weight", "floor", "form", "first, ms", "load, ms", `${FEATURES} ids, µs`);
for (const kept of [1e4, 1e5, 1e6]) {
  const model = randomModel(kept, DECLARED);
  const least = floorOf(kept, DECLARED);
  for (const [quantize, bits] of [
    ["f32", 32],
    ["int16", 16],
    ["int8", 8],
  ] as [Quantize, number][]) {
    const bytes = encodeModel(model, { quantize });
    for (const form of FORMS) {
      const [first, best] = timed(() => load(bytes, { form }));
      const micros = lookup(model, load(bytes, { form }).weightOf);
      row(
        count(kept),
        quantize,
        count(bytes.length),
        (8 * bytes.length) / kept,
        least + bits,
        form,
        first,
        best,
        micros,
      );
    }
  }
}

compareWithText(1e4, DECLARED / 100);
await measureTowns();

/** A dense array, and the text that LIBLINEAR writes: a line for each dimension. */
function compareWithText(kept: number, declared: number): void {
  const model = randomModel(kept, declared);
  const bytes = encodeModel(model);
  const dense = new Float32Array(declared);
  model.ids.forEach((id, j) => {
    dense[id] = model.values[j]!;
  });
  const lines = Array.from(dense, (weight) => `${weight} `).join("\n");
  const text = `solver_type L1R_LR\nnr_class 2\nlabel 1 -1\nnr_feature ${declared}\nbias -1\nw\n${lines}\n`;
  console.log(`\n${count(kept)} weights of ${count(declared)} dimensions`);
  row("", "bytes", "ratio", "load, ms", "ratio");
  const [, ours] = timed(() => load(bytes));
  const compare = (name: string, length: number, millis: number) =>
    row(name, count(length), length / bytes.length, millis, millis / ours);
  compare("nought", bytes.length, ours);
  compare("dense f32", dense.byteLength, timed(() => new Float32Array(dense))[1]);
  compare(
    "text, here",
    text.length,
    timed(() => Float64Array.from(text.slice(text.indexOf("\nw\n") + 3).split("\n"), Number))[1],
  );
  const folder = mkdtempSync(join(tmpdir(), "nought-bench-"));
  try {
    writeFileSync(join(folder, "model"), text);
    writeFileSync(join(folder, "row"), "1 1:1\n");
    const predict = () =>
      spawnSync("liblinear-predict", [join(folder, "row"), join(folder, "model"), join(folder, "out")]);
    if (predict().status === 0) compare("LIBLINEAR", text.length, timed(predict)[1]);
    else console.log("liblinear-predict is not installed");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measureTowns(): Promise<void> {
  using data = await readTowns();
  const { model } = await fit(data, { l1: 2 / data.count, l2: 0 });
  console.log(`\nthe world's towns, ${count(model.kept)} weights`);
  row("written", "names", "bytes", "weights", "bound", "met");
  const records = [...towns()].filter((_, i) => i % 9 === 0);
  for (const quantize of ["f32", "int16", "int8", "auto:0.01"] as Quantize[]) {
    for (const stripNames of [false, true]) {
      const bytes = encodeModel(model, { quantize, stripNames });
      const predictor = load(bytes);
      const bound = (predictor as { change?: { margin: number } }).change?.margin ?? 0;
      const met = Math.max(...records.map((it) => Math.abs(predictor.margin(it) - model.margin(it))));
      if (met > bound + 1e-12) throw new Error(`a margin changed by ${met}, more than ${bound}`);
      row(
        quantize,
        stripNames ? "no" : "yes",
        count(bytes.length),
        count(predictor.kept),
        bound.toFixed(4),
        met.toFixed(4),
      );
    }
  }
  const bytes = encodeModel(model, { quantize: "int8", stripNames: true });
  const each = (predict: (record: (typeof records)[number]) => number) => {
    const [, best] = timed(() => records.reduce((sum, it) => sum + predict(it), 0));
    return ((best * 1000) / records.length).toFixed(1);
  };
  const micros = FORMS.map((form) => `${form} ${each(load(bytes, { form }).predict)}`);
  console.log(
    `µs a record of 8 features: ${micros.join(", ")}, Model ${each((it) => model.predict(it))}; ${size(bytes.length)}`,
  );
}
