import type { Engine } from "../engine/engine.js";
import type { Loss, Rows } from "../engine/kernels.js";
import type { F64, U32 } from "../engine/memory.js";
import { Random } from "../random.js";
import { gapOf } from "./certificate.js";
import { conjugate, LEAST_STEPS } from "./conjugate.js";
import type { Design } from "./design.js";

/** Where a solve stands: weights w, margins m = X·w, and the quadratic model of the loss there. Then its scratch. */
export interface State {
  engine: Engine;
  loss: Loss;
  /** Targets and sample weights. */
  rows: Rows;
  count: number;
  design: Design;
  /** [2 · columns], {l1, l2} of each, against the sum of losses. */
  penalties: F64;
  w: F64;
  margins: F64;
  /** [2 · rows], {q, D}. */
  model: F64;
  /** [columns], X_jᵀq as last scanned, without l2. */
  gradients: F64;
  /** Σ s·loss at the margins. */
  lossSum: number;
  /** The objective of the best model without features, as a sum. */
  nullObjective: number;

  /** [columns]: the working set, and the face within it. */
  order: U32;
  face: U32;
  /** [columns] */
  curvatures: F64;
  origin: F64;
  moves: F64;
  slopes: F64;
  /** [rows] */
  direction: F64;
  trial: F64;
  /** [2 · rows] */
  trialModel: F64;
  probe: F64;
  outcome: F64;
}

/** How a solve is steered. */
export interface Steering {
  /** Gap to reach, as a share of the objective without features. */
  tolerance: number;
  /** Newton steps at most. */
  iterations: number;
  seed: number;
  /** Lets other work run when that is due; throws when the solve is to stop. */
  breathe: () => Promise<void>;
  /** Called before every Newton step with the steps so far and the non-zero weights. */
  report: (iteration: number, kept: number) => void;
}

/** How hard the next model is worked on. */
interface Effort {
  /** Half-width of the trust box in margins. */
  radius: number;
  /** Violation left of the model, as a share of what it begins with. */
  tolerance: number;
  /** Steps of conjugate gradients. */
  steps: number;
}

const LEAST_WORKING_SET = 500;
/** Violation left of a working set, as a share of all columns', when these are looked at again. */
const WORKING_SET_TOLERANCE = 0.3;
const LEAST_PASSES = 2;
const MOST_PASSES = 60;
/** Passes between two rounds of conjugate gradients. */
const CONJUGATE_EVERY = 4;
/** Share of the promised decrease that a step must bring (Armijo). */
const ARMIJO = 0.01;
const MOST_HALVINGS = 40;
const WIDEST = 2;
const NARROWEST = 0.25;

/** Makes the state of a solve at w = 0. Margins begin at the offsets. */
export function stateOf(
  engine: Engine,
  loss: Loss,
  rows: Rows,
  count: number,
  design: Design,
  offsets: F64 | null,
): State {
  const { memory } = engine;
  const { size } = design;
  const state: State = {
    engine,
    loss,
    rows,
    count,
    design,
    penalties: memory.f64(2 * size),
    w: memory.f64(size),
    margins: memory.f64(count),
    model: memory.f64(2 * count),
    gradients: memory.f64(size),
    lossSum: 0,
    nullObjective: 0,
    order: memory.u32(size),
    face: memory.u32(size),
    curvatures: memory.f64(size),
    origin: memory.f64(size),
    moves: memory.f64(size),
    slopes: memory.f64(size),
    direction: memory.f64(count),
    trial: memory.f64(count),
    trialModel: memory.f64(2 * count),
    probe: memory.f64(2 * count),
    outcome: memory.f64(2),
  };
  if (offsets) state.margins.view.set(offsets.view.subarray(0, count));
  centre(state);
  state.nullObjective = state.lossSum;
  return state;
}

/** Sets the strengths, against the sum of losses. */
export function penalize({ penalties, design }: State, l1: number, l2: number): void {
  const l = penalties.view;
  design.factors.forEach((factor, j) => {
    l[2 * j] = factor * l1;
    l[2 * j + 1] = factor * l2;
  });
}

/**
 * Solves from where the state stands to the tolerance: prox-Newton steps (Yuan, Ho & Lin, JMLR 2012) on a working set
 * of the columns that violate their optimality most. Returns the Newton steps taken.
 */
