import { plural } from "../text.js";
import { type Axis, linearAxis, logAxis } from "./axis.js";
import { escaped, TONE, tag } from "./markup.js";
import { Area, axes, type ChartSize, chart, type Key, legend, pathThrough } from "./plot.js";

/** A model by what it takes and what it loses. */
export interface FrontierPoint {
  /** Weights, or bytes. */
  size: number;
  loss: { train: number; validation: number | null };
}

export interface FrontierData {
  points: readonly FrontierPoint[];
  /** What a size counts: "weights kept", "bytes". */
  unit: string;
  /** Sizes and losses asked for, at most. */
  budget?: { size?: number | undefined; loss?: number | undefined } | null;
  /** The model chosen, if one was. */
  chosen?: FrontierPoint | null;
  /** Whether they are a path, from its one end to the other, and joined by a line. Default true. */
  isPath?: boolean;
}

/** Draws loss against size, with the box that a budget leaves and the model that was chosen. */
export function frontierChart(
  { points, unit, budget, chosen, isPath = true }: FrontierData,
  size: ChartSize = {},
): string {
  const area = new Area(size);
  const isHeldOut = points.some(({ loss }) => loss.validation !== null);
  const losses = points.flatMap(({ loss }) => [loss.train, loss.validation ?? loss.train]);
  const all = chosen ? [...points, chosen] : points;
  const x = logAxis([...all.map((it) => it.size), budget?.size ?? 0], area.x, { label: unit });
  const y = linearAxis([...losses, ...(chosen ? [shownLoss(chosen)] : [])], area.y, {
    label: isHeldOut ? "loss" : "training loss",
    include: budget?.loss === undefined ? [] : [budget.loss],
  });
  const keys: Key[] = [
    ...(isPath && isHeldOut ? [{ sign: "┅", tone: "muted", name: "training" } as const] : []),
    { sign: isPath ? "━" : "●", tone: "plus", name: isHeldOut ? "held out" : "training" },
    ...(budget ? [{ sign: "■", tone: "goalInk", name: "budget" } as const] : []),
    ...(chosen ? [{ sign: "●", tone: "minus", name: "chosen" } as const] : []),
  ];
  const least = points.reduce((best, it) => (shownLoss(it) < shownLoss(best) ? it : best), points[0]!);
  const best = points.length > 0 ? ` The least, ${shownLoss(least).toFixed(4)}, has ${least.size} ${unit}.` : "";
  return chart(
    area,
    {
      title: `Loss against ${unit}`,
      description: `${plural(points.length, "model")} ${isPath ? "of a path" : "trained beside each other"}, ${isHeldOut ? "measured on rows held out" : "measured on the training rows"}.${best}`,
    },
    budget ? budgetBox(area, x, y, budget) : "",
    axes(area, x, y),
    isPath && isHeldOut ? track(points, x, y, ({ loss }) => loss.train, "muted") : "",
    isPath ? track(points, x, y, shownLoss, "plus") : "",
    tag("g", { class: "models", fill: TONE.plus }, ...points.map((it) => dot(it, x, y, unit, isPath ? 2.2 : 4))),
    chosen ? tag("g", { fill: TONE.minus, stroke: TONE.ground }, dot(chosen, x, y, unit, 5)) : "",
    legend(area, keys),
  );
}

/** On the rows held out where there are some. */
function shownLoss({ loss }: FrontierPoint): number {
  return loss.validation ?? loss.train;
}

function dot(point: FrontierPoint, x: Axis, y: Axis, unit: string, r: number): string {
  const words = `${point.size} ${unit}, loss ${shownLoss(point).toFixed(4)}`;
  return tag("circle", { cx: x.scale(point.size), cy: y.scale(shownLoss(point)), r }, tag("title", {}, escaped(words)));
}

function track(
  points: readonly FrontierPoint[],
  x: Axis,
  y: Axis,
  lossOf: (point: FrontierPoint) => number,
  tone: "plus" | "muted",
): string {
  const d = pathThrough(points.map((it) => [x.scale(it.size), y.scale(lossOf(it))]));
  const dashes = tone === "muted" ? "3 3" : undefined;
  return tag("path", { d, fill: "none", stroke: TONE[tone], "stroke-width": 1.5, "stroke-dasharray": dashes });
}

/** All that the budget allows: sizes to the left, losses below. */
function budgetBox(
  { left, right, top, bottom }: Area,
  x: Axis,
  y: Axis,
  budget: { size?: number | undefined; loss?: number | undefined },
): string {
  const to = budget.size === undefined ? right : x.scale(budget.size);
  const from = budget.loss === undefined ? top : y.scale(budget.loss);
  const box = { x: left, y: from, width: Math.max(0, to - left), height: Math.max(0, bottom - from) };
  const edge = `M${left} ${from}H${to}V${bottom}`;
  return [
    tag("rect", { class: "budget", ...box, fill: TONE.goal }),
    tag("path", { d: edge, fill: "none", stroke: TONE.goalInk, "stroke-dasharray": "4 3" }),
  ].join("");
}
