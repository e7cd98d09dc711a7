import type { Dataset } from "../data/dataset.js";
import type { F64 } from "../engine/memory.js";
import { DataError } from "../errors.js";
import { gapOf } from "./certificate.js";
import { designOf } from "./design.js";
import { centre, penalize, type State, solve, stateOf, survey } from "./newton.js";
import type { BatchOptions } from "./options.js";

/** What a batch solver found, and the proof of how good it is. */
export interface Certificate {
  /** (1/S) Σ s·loss + l1·‖w‖₁ + (l2/2)·‖w‖² of the weights as they ship. */
  objective: number;
  /** The objective is at most this far above the optimum. */
  gap: number;
  /** The gap as a share of the objective of the best model without features. */
  relativeGap: number;
  /** Whether relativeGap reached the tolerance. */
  converged: boolean;
  /** Newton steps taken. */
  iterations: number;
  /** Columns that a count proved 0 at the optimum before the solve; they cost it nothing. */
  provenZero: number;
}

/** Milliseconds between two pauses that let other work run. */
const PAUSE_EVERY = 30;

/**
 * Solves to a certified optimum. Weights go to `w`, [columns of data], zeros exactly 0. `report` is called before every
 * look at all columns. Throws DataError where no optimum is finite, the signal's reason when aborted.
 */
export async function solveBatch(
  data: Dataset,
  w: F64,
  options: BatchOptions,
  report: (iteration: number, loss: number, kept: number) => void,
): Promise<Certificate & { intercept: number }> {
  const { l1 = 1e-4, l2 = 0, tolerance = 1e-6, iterations: most = 1000, intercept = true, seed = 1, signal } = options;
  const total = data.totalWeight;
  if (intercept) checkTwoClasses(data);
  const design = designOf(data, l1 * total, options);
  const state = stateOf(data.engine, data.loss, data.rows, data.count, design, null);
  penalize(state, l1 * total, l2 * total);
  const iterations = await solve(state, {
    tolerance,
    iterations: most,
    seed,
    breathe: pacer(signal),
    report: (iteration, kept) => report(iteration, state.lossSum / total, kept),
  });
  const { objective, gap } = certify(state);
  for (let t = 0, [out, own, { columns }] = [w.view, state.w.view, design]; t < columns.length; t++) {
    out[columns[t]!] = own[t]!;
  }
  const relativeGap = state.nullObjective > 0 ? gap / state.nullObjective : 0;
  return {
    intercept: intercept ? state.w.view[design.size - 1]! : 0,
    objective: objective / total,
    gap: gap / total,
    relativeGap,
    converged: relativeGap <= tolerance,
    iterations,
    provenZero: design.provenZero,
  };
}

/** Rounds the weights to single precision, in which they ship, and returns objective and gap of what ships, as sums. */
function certify(state: State): { objective: number; gap: number } {
  const { engine, design, w, margins, penalties } = state;
  const last = design.size - Number(design.intercept);
  const weights = w.view;
  for (let j = 0; j < last; j++) weights[j] = Math.fround(weights[j]!);
  margins.view.fill(0);
  engine.kernels.spread(design.x, design.size, w, margins);
  centre(state);
  let objective = state.lossSum;
  for (let j = 0, l = penalties.view; j < last; j++) {
    objective += l[2 * j]! * Math.abs(weights[j]!) + 0.5 * l[2 * j + 1]! * weights[j]! * weights[j]!;
  }
  return { objective, gap: Math.max(gapOf(state, survey(state), Number.POSITIVE_INFINITY), 0) };
}

/** With an intercept and one class the loss falls for ever. */
function checkTwoClasses({ loss, rows, count }: Dataset): void {
  if (loss !== "logistic") return;
  const labels = rows.labels.view.subarray(0, count);
  const weights = rows.weights?.view;
  const [first] = labels.filter((_, i) => !weights || weights[i]! > 0);
  if (labels.some((y, i) => y !== first && (!weights || weights[i]! > 0))) return;
  throw new DataError("every label is the same: no intercept is the best; use intercept: false (--no-intercept)");
}

/** Returns a function that lets other work run when that is due. It throws the signal's reason when it is aborted. */
function pacer(signal: AbortSignal | undefined): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= PAUSE_EVERY) {
      await new Promise((resolve) => setTimeout(resolve));
      last = performance.now();
    }
    signal?.throwIfAborted();
  };
}
