import type { Engine } from "../engine/engine.js";
import type { Loss, Rows } from "../engine/kernels.js";
import type { F64, U32 } from "../engine/memory.js";
import { Random } from "../random.js";
import { type Bounds, boundsOf, objectiveOf } from "./certificate.js";
import type { Design } from "./design.js";
import { settle } from "./free.js";
import { type Effort, effortOf, step } from "./step.js";
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
  /** [columns], X_jᵀq as last scanned, at some margins or at the slopes that a model had near them; without l2. */
  gradients: F64;
  /** Whether the gradients are those at the margins. */
  isScanned: boolean;
  /** How hard the next model is worked on. */
  effort: Effort;
  /** The best dual value known at these strengths: the optimum is at least that, as a sum. */
  dual: number;
  /** The columns last worked on. They stay in the arena, on top of what was there before them, until the next are. */
  set: WorkingSet | null;
  /** Whether that set's gradients and curvatures are those at the margins. */
  isDerived: boolean;
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
  /** [columns], scratch: by which some are chosen, and these. */
  scores: F64;
  chosen: U32;
  /** [3], of kernels that find out more than one number. */
  outcome: F64;
}

/** How a solve is steered. */
export interface Steering {
  /** Gap to reach, as a share of the objective without features. */
  tolerance: number;
  /** Newton steps at most. */
  iterations: number;
  seed: number;
  /** Columns that are likely to be all that have a weight. They are worked on before any scan. */
  likely?: Uint32Array | undefined;
  /** Lets other work run when that is due; throws when the solve is to stop. */
  breathe: () => Promise<void>;
  /** Called at every look at all columns with the steps so far, the non-zero weights and the objective, a sum. */
  report?: ((iteration: number, kept: number, objective: number) => void) | undefined;
}

/** What does not change in a solve: the gap to reach, a sum, and what Steering has. */
interface Run extends Pick<Steering, "breathe"> {
  goal: number;
  random: Random;
}

/** |Σ q| before a look at all columns, as a share of the gap to reach: the dual point wants it 0. */
const CENTRED = 1e-3;
/** Violation left of a working set, as a share of all columns', when these are looked at again. */
const PATIENCE = 0.3;
/** Share of all violation that a working set meets when it may be all that there is to do. */
const WHOLE = 0.999;
/** Readings of a working set that a Newton step takes at least: a look at all columns should not cost more than steps. */
const STEP_PASSES = 6;
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
    offsets,
    penalties: memory.f64(2 * size),
    w: memory.f64(size),
    margins: memory.f64(count),
    isScanned: false,
    effort: effortOf(loss),
    dual: Number.NEGATIVE_INFINITY,
    set: null,
    isDerived: false,
    model: memory.f64(2 * count),
    gradients: memory.f64(size),
    lossSum: 0,
    nullObjective: 0,
    direction: memory.f64(count),
    trial: memory.f64(count),
    trialModel: memory.f64(2 * count),
    order: memory.u32(size),
    scores: memory.f64(size),
    chosen: memory.u32(size),
    outcome: memory.f64(3),
  };
  if (offsets) state.margins.view.set(offsets.view.subarray(0, count));
  linearize(state);
  centre(state);
  state.nullObjective = state.lossSum;
  return state;
}

/** Sets the strengths, against the sum of losses. */
export function penalize(state: State, l1: number, l2: number): void {
  const { penalties, design } = state;
  state.dual = Number.NEGATIVE_INFINITY;
  for (let j = 0, [l, factors] = [penalties.view, design.factors]; j < factors.length; j++) {
    l[2 * j] = factors[j]! * l1;
    l[2 * j + 1] = factors[j]! * l2;
  }
}

/**
 * Solves from where the state stands to the tolerance: prox-Newton steps (Yuan, Ho & Lin, JMLR 2012) on a working set
 * of the columns that violate their optimality most. Returns the Newton steps taken and what is known of the optimum.
 */
export async function solve(state: State, steering: Steering): Promise<Bounds & { iterations: number }> {
  const { tolerance, iterations: most, seed, breathe, report, likely } = steering;
  const goal = tolerance * state.nullObjective;
  const run = { goal, random: new Random(seed), breathe };
  state.effort.idle = 0;
  await settle(state, CENTRED * goal, breathe);
  if (likely) state.chosen.view.set(likely);
  let iterations = likely ? await work(state, likely.length, null, most, run) : 0;
  for (let taken = Number.NaN; ; iterations += taken) {
    await settle(state, CENTRED * goal, breathe);
    if (Number.isFinite(state.dual)) {
      const [objective, { dual }] = [objectiveOf(state), state];
      if (objective - dual <= goal) return { objective, dual, gap: objective - dual, iterations };
    }
    const listed = survey(state);
    // Once rounding allows no step, or none is left, all that can be known is asked for.
    const isLast = taken === 0 || iterations >= most;
    const bounds = boundsOf(state, listed, isLast ? Number.POSITIVE_INFINITY : goal);
    report?.(iterations, keptOf(state, listed), bounds.objective);
    await breathe();
    if (isLast || bounds.gap <= goal) return { ...bounds, iterations };
    const { engine, w, gradients, penalties, order } = state;
    const whole = engine.kernels.violation(listed, order, w, gradients, penalties);
    taken = await work(state, choose(state, listed), whole, most - iterations, run);
  }
}

