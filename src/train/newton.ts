import type { Engine } from "../engine/engine.js";
import type { Loss, Rows } from "../engine/kernels.js";
import type { F64, U32 } from "../engine/memory.js";
import { Random } from "../random.js";
import { type Bounds, boundsOf } from "./certificate.js";
import type { Design } from "./design.js";
import { minimise } from "./minimise.js";
import { choose, covers, gather, giveBack, place, violationOf, type WorkingSet } from "./working.js";

/** Where a solve stands: weights w, margins m = X·w, and the quadratic model of the loss there. Then its scratch. */
export interface State {
  engine: Engine;
  loss: Loss;
  /** Targets and sample weights. */
  rows: Rows;
  count: number;
  design: Design;
  /** [rows], what every margin begins with; null for 0. */
  offsets: F64 | null;
  /** [2 · columns], {l1, l2} of each, against the sum of losses. */
  penalties: F64;
  w: F64;
  margins: F64;
  /** [2 · rows], {q, D}. */
  model: F64;
  /** [columns], X_jᵀq as last scanned, without l2. */
  gradients: F64;
  /** Whether the gradients are those at the margins. */
  isScanned: boolean;
  /** How hard the next model is worked on. */
  effort: Effort;
  /** Σ s·loss at the margins. */
  lossSum: number;
  /** The objective of the best model without features, as a sum. */
  nullObjective: number;

  /** [rows]: margins of a step, and at its end. */
  direction: F64;
  trial: F64;
  /** [2 · rows], the model there. */
  trialModel: F64;
  /** [columns], those of the last survey. */
  order: U32;
  /** [columns], scratch: by which some are chosen. */
  scores: F64;
  /** [2], of the descent kernel. */
  outcome: F64;
}

/** How a solve is steered. */
export interface Steering {
  /** Gap to reach, as a share of the objective without features. */
  tolerance: number;
  /** Newton steps at most. */
  iterations: number;
  seed: number;
  /** Columns that are likely to have a weight: the first working set, if they are not too many. */
  likely?: Uint32Array | undefined;
  /** Lets other work run when that is due; throws when the solve is to stop. */
  breathe: () => Promise<void>;
  /** Called at every look at all columns with the steps so far, the non-zero weights and the objective, a sum. */
  report: (iteration: number, kept: number, objective: number) => void;
}

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

/** |Σ q| before a look at all columns, as a share of the gap to reach: the dual point wants it 0. */
const CENTRED = 1e-3;
/** Violation left of a working set, as a share of all columns', when these are looked at again. */
const PATIENCE = 0.3;
/** Readings of a working set that a Newton step takes at least: a look at all columns should not cost more than steps. */
const STEP_PASSES = 6;
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
  const widest = loss === "logistic" ? WIDEST : Number.POSITIVE_INFINITY; // a squared loss is its own model
  const state: State = {
    engine,
    loss,
    rows,
    count,
    design,
    offsets,
    penalties: memory.f64(2 * size),
    w: memory.f64(size),
    margins: memory.f64(count),
    isScanned: false,
    effort: { radius: widest, widest, tolerance: LOOSEST, visible: 1, boldness: 1, idle: 0 },
    model: memory.f64(2 * count),
    gradients: memory.f64(size),
    lossSum: 0,
    nullObjective: 0,
    direction: memory.f64(count),
    trial: memory.f64(count),
    trialModel: memory.f64(2 * count),
    order: memory.u32(size),
    scores: memory.f64(size),
    outcome: memory.f64(2),
  };
  if (offsets) state.margins.view.set(offsets.view.subarray(0, count));
  linearize(state);
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
 * of the columns that violate their optimality most. Returns the Newton steps taken and
 * what is known of the optimum.
 */
export async function solve(state: State, steering: Steering): Promise<Bounds & { iterations: number }> {
  const { engine, design, nullObjective, effort } = state;
  const { memory } = engine;
  const { tolerance, iterations: most, seed, breathe, report, likely } = steering;
  const random = new Random(seed);
  const goal = tolerance * nullObjective;
  effort.idle = 0;
  const mark = memory.mark();
  let set: WorkingSet | null = null;
  try {
    for (let iterations = 0, wanted = likely; ; wanted = undefined) {
      centre(state, CENTRED * goal);
      const listed = survey(state);
      const { columns, kept } = choose(state, listed, wanted);
      const bounds = boundsOf(state, listed, goal);
      const whole = violationOf(state, listed);
      report(iterations, kept, bounds.objective);
      await breathe();
      if (bounds.gap <= goal) return { ...bounds, iterations };
      const stopped = () => ({ ...boundsOf(state, survey(state), Number.POSITIVE_INFINITY), iterations });
      if (iterations >= most) return stopped();
      if (!set || !covers(set, columns)) {
        memory.release(mark);
        random.shuffle(columns);
        set = gather(state, columns);
      }
      place(state, set);
      let violation = violationOf(set, null);
      const begun = iterations;
      const pause = begun + Math.ceil(design.entries / (STEP_PASSES * set.x.indices.length));
      do {
        const left = await step(state, set, violation, effort, breathe);
        if (left === null && iterations === begun) return stopped(); // rounding allows no more
        if (left === null) break;
        iterations++;
        violation = left;
      } while (violation > PATIENCE * whole && iterations < Math.min(pause, most));
      giveBack(state, set);
    }
  } finally {
    memory.release(mark);
  }
}

