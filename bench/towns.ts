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
  reading    ${duration(data.seconds.load)} to learn the features, ${duration(data.seconds.encode)} to encode the rows
`);

const row = (...cells: string[]) =>
  console.log(
    `  ${cells[0]?.padEnd(18)}${cells
      .slice(1)
      .map((cell) => cell.padStart(11))
      .join("")}`,
  );
row("", "kept", "zeroed", "model", "log-loss", "AUC", "solve");
row(`always ${(100 * share).toFixed(1)}%`, "–", "–", "–", baseRate.toFixed(4), "–", "–");

/** The best of a small grid each: strengths, rates and epochs by held-out log-loss. */
const SOLVERS = {
  L2: { solver: "ftrl", lambda1: 0, lambda2: 20, epochs: 10, alpha: 0.2 },
  L1: { solver: "ftrl", lambda1: 60, lambda2: 0, epochs: 20, alpha: 0.3 },
} as const;
const results = [];
for (const [name, options] of Object.entries(SOLVERS)) {
  const began = performance.now();
  const { model, columns } = await fit(data, options);
  const seconds = (performance.now() - began) / 1000;
  const bytes = await saveModel(model, join(process.cwd(), `towns-${name.toLowerCase()}.nought`));
  const { logLoss, auc } = evaluate(model, holdout);
  results.push({ kept: columns.kept, bytes, logLoss: logLoss as number });
  row(
    name,
    count(columns.kept),
    count(columns.seen - columns.kept),
    size(bytes),
    (logLoss as number).toFixed(4),
    (auc as number).toFixed(4),
    duration(seconds),
  );
}

const [l2, l1] = results as [(typeof results)[0], (typeof results)[0]];
const difference = l1.logLoss - l2.logLoss;
const verdict =
  Math.abs(difference) < 0.001 ? "predicts as well" : difference < 0 ? "predicts better" : "predicts worse";
console.log(`
  L1 kept ${((100 * l1.kept) / data.seen).toFixed(1)}% of what it saw and ${verdict}${difference < 0.001 ? ": what went was noise" : ""}. Its model is ${Math.round(l2.bytes / l1.bytes)}× smaller than
  L2's and ${count(Math.round((4 * data.declared) / l1.bytes))}× smaller than a dense table. ${data.engine.runtime.kernels} kernels, one thread.
  models     towns-l1.nought  towns-l2.nought
Next: npx nought inspect towns-l1.nought --top 10`);