/**
 * Takes steps on some columns, the first of state.chosen, until they violate their optimality less than others may,
 * `most` of them at most. `whole`: the violation of all columns; null where that of these is taken to be all. Returns
 * how many steps; 0 when rounding allows none, or there are no columns: the free ones are settled without.
 */
async function work(
  state: State,
  chosen: number,
  whole: number | null,
  most: number,
  { goal, random, breathe }: Run,
): Promise<number> {
  if (chosen === 0) return 0;
  const set = workOn(state, chosen, random);
  let violation = violationOf(state, set, set.gradients);
  const all = whole ?? violation;
  const enough = Math.ceil(state.design.entries / (STEP_PASSES * set.x.indices.length));
  let taken = 0;
  do {
    const left = await step(state, set, violation, violation >= WHOLE * all ? goal : 0, whole === null, breathe);
    if (left === null) break;
    taken++;
    violation = left;
  } while (violation > PATIENCE * all && taken < Math.min(enough, most));
  giveBack(state, set);
  return taken;
}

/**
 * Returns the first columns of state.chosen as a working set where the state stands; the last one, if they are all in
 * it.
 */
function workOn(state: State, chosen: number, random: Random): WorkingSet {
  const { memory } = state.engine;
  if (!state.set || !covers(state.set, state.chosen.view.subarray(0, chosen))) {
    if (state.set) memory.release(state.set.below);
    state.set = null;
    state.set = gather(state, chosen, random);
    state.isDerived = false;
  }
  place(state, state.set);
  return state.set;
}

/** Scans all columns and lists those that have a part in the gap: see `listed`. Returns how many. */
export function survey(state: State): number {
  const { engine, design, model, gradients } = state;
  if (!state.isScanned) engine.kernels.gradients(design.x, 0, design.size, model, gradients);
  state.isScanned = true;
  return listed(state);
}

/**
 * Lists in state.order the columns with a weight or, at the last scan, a violation, and returns how many; the others
 * have no part in the gap. `share`: of l1, from which on a gradient counts as one.
 */
export function listed({ engine, design, gradients, w, penalties, order }: State, share = 1): number {
  return engine.kernels.survey(design.size, gradients, w, penalties, share, order);
}

function keptOf({ design, w, order }: State, listed: number): number {
  const [weights, last] = [w.view, design.size - Number(design.intercept)];
  return order.view.subarray(0, listed).reduce((sum, j) => sum + Number(j !== last && weights[j] !== 0), 0);
}

/** Largest step of the intercept under logistic loss, whose curvature misleads far from the optimum. */
const MOST_INTERCEPT_STEP = 1;
const MOST_CENTRING = 200;

/** Makes the model of the loss at the margins. */
export function linearize(state: State): void {
  const { engine, loss, rows, count, margins, model } = state;
  state.lossSum = engine.kernels.linearize(loss, rows, 0, count, margins, model);
  state.isScanned = state.isDerived = false;
}

/** Returns Σ q and Σ D of a model: slope and curvature along the intercept. */
export function sumsOf(model: F64): { q: number; D: number } {
  let [q, D] = [0, 0];
  for (let i = 0, view = model.view; i < view.length; i += 2) {
    q += view[i]!;
    D += view[i + 1]!;
  }
  return { q, D };
}

/** Minimises over the intercept alone (Newton) until |Σ q| is at most `enough`, or as small as rounding allows. */
export function centre(state: State, enough = 0): void {
  const { design, loss, margins, w } = state;
  if (!design.intercept) return;
  const bound = loss === "logistic" ? MOST_INTERCEPT_STEP : Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < MOST_CENTRING; round++) {
    const { q, D } = sumsOf(state.model);
    if (Math.abs(q) <= enough || Math.abs(q) >= least) return;
    if (Math.abs(q) < 1e-6 * D) least = Math.abs(q); // from here on Newton only gains until rounding ends it
    const delta = Math.min(Math.max(-q / D, -bound), bound);
    w.view[design.size - 1]! += delta;
    for (let i = 0, m = margins.view; i < m.length; i++) m[i]! += delta;
    linearize(state);
  }
}
