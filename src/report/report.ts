import type { Model } from "../model/model.js";
import type { Slices } from "../train/progressive.js";
import { shortNumber } from "./charts/axis.js";
import type { CurveData } from "./charts/curve.js";
import type { FrontierData } from "./charts/frontier.js";
import type { Figure } from "./figure.js";
import { curveFigure, reliabilityFigure, rocFigure, slicesFigure } from "./figures/quality.js";
import { frontierFigure, pathFigure, type Step } from "./figures/strength.js";
import { featuresFigure, histogramFigure, mapFigure, memoryFigure, topFigure } from "./figures/weights.js";
import type { Assessment } from "./metrics.js";
import { type Fact, type Page, pageHtml } from "./page.js";
import type { Ranking } from "./ranking.js";
import { count, lossText, plural, size } from "./text.js";

/** What was found, by any command: what is null was not asked for, or is not known. */
export interface Findings extends Pick<Page, "kind" | "title" | "asked" | "command" | "warnings" | "notes" | "footer"> {
  model: Model;
  /** Of the model's file. */
  bytes: number;
  /** Ids that training met, zero or not. */
  seen: ArrayLike<number> | null;
  /** With squared loss, the share of it that is gone of what always predicting the rows' mean has; null where not known. */
  r2: { train: number | null; progressive: number | null };
  certificate: { gap: number; converged: boolean | null; objective: number | null; provenZero: number | null } | null;
  /** A path, and the strength that was chosen of it. */
  path: { steps: readonly Step[]; chosen: number | null } | null;
  /** Sizes against losses, and how its models came about: " at one strength". */
  frontier: { data: FrontierData; how: string } | null;
  /** How the loss went in training. */
  curve: { data: CurveData; caption: string } | null;
  /** Mean loss of the rows that a stream predicted when their turn came, and never learned. */
  heldBack: { loss: number; rows: number; r2: number | null } | null;
  /** How well a stream predicted, by the values of each of some columns. */
  slices: readonly Slices[];
  /** Mean loss over the folds of a cross-validation, and its standard error. */
  crossValidated: { mean: number; standardError: number; r2: number | null } | null;
  /** How well it predicts, and on what: "rows held out". */
  measured: ({ on: string } & Assessment) | null;
}

/** Returns the page of a report. */
export function reportHtml(findings: Findings): Promise<string> {
  const { kind, title, asked, command, warnings, footer, model } = findings;
  const [facts, notes] = [
    factsOf(findings),
    [{ title: "How good it is", text: certificateText(findings) }, ...findings.notes],
  ];
  const page = { kind, title, asked, command, warnings, footer, lead: leadOf(model), facts, notes };
  return pageHtml({ ...page, figures: figuresOf(findings) });
}

function leadOf({ kept, training }: Model): string {
  const { rows, seen } = training;
  return (
    `${plural(rows, "training row")} showed ${plural(seen, "weight")} that might matter. ` +
    `${kept < seen ? `${count(seen - kept)} of them are exactly 0 and gone` : "None is 0"}; the model is the ${count(kept)} that remain${kept === 1 ? "s" : ""}.`
  );
}

function factsOf({ model, bytes, measured, certificate, heldBack, crossValidated, r2 }: Findings): Fact[] {
  const { kept, declared, training } = model;
  const { seen, loss, rows } = training;
  const dense = 4 * declared;
  const facts: Fact[] = [
    { label: "Weights kept", value: count(kept), note: `${share(kept / (seen || 1))} of ${count(seen)} seen` },
    {
      label: "Model",
      value: size(bytes),
      note: dense > bytes ? `${count(Math.round(dense / bytes))}× smaller than a dense table` : "in the file",
    },
  ];
  if (measured) facts.push(...measuredFacts(measured));
  else if (loss.train !== null) {
    facts.push({ label: "Training loss", value: lossText(loss.train), note: `mean of ${count(rows)} rows` });
    facts.push(...r2Facts(r2.train));
  } else if (loss.progressive !== null) {
    const note = "of rows before they were learned";
    facts.push({ label: "Progressive loss", value: lossText(loss.progressive), note }, ...r2Facts(r2.progressive));
  }
  if (heldBack) {
    const note = `loss on ${plural(heldBack.rows, "row")}${andR2(heldBack.r2)}`;
    facts.push({ label: "Held out", value: lossText(heldBack.loss), note });
  }
  if (crossValidated) {
    const { mean, standardError } = crossValidated;
    const note = `loss, ± ${lossText(standardError)}${andR2(crossValidated.r2)}`;
    facts.push({ label: "Cross-validated", value: lossText(mean), note });
  }
  if (certificate) {
    const { gap, converged } = certificate;
    const note = converged === false ? "the tolerance was not reached" : "above the optimum at most";
    facts.push({ label: "Duality gap", value: shortNumber(gap), note });
  }
  return facts;
}