export async function solve(state: State, steering: Steering): Promise<number> {
  const { engine, design, gradients, order, nullObjective } = state;
  const { tolerance, iterations: most, seed, breathe, report } = steering;
  const random = new Random(seed);
  const widest = state.loss === "logistic" ? WIDEST : Number.POSITIVE_INFINITY; // a squared loss is its own model
  const effort: Effort = { radius: widest, tolerance: 0.9, steps: LEAST_STEPS };
  let iterations = 0;
  for (;;) {
    centre(state);
    engine.kernels.gradients(design.x, null, 0, design.size, state.model, gradients);
    const { count, kept } = workingSet(state);
    report(iterations, kept);
    await breathe();
    if (gapOf(state, tolerance * nullObjective) <= tolerance * nullObjective || iterations >= most) return iterations;
    // All columns' violation is that of the working set and of what found no room in it.
    const whole = violationOf(state, null);
    let violation = violationOf(state, order.view.subarray(0, count));
    const begun = iterations;
    do {
      const moved = await step(state, count, violation, effort, widest, random, breathe);
      if (!moved && iterations === begun) return iterations; // rounding allows no more
      if (!moved) break;
      iterations++;
      engine.kernels.gradients(design.x, order, 0, count, state.model, gradients);
      const left = violationOf(state, order.view.subarray(0, count));
      effort.tolerance = moved.halved
        ? 0.9
        : Math.min(Math.max(Math.abs(left - moved.violation) / violation, 0.05), 0.9);
      violation = left;
    } while (violation > WORKING_SET_TOLERANCE * whole && iterations < most);
  }
}

/**
 * Writes the columns to work on into state.order: the intercept, all non-zeros and the worst violators. Returns how
 * many they are and how many weights are not 0.
 */
function workingSet({ design, w, gradients, penalties, order }: State): { count: number; kept: number } {
  const [weights, g, l, set] = [w.view, gradients.view, penalties.view, order.view];
  const last = design.size - Number(design.intercept);
  const scores = new Float64Array(last);
  let [count, violators] = [0, 0];
  for (let j = 0; j < last; j++) {
    if (weights[j] !== 0) set[count++] = j;
    else {
      const score = Math.abs(g[j]!) - l[2 * j]!;
      if (score > 0) scores[violators++] = score;
    }
  }
  const kept = count;
  const room = Math.max(LEAST_WORKING_SET, 2 * kept) - kept;
  const least = violators > room ? scores.subarray(0, violators).sort()[violators - room]! : 0;
  const end = kept + Math.min(room, violators);
  for (let j = 0; j < last && count < end; j++) {
    const score = Math.abs(g[j]!) - l[2 * j]!;
    if (weights[j] === 0 && score > 0 && score >= least) set[count++] = j;
  }
  if (design.intercept) set[count++] = last;
  return { count, kept };
}

/** Returns Σ |violation of optimality| over some columns (null: all), from their last gradients. */
function violationOf({ w, gradients, penalties }: State, columns: Uint32Array | null): number {
  const [weights, g, l] = [w.view, gradients.view, penalties.view];
  let sum = 0;
  for (let t = 0, end = columns ? columns.length : g.length; t < end; t++) {
    const j = columns ? columns[t]! : t;
    const weight = weights[j]!;
    const slope = g[j]! + l[2 * j + 1]! * weight;
    sum += weight === 0 ? Math.max(Math.abs(slope) - l[2 * j]!, 0) : Math.abs(slope + l[2 * j]! * Math.sign(weight));
  }
  return sum;
}

/** Penalty of a weight in column j. */
function penaltyOf(l: Float64Array, j: number, weight: number): number {
  return l[2 * j]! * Math.abs(weight) + 0.5 * l[2 * j + 1]! * weight * weight;
}

/**
 * Takes one Newton step on order[0 … count). Returns the violation left of its model and whether the line search made
 * it shorter; null when no step brings the objective down.
 */