/**
 * Scans all columns and returns those with a weight or a violation; the others have no part in the gap. It is a view,
 * good until the next survey or allocation.
 */
export function survey(state: State): Uint32Array {
  const { engine, design, model, gradients, w, penalties, order } = state;
  if (!state.isScanned) engine.kernels.gradients(design.x, 0, design.size, model, gradients);
  state.isScanned = true;
  const listed = engine.kernels.survey(design.size, gradients, w, penalties, order);
  return order.view.subarray(0, listed);
}

/** Σ penalties at `to` less those at `from`. */
function penaltyChange(l: Float64Array, from: Float64Array, to: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < from.length; t++) {
    const [a, b] = [from[t]!, to[t]!];
    if (a !== b) sum += l[2 * t]! * (Math.abs(b) - Math.abs(a)) + 0.5 * l[2 * t + 1]! * (b * b - a * a);
  }
  return sum;
}

/** Takes one Newton step on a working set. Returns the violation left there; null when no step brings the objective down. */
async function step(
  state: State,
  set: WorkingSet,
  violation: number,
  effort: Effort,
  breathe: () => Promise<void>,
): Promise<number | null> {
  const { kernels } = state.engine;
  set.origin.view.set(set.w.view);
  const modelled = await minimise(state, set, violation, effort, breathe);

  // What the slope and the penalty promise of d = w − origin, and the margins that it moves.
  const [w, origin, d, g, l] = [set.w.view, set.origin.view, set.moves.view, set.gradients.view, set.penalties.view];
  let change = penaltyChange(l, origin, w);
  let promised = change;
  for (let t = 0; t < set.size; t++) {
    d[t] = w[t]! - origin[t]!;
    promised += g[t]! * d[t]!;
  }
  state.direction.view.fill(0);
  kernels.spread(set.x, set.size, set.moves, state.direction);

  // Rounding may hide so small a decrease: the violation then has to fall, if not with every step.
  const isHidden = promised > -ROUNDING * state.nullObjective;
  for (let halvings = 0, share = 1; halvings < MOST_HALVINGS && promised < 0; halvings++, share /= 2) {
    const [m, v, trial] = [state.margins.view, state.direction.view, state.trial.view];
    for (let i = 0; i < m.length; i++) trial[i] = m[i]! + share * v[i]!;
    if (halvings > 0) {
      for (let t = 0; t < set.size; t++) w[t] = origin[t]! + share * d[t]!;
      change = penaltyChange(l, origin, w);
    }
    const lossSum = kernels.linearize(state.loss, state.rows, 0, state.count, state.trial, state.trialModel);
    const rise = lossSum - state.lossSum + change;
    const falls = rise <= ARMIJO * share * promised;
    if (!falls && !(isHidden && rise <= ROUNDING * state.nullObjective)) continue;
    kernels.derivatives(set.x, 0, set.size, state.trialModel, set.gradients, set.curvatures);
    const left = violationOf(set, null);
    if (isHidden && left >= violation && (!falls || effort.idle >= MOST_IDLE)) {
      if (halvings < HIDDEN_HALVINGS) continue;
      break;
    }
    effort.idle = left < violation ? 0 : effort.idle + 1;
    [state.margins, state.trial] = [state.trial, state.margins];
    [state.model, state.trialModel] = [state.trialModel, state.model];
    state.lossSum = lossSum;
    state.isScanned = false;
    // Trust the next model as far as this one held.
    const missed = Math.abs(left - modelled) / violation;
    effort.tolerance = halvings > 0 ? LOOSEST : Math.min(Math.max(missed, TIGHTEST), LOOSEST);
    effort.radius = halvings > 0 ? Math.max(effort.radius / 2, NARROWEST) : Math.min(2 * effort.radius, effort.widest);
    return left;
  }
  w.set(origin);
  linearize(state); // descent has moved the model
  return null;
}

/** Largest step of the intercept under logistic loss, whose curvature misleads far from the optimum. */
const MOST_INTERCEPT_STEP = 1;
const MOST_CENTRING = 200;

/** Makes the model of the loss at the margins. */
export function linearize(state: State): void {
  const { engine, loss, rows, count, margins, model } = state;
  state.lossSum = engine.kernels.linearize(loss, rows, 0, count, margins, model);
  state.isScanned = false;
}

/** Minimises over the intercept alone (Newton) until |Σ q| is at most `enough`, or as small as rounding allows. */
export function centre(state: State, enough = 0): void {
  const { design, loss, margins, w } = state;
  if (!design.intercept) return;
  const bound = loss === "logistic" ? MOST_INTERCEPT_STEP : Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < MOST_CENTRING; round++) {
    let [q, D] = [0, 0];
    for (let i = 0, sums = state.model.view; i < sums.length; i += 2) {
      q += sums[i]!;
      D += sums[i + 1]!;
    }
    if (Math.abs(q) <= enough || Math.abs(q) >= least) return;
    if (Math.abs(q) < 1e-6 * D) least = Math.abs(q); // from here on Newton only gains until rounding ends it
    const delta = Math.min(Math.max(-q / D, -bound), bound);
    w.view[design.size - 1]! += delta;
    for (let i = 0, m = margins.view; i < m.length; i++) m[i]! += delta;
    linearize(state);
  }
}
