import { signed } from "../report/charts/axis.js";

/** "+0.31", "−0.0042", "0": a weight to so many digits; only what is 0 is written so. */
export function weightText(weight: number, digits = 3): string {
  if (weight === 0) return "0";
  const size = Math.abs(weight);
  const text = size >= 1e-4 && size < 1e4 ? size.toPrecision(digits) : size.toExponential(digits - 1);
  return `${weight < 0 ? "−" : "+"}${text.replace("e-", "e−")}`;
}

/** A strength: "0.04", "0.0013". */
export function lambdaText(lambda: number): string {
  return signed(Number(lambda.toPrecision(2)));
}
