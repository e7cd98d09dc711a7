// CSV to sparse rows: the kernel beside the reader of records (TypeScript, a string a cell), on one thread, in CPU time,
// with the same rows checked first; and the whole of streamCsv with FTRL.
//
//   npm run bench:csv            40 MB a table
//   npm run bench:csv -- 200     200 MB
import { cpus } from "node:os";
import { BlockStore } from "../src/data/blocks.js";
import { csvSource } from "../src/data/csv.js";
import { learnSpace, tableReader } from "../src/data/table.js";
import { createEngine, type Engine } from "../src/engine/engine.js";
import { bucket, category, cross, hash, number, quantiles, type SpaceDefinition } from "../src/features/define.js";
import type { FeatureSpace } from "../src/features/space.js";
import { streamCsv } from "../src/node.js";
import { Random } from "../src/random.js";
import { tableFor } from "../src/train/slots.js";

const MEGABYTES = Number(process.argv[2] ?? 40);
const ROUNDS = 3;

interface Bench {
  name: string;
  space: SpaceDefinition;
  columns: string[];
  delimiter: string;
  row(random: Random): string[];
}

/** A random number below `most`, small ones much more often. */
const skewed = (random: Random, most: number) => Math.floor(most * random.unit() ** 4);
const hex = (value: number) => (Math.imul(value + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0");
const range = (length: number, from = 0) => Array.from({ length }, (_, i) => i + from);
const features = (names: string[], make: (name: string) => SpaceDefinition["features"][string]) =>
  Object.fromEntries(names.map((name) => [name, make(name)]));

const INTEGERS = range(13).map((i) => `i${i}`);
const WORDS = range(26).map((i) => `c${i}`);
const COLUMNS = range(30).map((i) => `f${i}`);
const hashed = features(COLUMNS, (name) => hash(name, 1 << 15));
const CITIES = range(400).map((i) => `city ${hex(i).slice(0, 3 + (i % 6))}`);

const BENCHES: Bench[] = [
  {
    name: "30 hashed columns",
    space: { features: hashed },
    columns: ["y", ...COLUMNS],
    delimiter: ",",
    row: (random) => [String(random.below(2)), ...COLUMNS.map((_, i) => hex(skewed(random, 100 * (i + 1))))],
  },
  {
    name: "the same, and 10 crosses",
    space: {
      features: {
        ...hashed,
        ...Object.fromEntries(
          range(10).map((i) => [`x${i}`, cross(COLUMNS[i]!, COLUMNS[i + 10]!, { slots: 1 << 20 })]),
        ),
      },
    },
    columns: ["y", ...COLUMNS],
    delimiter: ",",
    row: (random) => [String(random.below(2)), ...COLUMNS.map((_, i) => hex(skewed(random, 100 * (i + 1))))],
  },
  {
    name: "Criteo-like, all hashed",
    space: {
      features: {
        ...features(INTEGERS, (name) => hash(name, 1 << 12)),
        ...features(WORDS, (name) => hash(name, 1 << 18)),
      },
    },
    columns: ["y", ...INTEGERS, ...WORDS],
    delimiter: "\t",
    row: (random) => [
      String(random.below(2)),
      ...INTEGERS.map(() => (random.below(4) ? String(skewed(random, 5000)) : "")),
      ...WORDS.map((_, i) => (random.below(8) ? hex(skewed(random, 50 * (i + 1) ** 2)) : "")),
    ],
  },
  {
    name: "Criteo-like, learned",
    space: { features: { ...features(INTEGERS, number), ...features(WORDS, category) } },
    columns: ["y", ...INTEGERS, ...WORDS],
    delimiter: "\t",
    row: (random) => [
      String(random.below(2)),
      ...INTEGERS.map(() => (random.below(4) ? String(skewed(random, 5000)) : "")),
      ...WORDS.map((_, i) => (random.below(8) ? hex(skewed(random, 50 * (i + 1) ** 2)) : "")),
    ],
  },
  {
    name: "places, quoted names",
    space: {
      features: {
        cell: cross(bucket("lat", 1 / 60, -90, 90), bucket("lon", 1 / 60, -180, 180)),
        lat: bucket("lat", 1, -90, 90),
        city: category("city"),
        price: quantiles("price", 20),
        night: bucket("per night", 10, 0, 1000),
      },
      derive: { "per night": "price / nights" },
    },
    columns: ["id", "name", "lat", "lon", "city", "price", "nights", "y"],
    delimiter: ",",
    row: (random) => [
      String(random.below(1e8)),
      `"A quiet room, ${hex(random.below(1e6))} near the été"`,
      (random.unit() * 180 - 90).toFixed(5),
      (random.unit() * 360 - 180).toFixed(5),
      CITIES[skewed(random, CITIES.length)] as string,
      (1 + random.unit() * 400).toFixed(2),
      String(1 + skewed(random, 30)),
      String(random.below(2)),
    ],
  },
];

function textOf({ columns, delimiter, row }: Bench): Uint8Array {
  const random = new Random(5);
  const rows = Array.from({ length: 20_000 }, () => `${row(random).join(delimiter)}\n`).join("");
  const body = new TextEncoder().encode(rows);
  const head = new TextEncoder().encode(`${columns.join(delimiter)}\n`);
  const times = Math.ceil((MEGABYTES * 1e6) / body.length);
  const text = new Uint8Array(head.length + times * body.length);
  text.set(head);
  for (let i = 0; i < times; i++) text.set(body, head.length + i * body.length);
  return text;
}

/** Reads a text into blocks that nobody trains on. Returns CPU seconds, rows and a checksum. */
async function read(bench: Bench, text: Uint8Array, space: FeatureSpace, engine: Engine, isPlain: boolean) {
  let sum = 0;
  const store = new BlockStore(
    engine,
    tableFor(space.declared, {}),
    { rows: 4096, entries: 1 << 16 },
    ({ rows, entries, count }) => {
      const [indices, labels] = [rows.indices.view, rows.labels.view];
      sum = (Math.imul(sum, 31) + entries + indices[0]! + indices[entries - 1]! + labels[count - 1]!) | 0;
    },
  );
  const options = { loss: "logistic", target: "y" } as const;
  const reader = tableReader(csvSource(text, { delimiter: bench.delimiter, keep: false }), space, options);
  const began = process.cpuUsage();
  const pass = isPlain
    ? reader.parse!(store)
    : reader.read((entries, label, weight) => store.addRow(entries, label, weight));
  for await (const _ of pass);
  store.flush();
  const { user, system } = process.cpuUsage(began);
  return { seconds: (user + system) / 1e6, rows: store.rows, sum };
}

console.log(`${cpus()[0]?.model}, Node ${process.version}; CPU time, best of ${ROUNDS} alternating rounds`);
console.log(
  "table                        records MB/s   kernel MB/s      ×   k rows/s   learning MB/s   streamCsv MB/s",
);
for (const bench of BENCHES) {
  const text = textOf(bench);
  const source = () => csvSource(text, { delimiter: bench.delimiter, keep: false });
  const began = process.cpuUsage();
  const space = await learnSpace(source(), bench.space, { loss: "logistic", target: "y" });
  const learning = process.cpuUsage(began);
  const best = {
    records: Number.POSITIVE_INFINITY,
    kernel: Number.POSITIVE_INFINITY,
    stream: Number.POSITIVE_INFINITY,
  };
  let rows = 0;
  for (let round = 0; round < ROUNDS; round++) {
    using first = await createEngine();
    using second = await createEngine();
    const records = await read(bench, text, space, first, false);
    const kernel = await read(bench, text, space, second, true);
    if (records.sum !== kernel.sum || records.rows !== kernel.rows) throw new Error(`${bench.name}: other rows`);
    rows = kernel.rows;
    best.records = Math.min(best.records, records.seconds);
    best.kernel = Math.min(best.kernel, kernel.seconds);
    const { features } = bench.space;
    const before = process.cpuUsage();
    const { delimiter } = bench;
    await streamCsv(text, { space: bench.space, target: "y", delimiter, solver: "ftrl", threads: 1 });
    const { user, system } = process.cpuUsage(before);
    if (Object.keys(features).length > 0) best.stream = Math.min(best.stream, (user + system) / 1e6);
  }
  const speed = (seconds: number) => (text.length / 1e6 / seconds).toFixed(0);
  const learned = (learning.user + learning.system) / 1e6;
  console.log(
    bench.name.padEnd(28),
    speed(best.records).padStart(12),
    speed(best.kernel).padStart(13),
    (best.records / best.kernel).toFixed(1).padStart(6),
    (rows / 1000 / best.kernel).toFixed(0).padStart(10),
    (learned > 0.01 ? speed(learned) : "–").padStart(15),
    speed(best.stream).padStart(16),
  );
}
