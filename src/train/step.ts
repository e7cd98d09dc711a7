import type { Loss } from "../engine/kernels.js";
import type { F64 } from "../engine/memory.js";
import { improveDual } from "./certificate.js";
import { minimise, polish } from "./minimise.js";
import { linearize, type State } from "./newton.js";
import { derive, giveBack, violationOf, type WorkingSet } from "./working.js";

/** How hard a solve works, as it learns from its steps. */
export interface Effort {
  /** Half-width of the trust box in margins, and the largest. */
  radius: number;
  widest: number;
  /** Violation left of the model, as a share of what it begins with. */
  tolerance: number;
  /** Share of the violation that a pass of descent meets: what it does on the way hides the rest. */
  visible: number;
  /** Of conjugate gradients. */
  boldness: number;
  /** Steps in a row that may have lowered the objective, but not the violation. */
  idle: number;
}

/** Share of the promised decrease that a step must bring (Armijo). */
const ARMIJO = 0.01;
const MOST_HALVINGS = 40;
const HIDDEN_HALVINGS = 3;
/** Steps whose decrease may be rounding that are taken in a row though the violation does not fall. */
const MOST_IDLE = 5;
/** A decrease that the rounding of a sum of losses may hide, as a share of the objective without features. */
const ROUNDING = 1e-11;
/** Bounds of the violation left of a model, as a share of what it begins with. */
const TIGHTEST = 0.2;
const LOOSEST = 0.9;
/** Bounds of the trust box. */
const WIDEST = 2;
const NARROWEST = 0.25;
/** What a model may miss of the loss, as a share of the gap to reach, for what its slopes miss of it to be looked at. */
const NEAR = 5;
/** Largest gap to reach, as a share of the penalties: beyond it first order does not tell what scaling slopes down costs. */
const COARSE = 0.1;
/** What the slopes of a model may miss as a dual point, as a share of the gap to reach, to be tried as one. */
const MOST_MISSED = 0.5;
/** Share of the rest of that gap that they may be off the minimum of the model. */
const AFFORDED = 0.9;

/** How hard a solve begins to work. */
export function effortOf(loss: Loss): Effort {
  const widest = loss === "logistic" ? WIDEST : Number.POSITIVE_INFINITY; // a squared loss is its own model
  return { radius: widest, widest, tolerance: LOOSEST, visible: 1, boldness: 1, idle: 0 };
}

/** What a step is to bring: the change of the penalties, and with what the slopes promise. */
interface Aim {
  change: number;
  promised: number;
}

/**
 * Takes one Newton step on a working set. Returns the violation left there, 0 where a dual point proves that it is near
 * enough; null when no step brings the objective down. Where the model holds to within the gap to reach, `goal`, it is
 * minimised until its own slopes are a dual point that proves so much; 0 when the set is not all that there is.
 * `isAll`: it is taken to be, without a look at the others.
 */
