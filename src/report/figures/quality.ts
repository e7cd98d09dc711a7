import type { Measured, Slices } from "../../train/progressive.js";
import { type CurveData, curveChart } from "../charts/curve.js";
import { reliabilityChart } from "../charts/reliability.js";
import { rocChart } from "../charts/roc.js";
import { type Figure, tableHtml } from "../figure.js";
import type { Ranking } from "../ranking.js";

/** Whether probabilities mean what they say. `on`: "rows held out". */
export function reliabilityFigure(ranking: Ranking, on: string): Figure {
  const reliability = ranking.reliability();
  return {
    title: "Do its probabilities hold?",
    caption: `${capital(on)} in ${reliability.bins.length} bins by their prediction, about equally large. On the diagonal, what was predicted is what happened.`,
    body: reliabilityChart(reliability),
    data: {
      columns: ["rows", "weight", "mean prediction", "observed share"],
      rows: reliability.bins.map(({ rows, weight, prediction, rate }) => [rows, weight, prediction, rate]),
    },
    file: "reliability.csv",
  };
}

/** How well the classes are told apart; null where there is only one. */
export function rocFigure(ranking: Ranking, on: string): Figure | null {
  const [curve, { auc }] = [ranking.roc(), ranking];
  if (!curve || auc === null) return null;
  return {
    title: "Does it tell yes from no?",
    caption: `${capital(on)}: for each threshold, the share of “yes” that is found and of “no” that is mistaken for it.`,
    body: rocChart(curve, auc),
    data: {
      columns: ["threshold", "false positive rate", "true positive rate"],
      rows: curve.map((it) => [it.threshold, it.falsePositiveRate, it.truePositiveRate]),
    },
    file: "roc.csv",
  };
}

/** How the loss went while the model was trained. */
export function curveFigure(data: CurveData, caption: string): Figure {
  const { title, x, y, curves } = data;
  return {
    ...{ title, caption, body: curveChart(data) },
    data: {
      columns: ["curve", x, y],
      rows: curves.flatMap(({ name, points }) => points.map(([at, value]) => [name, at, value])),
    },
    file: "training.csv",
  };
}

/** How well a stream predicted rows before it learned them, by the values of a column. */
export function slicesFigure({ column, values, rest }: Slices): Figure {
  const all: (Measured & { name: string })[] = values.map((it) => ({ ...it, name: it.value ?? "(missing)" }));
  if (rest) all.push({ ...rest, name: "(all others)" });
  const data = {
    columns: [column, "rows", "loss", "mean label", "predicted"],
    rows: all.map(({ name, rows, loss, label, prediction }) => [name, rows, loss, label, prediction]),
  };
  return {
    title: `How it predicts by ${column}`,
    caption: `Rows of the stream by their ${column}, those with most rows first, each predicted before it was learned: mean loss, mean label and mean prediction.`,
    body: tableHtml(data, `By ${column}`),
    data,
    file: "slices.csv",
    isWide: true,
  };
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
