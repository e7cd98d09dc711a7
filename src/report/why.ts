import { sigmoid } from "../baseline/math.js";
import { isHeldOut, type RowReader } from "../data/reader.js";
import { until } from "../data/until.js";
import { OptionError } from "../errors.js";
import { quote } from "../features/cell.js";
import type { Model } from "../model/model.js";
import { nearest } from "../near.js";
import { foldId } from "../slots.js";
import { count, plural } from "./text.js";

/** Why a model has the weight that it has for one name, as far as the model alone tells. */
export interface Why {
  name: string;
  /** null where the name is that of a value that training never met. */
  id: number | null;
  weight: number;
  /** Place among the weights by size, from 1; null where none is kept. */
  rank: number | null;
  /** unknown: never seen, or set to zero. */
  state: "kept" | "zero" | "unseen" | "unknown";
}

/** What the rows that a model was trained on say of one id. */
export interface Evidence {
  /** Rows that were trained on, and those of them that hold the id. */
  rows: number;
  holding: number;
  /** Of the mean loss at the model, by the id's weight. */
  gradient: number;
  /** What a count proves the gradient to be at most at any optimum, as the screen of the batch solver counts. */
  bound: number;
}

/** Weights whose names are looked through for near ones, the largest. */
const MOST_COMPARED = 10_000;

/** Says why a name has its weight. Throws OptionError, with near names, where no id has the name. */
export function whyOf(model: Model, name: string): Why {
  const id = model.idOf(name);
  if (id === undefined) throw new OptionError(`no column can have the name ${quote(name)}; ${hintFor(model, name)}`);
  if (id === null) return { name, id, weight: 0, rank: null, state: "unseen" };
  const weight = model.weightOf(id);
  if (weight === 0) return { name, id, weight, rank: null, state: stateOf(model, id) };
  const rank = model.values.reduce((place, it) => place + Number(Math.abs(it) > Math.abs(weight)), 1);
  return { name, id, weight, rank, state: "kept" };
}

function hintFor(model: Model, name: string): string {
  const { space, declared, vwBits } = model;
  if (!space) return vwBits === null ? `there are 1 to ${declared}` : `there are #0 to #${declared - 1}`;
  const largest = model.weights(MOST_COMPARED);
  const feature = space.features.find((it) => it.name === name);
  if (!feature) {
    const names = [...largest, ...space.features].map((it) => it.name);
    return `near it are ${nearest(name, names, 3).map(quote).join(", ")}`;
  }
  const example = largest.find(({ id }) => id >= feature.offset && id < feature.offset + feature.dimension);
  return `it is a feature of ${plural(feature.dimension, "column")}${example ? `, such as ${quote(example.name)}` : ""}`;
}

/** Whether an id without a weight was seen, where the counts of the training tell. */
function stateOf({ space, slots, ids, kept, declared, training }: Model, id: number): Why["state"] {
  const told = (seen: number, kept: number, all: number) =>
    seen === kept ? "unseen" : seen === all ? "zero" : "unknown";
  if (slots !== null || training.rows === 0) return "unknown";
  if (!space) return told(training.seen, kept, declared);
  if (space.isMet(id)) return "zero";
  const { offset, dimension } = space.featureOf(id);
  const own = ids.reduce((sum, it) => sum + Number(it >= offset && it < offset + dimension), 0);
  const seen = training.seenByFeature[space.features.findIndex((it) => it.offset === offset)];
  return seen === undefined ? "unknown" : told(seen, own, dimension);
}

/** Looks for an id in the rows that a model was trained on. Throws DataError on bad rows, the signal's reason. */
export async function evidenceOf(model: Model, id: number, reader: RowReader, signal?: AbortSignal): Promise<Evidence> {
  const { loss, slots, training } = model;
  const { holdout = 0, seed = 1, holdoutEvery = 0, intercept } = training.options;
  const placeOf = (it: number) => (slots === null ? it : foldId(it, slots));
  const wanted = placeOf(id);
  let [rows, holding, total, gradient, up, down, mean, squares] = [0, 0, 0, 0, 0, 0, 0, 0];
  const pass = reader.read((entries, y, s, row, offset = 0) => {
    if (isHeldOut(row, Number(holdout), Number(seed), Number(holdoutEvery))) return;
    rows++;
    total += s;
    // Σ s·r² of the best model without features, and its intercept (Welford, 1962).
    const apart = y - offset - mean;
    if (intercept !== false && s > 0) mean += (s / total) * apart;
    squares += s * apart * (y - offset - mean);
    let x = 0;
    let isHolding = false;
    for (let k = 0; k < entries.length; k++) {
      if (placeOf(entries.ids[k]!) !== wanted) continue;
      x += entries.values[k]!;
      isHolding = true;
    }
    if (!isHolding) return;
    holding++;
    const m = model.marginOf(entries) + offset;
    gradient += s * x * (loss === "logistic" ? -y * sigmoid(-y * m) : m - y);
    const most = s * (loss === "logistic" ? Math.abs(x) : x * x);
    if (x * y > 0) up += most;
    else down += most;
  });
  for await (const _ of until(signal, pass));
  const bound = loss === "logistic" ? Math.max(up, down) : Math.sqrt((up + down) * squares);
  return { rows, holding, gradient: gradient / total, bound: bound / total };
}

/** Says all of it in a line. */
export function whyText({ name, id, weight, rank, state }: Why, evidence: Evidence | null, model: Model): string {
  const seen = evidence && `seen in ${plural(evidence.holding, "row")} of ${count(evidence.rows)}`;
  if (state === "kept") {
    const signed = `${weight < 0 ? "−" : "+"}${Math.abs(weight).toFixed(4)}`;
    const kept = `${name}: kept, ${signed}, number ${count(rank!)} of ${count(model.kept)} by size`;
    return seen ? `${kept}; ${seen}` : kept;
  }
  if (evidence?.holding === 0) return `${name}: never seen, in none of ${plural(evidence.rows, "row")}`;
  if (evidence) return `${name}: ${seen}; ${zeroText(evidence, model)}`;
  if (state === "unseen") {
    const isCounted = id === null || model.training.options.solver !== "ftrl"; // else counts are of columns that moved
    return `${name}: never seen in training${isCounted ? "" : ", or only in rows without an error to learn from"}`;
  }
  const more = "--data counts its rows and says when it would enter";
  return state === "zero"
    ? `${name}: seen in training and set to 0; ${more}`
    : `${name}: without a weight, never seen or set to 0; ${more}`;
}

/** A gradient this near to the strength, as a share, is at it. */
const NEAR = 1e-3;

function zeroText({ gradient, bound }: Evidence, { training }: Model): string {
  const { solver, l1 } = training.options;
  const size = Math.abs(gradient);
  const enters = `it would enter at l1 ≤ ${strength(size)} if the others stayed`;
  if (solver !== "batch" || typeof l1 !== "number") return `set to 0; in a batch fit from here ${enters}`;
  // What the screen allows for rounding.
  if (bound <= l1 * (1 + 1e-12))
    return `proven 0 by counting: at most ${strength(bound)} pulls at it, l1 is ${strength(l1)}`;
  if (size < l1 * (1 - NEAR)) return `set to 0 by L1, ${strength(l1)}; ${enters}`;
  return `0 at the very bound of L1, ${strength(l1)}: it is about to enter, or a column that holds the same stands for it`;
}

function strength(number: number): string {
  return number < 1e-3 ? number.toExponential(1) : number.toPrecision(2);
}