export async function step(
  state: State,
  set: WorkingSet,
  violation: number,
  goal: number,
  isAll: boolean,
  breathe: () => Promise<void>,
): Promise<number | null> {
  const { effort } = state;
  set.origin.view.set(set.w.view);
  let modelled = await minimise(state, set, effort.tolerance * violation, breathe);
  let aim = aimOf(state, set);
  let lossSum = lossAlong(state, 1);
  let isTrue = false;
  // Where H is sparse a round of conjugate gradients costs no less than the next step.
  const isFine = goal > 0 && !set.hessian?.scratch && goal < COARSE * penaltyChange(state, set, null);
  if (isFine && Math.abs(lossSum - state.lossSum - riseOf(set)) < NEAR * goal) {
    set.quadratic?.settle();
    const { engine, loss, rows, count, model, trial } = state;
    const missed = lossSum - engine.kernels.touch(loss, rows, 0, count, model, trial); // of fourth order in the step
    isTrue = missed < MOST_MISSED * goal && (isAll || isAlone(state, set));
    if (isTrue) modelled = await polish(state, set, AFFORDED * (goal - missed), breathe);
    if (isTrue || set.hessian) {
      aim = aimOf(state, set); // to settle H has moved `direction`, and to polish weights
      lossSum = lossAlong(state, 1);
    }
  }

  // Rounding may hide so small a decrease: the violation then has to fall, if not with every step.
  const isHidden = aim.promised > -ROUNDING * state.nullObjective;
  for (let halvings = 0, share = 1; halvings < MOST_HALVINGS && aim.promised < 0; halvings++) {
    if (halvings > 0) {
      share /= 2;
      state.engine.kernels.along(0, set.size, set.origin, set.moves, share, set.w);
      aim.change = penaltyChange(state, set, set.origin);
      lossSum = lossAlong(state, share);
    }
    const rise = lossSum - state.lossSum + aim.change;
    const falls = rise <= ARMIJO * share * aim.promised;
    if (!falls && !(isHidden && rise <= ROUNDING * state.nullObjective)) continue;
    // Where a dual point is to prove that this is near enough, the violation is of no use but to tell rounding.
    const isSeen = !isTrue || isHidden;
    let left = isSeen ? violationAt(state, set, state.trialModel) : 0;
    if (isHidden && left >= violation && (!falls || effort.idle >= MOST_IDLE)) {
      if (halvings < HIDDEN_HALVINGS) continue;
      break;
    }
    effort.idle = left < violation ? 0 : effort.idle + 1;
    [state.margins, state.trial] = [state.trial, state.margins];
    [state.model, state.trialModel] = [state.trialModel, state.model];
    state.lossSum = lossSum;
    state.isScanned = false;
    state.isDerived = isSeen;
    effort.radius = halvings > 0 ? Math.max(effort.radius / 2, NARROWEST) : Math.min(2 * effort.radius, effort.widest);
    if (isTrue) {
      giveBack(state, set);
      if (improveDual(state, state.trialModel) <= goal) return 0;
    }
    if (!isSeen) left = violationAt(state, set, state.model);
    state.isDerived = true;
    // Trust the next model as far as this one held.
    const missed = Math.abs(left - modelled) / violation;
    effort.tolerance = halvings > 0 ? LOOSEST : Math.min(Math.max(missed, TIGHTEST), LOOSEST);
    return left;
  }
  set.w.view.set(set.origin.view);
  linearize(state); // descent has moved the model
  return null;
}

/** Returns a set's violation at a model of the loss, whose derivatives the set has then. */
function violationAt(state: State, set: WorkingSet, model: F64): number {
  derive(state, set, model);
  return violationOf(state, set, set.gradients);
}

/** Whether no column outside a set violates its bound at the model's slopes: else they would be no dual point either. */
function isAlone({ engine, design, model, scores, w, penalties, order }: State, set: WorkingSet): boolean {
  engine.kernels.gradients(design.x, 0, design.size, model, scores);
  const listed = engine.kernels.survey(design.size, scores, w, penalties, 1, order);
  return order.view.subarray(0, listed).every((j) => set.places[j] !== 0);
}

/** Writes d = w − origin to set.moves and the margins that it moves to state.direction. */
function aimOf(state: State, set: WorkingSet): Aim {
  const { engine, count, direction, outcome } = state;
  const { kernels } = engine;
  const { x, size, moves, rows, hessian } = set;
  kernels.aim(size, x.pointers, set.w, set.origin, set.gradients, moves, outcome);
  const [slope, moved] = outcome.view as unknown as [number, number];
  // By rows each entry is read at half the cost, but also those that do not move.
  if (rows && !hessian && 2 * moved > x.indices.length) {
    kernels.margins(rows.matrix, 0, count, moves, 0, direction);
  } else {
    direction.view.fill(0);
    kernels.spread(x, size, moves, direction);
  }
  const change = penaltyChange(state, set, set.origin);
  return { change, promised: change + slope };
}

/** Makes the model at a share of the step, and returns Σ s·loss there. */
function lossAlong({ engine, loss, rows, count, margins, direction, trial, trialModel }: State, share: number): number {
  engine.kernels.along(0, count, margins, direction, share, trial);
  return engine.kernels.linearize(loss, rows, 0, count, trial, trialModel);
}

/** Returns what the model says that the loss rises by, from its slopes at both ends of the step. */
function riseOf({ gradients, slopes, moves, size }: WorkingSet): number {
  const [before, after, d] = [gradients.view, slopes.view, moves.view];
  let sum = 0;
  for (let t = 0; t < size; t++) sum += 0.5 * d[t]! * (before[t]! + after[t]!);
  return sum;
}

/** Returns the penalties of a set's weights less those at `from`; null for 0. */
function penaltyChange({ engine }: State, { size, penalties, w }: WorkingSet, from: F64 | null): number {
  return engine.kernels.penalty(size, penalties, w, from);
}
