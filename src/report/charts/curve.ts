import { linearAxis, logAxis, shortNumber } from "./axis.js";
import { TONE, tag } from "./markup.js";
import { Area, axes, type ChartSize, chart, type Key, legend, type Point, pathThrough } from "./plot.js";

export interface Curve {
  name: string;
  tone: "plus" | "minus" | "muted";
  points: readonly Point[];
}

export interface CurveData {
  title: string;
  /** What x and y count. */
  x: string;
  y: string;
  /** Whether x is on a logarithmic axis. */
  isLog?: boolean;
  curves: readonly Curve[];
}

/** Draws how something went: a loss over rows or steps. */
export function curveChart({ title, x: across, y: up, isLog, curves }: CurveData, size: ChartSize = {}): string {
  const area = new Area(size);
  const all = curves.flatMap(({ points }) => points);
  const x = (isLog ? logAxis : linearAxis)(
    all.map(([it]) => it),
    area.x,
    { label: across, format: shortNumber },
  );
  const y = linearAxis(
    all.map(([, it]) => it),
    area.y,
    { label: up },
  );
  const lines = curves.map(({ points, tone }) => {
    const d = pathThrough(points.map(([a, b]) => [x.scale(a), y.scale(b)]));
    return tag("path", { d, stroke: TONE[tone], "stroke-dasharray": tone === "muted" ? "3 3" : undefined });
  });
  const keys = curves.map(({ name, tone }): Key => ({ sign: tone === "muted" ? "┅" : "━", tone, name }));
  const ends = curves
    .filter(({ points }) => points.length > 0)
    .map(({ name, points }) => `${name}: from ${points[0]![1].toFixed(4)} to ${points.at(-1)![1].toFixed(4)}`);
  return chart(
    area,
    { title, description: `${ends.join("; ")}.` },
    axes(area, x, y),
    tag("g", { class: "curves", fill: "none", "stroke-width": 1.8 }, ...lines),
    keys.length > 1 ? legend(area, keys) : "",
  );
}
