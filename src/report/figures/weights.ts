import type { Model } from "../../model/model.js";
import { barsChart } from "../charts/bars.js";
import { cellsChart } from "../charts/cells.js";
import { binsOf, histogramChart } from "../charts/histogram.js";
import { escaped, TONE, tag } from "../charts/markup.js";
import { featureStates } from "../features.js";
import type { Figure, Table } from "../figure.js";
import { placesOf } from "../places.js";
import { count, plural, size } from "../text.js";

/** Largest weights that are shown by name. */
const TOP = 20;
/** And at most as rows of the data, which has to fit a link. */
const MOST_LISTED = 25_000;
/** Bytes of a weight in a dense table, and of an id with its weight in memory. */
const [DENSE, SPARSE] = [4, 12];

/** What a dense table of all weights would take, what those seen do, and what those kept do in the file. */
export function memoryFigure(model: Model, fileBytes: number): Figure {
  const { declared, kept, training } = model;
  const { seen } = training;
  const dense = DENSE * declared;
  const states = [
    { label: "Declared", weights: declared, bytes: dense, as: "in a dense table", tone: "zero" },
    { label: "Seen", weights: seen, bytes: Math.min(dense, SPARSE * seen), as: "as ids and weights", tone: "muted" },
    { label: "Kept", weights: kept, bytes: fileBytes, as: "in the file", tone: "plus" },
  ] as const;
  const caption =
    `${count(declared - seen)} of ${plural(declared, "declared weight")} belong to what no training row had; ` +
    `${count(seen - kept)} were seen and set to exactly 0. Bytes; each line is a power of ten.`;
  const words = { title: "Bytes from declared to kept", description: caption };
  const bars = states.map(({ label, weights, bytes, as, tone }) => {
    return { label, value: bytes, tone, text: `${plural(weights, "weight")}, ${size(bytes)} ${as}` };
  });
  return {
    title: "From declared to kept",
    caption,
    body: barsChart(bars, words),
    data: { columns: ["state", "weights", "bytes"], rows: states.map((it) => [it.label, it.weights, it.bytes]) },
    file: "memory.csv",
  };
}

/** How weights are distributed, the zeros among them. */
export function histogramFigure({ values, training }: Model): Figure {
  const zeros = training.seen - values.length;
  const positive = values.reduce((sum, it) => sum + Number(it > 0), 0);
  const rows = binsOf(values).map(({ from, to, count }) => [from, to, count]);
  return {
    title: "How large the weights are",
    caption: `${count(positive)} are above 0 and ${count(values.length - positive)} below. ${zerosText(zeros)}`,
    body: histogramChart({ weights: values, zeros }),
    data: { columns: ["from", "to", "weights"], rows: [...rows, [0, 0, zeros]] },
    file: "histogram.csv",
  };
}

function zerosText(zeros: number): string {
  if (zeros === 0) return "None that was seen is 0.";
  return `The spike is the ${zeros === 1 ? "one that was seen and is" : `${count(zeros)} that were seen and are`} exactly 0.`;
}

/** The largest weights by name. */
export function topFigure(model: Model): Figure {
  const listed = model.weights(MOST_LISTED);
  const top = listed.slice(0, TOP);
  const largest = Math.abs(top[0]?.weight ?? 1);
  const rows = top.map(({ name, weight }) => {
    const width = (50 * Math.abs(weight)) / largest;
    const rect = {
      x: weight < 0 ? 50 - width : 50,
      y: 0,
      width,
      height: 10,
      fill: TONE[weight < 0 ? "minus" : "plus"],
    };
    const frame = { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" };
    const bar = tag(
      "svg",
      frame,
      tag("rect", { x: 49.8, y: 0, width: 0.4, height: 10, fill: TONE.zero }),
      tag("rect", rect),
    );
    return `<tr><td>${escaped(name)}</td><td class="number">${withSign(weight)}</td><td class="bar">${bar}</td></tr>`;
  });
  const data: Table = {
    columns: ["id", "name", "weight"],
    rows: listed.map(({ id, name, weight }) => [id, name, weight]),
    total: model.kept,
  };
  return {
    title: "The largest weights",
    caption: `${model.kept > top.length ? `${top.length} of ` : ""}${plural(model.kept, "weight")}, by size; the intercept is ${withSign(model.intercept)}.`,
    body: `<table class="top"><tbody>${rows.join("\n")}</tbody></table>`,
    data,
    file: "weights.csv",
    isWide: true,
  };
}

/** "+0.1234", "−0.1234" */
function withSign(weight: number): string {
  return `${weight < 0 ? "−" : "+"}${Math.abs(weight).toFixed(4)}`;
}

/** What each feature declared, met and kept; null where features have no names. */
export function featuresFigure(model: Model): Figure | null {
  const states = featureStates(model);
  if (states.length === 0) return null;
  const rows = states.map(({ name, declared, seen, zero, kept }) => {
    const share = seen > 0 ? (100 * kept) / seen : 0;
    const frame = { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" };
    const bar = tag(
      "svg",
      frame,
      tag("rect", { x: 0, y: 0, width: seen > 0 ? 100 : 0, height: 10, fill: TONE.rule }),
      tag("rect", { x: 0, y: 0, width: share, height: 10, fill: TONE.plus }),
    );
    const numbers = [declared, seen, zero, kept].map((it) => `<td class="number">${count(it)}</td>`).join("");
    return `<tr><td>${escaped(name)}</td>${numbers}<td class="bar">${bar}</td></tr>`;
  });
  const columns = ["feature", "declared", "seen", "zero", "kept"];
  const head = columns.map((it, k) => `<th${k > 0 ? ' class="number"' : ""}>${it}</th>`).join("");
  return {
    title: "What each feature kept",
    caption:
      "Ids it may have, those that training rows had, and of these the ones set to zero and kept. The bar is the share kept of those seen.",
    body: `<div class="table" role="region" aria-label="Features" tabindex="0"><table><thead><tr>${head}<th></th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`,
    data: { columns, rows: states.map((it) => [it.name, it.declared, it.seen, it.zero, it.kept]) },
    file: "features.csv",
    isWide: true,
  };
}

/**
 * A map of a cross of latitude and longitude; null without one. `seen`: ids that training met; null where these are not
 * known, and zeros are not drawn.
 */
export function mapFigure(model: Model, seen: ArrayLike<number> | null): Figure | null {
  if (!model.space || model.slots !== null) return null;
  const places = placesOf(model.space, seen ?? model.ids, (id) => model.weightOf(id));
  if (!places) return null;
  const { name, cells, merged } = places;
  const kept = cells.filter(({ weight }) => weight !== 0).length;
  const zeros = seen ? `; ${count(cells.length - kept)} were seen and set to 0` : "";
  const scale = merged > 1 ? ` ${merged} × ${merged} cells are drawn as one, by the largest weight.` : "";
  return {
    title: `Where ${name} has weights`,
    caption: `${plural(kept, "cell")} kept${zeros}. ${seen ? "The rest of the map was never seen" : "Which of the others training saw, the model's file does not say"}. The stronger the colour, the larger the weight.${scale}`,
    body: `<div class="map" role="region" aria-label="Map" tabindex="0">${cellsChart(cells, {}, seen ? "never seen" : "set to 0, or never seen")}</div>`,
    data: {
      columns: ["south", "north", "west", "east", "weight"],
      rows: cells.map(({ south, north, west, east, weight }) => [...[south, north, west, east].map(degrees), weight]),
    },
    file: "map.csv",
    isWide: true,
  };
}

function degrees(value: number): number {
  return Number(value.toFixed(6));
}
