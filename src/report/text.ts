import type { Metrics } from "./metrics.js";

/** "1,234" */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** "6.9 kB", in powers of 1,000. */
export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const scaled = bytes / 1000 ** power;
  return `${power === 0 || scaled >= 99.5 ? count(Math.round(scaled)) : Number(scaled.toPrecision(2))} ${units[power]}`;
}

/** "0.31 s" */
export function duration(seconds: number): string {
  return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
}

/** "1 row", "2 rows" */
export function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** "0.2231"; "3.4522e+9", which squares of large numbers come to. */
export function lossText(loss: number): string {
  return Math.abs(loss) < 1e5 ? loss.toFixed(4) : loss.toExponential(4);
}

/** ", R² 0.8812 against the rows' mean"; nothing where there is none. */
export function r2Text(r2: number | null): string {
  return r2 === null ? "" : `, R² ${r2.toFixed(4)} against the rows' mean`;
}

/** "log-loss 0.2231, AUC 0.958, accuracy 91.2%" */
export function metricsText({ logLoss, auc, accuracy, rmse, r2 }: Metrics): string {
  if (logLoss === null) return `RMSE ${Number(rmse.toPrecision(4))}${r2Text(r2)}`;
  const parts = [`log-loss ${logLoss.toFixed(4)}`];
  if (auc !== null) parts.push(`AUC ${auc.toFixed(3)}`);
  if (accuracy !== null) parts.push(`accuracy ${(100 * accuracy).toFixed(1)}%`);
  return parts.join(", ");
}
