import type { Model } from "../../model/model.js";
import type { PathPoint } from "../../train/path.js";
import type { CrossValidatedPoint } from "../../train/validate.js";
import { shortNumber } from "../charts/axis.js";
import { type FrontierData, type FrontierPoint, frontierChart } from "../charts/frontier.js";
import { pathChart } from "../charts/path.js";
import type { Figure } from "../figure.js";
import { plural } from "../text.js";

/** A point of a path as a report has it. */
export interface Step {
  lambda: number;
  kept: number;
  /** On rows held out: by cross-validation its mean; null without any. */
  loss: { train: number; validation: number | null };
  model: Model;
}

/** Takes a point of a path or of a cross-validation. */
export function stepOf(point: PathPoint | CrossValidatedPoint): Step {
  const { lambda, kept, loss, model } = point;
  const validation = "cv" in point ? point.cv.mean : loss.validation;
  return { lambda, kept, loss: { train: loss.train, validation }, model };
}

/** Weights that are drawn. */
const DRAWN = 40;

/** Weights over the strength, and how many there are. */
export function pathFigure(steps: readonly Step[], chosen: number | null): Figure {
  const last = steps.at(-1) as Step;
  const drawn = last.model.weights(DRAWN);
  const lambdas = steps.map(({ lambda }) => lambda);
  const kept = steps.map((it) => it.kept);
  const weights = drawn.map(({ id, name }) => ({ name, values: steps.map(({ model }) => model.weightOf(id)) }));
  const rows = steps.map(({ lambda, kept, loss }, k) => {
    return [lambda, kept, loss.train, loss.validation, ...weights.map(({ values }) => values[k]!)];
  });
  return {
    title: "Weights enter one by one",
    caption:
      `As λ weakens from ${shortNumber(lambdas[0]!)} to ${shortNumber(last.lambda)}: the ${plural(drawn.length, "weight")} ` +
      `that the last model has largest${chosen ? ", and the strength chosen (dashed)" : ""}.`,
    body: pathChart({ lambdas, kept, weights, chosen }),
    data: { columns: ["lambda", "kept", "training loss", "held-out loss", ...weights.map(({ name }) => name)], rows },
    file: "path.csv",
  };
}

/** Loss against size, of the models of a path or of a sweep. */
export function frontierFigure(data: FrontierData, how: string): Figure {
  const { points, unit, budget, chosen } = data;
  const asked = [
    ...(budget?.size === undefined ? [] : [`at most ${budget.size} ${unit}`]),
    ...(budget?.loss === undefined ? [] : [`a loss of at most ${budget.loss}`]),
  ];
  const lossOf = ({ loss }: FrontierPoint) => loss.validation ?? loss.train;
  return {
    title: "What size buys",
    caption:
      `Each dot is a model${how}.${asked.length > 0 ? ` The box is the budget: ${asked.join(" and ")}.` : ""}` +
      `${chosen ? ` Chosen: ${plural(chosen.size, unit.replace(/s$/, ""))} at a loss of ${lossOf(chosen).toFixed(4)}.` : ""}`,
    body: frontierChart(data),
    data: {
      columns: [unit, "training loss", "held-out loss"],
      rows: points.map(({ size, loss }) => [size, loss.train, loss.validation]),
    },
    file: "frontier.csv",
  };
}
