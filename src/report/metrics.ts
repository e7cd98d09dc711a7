import { log1pExp, sigmoid } from "../baseline/math.js";
import type { Loss } from "../engine/kernels.js";
import { Ranking } from "./ranking.js";
import { r2Of, Spread } from "./spread.js";

/** How well a model predicts. Means are weighted by the sample weights. */
export interface Metrics {
  rows: number;
  /** Mean logistic loss, natural logarithm; null for squared loss. */
  logLoss: number | null;
  /** Area under the ROC curve; null for squared loss, or when only one class is there. */
  auc: number | null;
  /** Share of rows whose class has a probability above ½; null for squared loss. */
  accuracy: number | null;
  /** Root of the mean squared error of the prediction: of the probability against 0 or 1 for logistic loss. */
  rmse: number;
  /**
   * Share of the squared error of always predicting these rows' mean that is gone; null for logistic loss, or when every
   * label is the same.
   */
  r2: number | null;
}

/** The mean loss that metrics tell of. */
export function meanLossOf({ logLoss, rmse }: Metrics): number {
  return logLoss ?? rmse ** 2 / 2;
}

/** How well a model predicts rows, and the order that it puts them in; null for squared loss, which has no classes. */
export interface Assessment {
  metrics: Metrics;
  ranking: Ranking | null;
}

/** Measures margins against labels (−1/+1 for logistic loss). All of equal length; null weights are all 1. */
export function measure(...rows: Parameters<typeof assess>): Metrics {
  return assess(...rows).metrics;
}

/** As measure, with the ranking. */
export function assess(
  loss: Loss,
  margins: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights: ArrayLike<number> | null = null,
): Assessment {
  let total = 0;
  let lossSum = 0;
  let right = 0;
  let squares = 0;
  const spread = new Spread();
  for (let i = 0; i < margins.length; i++) {
    const [m, y, s] = [margins[i]!, labels[i]!, weights ? weights[i]! : 1];
    total += s;
    if (loss === "squared") {
      squares += s * (y - m) ** 2;
      spread.add(y, s);
    } else {
      lossSum += s * log1pExp(-y * m);
      if (m > 0 === y > 0) right += s;
      squares += s * sigmoid(-y * m) ** 2;
    }
  }
  const isLogistic = loss === "logistic";
  const ranking = isLogistic ? new Ranking(margins, labels, weights) : null;
  const metrics = {
    rows: margins.length,
    logLoss: isLogistic ? lossSum / total : null,
    auc: ranking?.auc ?? null,
    accuracy: isLogistic ? right / total : null,
    rmse: Math.sqrt(squares / total),
    r2: isLogistic ? null : r2Of(squares / total / 2, spread.loss),
  };
  return { metrics, ranking };
}
