import {
  bucket,
  category,
  cross,
  type Dataset,
  encodeModel,
  featureSpace,
  fit,
  fitPath,
  type PathPoint,
  readCsv,
} from "../browser.js";
import { type Places, placesOf } from "../report/places.js";
import { count } from "../report/text.js";
import { inferPlan, type Plan } from "./infer.js";
import type { Calls, PointInBrief, Source, Survey, Told } from "./protocol.js";

/** Strengths of a path, and the smallest as a share of the largest. */
const STRENGTHS = 32;
const RATIO = 3e-4;
/** Share of the rows that is held out. */
const HELD_OUT = 0.2;
/** Of L2, in rows: 1/C. The best of them stands for L2. */
const L2_STRENGTHS = [0.5, 2, 8];
const TOP = 12;
/** Weights whose path is drawn: the largest. */
const DRAWN = 24;

/** The towns of GeoNames, by whole degrees. */
const TOWNS = {
  space: featureSpace({
    country: category("country"),
    kind: category("kind"),
    latitude: bucket("latitude", 1, -90, 90),
    longitude: bucket("longitude", 1, -180, 180),
    place: cross("latitude", "longitude"),
  }),
  expression: "large",
  question: "Do 10,000 people or more live in this town?",
  targets: [],
  target: "",
  notes: [],
} satisfies Plan;

/** Milliseconds between two pictures of a path in the making. */
const EVERY = 250;

/**
 * Reads a table, fits a path of L1's strengths, and L2 beside it. Tells what there is of it as it goes. Throws DataError
 * that says where.
 */
export async function survey(
  { source, target }: Parameters<Calls["survey"]>[0],
  tell: (told: Told) => void,
): Promise<Survey> {
  tell("reading …");
  const { input, name } = await open(source);
  const plan = source.kind === "towns" ? TOWNS : await inferPlan(input, name, target);
  const { space, expression } = plan;
  using data = await readCsv(input, { name, space, target: expression, holdout: HELD_OUT });
  const { ids } = data.dictionary;
  const path: PathPoint[] = [];
  const points: PointInBrief[] = [];
  let cells: Float32Array | null = null;
  const surveyed = (l2: Survey["l2"]): Survey => ({
    ...{ question: plan.question, targets: plan.targets, target: plan.target, notes: plan.notes },
    ...{ rows: data.count, heldOut: data.holdout!.count, declared: data.declared, seen: data.seen },
    features: data.space!.features.map(({ name, dimension }) => `${name} (${count(dimension)})`),
    ...{ points, strengths: STRENGTHS, l2, cells, drawn: drawnOf(path) },
    best: path.reduce((best, it, i) => (lossOf(it) < lossOf(path[best]!) ? i : best), 0),
  });
  let toldAt = 0;
  const onPoint = (point: PathPoint) => {
    const places = placesOf(data.space!, ids, (id) => point.model.weightOf(id));
    cells ??= places && Float32Array.from(places.cells.flatMap((it) => [it.west, it.east, it.south, it.north]));
    path.push(point);
    points.push(briefOf(point, places));
    tell(`strength ${path.length} of ${STRENGTHS} …`);
    if (point.kept === 0 || performance.now() - toldAt < EVERY) return;
    toldAt = performance.now();
    tell(surveyed(null));
  };
  await fitPath(data, { lambdas: STRENGTHS, ratio: RATIO, tolerance: 1e-4, onPoint });
  tell(surveyed(null));
  tell("L2 …");
  return surveyed(await bestL2(data));
}

async function open(source: Source): Promise<{ input: Blob; name: string }> {
  if (source.kind === "file") return { input: source.file, name: source.file.name };
  const url = source.kind === "towns" ? "towns.csv.gz" : `tables/${encodeURIComponent(source.name)}`;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP status ${response.status}`);
  return { input: await response.blob(), name: source.kind === "towns" ? "towns.csv.gz" : source.name };
}

function lossOf({ loss }: PathPoint): number {
  return loss.validation ?? loss.train;
}

function briefOf({ lambda, kept, loss, model }: PathPoint, places: Places | null): PointInBrief {
  return {
    ...{ lambda, kept, loss, bytes: encodeModel(model).length },
    top: model
      .weights()
      .slice(0, TOP)
      .map(({ name, weight }) => ({ name, weight })),
    cells: places && Float32Array.from(places.cells, ({ weight }) => weight),
  };
}

async function bestL2(data: Dataset): Promise<NonNullable<Survey["l2"]>> {
  let best = { kept: 0, loss: Number.POSITIVE_INFINITY, bytes: 0 };
  for (const strength of L2_STRENGTHS) {
    const { model, columns, loss } = await fit(data, { l1: 0, l2: strength / data.count, tolerance: 1e-3 });
    if (loss.validation! < best.loss)
      best = { kept: columns.kept, loss: loss.validation!, bytes: encodeModel(model).length };
  }
  return best;
}

/** Paths of the weights that are largest at the end. */
function drawnOf(points: readonly PathPoint[]): Survey["drawn"] {
  const last = points.at(-1)!.model;
  return last
    .weights()
    .slice(0, DRAWN)
    .map(({ id, name }) => ({ name, values: points.map(({ model }) => model.weightOf(id)) }));
}
