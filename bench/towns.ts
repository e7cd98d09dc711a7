// The world's towns: which of 135,000 have 10,000 people or more? One data set, one split, two models: L1 and L2.
// Coordinates are crossed at 1°, 10′ and 1′; the last cross alone declares 233,280,000 dimensions.
import { join } from "node:path";
import { pathBeside } from "../src/cli/report.js";
import { assessOn } from "../src/model/evaluate.js";
import { fit, saveModel } from "../src/node.js";
import { platform } from "../src/platform.js";
import { stepOf } from "../src/report/figures/strength.js";
import { reportHtml } from "../src/report/report.js";
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
  const assessment = assessOn(model, holdout);
  const { logLoss, auc } = assessment.metrics;
  const { gap = Number.NaN, provenZero = 0 } = certificate ?? {};
  const found = { model, certificate, assessment };
  results.push({
    name,
    columns,
    gap,
    provenZero,
    seconds,
    bytes,
    logLoss: logLoss as number,
    auc: auc as number,
    found,
  });
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

const { model, certificate, assessment } = l1.found;
const path = await pathBeside(data, { solver: "batch", l1: STRENGTHS.L1.l1 });
if (!path) throw new Error("the towns have grown past what a report draws a path of");
const steps = path.points.map(stepOf);
const losses = { train: model.training.loss.train as number, validation: l1.logLoss };
const page = await reportHtml({
  ...{ kind: "towns", title: "Which towns have 10,000 people or more?", command: "npm start", warnings: [] },
  asked: [
    ["data", `${count(TOWNS)} towns of GeoNames, a fifth of them held out`],
    ["features", data.space?.features.map(({ name }) => name).join(", ") ?? ""],
    ["l1", STRENGTHS.L1.l1.toPrecision(3)],
  ],
  ...{
    model,
    bytes: l1.bytes,
    seen: data.dictionary.ids,
    certificate,
    curve: null,
    crossValidated: null,
    heldBack: null,
    slices: [],
    r2: { train: null, progressive: null },
  },
  path: { steps, chosen: STRENGTHS.L1.l1 },
  frontier: {
    data: {
      points: steps.map(({ kept, loss }) => ({ size: kept, loss })),
      ...{ unit: "weights", chosen: { size: model.kept, loss: losses } },
    },
    how: " at one strength of L1",
  },
  measured: { on: "rows held out", ...assessment },
  notes: [
    {
      title: "Beside L2",
      text:
        `L2 keeps ${count(l2.columns.kept)} weights, ${size(l2.bytes)}, for a log-loss of ${l2.logLoss.toFixed(4)} and an AUC of ` +
        `${l2.auc.toFixed(4)} on the same rows held out. L1 keeps ${count(model.kept)}, ${size(l1.bytes)}, and has ${l1.logLoss.toFixed(4)} and ${l1.auc.toFixed(4)}.`,
    },
  ],
  footer: "Towns: GeoNames (CC BY 4.0).",
});
await platform().save("towns.html", new TextEncoder().encode(page));
console.log(`
  L1 kept ${((100 * l1.columns.kept) / data.seen).toFixed(1)}% of what it saw and ${verdict}${difference < 0.001 ? ": what went was noise" : ""}. Its model is ${Math.round(l2.bytes / l1.bytes)}× smaller than
  L2's and ${count(Math.round((4 * data.declared) / l1.bytes))}× smaller than a dense table. ${data.engine.runtime.kernels} kernels, one thread.
  report     towns.html       models     towns-l1.nought  towns-l2.nought
Next: npx nought inspect towns-l1.nought --top 10`);
