import type { Reliability } from "../ranking.js";
import { plural } from "../text.js";
import { linearAxis } from "./axis.js";
import { TONE, tag } from "./markup.js";
import { Area, axes, type ChartSize, chart, pathThrough } from "./plot.js";

/** Draws what was observed against what was predicted; an honest model lies on the diagonal. */
export function reliabilityChart({ bins, error }: Reliability, size: ChartSize = {}): string {
  const area = new Area({ height: 320, ...size });
  const x = linearAxis([0, 1], area.x, { label: "predicted probability" });
  const y = linearAxis([0, 1], area.y, { label: "observed share" });
  const places = bins.map(({ prediction, rate }) => [x.scale(prediction), y.scale(rate)] as const);
  const dots = bins.map(({ prediction, rate, rows }, i) => {
    const words = `${plural(rows, "row")}: predicted ${prediction.toFixed(3)}, observed ${rate.toFixed(3)}`;
    return tag("circle", { cx: places[i]![0], cy: places[i]![1], r: 3.5 }, tag("title", {}, words));
  });
  return chart(
    area,
    {
      title: "Predicted probabilities against what happened",
      description: `${plural(bins.length, "bin")} of rows by their prediction; expected calibration error ${error.toFixed(4)}.`,
    },
    axes(area, x, y),
    diagonal(area),
    tag("path", { d: pathThrough(places), fill: "none", stroke: TONE.plus, "stroke-width": 1.5 }),
    tag("g", { class: "bins", fill: TONE.plus, stroke: TONE.ground }, ...dots),
    tag("text", { x: area.right, y: 14, "text-anchor": "end" }, `calibration error ${error.toFixed(4)}`),
  );
}

/** From the lower left to the upper right. */
export function diagonal({ left, right, top, bottom }: Area): string {
  return tag("path", { d: `M${left} ${bottom}L${right} ${top}`, stroke: TONE.zero, "stroke-dasharray": "4 3" });
}
