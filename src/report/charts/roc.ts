import type { RocPoint } from "../ranking.js";
import { linearAxis } from "./axis.js";
import { TONE, tag } from "./markup.js";
import { Area, axes, type ChartSize, chart, pathThrough } from "./plot.js";
import { diagonal } from "./reliability.js";

/** Draws the ROC curve. */
export function rocChart(curve: readonly RocPoint[], auc: number, size: ChartSize = {}): string {
  const area = new Area({ height: 320, ...size });
  const x = linearAxis([0, 1], area.x, { label: "share of “no” taken for “yes”" });
  const y = linearAxis([0, 1], area.y, { label: "share of “yes” found" });
  const d = pathThrough(curve.map((it) => [x.scale(it.falsePositiveRate), y.scale(it.truePositiveRate)]));
  const corners = `L${area.right} ${area.bottom}L${area.left} ${area.bottom}Z`;
  return chart(
    area,
    { title: "ROC curve", description: `Area under the curve ${auc.toFixed(4)}; 0.5 is chance, 1 is perfect.` },
    tag("path", { d: d + corners, fill: TONE.plus, "fill-opacity": 0.08 }),
    axes(area, x, y),
    diagonal(area),
    tag("path", { class: "curve", d, fill: "none", stroke: TONE.plus, "stroke-width": 1.8 }),
    tag("text", { x: area.right, y: 14, "text-anchor": "end" }, `AUC ${auc.toFixed(4)}`),
  );
}