async function step(
  state: State,
  count: number,
  violation: number,
  effort: Effort,
  widest: number,
  random: Random,
  breathe: () => Promise<void>,
): Promise<{ violation: number; halved: boolean } | null> {
  const { engine, design, order, face, w, origin, moves, gradients, penalties, direction } = state;
  const { kernels } = engine;
  kernels.curvatures(design.x, order, count, state.model, state.curvatures);
  for (const j of order.view.subarray(0, count)) origin.view[j] = w.view[j]!;
  const left = await minimise(state, count, violation, effort, random, breathe);

  // What the slope and the penalty promise of d = w − origin, and the margins that it moves.
  const [weights, start, d, g, l] = [w.view, origin.view, moves.view, gradients.view, penalties.view];
  let [promised, change, size] = [0, 0, 0];
  for (const j of order.view.subarray(0, count)) {
    d[j] = weights[j]! - start[j]!;
    if (d[j] === 0) continue;
    face.view[size++] = j;
    promised += g[j]! * d[j]!;
    change += penaltyOf(l, j, weights[j]!) - penaltyOf(l, j, start[j]!);
  }
  promised += change;
  const moved = face.view.subarray(0, size);
  direction.view.fill(0);
  kernels.spread(design.x, face, size, moves, direction);

  for (let halvings = 0, t = 1; halvings < MOST_HALVINGS && promised < 0; halvings++, t /= 2) {
    const [m, v, trial] = [state.margins.view, direction.view, state.trial.view];
    for (let i = 0; i < m.length; i++) trial[i] = m[i]! + t * v[i]!;
    if (halvings > 0) {
      change = 0;
      for (const j of moved) {
        weights[j] = start[j]! + t * d[j]!;
        change += penaltyOf(l, j, weights[j]!) - penaltyOf(l, j, start[j]!);
      }
    }
    const lossSum = kernels.linearize(state.loss, state.rows, 0, state.count, state.trial, state.trialModel);
    if (lossSum - state.lossSum + change > ARMIJO * t * promised) continue;
    [state.margins, state.trial] = [state.trial, state.margins];
    [state.model, state.trialModel] = [state.trialModel, state.model];
    state.lossSum = lossSum;
    effort.radius = halvings > 0 ? Math.max(effort.radius / 2, NARROWEST) : Math.min(2 * effort.radius, widest);
    return { violation: left, halved: halvings > 0 };
  }
  for (const j of moved) weights[j] = start[j]!;
  return null;
}

/**
 * Minimises the quadratic model over order[0 … count): coordinate descent, with conjugate gradients on the face now
 * and then, since columns that overlap make descent crawl. Returns the violation of its last pass over all of them.
 */
async function minimise(
  state: State,
  count: number,
  violation: number,
  effort: Effort,
  random: Random,
  breathe: () => Promise<void>,
): Promise<number> {
  const { engine, design, order, model, curvatures, w: weights, penalties, origin, outcome } = state;
  const { inverseReach } = design;
  const { radius, tolerance } = effort;
  let [active, slack] = [count, Number.POSITIVE_INFINITY];
  for (let pass = 1; ; pass++) {
    random.shuffle(order.view.subarray(0, active));
    const o = { model, curvatures, weights, penalties, origin, inverseReach, outcome, radius, slack };
    engine.kernels.descend(design.x, order, active, o);
    const [met, left] = outcome.view as unknown as [number, number];
    const isWhole = active === count;
    if ((pass >= LEAST_PASSES && isWhole && met <= tolerance * violation) || pass >= MOST_PASSES) return met;
    if (!isWhole && met <= tolerance * violation) [active, slack] = [count, Number.POSITIVE_INFINITY];
    else [active, slack] = [left, met / left];
    if (pass % CONJUGATE_EVERY === 0) effort.steps = conjugate(state, count, radius, effort.steps);
    await breathe();
  }
}

/** Largest step of the intercept under logistic loss, whose curvature misleads far from the optimum. */
const MOST_INTERCEPT_STEP = 1;
const MOST_CENTRING = 200;

/** Minimises over the intercept alone (Newton) and leaves the model at the margins there. Then Σ q = 0. */
export function centre(state: State): void {
  const { engine, design, loss, rows, count, margins, model, w } = state;
  const bound = loss === "logistic" ? MOST_INTERCEPT_STEP : Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; ; round++) {
    state.lossSum = engine.kernels.linearize(loss, rows, 0, count, margins, model);
    if (!design.intercept) return;
    let [q, D] = [0, 0];
    for (let i = 0, sums = model.view; i < sums.length; i += 2) {
      q += sums[i]!;
      D += sums[i + 1]!;
    }
    // Rounding ends what Newton could still gain.
    if (Math.abs(q) >= least || q === 0 || round === MOST_CENTRING) return;
    if (Math.abs(q) < 1e-6 * D) least = Math.abs(q);
    const delta = Math.min(Math.max(-q / D, -bound), bound);
    w.view[design.size - 1]! += delta;
    for (let i = 0, m = margins.view; i < m.length; i++) m[i]! += delta;
  }
}
