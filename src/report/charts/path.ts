import { count, plural } from "../text.js";
import { type Axis, linearAxis, logAxis, shortNumber } from "./axis.js";
import { escaped, TONE, tag } from "./markup.js";
import { Area, axes, type ChartSize, chart, pathThrough, topAxis } from "./plot.js";

export interface PathData {
  /** Strengths λ > 0, the largest first. */
  lambdas: readonly number[];
  /** How many weights each strength keeps. */
  kept: readonly number[];
  /** Weights to draw, one value a strength. */
  weights: readonly { name: string; values: readonly number[] }[];
  /** The strength that was chosen, if one was. */
  chosen?: number | null;
}

/** Draws weights over the strength, the strongest at the left, and the count of all that are kept above. */
export function pathChart({ lambdas, kept, weights, chosen }: PathData, size: ChartSize = {}): string {
  const area = new Area(size, { top: 46 });
  const x = logAxis(lambdas, area.x, { label: "weaker λ", isReversed: true });
  const values = weights.flatMap(({ values }) => values);
  const y = linearAxis(values, area.y, { label: "weight", include: [0] });
  const lines = weights.map(({ name, values }) => {
    // From the last strength at which it was 0.
    const first = Math.max(0, values.findIndex((it) => it !== 0) - 1);
    const points = values.slice(first).map((value, k) => [x.scale(lambdas[first + k]!), y.scale(value)] as const);
    const tone = (values.at(-1) ?? 0) < 0 ? "minus" : "plus";
    return tag("path", { d: pathThrough(points), stroke: TONE[tone] }, tag("title", {}, escaped(name)));
  });
  const zero = `M${area.left} ${Math.round(y.scale(0)) + 0.5}H${area.right}`;
  const description =
    `${plural(lambdas.length, "strength")} from ${shortNumber(lambdas[0] ?? 0)} to ${shortNumber(lambdas.at(-1) ?? 0)}; ` +
    `weights kept go from ${count(kept[0] ?? 0)} to ${count(kept.at(-1) ?? 0)}. ${plural(weights.length, "weight")} drawn.`;
  return chart(
    area,
    { title: "Weights over the strength of L1", description },
    axes(area, x, y),
    topAxis(area, keptAxis(x, area, lambdas, kept)),
    tag("path", { d: zero, stroke: TONE.zero }),
    chosen ? chosenLine(area, x.scale(chosen)) : "",
    tag("g", { class: "weights", fill: "none", "stroke-width": 1.2, "stroke-opacity": 0.8 }, ...lines),
  );
}

/** Ticks about evenly apart, from the last strength: those of a search are not. */
function keptAxis(x: Axis, { left, right }: Area, lambdas: readonly number[], kept: readonly number[]): Axis {
  const ticks = [];
  let before = Number.POSITIVE_INFINITY;
  for (let k = lambdas.length - 1; k >= 0; k--) {
    const at = x.scale(lambdas[k]!);
    if (before - at < (right - left) / 5 - 1) continue;
    ticks.push({ at: lambdas[k]!, text: shortNumber(kept[k]!) });
    before = at;
  }
  return { label: "weights kept", scale: x.scale, ticks };
}

function chosenLine({ top, bottom }: Area, at: number): string {
  const path = { d: `M${at} ${top}V${bottom}`, stroke: TONE.goalInk, "stroke-dasharray": "4 3" };
  return tag("path", path, tag("title", {}, "the strength chosen"));
}
