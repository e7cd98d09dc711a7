import type { Axis } from "./axis.js";
import { escaped, fixed, TONE, type Tone, tag } from "./markup.js";

/** Size of a chart in pixels; by default 440 × 280. It scales with the place that it is given. */
export interface ChartSize {
  width?: number;
  height?: number;
}

/** What is said of a chart in words, also to those who do not see it. */
export interface Words {
  /** A few words: what it shows. */
  title: string;
  /** A sentence or two: what is to be seen, in numbers. */
  description: string;
  /** A class that the page's style knows it by. */
  look?: string;
}

/** Where a chart is drawn, in pixels. */
export class Area {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;

  constructor({ width = 440, height = 280 }: ChartSize, margin: { left?: number; top?: number } = {}) {
    const { left = 52, top = 30 } = margin;
    this.width = width;
    this.height = height;
    this.left = left;
    this.top = top;
    this.right = width - 14;
    this.bottom = height - 38;
  }

  get x(): [number, number] {
    return [this.left, this.right];
  }

  /** From below. */
  get y(): [number, number] {
    return [this.bottom, this.top];
  }
}

/** Returns a whole chart: an SVG element with its words. */
export function chart(
  { width, height }: Area,
  { title, description, look }: Words,
  ...parts: readonly string[]
): string {
  return tag(
    "svg",
    {
      ...{
        xmlns: "http://www.w3.org/2000/svg",
        viewBox: `0 0 ${width} ${height}`,
        width,
        height,
        role: "img",
        class: look,
      },
      ...{ "font-family": "system-ui, sans-serif", "font-size": 12, fill: TONE.muted, "stroke-linejoin": "round" },
    },
    tag("title", {}, escaped(title)),
    tag("desc", {}, escaped(description)),
    ...parts,
  );
}

/** Returns both axes, their labels where they end, and a grid by the ticks of y. */
export function axes(area: Area, x: Axis, y: Axis): string {
  const { left, right, top, bottom, height } = area;
  const grid = y.ticks.map(({ at }) => `M${left} ${Math.round(y.scale(at)) + 0.5}H${right}`).join("");
  const marks = x.ticks.map(({ at }) => `M${Math.round(x.scale(at)) + 0.5} ${bottom}v5`).join("");
  const yTexts = y.ticks.map(({ at, text }) => tag("text", { x: left - 8, y: y.scale(at) + 4 }, escaped(text)));
  const xTexts = x.ticks.map(({ at, text }) => tag("text", { x: x.scale(at), y: bottom + 18 }, escaped(text)));
  return [
    tag("path", { d: grid, stroke: TONE.rule }),
    tag("path", { d: `M${left} ${bottom + 0.5}H${right}${marks}`, stroke: TONE.zero, fill: "none" }),
    tag("g", { "text-anchor": "end" }, ...yTexts),
    tag("g", { "text-anchor": "middle" }, ...xTexts),
    tag("text", { x: 4, y: Math.min(14, top - 10), fill: TONE.ink }, `↑ ${escaped(y.label)}`),
    tag("text", { x: right, y: height - 4, fill: TONE.ink, "text-anchor": "end" }, `${escaped(x.label)} →`),
  ].join("");
}

/** Returns a label with its ticks at the top. */
export function topAxis({ right, top }: Area, { label, scale, ticks }: Axis): string {
  const marks = ticks.map(({ at }) => `M${Math.round(scale(at)) + 0.5} ${top}v-5`).join("");
  const texts = ticks.map(({ at, text }) => tag("text", { x: scale(at), y: top - 9 }, escaped(text)));
  return [
    tag("path", { d: marks, stroke: TONE.zero, fill: "none" }),
    tag("g", { "text-anchor": "middle" }, ...texts),
    tag("text", { x: right, y: 14, fill: TONE.ink, "text-anchor": "end" }, escaped(label)),
  ].join("");
}

/** What stands for a series in a legend: a line, a dashed one, a dot, a square. */
export interface Key {
  sign: "━" | "┅" | "●" | "■" | "□";
  tone: Tone;
  name: string;
}

/** Returns a legend that ends at the right of a line of text. */
export function legend({ right }: Area, keys: readonly Key[], y = 14): string {
  const parts = keys.map(({ sign, tone, name }, i) =>
    [
      tag("tspan", { fill: TONE[tone], dx: i > 0 ? 12 : undefined, "aria-hidden": "true" }, sign),
      tag("tspan", { dx: 4 }, escaped(name)),
    ].join(""),
  );
  return tag("text", { x: right, y, "text-anchor": "end" }, ...parts);
}

export type Point = readonly [x: number, y: number];

/** Returns the path of a line through points that are pixels. */
export function pathThrough(points: readonly Point[]): string {
  return points.length > 0 ? `M${points.map(([x, y]) => `${fixed(x)} ${fixed(y)}`).join("L")}` : "";
}
