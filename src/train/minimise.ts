import { log } from "../baseline/math.js";
import { conjugate } from "./conjugate.js";
import { hessianQuadratic, isCheap } from "./hessian.js";
import type { State } from "./newton.js";
import { type Quadratic, sparseQuadratic } from "./quadratic.js";
import { rowsOf } from "./rows.js";
import { gapOf, listSteep, type Missed, violationOf, type WorkingSet } from "./working.js";

/** Passes of a minimisation, at least and at most. */
const LEAST_PASSES = 2;
const MOST_PASSES = 200;
/** Passes between two rounds of conjugate gradients, at least and at most. */
const CONJUGATE_EVERY = 4;
const MOST_DESCENT = 16;
/** Residual that a round of them leaves, squared and as preconditioned, as a share of the first. */
const RESIDUAL = 0.01;
/** Least share of the violation that a pass is taken to meet. */
const LEAST_VISIBLE = 0.05;

/**
 * Minimises the quadratic model over a working set: coordinate descent, with conjugate gradients on the face when
 * columns overlap so much that descent would take longer. Returns the violation left, that at the walls of the box too;
 * `wanted` is that to reach.
 */
export async function minimise(
  state: State,
  set: WorkingSet,
  wanted: number,
  breathe: () => Promise<void>,
): Promise<number> {
  const { effort } = state;
  const { radius } = effort;
  const enough = effort.visible * wanted;
  if (isCheap(set, state.count)) set.rows ??= rowsOf(state, set);
  let model = (set.rows && hessianQuadratic(state, set)) || sparseQuadratic(state, set);
  set.quadratic = model;
  state.isDerived = false; // descent moves the model
  let slack = Number.POSITIVE_INFINITY;
  let active = 0;
  let last = Number.NaN;
  for (let pass = 1, since = 1; ; pass++, since++) {
    const isWhole = slack === Number.POSITIVE_INFINITY;
    if (isWhole) active = everyColumn(state, set);
    model.descend(active, radius, slack);
    const [met, stay] = state.outcome.view as unknown as [number, number];
    if ((pass >= LEAST_PASSES && isWhole && met <= enough) || pass >= MOST_PASSES) {
      model.slopes();
      const left = violationOf(state, set, set.slopes);
      effort.visible = left > met ? Math.max(met / left, LEAST_VISIBLE) : 1;
      return left;
    }
    active = stay;
    slack = !isWhole && met <= enough ? Number.POSITIVE_INFINITY : met / stay;
    // Passes that descent alone would still take, were it to go on as it did.
    const ahead = met > enough ? log(met / enough) / log(last / met) : 1;
    last = met;
    if (since >= CONJUGATE_EVERY && !(ahead >= 0 && since + ahead <= MOST_DESCENT)) {
      model = byRows(state, set);
      model.slopes();
      await conjugate(state, set, model, { residual: RESIDUAL, excess: 0 }, breathe);
      [since, last] = [0, Number.NaN];
    }
    await breathe();
  }
}

/** Rounds of a polish at most. */
const MOST_ROUNDS = 4;
/** Share of the hoped-for decrease from which on a face is taken to be that of the minimum. */
const SETTLED = 0.99;
/** Gap from which on the steepest slopes are worked on alone, as a multiple of that to reach. */
const CLOSE = 16;
/** Sweeps over these at most, and passes of each. */
const MOST_SWEEPS = 6;
const SWEEP_PASSES = 2;
/** Share of the excess that may stay above which a slope is one of the steepest. */
const STEEP = 0.5;
/** Least residual worth asking for. */
const LEAST_RESIDUAL = 1e-14;

/**
 * Minimises the model on, from where `minimise` left it, until the slopes are a dual point within a gap of it: conjugate
 * gradients, to the end once the face is that of the minimum. Returns the violation left. The slopes of rows are then
 * at the minimum too.
 */
export async function polish(
  state: State,
  set: WorkingSet,
  gap: number,
  breathe: () => Promise<void>,
): Promise<number> {
  const { effort } = state;
  const model = byRows(state, set); // whose slopes `minimise` left
  let isSettled = false;
  let left = gapOf(set);
  for (let round = 0; round < MOST_ROUNDS && left.gap > gap; round++) {
    const share: number = gap / left.gap;
    const residual: number = isSettled ? Math.max(share * share, LEAST_RESIDUAL) : RESIDUAL;
    isSettled = (await conjugate(state, set, model, { residual, excess: share * left.excess }, breathe)) >= SETTLED;
    model.slopes();
    left = await sweep(state, set, model, gap, breathe);
    if (left.gap <= gap) break;
    for (let pass = isSettled ? CONJUGATE_EVERY : 1; pass <= CONJUGATE_EVERY; pass++) {
      model.descend(everyColumn(state, set), effort.radius, Number.POSITIVE_INFINITY);
    }
    model.slopes();
    left = gapOf(set);
  }
  model.settle();
  return violationOf(state, set, set.slopes);
}

/**
 * Lowers the steepest slopes, which are few and all that is left of a gap where weights were held at 0, by coordinate
 * descent on their columns; in the end conjugate gradients would take tens of steps for that. Returns what is left.
 */
async function sweep(
  { effort }: State,
  set: WorkingSet,
  model: Quadratic,
  gap: number,
  breathe: () => Promise<void>,
): Promise<Missed> {
  let left = gapOf(set);
  const isNear = () => left.gap > gap && left.gap < CLOSE * gap && left.slack < gap;
  for (let sweeps = 0; sweeps < MOST_SWEEPS && isNear(); sweeps++) {
    const steep = listSteep(set, STEEP * left.excess * (gap / left.gap));
    for (let pass = 0; pass < SWEEP_PASSES; pass++) model.descend(steep, effort.radius, Number.POSITIVE_INFINITY);
    model.slopes();
    left = gapOf(set);
    await breathe();
  }
  return left;
}

/** Returns the model that a set's Newton step minimises, with what conjugate gradients need. */
function byRows(state: State, set: WorkingSet): Quadratic {
  if (!set.rows) {
    set.rows = rowsOf(state, set);
    set.quadratic = hessianQuadratic(state, set) ?? set.quadratic;
  }
  return set.quadratic as Quadratic;
}

/** Puts every column in the order of visits and returns how many they are. */
function everyColumn({ engine }: State, { order, size }: WorkingSet): number {
  engine.kernels.enumerate(size, order);
  return size;
}
