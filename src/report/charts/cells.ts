import { extent } from "d3-array";
import { scaleLinear } from "d3-scale";
import { count } from "../text.js";
import type { Axis, Range } from "./axis.js";
import { fixed, TONE, tag } from "./markup.js";
import { Area, type ChartSize, chart, type Key, legend } from "./plot.js";

/** A cell that training data had, in degrees. One that is not there was never seen. */
export interface MapCell {
  west: number;
  east: number;
  south: number;
  north: number;
  /** 0 where training set it to exactly 0. */
  weight: number;
}

/** How strong a colour is, by the weight's share of the largest. */
const SHADES = [
  { upTo: 0.25, opacity: 0.55 },
  { upTo: 0.5, opacity: 0.8 },
  { upTo: Number.POSITIVE_INFINITY, opacity: 1 },
];
/** Tallest of all maps, by the width of the widest. */
const TALLEST = 0.62;
/** Narrowest of all, for its legend: no wider than a phone shows well. */
const NARROWEST = 470;

/**
 * Draws a map of cells in three states: kept, by sign and size; set to zero; never seen. `ground`: what is where no cell
 * is.
 */
export function cellsChart(cells: readonly MapCell[], size: ChartSize = {}, ground = "never seen"): string {
  const { area, left, right, x, y } = projection(cells, size.width ?? 880);
  const largest = cells.reduce((most, { weight }) => Math.max(most, Math.abs(weight)), 0);
  const of = (isMine: (weight: number) => boolean) => cells.filter(({ weight }) => isMine(weight));
  const zeros = of((weight) => weight === 0);
  const shades = SHADES.flatMap(({ upTo, opacity }, k) => {
    const isShade = (share: number) => share <= upTo && share > (SHADES[k - 1]?.upTo ?? 0);
    return (
      [
        ["plus", 1],
        ["minus", -1],
      ] as const
    ).map(([tone, sign]) => ({
      ...{ tone, opacity, state: tone },
      cells: of((weight) => weight * sign > 0 && isShade(Math.abs(weight) / largest)),
    }));
  });
  const layers = [{ tone: "zero" as const, state: "zeroed", opacity: 0.45, cells: zeros }, ...shades];
  const keys: Key[] = [
    { sign: "■", tone: "plus", name: "weight above 0" },
    { sign: "■", tone: "minus", name: "below 0" },
    ...(zeros.length > 0 ? [{ sign: "■", tone: "zero", name: "seen, set to 0" } as const] : []),
    { sign: "□", tone: "zero", name: ground },
  ];
  return chart(
    area,
    {
      ...(area.width === NARROWEST && { look: "narrow" }),
      title: "Where the weights are",
      description: `${count(cells.length)} cells: ${count(cells.length - zeros.length)} kept, ${count(zeros.length)} set to zero.`,
    },
    graticule(area, left, right, x, y),
    ...layers
      .filter((it) => it.cells.length > 0)
      .map(({ tone, state, opacity, cells }) =>
        tag("path", { class: state, d: boxes(cells, x, y), fill: TONE[tone], "fill-opacity": opacity }),
      ),
    legend(area, keys),
  );
}

/** Longitude across, latitude up, at the scale that the middle latitude has (equirectangular). */
function projection(cells: readonly MapCell[], width: number) {
  const [west = -180, east = 180] = extent(cells.flatMap((it) => [it.west, it.east]));
  const [south = -90, north = 90] = extent(cells.flatMap((it) => [it.south, it.north]));
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const shape = (north - south || 1) / ((east - west || 1) * squeeze);
  const inner = new Area({ width }).right - new Area({ width }).left;
  const height = Math.min(inner * shape, inner * TALLEST);
  const across = Math.min(inner, height / shape);
  // Nothing but the map, so that those who scroll begin there.
  const area = new Area({ width: Math.max(NARROWEST, width - inner + across), height: height + 68 });
  const left = (area.left + area.right - across) / 2;
  const right = left + across;
  return { area, left, right, x: degrees(west, east, [left, right], "WE"), y: degrees(south, north, area.y, "SN") };
}

/** Pixels that the name of a degree takes, with what is left between two. */
const NAMED = 50;

/** Steps of a graticule, in degrees. */
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];

/** An axis of degrees whose ends are those of the data. `signs`: what is said of those below and above 0. */
function degrees(from: number, to: number, [start, end]: Range, signs: string): Axis {
  const most = Math.min(8, Math.abs(end - start) / NAMED);
  const step = STEPS.find((it) => (to - from) / it <= most) ?? 60;
  const name = (at: number) => `${Math.abs(at)}°${at === 0 ? "" : signs[at < 0 ? 0 : 1]}`;
  const ticks = [];
  for (let k = Math.ceil(from / step); k * step <= to; k++) {
    const at = Number((k * step).toPrecision(6));
    ticks.push({ at, text: name(at) });
  }
  return { label: "", scale: scaleLinear([from, to], [start, end]), ticks };
}

function graticule({ top, bottom }: Area, left: number, right: number, x: Axis, y: Axis): string {
  const xLines = x.ticks.map(({ at }) => `M${fixed(x.scale(at))} ${top}V${bottom}`);
  const yLines = y.ticks.map(({ at }) => `M${fixed(left)} ${fixed(y.scale(at))}H${fixed(right)}`);
  const xTexts = x.ticks.map(({ at, text }) => tag("text", { x: x.scale(at), y: bottom + 18 }, text));
  const yTexts = y.ticks.map(({ at, text }) => tag("text", { x: left - 8, y: y.scale(at) + 4 }, text));
  return [
    tag("rect", { x: left, y: top, width: right - left, height: bottom - top, fill: "none", stroke: TONE.rule }),
    tag("path", { d: [...xLines, ...yLines].join(""), stroke: TONE.rule }),
    tag("g", { "text-anchor": "middle" }, ...xTexts),
    tag("g", { "text-anchor": "end" }, ...yTexts),
  ].join("");
}

/** A cell is drawn at least so large, in pixels: a minute of arc would not be seen. */
const SMALLEST = 1.6;

function boxes(cells: readonly MapCell[], x: Axis, y: Axis): string {
  return cells
    .map(({ west, east, south, north }) => {
      const [left, top] = [x.scale(west), y.scale(north)];
      const width = fixed(Math.max(SMALLEST, x.scale(east) - left));
      const height = fixed(Math.max(SMALLEST, y.scale(south) - top));
      return `M${fixed(left)} ${fixed(top)}h${width}v${height}h${-width}z`;
    })
    .join("");
}
