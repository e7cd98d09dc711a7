import { log1pUnit } from "../baseline/math.js";
import type { Loss, Rows } from "../engine/kernels.js";

/** Below this, −u·log u is left out: it would add less than 10⁻¹⁵, and a dual value may be too small, never too large. */
const NEGLIGIBLE = 1e-18;

/** Returns −t·log t for 0 ≤ t ≤ 1, from operations that give the same bits everywhere. */
function entropyOf(t: number): number {
  if (t < NEGLIGIBLE) return 0;
  let [mantissa, halvings] = [t, 0];
  for (; mantissa < 0.5; halvings++) mantissa *= 2;
  return t * (log1pUnit((1 - mantissa) / mantissa) + halvings * Math.LN2);
}

/**
 * Returns Σ s_i·(−loss*(−c·a_i)), the dual value of the point c·a with a_i = −loss′ at the margins: a lower bound of
 * the optimum when c·a is feasible. Logistic: u = c·|a|, −u log u − (1−u) log(1−u). Squared: a = c·(y − m), y·a − ½a².
 * `model`: {s·loss′, D} of each row. 0 ≤ c ≤ 1.
 */
export function dualValue(loss: Loss, rows: Rows, count: number, model: Float64Array, c: number): number {
  const labels = rows.labels.view;
  const weights = rows.weights?.view;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const s = weights ? weights[i]! : 1;
    if (s === 0) continue;
    const a = (-c * model[2 * i]!) / s;
    const u = Math.min(Math.abs(a), 1);
    sum += s * (loss === "logistic" ? entropyOf(u) + entropyOf(1 - u) : labels[i]! * a - 0.5 * a * a);
  }
  return sum;
}
