// Lodging in 15 cities on 3 continents: is a listing above its city's median price? Its place is a cross of latitude and
// longitude minutes. FTRL streams through the file, the batch solver polishes what it found, and L2 stands beside L1.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  bucket,
  category,
  cross,
  evaluate,
  type Fields,
  featureSpace,
  fit,
  type Model,
  readCsv,
  streamCsv,
} from "../src/node.js";
import { count, duration, size } from "../src/report/text.js";

const FILE = fileURLToPath(new URL("../../shared/data/global_lodging.csv", import.meta.url));
if (!existsSync(FILE)) {
  console.log("skipped: ../shared/data/global_lodging.csv is not there");
  process.exit();
}

/** Currencies differ: a price is compared with those of its own city. */
const medians = medianOfEach(readFileSync(FILE, "utf8").trim().split("\n").slice(1));
const target = ({ city, price }: Fields) => Number(price) > (medians.get(String(city)) as number);

const minutes = 1 / 60;
const [latitude, longitude] = [
  (width: number) => bucket("lat", width, -90, 90),
  (width: number) => bucket("lon", width, -180, 180),
];
const space = featureSpace({
  city: category("city"),
  "room type": category("room_type"),
  capacity: category("capacity"),
  weekend: category("weekend"),
  "room × capacity": cross("room type", "capacity"),
  "city × room": cross("city", "room type"),
  "latitude′": latitude(minutes),
  "longitude′": longitude(minutes),
  "place 10′": cross(latitude(10 * minutes), longitude(10 * minutes)),
  "place 1′": cross("latitude′", "longitude′"),
});
const table = { space, target, holdout: 0.2, seed: 1 };
/** Near the best by held-out log-loss; one strength for both solvers: that against the sum of gradients is n times the other. */
const LAMBDA1 = 1;

let began = performance.now();
const streamed = await streamCsv(FILE, { ...table, solver: "ftrl", lambda1: LAMBDA1 });
const streaming = performance.now() - began;
using data = await readCsv(FILE, table);
const [l1, l2] = [LAMBDA1 / data.count, 2 / data.count];
began = performance.now();
const polished = await fit(data, { l1, from: streamed.model });
const polishing = performance.now() - began;
began = performance.now();
const ridge = await fit(data, { l1: 0, l2 });
const dense = performance.now() - began;

console.log(`nought · lodging · which of ${count(data.count + data.holdout!.count)} listings are above their city's median price?
  declared   ${count(data.declared)} dimensions; a dense table: ${size(4 * data.declared)}
  seen       ${count(data.seen)} in ${count(data.count)} training rows; ${count(data.holdout!.count)} rows held out
`);
print("", "kept", "zeroed", "log-loss", "AUC", "time");
for (const [name, model, time] of [
  ["L2, solved", ridge.model, dense],
  ["L1, streamed once", streamed.model, streaming],
  ["L1, then polished", polished.model, polishing],
] as const) {
  const { logLoss, auc } = evaluate(model, data.holdout!);
  const zeroed = count(data.seen - model.kept);
  print(name, count(model.kept), zeroed, logLoss!.toFixed(4), auc!.toFixed(4), duration(time / 1000));
}
console.log(`
  the streamed model's objective was ${polished.certificate!.start!.above.toExponential(1)} above the optimum; the gap is now ${polished.certificate!.gap.toExponential(0)}

  feature                 never seen  zeroed by L1        kept  kept by L2`);
for (const { name, dimension } of data.space!.features) {
  const seen = seenOf(polished.model, name);
  const [kept, keptByL2] = [polished.model, ridge.model].map((model) => keptOf(model, name)) as [number, number];
  const cells = [dimension - seen, seen - kept, kept, keptByL2].map((it) => count(it).padStart(12));
  console.log(`  ${name.padEnd(20)}${cells.join("")}`);
}

function print(name: string, ...cells: string[]): void {
  console.log(`  ${name.padEnd(18)}${cells.map((cell) => cell.padStart(11)).join("")}`);
}

function seenOf({ training, space }: Model, name: string): number {
  return training.seenByFeature[space!.features.findIndex((it) => it.name === name)] as number;
}

function keptOf({ ids, space }: Model, name: string): number {
  return ids.reduce((sum, id) => sum + Number(space!.featureOf(id).name === name), 0);
}

/** The median price of each city. The file has no quotes. */
function medianOfEach(lines: string[]): Map<string, number> {
  const prices = new Map<string, number[]>();
  for (const line of lines) {
    const [city, , , , , , price] = line.split(",") as string[];
    prices.set(city!, prices.get(city!) ?? []);
    prices.get(city!)!.push(Number(price));
  }
  return new Map([...prices].map(([city, all]) => [city, all.sort((a, b) => a - b)[all.length >> 1] as number]));
}
