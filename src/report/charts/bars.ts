import { logAxis, shortNumber } from "./axis.js";
import { escaped, TONE, type Tone, tag } from "./markup.js";
import { Area, type ChartSize, chart, type Words } from "./plot.js";

export interface Bar {
  label: string;
  /** ≥ 0 */
  value: number;
  tone: Tone;
  /** What stands beside it, in place of its value. */
  text?: string;
}

const ROW = 44;

/** Draws bars from the left, one below the other, whose lengths are logarithms: each grid line is ten times the one before. */
export function barsChart(bars: readonly Bar[], words: Words, size: ChartSize = {}): string {
  const area = new Area({ height: bars.length * ROW + 46, ...size }, { left: 4, top: 8 });
  const axis = logAxis(
    bars.map(({ value }) => value),
    area.x,
    { label: "", include: [1, 10], ticks: 6 },
  );
  const grid = axis.ticks.map(({ at }) => `M${Math.round(axis.scale(at)) + 0.5} ${area.top}V${area.bottom}`).join("");
  const texts = axis.ticks.map(({ at }) => tag("text", { x: axis.scale(at), y: area.bottom + 18 }, shortNumber(at)));
  const marks = bars.map(({ label, value, tone, text }, i) => {
    const y = area.top + i * ROW;
    const width = value > 0 ? Math.max(2, axis.scale(value) - area.left) : 0;
    const told = `${escaped(label)} ${tag("tspan", { fill: TONE.muted, "font-weight": 400 }, escaped(text ?? shortNumber(value)))}`;
    return [
      tag("text", { x: area.left, y: y + 14, fill: TONE.ink, "font-weight": 600 }, told),
      tag("rect", { x: area.left, y: y + 20, width, height: 14, rx: 2, fill: TONE[tone] }),
    ].join("");
  });
  return chart(
    area,
    words,
    tag("path", { d: grid, stroke: TONE.rule }),
    tag("g", { "text-anchor": "middle" }, ...texts),
    tag("g", { class: "bars" }, ...marks),
  );
}
