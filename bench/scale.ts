// What a batch fit costs as the data grows: with its non-zeros, and with the declared dimension at the same non-zeros.
// Reading and solving, one thread, the best of three; columns, labels and strengths relative to the rows are alike.
import { cpus } from "node:os";
import { type Arrays, fit, readArrays } from "../src/node.js";
import { Random } from "../src/random.js";
import { count } from "../src/report/text.js";

const PER_ROW = 20;
/** Distinct columns that occur, spread evenly over the declared dimension. */
const SEEN = 50_000;

/** Seeded rows of ones. The commonest 400 columns pull on the label, one up, the next down; the others are noise. */
function rowsOf(entries: number, dimension: number): Arrays {
  const random = new Random(1);
  const spacing = Math.floor(dimension / SEEN);
  const n = Math.ceil(entries / PER_ROW);
  const [rows, columns, labels] = [new Uint32Array(n + 1), new Float64Array(n * PER_ROW), new Int8Array(n)];
  for (let i = 0; i < n; i++) {
    const met = new Set<number>();
    // Squared, so that some columns are common and most are rare.
    while (met.size < PER_ROW) met.add(Math.floor(random.unit() * random.unit() * SEEN));
    const places = [...met];
    columns.set(
      places.map((place) => place * spacing),
      i * PER_ROW,
    );
    rows[i + 1] = (i + 1) * PER_ROW;
    const margin = places.reduce((sum, place) => sum + (place < 400 ? 2 - 4 * (place % 2) : 0), 2 * random.unit() - 1);
    labels[i] = margin > 0 ? 1 : -1;
  }
  return { rows, columns, labels, dimension };
}

async function measure(entries: number, dimension: number): Promise<string> {
  const arrays = rowsOf(entries, dimension);
  let [load, solve, kept, converged] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, true];
  for (let round = 0; round < 3; round++) {
    const began = performance.now();
    using data = await readArrays(arrays);
    const read = performance.now();
    const { columns, certificate } = await fit(data, { l1: 1e-4, tolerance: 1e-4 });
    load = Math.min(load, read - began);
    solve = Math.min(solve, performance.now() - read);
    kept = columns.kept;
    converged = certificate?.converged ?? false;
  }
  const cells = [count(entries), dimension.toExponential(0), count(kept), load.toFixed(0), solve.toFixed(0)];
  const each = ((solve * 1e6) / entries).toFixed(1);
  return [...cells, each].map((it) => it.padStart(13)).join("") + (converged ? "" : "  not converged");
}

console.log(`${cpus()[0]?.model}, Node ${process.version}`);
console.log(
  ["non-zeros", "declared", "kept", "read, ms", "solve, ms", "ns/non-zero"].map((it) => it.padStart(13)).join(""),
);
for (const entries of [1e5, 1e6, 1e7]) console.log(await measure(entries, 1e6));
for (const dimension of [1e6, 1e9, 1e12]) console.log(await measure(1e6, dimension));
