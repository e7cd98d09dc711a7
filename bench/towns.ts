// The world's towns: which of 135,000 have 10,000 people or more? One data set, one split, two models: L1 and L2.
// Coordinates are crossed at 1°, 10′ and 1′; the last cross alone declares 233,280,000 dimensions.
import { join } from "node:path";
import { evaluate, fit, saveModel } from "../src/node.js";
import { count, duration, size } from "../src/report/text.js";
import { readTowns, TOWNS } from "./world.js";

using data = await readTowns();
const { holdout } = data;
if (!holdout) throw new Error("nothing was held out");

const share = data.rows.labels.view.reduce((sum, y) => sum + Number(y > 0), 0) / data.count;
const baseRate =
  holdout.rows.labels.view.reduce((sum, y) => sum - Math.log(y > 0 ? share : 1 - share), 0) / holdout.count;
const place = data.space?.features.at(-1);
console.log(`nought · the world's towns · which of ${count(TOWNS)} have 10,000 people or more?
  features   ${data.space?.features.map(({ name }) => name).join(", ")}
  declared   ${count(data.declared)} dimensions, ${count(place?.dimension ?? 0)} of them in ${place?.name}; a dense table: ${size(4 * data.declared)}
  seen       ${count(data.seen)} in ${count(data.count)} training rows; ${count(holdout.count)} rows held out
  reading    ${duration(data.seconds.load)} to learn the features, ${duration(data.seconds.encode)} to encode the rows`);

const row = (...cells: string[]) =>
  console.log(
    `  ${cells[0]?.padEnd(18)}${cells
      .slice(1)
      .map((cell) => cell.padStart(11))
      .join("")}`,
  );
/** Strengths near the best of each by held-out log-loss. */
const STRENGTHS = { L2: { l1: 0, l2: 2 / data.count }, L1: { l1: 2 / data.count, l2: 0 } };
const results = [];
for (const [name, strengths] of Object.entries(STRENGTHS)) {
  const began = performance.now();
  const { model, columns, certificate } = await fit(data, strengths);
  const seconds = (performance.now() - began) / 1000;
  const bytes = await saveModel(model, join(process.cwd(), `towns-${name.toLowerCase()}.nought`));
  const { logLoss, auc } = evaluate(model, holdout);
  const { gap = Number.NaN, provenZero = 0 } = certificate ?? {};
  results.push({ name, columns, gap, provenZero, seconds, bytes, logLoss: logLoss as number, auc: auc as number });
}
const [l2, l1] = results as [(typeof results)[0], (typeof results)[0]];
console.log(`  proven 0   ${count(l1.provenZero)} by counting, before the L1 training\n`);
row("", "kept", "zeroed", "model", "log-loss", "AUC", "solve", "gap");
row(`always ${(100 * share).toFixed(1)}%`, "–", "–", "–", baseRate.toFixed(4), "–", "–", "–");
for (const { name, columns, gap, seconds, bytes, logLoss, auc } of results) {
  const { kept, seen } = columns;
  row(
    name,
    ...[count(kept), count(seen - kept), size(bytes), logLoss.toFixed(4), auc.toFixed(4)],
    ...[duration(seconds), gap.toExponential(0)],
  );
}

const difference = l1.logLoss - l2.logLoss;
const verdict =
  Math.abs(difference) < 0.001 ? "predicts as well" : difference < 0 ? "predicts better" : "predicts worse";
console.log(`
  L1 kept ${((100 * l1.columns.kept) / data.seen).toFixed(1)}% of what it saw and ${verdict}${difference < 0.001 ? ": what went was noise" : ""}. Its model is ${Math.round(l2.bytes / l1.bytes)}× smaller than
  L2's and ${count(Math.round((4 * data.declared) / l1.bytes))}× smaller than a dense table. ${data.engine.runtime.kernels} kernels, one thread.
  models     towns-l1.nought  towns-l2.nought
Next: npx nought inspect towns-l1.nought --top 10`);
