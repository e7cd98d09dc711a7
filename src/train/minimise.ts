import { transpose } from "../data/columns.js";
import { conjugate } from "./conjugate.js";
import { hessianQuadratic } from "./hessian.js";
import type { Effort, State } from "./newton.js";
import { type Quadratic, sparseQuadratic } from "./quadratic.js";
import { violationOf, type WorkingSet } from "./working.js";

/** Passes of a minimisation, at least and at most. */
const LEAST_PASSES = 2;
const MOST_PASSES = 200;
/** Passes between two rounds of conjugate gradients, at least and at most. */
const CONJUGATE_EVERY = 4;
const MOST_DESCENT = 16;
/** Least share of the violation that a pass is taken to meet. */
const LEAST_VISIBLE = 0.05;

/**
 * Minimises the quadratic model over a working set: coordinate descent, with conjugate gradients on the face when
 * columns overlap so much that descent would take longer. Returns the violation left, that at the walls of the box too.
 */
export async function minimise(
  state: State,
  set: WorkingSet,
  violation: number,
  effort: Effort,
  breathe: () => Promise<void>,
): Promise<number> {
  const { radius } = effort;
  const enough = effort.tolerance * effort.visible * violation;
  let model = (set.hessian && hessianQuadratic(state, set)) || sparseQuadratic(state, set);
  let slack = Number.POSITIVE_INFINITY;
  let active = 0;
  let last = Number.NaN;
  for (let pass = 1, since = 1; ; pass++, since++) {
    const isWhole = slack === Number.POSITIVE_INFINITY;
    if (isWhole) active = everyColumn(set);
    model.descend(active, radius, slack);
    const [met, stay] = state.outcome.view as unknown as [number, number];
    if ((pass >= LEAST_PASSES && isWhole && met <= enough) || pass >= MOST_PASSES) {
      const left = leftOf(model, set);
      effort.visible = left > met ? Math.max(met / left, LEAST_VISIBLE) : 1;
      return left;
    }
    active = stay;
    slack = !isWhole && met <= enough ? Number.POSITIVE_INFINITY : met / stay;
    // Passes that descent alone would still take, were it to go on as it did.
    const ahead = met > enough ? Math.log(met / enough) / Math.log(last / met) : 1;
    last = met;
    if (since >= CONJUGATE_EVERY && !(ahead >= 0 && since + ahead <= MOST_DESCENT)) {
      if (!set.rows) {
        set.rows = transpose(state.engine, set.x, set.size, state.count);
        model = hessianQuadratic(state, set) ?? model;
      }
      effort.boldness = await conjugate(model, set, radius, effort.boldness, breathe);
      [since, last] = [0, Number.NaN];
    }
    await breathe();
  }
}

/** The model's violation. */
function leftOf(model: Quadratic, set: WorkingSet): number {
  model.slopes();
  return violationOf({ ...set, gradients: set.slopes }, null);
}

/** Puts every column in the order of visits and returns how many they are. */
function everyColumn({ order, size }: WorkingSet): number {
  for (let t = 0, view = order.view; t < size; t++) view[t] = t;
  return size;
}
