import { bin } from "d3-array";
import { count, plural } from "../text.js";
import { type Axis, linearAxis, logAxis, shortNumber } from "./axis.js";
import { TONE, tag } from "./markup.js";
import { Area, axes, type ChartSize, chart } from "./plot.js";

export interface HistogramData {
  /** Weights that are not 0. */
  weights: ArrayLike<number>;
  /** How many others there are, which are exactly 0. */
  zeros: number;
}

/** About how many bins. */
const BINS = 32;

/** Draws how many weights lie where, in a logarithmic count, and the spike of those that are exactly 0. */
export function histogramChart({ weights, zeros }: HistogramData, size: ChartSize = {}): string {
  const area = new Area(size, { top: 46 });
  const values = Array.from(weights);
  const x = linearAxis(values, area.x, { label: "weight", include: [0] });
  const bins = binsOf(values);
  // One weight is to be seen: the axis begins at half of it.
  const y = logAxis([...bins.map((it) => it.count), zeros], area.y, { label: "weights", include: [0.5, 10] });
  const bars = bins.map(({ from: x0, to: x1, count: length }) => {
    const [from, to] = x0 === x1 ? [x.scale(x0) - 2, x.scale(x0) + 2] : [x.scale(x0), x.scale(x1)];
    const box = {
      x: from + 0.5,
      y: y.scale(length),
      width: Math.max(1, to - from - 1),
      height: area.bottom - y.scale(length),
    };
    const fill = x0 + x1 < 0 ? TONE.minus : TONE.plus;
    return tag(
      "rect",
      { ...box, fill },
      tag("title", {}, `${plural(length, "weight")} from ${shortNumber(x0)} to ${shortNumber(x1)}`),
    );
  });
  return chart(
    area,
    {
      title: "How large the weights are",
      description: `${plural(values.length, "weight")} not 0, between ${shortNumber(Math.min(0, ...range(values)))} and ${shortNumber(Math.max(0, ...range(values)))}; ${count(zeros)} exactly 0.`,
    },
    axes(area, x, y),
    tag("g", { class: "bins" }, ...bars),
    zeros > 0 ? spike(area, x.scale(0), y, zeros, Math.max(zeros, ...bins.map((it) => it.count))) : "",
  );
}

/** Returns bins that are not empty, between round numbers. */
export function binsOf(weights: ArrayLike<number>): { from: number; to: number; count: number }[] {
  const all = bin().thresholds(BINS)(Array.from(weights));
  return all
    .filter(({ length }) => length > 0)
    .map(({ x0 = 0, x1 = 0, length }) => ({ from: x0, to: x1, count: length }));
}

/** The least and the largest of many values. */
function range(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(([least, most], it) => [Math.min(least, it), Math.max(most, it)], [0, 0]);
}

/** `most`: weights of the highest bar, above which the words are. */
function spike({ bottom, left, right }: Area, x: number, { scale }: Axis, zeros: number, most: number): string {
  const anchor = x < left + 100 ? "start" : x > right - 100 ? "end" : "middle";
  return tag(
    "g",
    { class: "spike", fill: TONE.ink },
    tag("rect", { x: x - 1.5, y: scale(zeros), width: 3, height: bottom - scale(zeros) }),
    tag("text", { x, y: scale(most) - 7, "text-anchor": anchor, "font-weight": 600 }, `${count(zeros)} exactly 0`),
  );
}
