import type { Descent, Kernels } from "../engine/kernels.js";
import type { U32 } from "../engine/memory.js";
import { softThreshold } from "./math.js";
import { dotOnes, dotStored } from "./sparse.js";

const LEAST_CURVATURE = 1e-6;

/** How a column's slope is read, X_jᵀq, and what its steps move. */
interface Coordinates {
  slope(j: number): number;
  move(j: number, step: number): void;
}

/** One epoch of coordinate descent, as in assembly/batch/descent.ts. */
function epoch({ slope, move }: Coordinates, order: U32, count: number, o: Descent): void {
  const curvatures = o.curvatures.view;
  const weights = o.weights.view;
  const columns = order.view;
  const penalties = o.penalties.view;
  const origin = o.origin.view;
  const inverseReach = o.inverseReach.view;
  const { radius, slack, intercept } = o;
  const couplings = o.couplings?.view;
  const inverseMass = couplings ? 1 / curvatures[intercept]! : 0;
  let shift = couplings ? -slope(intercept) * inverseMass : 0;
  let violation = 0;
  let left = 0;
  for (let t = 0; t < count; t++) {
    const j = columns[t]!;
    const l1 = penalties[2 * j]!;
    const l2 = penalties[2 * j + 1]!;
    const curvature = curvatures[j]!;
    const coupling = couplings ? couplings[j]! : 0;
    const h = Math.max(curvature - coupling * coupling * inverseMass, LEAST_CURVATURE * curvature) + l2;
    if (h <= 0 || (couplings && j === intercept)) continue; // an empty column, or one that moves by itself
    const w = weights[j]!;
    const g = slope(j) + coupling * shift + l2 * w;
    if (w === 0 && l1 - Math.abs(g) > slack) continue;
    columns[left++] = j;
    const middle = origin[j]!;
    const reach = radius * inverseReach[j]!;
    const next = Math.min(Math.max(softThreshold(h * w - g, l1) / h, middle - reach), middle + reach);
    const step = next - w;
    if (step === 0) continue;
    weights[j] = next;
    violation += h * Math.abs(step);
    move(j, step);
    shift -= coupling * inverseMass * step;
  }
  if (couplings) {
    weights[intercept]! += shift;
    move(intercept, shift);
  }
  o.outcome.view[0] = violation;
  o.outcome.view[1] = left;
}

export const descend: Kernels["descend"] = (x, order, count, o) => {
  const pointers = x.pointers.view;
  const indices = x.indices.view;
  const values = x.values?.view;
  const model = o.model.view;
  const coordinates: Coordinates = {
    slope: (j) =>
      values
        ? dotStored(indices, values, pointers[j]!, pointers[j + 1]!, model, 2)
        : dotOnes(indices, pointers[j]!, pointers[j + 1]!, model, 2),
    move(j, step) {
      const end = pointers[j + 1]!;
      if (values) {
        for (let k = pointers[j]!; k < end; k++) {
          const i = indices[k]! * 2;
          model[i] = model[i]! + model[i + 1]! * (step * values[k]!);
        }
      } else {
        for (let k = pointers[j]!; k < end; k++) {
          const i = indices[k]! * 2;
          model[i] = model[i]! + model[i + 1]! * step;
        }
      }
    },
  };
  epoch(coordinates, order, count, o);
};

export const descendByHessian: Kernels["descendByHessian"] = (H, order, count, o) => {
  const [pointers, indices, numbers] = [H.pointers.view, H.indices.view, H.values.view];
  const [slopes, curvatures] = [o.model.view, o.curvatures.view];
  const coordinates: Coordinates = {
    slope: (j) => slopes[j]!,
    move(j, step) {
      slopes[j]! += curvatures[j]! * step;
      for (let k = pointers[j]!; k < pointers[j + 1]!; k++) slopes[indices[k]!]! += numbers[k]! * step;
    },
  };
  epoch(coordinates, order, count, o);
};