function measuredFacts({ on, metrics, ranking }: NonNullable<Findings["measured"]>): Fact[] {
  const { logLoss, auc, accuracy, rmse, rows, r2 } = metrics;
  const where = `on ${count(rows)} ${on}`;
  if (logLoss === null) {
    const error = { label: "Root mean squared error", value: String(Number(rmse.toPrecision(4))), note: where };
    return [error, ...r2Facts(r2)];
  }
  const facts: Fact[] = [{ label: "Log-loss", value: logLoss.toFixed(4), note: where }];
  const constant = ranking && constantLoss(ranking);
  if (constant)
    facts.push({
      label: "Without features",
      value: constant.loss.toFixed(4),
      note: `log-loss of always ${share(constant.rate)}`,
    });
  if (auc !== null) facts.push({ label: "AUC", value: auc.toFixed(4), note: `accuracy ${share(accuracy ?? 0)}` });
  return facts;
}

function r2Facts(r2: number | null): Fact[] {
  return r2 === null ? [] : [{ label: "R²", value: r2.toFixed(4), note: "0 is always the rows’ mean, 1 no error" }];
}

function andR2(r2: number | null): string {
  return r2 === null ? "" : `, R² ${r2.toFixed(4)}`;
}

/** The loss of predicting the same for every row, the share of "yes". */
function constantLoss(ranking: Ranking): { rate: number; loss: number } {
  const { bins } = ranking.reliability();
  const [weight, yes] = bins.reduce(([all, sum], it) => [all + it.weight, sum + it.weight * it.rate], [0, 0]);
  const rate = yes / weight;
  const part = (p: number) => (p > 0 ? -p * Math.log(p) : 0);
  return { rate, loss: part(rate) + part(1 - rate) };
}

function share(part: number): string {
  return `${(100 * part).toFixed(part < 0.1 ? 2 : 1)}%`;
}

function certificateText({ kind, certificate, model, measured }: Findings): string {
  const { loss, seen } = model.training;
  const validation = measured ? ` Measured on ${measured.on}.` : "";
  if (!certificate) {
    const progressive =
      loss.progressive === null
        ? ""
        : ` Each row predicted before it was learned, its mean loss was ${lossText(loss.progressive)}.`;
    const why =
      kind === "evaluate"
        ? "The model's file has no certificate: only solver batch gives one, for weights in full."
        : "A streaming solver gives no certificate.";
    return why + progressive + validation;
  }
  const { gap, objective, converged, provenZero } = certificate;
  const text = [
    ...(objective === null ? [] : [`The objective is ${objective.toPrecision(6)}.`]),
    `No weights whatever reach one that is lower by more than ${shortNumber(gap)}: that is the duality gap, computed from the weights as they ship.`,
    ...(converged === null ? [] : [`It is ${converged ? "" : "not "}within the tolerance.`]),
    ...(provenZero
      ? [`${count(provenZero)} of ${count(seen)} weights were proven to be 0 by counting, before training.`]
      : []),
  ];
  return text.join(" ") + validation;
}

function figuresOf({ model, bytes, seen, path, frontier, curve, measured, slices }: Findings): Figure[] {
  const training = curve && curveFigure(curve.data, curve.caption);
  const found = known([
    frontier && frontierFigure(frontier.data, frontier.how),
    path && pathFigure(path.steps, path.chosen),
    memoryFigure(model, bytes),
    histogramFigure(model),
  ]);
  // Two stand beside each other: the curve where there is room for one more.
  const isOdd = found.length % 2 === 1;
  return [
    ...found,
    ...known([
      isOdd ? training : null,
      mapFigure(model, seen),
      model.kept > 0 ? topFigure(model) : null,
      featuresFigure(model),
      measured?.ranking ? reliabilityFigure(measured.ranking, measured.on) : null,
      measured?.ranking ? rocFigure(measured.ranking, measured.on) : null,
      isOdd ? null : training,
    ]),
    ...slices.map(slicesFigure),
  ];
}

function known<T>(all: readonly (T | null)[]): T[] {
  return all.filter((it) => it !== null);
}
